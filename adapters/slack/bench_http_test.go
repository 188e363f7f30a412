package slack

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// BenchmarkCommand posts "/digest tag AI", signed, over loopback to an endpoint that
// answers with ten stories. verified is a handler that only reads the body and
// verifies the signature. said also lays out and sends that answer, which is the
// minimum cost of an answer. The cost of a command beyond said is the bot's overhead,
// and at most a fifth of it.
func BenchmarkCommand(b *testing.B) {
	s := openHTTP(b, env(quiet))
	m := payloadtest.Stories(b, 10)
	ctx, stop := context.WithCancel(b.Context())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- s.Listen(ctx, tree, &answers{m}, func(where string) { ready <- where })
	}()
	<-ready
	defer func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
	}()
	floor := http.NewServeMux()
	floor.HandleFunc("/{kind}/", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, wire.MaxBody))
		if err != nil {
			b.Error(err)
			return
		}
		v, err := slack.NewSecretsVerifier(r.Header, slackfake.SigningSecret)
		if err == nil {
			_, _ = v.Write(body)
			err = v.Ensure()
		}
		if err != nil {
			b.Error(err)
		}
		if r.PathValue("kind") == "said" {
			bodies, err := render.Posts(m)
			if err != nil {
				b.Error(err)
				return
			}
			with, err := layout.JSON(responseTo(bodies[0], replyMode{private: true}))
			if err != nil {
				b.Error(err)
			}
			wire.Answer(w, with, false)
		}
	})
	floors := httptest.NewServer(floor)
	defer floors.Close()
	form := s.fake.Command(slackfake.Reader, slackfake.General, "/digest tag AI")
	var serial atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	template := form.Encode()
	trigger := "trigger_id=" + strings.Split(strings.Split(template, "trigger_id=")[1], "&")[0]
	for _, to := range []struct{ name, address string }{{"answered", s.address}, {"said", floors.URL + "/said/"}, {"verified", floors.URL + "/verified/"}} {
		b.Run(to.name, func(b *testing.B) {
			b.SetParallelism(8)
			b.ReportAllocs()
			began := processor(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					body := []byte(strings.Replace(template, trigger, fmt.Sprintf("trigger_id=%d.x", serial.Add(1)), 1))
					r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, to.address, bytes.NewReader(body))
					if err != nil {
						b.Error(err)
						return
					}
					r.Header.Set("Content-Type", formType)
					slackfake.Sign(r, body, slackfake.SigningSecret, time.Now())
					resp, err := client.Do(r)
					if err != nil {
						b.Error(err)
						return
					}
					n, _ := io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
					if resp.StatusCode != http.StatusOK || to.address == s.address && n < 1000 {
						b.Errorf("got %s and %d bytes", resp.Status, n)
						return
					}
				}
			})
			b.ReportMetric(float64((processor(b)-began).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}

// answers returns the same message to everyone.
type answers struct{ message chat.Message }

func (a *answers) Handle(context.Context, chat.Request) chat.Message { return a.message }

func (*answers) Form(context.Context, chat.Request) (chat.Form, bool) { return chat.Form{}, false }

func (*answers) Suggest(context.Context, chat.Request) []chat.Choice { return nil }
