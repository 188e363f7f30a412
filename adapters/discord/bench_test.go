package discord

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest/specimens"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// drain answers every request on loopback as soon as it is read, with minimal
// work, so that a benchmark measures the client.
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

// processor returns the CPU time of this process on all cores.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSend posts a payload with all limits off. floor is a plain POST
// of prepared bytes over the same connections; it reads the answer, too.
func BenchmarkSend(b *testing.B) {
	const idle = 64
	p := benchmarkPayload(b)
	answer := `{"id":"1234567890123456789","content":` + strconv.Quote(strings.Repeat("x", 300)) + `,"embeds":[],"timestamp":"2026-11-23T08:00:00Z","author":{"id":"1"}}`
	measure := func(b *testing.B, post func() error) {
		if err := post(); err != nil { // and the connection is open
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
		m, err := render.Stamp(p, testKey)
		if err != nil {
			b.Fatal(err)
		}
		body, err := layout.JSON(m)
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
		s.rest.Limiter.Permits = wire.NewPermits(200_000, time.Time{}, 0) // more than can be used in a second
		measure(b, func() error {
			// No limit delays it, but all are checked.
			_, err := s.Send(b.Context(), channelOf, p, testKey)
			return err
		})
	})
}

// benchmarkPayload returns a digest of five stories as posted.
func benchmarkPayload(b *testing.B) []byte {
	b.Helper()
	for _, s := range specimens.All() {
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

// listed answers every line with the same list of ten stories.
type listed struct{ message chat.Message }

func (h listed) Handle(context.Context, chat.Request) chat.Message  { return h.message }
func (listed) Form(context.Context, chat.Request) (chat.Form, bool) { return chat.Form{}, false }
func (listed) Suggest(context.Context, chat.Request) (cs []chat.Choice) {
	for i := range 25 {
		cs = append(cs, chat.Choice{Label: fmt.Sprint("Tag ", i), Value: fmt.Sprint("tag-", i)})
	}
	return cs
}

// BenchmarkEndpoint posts signed commands. floor only verifies the
// signature; answer also lays out and writes ten stories. The aim is 0.55
// of the rate of the floor.
func BenchmarkEndpoint(b *testing.B) {
	m := chat.Message{Title: "AI"}
	for i := range 10 {
		m.Blocks = append(m.Blocks, chat.Story{Headline: fmt.Sprint("人工智能新闻 ", i), Summary: chat.Plain(strings.Repeat("一句话。", 20)), Sources: []chat.Link{{Title: "Source", URL: "https://example.org/" + fmt.Sprint(i)}}})
	}
	m.Blocks = append(m.Blocks, chat.Buttons{{Label: "2", Line: "/digest tag AI page=2"}, {Label: "Share", Line: "/digest tag AI share=here"}})
	command, typing := compacted(b, "command-in-server"), compacted(b, "autocomplete-named")
	id := regexp.MustCompile(`"id":"\d{19}"`).FindIndex
	for _, way := range []struct {
		name    string
		body    []byte
		handler func(s *stand) http.Handler
	}{
		{"floor", command, func(s *stand) http.Handler { return verifying(s.endpoint.key) }},
		{"answer", command, func(s *stand) http.Handler { return s.listen(b, listed{m}) }},
		{"floor again", command, func(s *stand) http.Handler { return verifying(s.endpoint.key) }},
		{"answer again", command, func(s *stand) http.Handler { return s.listen(b, listed{m}) }},
		{"suggestions", typing, func(s *stand) http.Handler { return s.listen(b, listed{m}) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			s := &stand{fake: discordfake.New(testToken), config: Config{Listen: "http"}}
			api := httptest.NewServer(s.fake)
			defer api.Close()
			s.open(b, api.URL+"/api/v10")
			server := httptest.NewServer(way.handler(s))
			defer server.Close()
			// Requests are signed in advance, each with a unique id from the future:
			// otherwise the last ones would be late.
			first := snowflake.At(time.Now().Add(time.Hour))
			requests := make([]*http.Request, max(b.N, 1))
			at := id(way.body)
			for i := range requests {
				body := slices.Concat(way.body[:at[0]], fmt.Appendf(nil, `"id":"%d"`, first+uint64(i)), way.body[at[1]:])
				req, err := http.NewRequest(http.MethodPost, server.URL, bytes.NewReader(body))
				if err != nil {
					b.Fatal(err)
				}
				req.Header = s.fake.Sign(body, discordfake.Honest)
				requests[i] = req
			}
			client := server.Client()
			b.ReportAllocs()
			b.ResetTimer()
			before := processor(b)
			for _, req := range requests {
				resp, err := client.Do(req)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
					b.Fatal(resp.StatusCode, err)
				}
				_ = resp.Body.Close()
			}
			b.ReportMetric(float64(processor(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// compacted returns an interaction in testdata in its compact form.
func compacted(b *testing.B, name string) []byte {
	var out bytes.Buffer
	if err := json.Compact(&out, captured(b, name)); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// listen returns the endpoint of a stand once it answers.
func (s *stand) listen(b *testing.B, h chat.Handler) http.Handler {
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(cancel)
	ready := make(chan string, 1)
	go func() { _ = s.Listen(ctx, styled, h, func(where string) { ready <- where }) }()
	<-ready
	return s.endpoint
}

// verifying reads a request into a reusable buffer and verifies the signature.
func verifying(key ed25519.PublicKey) http.Handler {
	buffers := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := buffers.Get().(*bytes.Buffer)
		defer buffers.Put(b)
		b.Reset()
		b.WriteString(r.Header.Get("X-Signature-Timestamp"))
		if _, err := b.ReadFrom(r.Body); err != nil {
			return
		}
		signature, err := hex.DecodeString(r.Header.Get("X-Signature-Ed25519"))
		if err != nil || !ed25519.Verify(key, b.Bytes(), signature) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"type":5}`)
	})
}
