package discord

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/retry"
)

// road carries requests to a fake without a socket, so that latency can
// pass inside a synctest bubble.
type road struct {
	fake http.Handler
	// way returns the latency of a request and of its answer.
	way func() (there, back time.Duration)
}

// RoundTrip carries a request there and the answer back.
func (l road) RoundTrip(req *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	there, back := l.way()
	if err := retry.Sleep(req.Context(), there); err != nil {
		return nil, err
	}
	if req.Body == nil {
		req.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	l.fake.ServeHTTP(w, req)
	if err := retry.Sleep(req.Context(), back); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// between returns random latencies whose round trips take from least to most.
func between(seed uint64, least, most time.Duration) func() (there, back time.Duration) {
	r := rand.New(rand.NewPCG(seed, 0))
	var mu sync.Mutex
	leg := func() time.Duration { return (least + time.Duration(r.Int64N(int64(most-least)+1))) / 2 }
	return func() (time.Duration, time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		return leg(), leg()
	}
}

// bubble returns an adapter with its own Discord, for use inside a bubble.
func bubble(t testing.TB, way func() (there, back time.Duration)) (*Adapter, *discordfake.Fake) {
	t.Helper()
	fake := discordfake.New(testToken)
	fake.AddChannel(discordfake.Channel{ID: testChannel, Guild: testGuild})
	a, err := Open(chat.Env{
		Name: "discord", Log: slog.New(slog.DiscardHandler),
		Getenv: func(name string) string { return map[string]string{"DISCORD_TOKEN": testToken}[name] },
	}, Defaults())
	if err != nil {
		t.Fatal(err)
	}
	a.rest.HTTP.Transport = road{fake, way}
	return a, fake
}

// seeds is how often a randomised test is repeated.
var seeds = flag.Int("seeds", 2, "how many histories a test draws")

func atOnce() (there, back time.Duration) { return 0, 0 }

// numbered returns the n-th of many channels.
func numbered(n int) chat.Channel {
	return chat.Channel{Adapter: "discord", ID: fmt.Sprintf("2%017d", n)}
}

// TestPace posts two parts to 1000 channels and checks that it never exceeds
// Discord's limit per second, however Discord counts, and takes hardly longer
// than necessary.
func TestPace(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	const channels, parts = 1000, 2
	for _, test := range []struct {
		name        string
		least, most time.Duration
		workers     int
		// rate is the minimum rate in messages per second. A permit is in use for a
		// second plus the latency, so 50 of them allow 50 messages in that time; 2000
		// in 39 seconds are the maximum.
		rate float64
	}{
		{"no way at all", 0, 0, 64, 0.99 * 2000 / 39},
		{"1 to 5 ms", time.Millisecond, 5 * time.Millisecond, 64, 0.99 * 2000 / 39},
		{"60 ms", 60 * time.Millisecond, 60 * time.Millisecond, 64, 50 / 1.06},
		{"120 ms", 120 * time.Millisecond, 120 * time.Millisecond, 64, 50 / 1.12},
		{"60 to 120 ms", 60 * time.Millisecond, 120 * time.Millisecond, 64, 50 / 1.09},
		{"60 to 120 ms, 16 workers", 60 * time.Millisecond, 120 * time.Millisecond, 16, 50 / 1.09},
		{"5 to 400 ms", 5 * time.Millisecond, 400 * time.Millisecond, 64, 50 / 1.21},
	} {
		for count, model := range []string{"from the first", "by the clock", "sliding"} {
			t.Run(test.name+", "+model, func(t *testing.T) {
				t.Parallel()
				for seed := range uint64(*seeds) {
					synctest.Test(t, func(t *testing.T) {
						time.Sleep(time.Duration(seed) * 137 * time.Millisecond) // the clock's seconds begin at another time
						a, fake := bubble(t, between(seed, test.least, test.most))
						fake.GlobalLimit, fake.GlobalCount, fake.PostLimit = wire.GlobalLimit, discordfake.Count(count), 5
						for n := range channels {
							fake.AddChannel(discordfake.Channel{ID: numbered(n).ID, Guild: testGuild})
							a.dir.learn(numbered(n).ID, testGuild) // as the gateway would
						}
						p := payload(t, a, small)
						time.Sleep(wire.RateWindow) // nothing may be sent in the first second
						start := time.Now()
						jobs := make(chan int)
						var work sync.WaitGroup
						for range test.workers {
							work.Go(func() {
								for n := range jobs {
									key := chat.Key(fmt.Sprintf("key%d", n))
									if _, err := a.Send(t.Context(), numbered(n%channels), p, key); err != nil {
										t.Errorf("part %d: %v", n, err)
									}
								}
							})
						}
						for n := range channels * parts {
							jobs <- n
						}
						close(jobs)
						work.Wait()
						took := time.Since(start)
						if rate := channels * parts / took.Seconds(); rate < test.rate {
							t.Errorf("seed %d: %.2f messages a second in %v, want %.2f", seed, rate, took, test.rate)
						} else if seed == 0 {
							t.Logf("%.2f messages a second, %v", rate, took)
						}
						if fake.Over() > 0 || fake.Refused() > 0 {
							t.Errorf("seed %d: %d requests too many, %d refused", seed, fake.Over(), fake.Refused())
						}
					})
				}
			})
		}
	}
}

// TestFirstSecond checks that a restarted bot does not add to what the
// previous process has just sent.
func TestFirstSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		a, fake := bubble(t, atOnce)
		if _, err := a.Send(t.Context(), channelOf, payload(t, a, small), testKey); err != nil {
			t.Fatal(err)
		}
		if at := fake.Messages(testChannel)[0].At; at.Sub(start) < time.Second || at.Sub(start) > 1500*time.Millisecond {
			t.Errorf("the first post arrived after %v", at.Sub(start))
		}
	})
}

// TestPaceLearns checks that the bot respects the limits in the answers.
func TestPaceLearns(t *testing.T) {
	post := func(a *Adapter, n int) error {
		_, err := a.Send(context.Background(), channelOf, []byte(`{"content":"x","components":[{"type":1,"components":[{"type":2,"style":2,"label":"x","custom_id":"|x"}]}],"allowed_mentions":{"parse":[]}}`), chat.Key(fmt.Sprint("key", n)))
		return err
	}
	t.Run("a channel that is full", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a, fake := bubble(t, atOnce)
			fake.PostLimit = 5
			time.Sleep(wire.RateWindow)
			for n := range 5 {
				if err := post(a, n); err != nil {
					t.Fatal(err)
				}
			}
			err := post(a, 5)
			e, ok := errors.AsType[*chat.SendError](err)
			if !ok || e.Outcome != chat.Retryable || e.RetryAfter <= 4*time.Second || e.RetryAfter > 5*time.Second {
				t.Fatalf("got %v, want a retryable error after five seconds", err)
			}
			if _, err := a.Find(t.Context(), channelOf, "key3", time.Now()); err != nil {
				t.Errorf("reading the channel: %v; its limit is another", err)
			}
			time.Sleep(e.RetryAfter)
			if err := post(a, 5); err != nil {
				t.Error(err)
			}
			if fake.Refused() > 0 {
				t.Errorf("%d requests were refused", fake.Refused())
			}
		})
	})
	t.Run("a limit for all that is lower than documented", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a, fake := bubble(t, between(1, 60*time.Millisecond, 120*time.Millisecond))
			fake.GlobalLimit, fake.GlobalCount = 10, discordfake.Sliding
			time.Sleep(wire.RateWindow)
			start := time.Now()
			var work sync.WaitGroup
			for worker := range 16 {
				work.Go(func() {
					for n := 0; time.Since(start) < 25*time.Second; {
						err := post(a, worker*1000+n)
						if e, ok := errors.AsType[*chat.SendError](err); ok {
							time.Sleep(max(e.RetryAfter, time.Second))
							continue
						}
						n++
					}
				})
			}
			work.Wait()
			if fake.Over() == 0 || fake.Over() > wire.GlobalLimit {
				t.Errorf("%d requests were too many, want no more than what can be under way in a second", fake.Over())
			}
		})
	})
	t.Run("so much is refused that Discord might block the machine", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a, fake := bubble(t, atOnce)
			fake.AddChannel(discordfake.Channel{ID: testChannel, Guild: testGuild, NoPosts: true})
			time.Sleep(wire.RateWindow)
			start := time.Now()
			for n := 0; time.Since(start) < time.Hour; n++ {
				err := post(a, n)
				if e, ok := errors.AsType[*chat.SendError](err); ok && e.RetryAfter > 0 {
					if !strings.Contains(err.Error(), "blocks this machine") {
						t.Fatalf("got %v, want it to say why everything waits", err)
					}
					time.Sleep(e.RetryAfter)
				}
			}
			if got := fake.Refused(); got > 7*wire.RefusalLimit || got < 6*wire.RefusalLimit {
				t.Errorf("%d requests were refused in an hour, want %d in ten minutes", got, wire.RefusalLimit)
			}
		})
	})
}

// TestWaitsEnd checks that a bot that is told to stop does not wait for a limit.
func TestWaitsEnd(t *testing.T) {
	for name, hold := range map[string]func(*wire.Limiter){
		"all permits are in use": func(p *wire.Limiter) {
			p.Permits = wire.NewPermits(wire.GlobalLimit, time.Now().Add(time.Hour), wire.Spacing)
		},
		"a limit for all": func(p *wire.Limiter) { p.Forbid(time.Now().Add(wire.ReadPatience)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, fake := bubble(t, atOnce)
				time.Sleep(wire.RateWindow)
				hold(a.rest.Limiter)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				if _, err := a.Find(ctx, channelOf, testKey, start); err == nil || errors.Is(err, chat.ErrNotFound) {
					t.Errorf("Find: %v", err)
				}
				if took := time.Since(start); took > time.Second {
					t.Errorf("it ended after %v, want at once", took)
				}
				_, err := a.Send(ctx, channelOf, payload(t, a, small), testKey)
				if chat.OutcomeOf(err) != chat.Retryable {
					t.Errorf("Send: %v, want a retryable error: nothing was sent", err)
				}
				if got := fake.Count("POST /channels/{channel}/messages"); got != 0 {
					t.Errorf("%d posts", got)
				}
				if !a.rest.Limiter.Permits.Idle() {
					t.Error("not all permits are left")
				}
			})
		})
	}
}
