package discord

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest"
)

// drain answers every request on loopback as soon as it has read it, with the
// least work, so that what a benchmark measures is the client's.
func drain(b *testing.B, answer string) (address string) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := l.Close(); err != nil {
			b.Error(err)
		}
	})
	reply := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-RateLimit-Bucket: b\r\nX-RateLimit-Remaining: 4\r\nX-RateLimit-Reset-After: 5.000\r\nContent-Length: " + strconv.Itoa(len(answer)) + "\r\n\r\n" + answer)
	serve := func(c net.Conn) error {
		for r := bufio.NewReaderSize(c, 32<<10); ; {
			length := 0
			for {
				header, err := r.ReadSlice('\n')
				if err != nil {
					return err
				}
				if name, value, _ := bytes.Cut(header, []byte(":")); bytes.EqualFold(name, []byte("Content-Length")) {
					if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
						return err
					}
				}
				if len(header) <= 2 {
					break
				}
			}
			if _, err := r.Discard(length); err != nil {
				return err
			}
			if _, err := c.Write(reply); err != nil {
				return err
			}
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				err := serve(c)
				if err = errors.Join(err, c.Close()); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, syscall.ECONNRESET) {
					b.Error(err)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// processor is the time that all cores have given to this process.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSend posts a payload with all limits off; floor is a bare POST of
// ready bytes over the same connections, whose answer is read as well. Send
// takes no more than 1.4 times the processor time of the floor.
func BenchmarkSend(b *testing.B) {
	const idle = 64
	p := benchmarkPayload(b)
	answer := `{"id":"1234567890123456789","content":` + strconv.Quote(strings.Repeat("x", 300)) + `,"embeds":[],"timestamp":"2026-11-23T08:00:00Z","author":{"id":"1"}}`
	measure := func(b *testing.B, post func() error) {
		if err := post(); err != nil { // and the connection stands
			b.Fatal(err)
		}
		b.ReportAllocs()
		b.ResetTimer()
		before := processor(b)
		for b.Loop() {
			if err := post(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(processor(b)-before)/float64(b.N), "cpu-ns/op")
	}
	b.Run("floor", func(b *testing.B) {
		address := drain(b, answer)
		wire := http.DefaultTransport.(*http.Transport).Clone()
		wire.MaxIdleConnsPerHost = idle
		defer wire.CloseIdleConnections()
		client := &http.Client{Transport: wire}
		body, err := stamp(p, testKey)
		if err != nil {
			b.Fatal(err)
		}
		measure(b, func() error {
			resp, err := client.Post(address+"/channels/"+testChannel+"/messages", "application/json", bytes.NewReader(body))
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			_, err = io.ReadAll(resp.Body)
			return err
		})
	})
	b.Run("Send", func(b *testing.B) {
		var s stand
		s.open(b, drain(b, answer))
		s.rest.wire.pace.ring = newRing(1, time.Now())
		measure(b, func() error {
			// No limit holds it up, but all are looked at.
			pace := s.rest.wire.pace
			if len(pace.ring.permits) > 0 {
				<-pace.ring.permits
			}
			pace.ring.restore(time.Time{})
			clear(pace.buckets)
			_, err := s.Send(b.Context(), channelOf, p, testKey)
			return err
		})
	})
}

// benchmarkPayload is a digest of five stories as it is posted.
func benchmarkPayload(b *testing.B) []byte {
	b.Helper()
	for _, s := range adaptertest.Specimens() {
		if s.Name == "morning" {
			payloads, err := (&Adapter{}).Render(s.Message)
			if err != nil {
				b.Fatal(err)
			}
			return payloads[0]
		}
	}
	b.Fatal("there is no such specimen")
	return nil
}
