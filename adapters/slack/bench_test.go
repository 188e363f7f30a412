package slack

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// BenchmarkRender lays out and marshals; floor only marshals what was laid
// out. Render takes at most three times the floor, and 295 stories take
// proportionally no longer than 30.
func BenchmarkRender(b *testing.B) {
	for _, m := range []struct {
		name    string
		message chat.Message
	}{
		{"morning", payloadtest.Specimen(b, "morning")},
		{"30 stories", payloadtest.Stories(b, 30)},
		{"295 stories", payloadtest.Stories(b, 295)},
	} {
		b.Run(m.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (&Adapter{}).Render(m.message); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(m.name+" floor", func(b *testing.B) {
			bodies, err := render.Posts(m.message)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, body := range bodies {
					if _, err := json.Marshal(body); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkSend posts a digest to one channel after another without limits;
// floor posts prepared bytes with net/http only; json does the same and also
// decodes and encodes the payload and decodes the answer with encoding/json. A
// post takes at most 1.3 times the processor time of json.
func BenchmarkSend(b *testing.B) {
	payloads, err := (&Adapter{}).Render(payloadtest.Specimen(b, "morning"))
	if err != nil {
		b.Fatal(err)
	}
	server := newRecord(b, payloads[0])
	c := Defaults()
	c.APIURL, c.PostsPerMinute = server, 1<<40
	a, err := Open(env(quiet), c)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	a.client.Posts = wire.NewPostLimiter(1<<40, time.Now().Add(-wire.StartDelay))
	ready, err := a.addressed(payloads[0], target{Channel: slackfake.General}, "thekeyofthispartofthepost")
	if err != nil {
		b.Fatal(err)
	}
	floor := func(ctx context.Context, body []byte, read func(io.Reader) error) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, server+"chat.postMessage", bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
		req.Header.Set("Authorization", "Bearer "+slackfake.BotToken)
		resp, err := a.client.HTTP.Do(req)
		if err != nil {
			return err
		}
		return errors.Join(read(resp.Body), resp.Body.Close())
	}
	for name, post := range map[string]func(ctx context.Context) error{
		"send": func(ctx context.Context) error {
			_, err := a.Send(ctx, chat.Channel{ID: slackfake.General}, payloads[0], "thekeyofthispartofthepost")
			return err
		},
		"floor": func(ctx context.Context) error {
			return floor(ctx, ready, func(r io.Reader) error {
				_, err := io.Copy(io.Discard, r)
				return err
			})
		},
		"json": func(ctx context.Context) error {
			var p render.Body[json.RawMessage]
			if err := json.Unmarshal(payloads[0], &p); err != nil {
				return err
			}
			data, err := json.Marshal(p)
			if err != nil {
				return err
			}
			return floor(ctx, data, func(r io.Reader) error {
				data, err := io.ReadAll(r)
				if err != nil {
					return err
				}
				return json.Unmarshal(data, &wire.Posted{})
			})
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(8)
			began := processor(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := post(b.Context()); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64((processor(b)-began).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}

// processor returns the CPU time of this process.
func processor(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// newRecord serves the same answer to everything and does nothing else, so
// that the client is measured. It returns the base URL of its API.
func newRecord(b *testing.B, p chat.Payload) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	body := fmt.Sprintf(`{"ok":true,"channel":%q,"ts":"1770858600.000001","message":{"ts":"1770858600.000001","type":"message",%s}`, slackfake.General, p[1:])
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				for in := bufio.NewReader(conn); ; {
					size := 0
					for {
						line, err := in.ReadString('\n')
						if err != nil {
							return
						}
						if line == "\r\n" {
							break
						}
						if n, ok := strings.CutPrefix(line, "Content-Length: "); ok {
							size, _ = strconv.Atoi(strings.TrimSpace(n))
						}
					}
					if _, err := in.Discard(size); err != nil {
						return
					}
					if _, err := conn.Write(answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/api/"
}
