package discord

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
)

// TestBugOnTheGateway checks that a panic in an event handler or in an
// established connection costs at most that connection: the next one succeeds,
// and the session continues.
func TestBugOnTheGateway(t *testing.T) {
	s := newStand(t)
	g, events, losses := s.short(t)
	g.Log = s.Adapter.log
	var stood atomic.Int64
	stands := g.Ready
	g.Ready = func(who wire.Account) {
		if stood.Add(1) == 1 {
			panic("a bug in stands")
		}
		stands(who)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	if err := <-losses; err == nil || !strings.Contains(err.Error(), "digestbot has a bug") {
		t.Errorf("the connection was lost with %v", err)
	}
	expect(t, events)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
	if log := s.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "a bug in stands") || !strings.Contains(log, "stack=") {
		t.Errorf("got the log %q, want the stack in it", log)
	}
}

// TestBugInASession checks that a panic while asking whether a session may
// start ends only that attempt.
func TestBugInASession(t *testing.T) {
	s := newStand(t)
	g, events, losses := s.short(t)
	g.Log = s.Adapter.log
	network := s.rest.HTTP.Transport
	var asked atomic.Int64
	s.rest.HTTP.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/gateway/bot") && asked.Add(1) == 1 {
			panic("a bug on the way")
		}
		return network.RoundTrip(r)
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	if err := <-losses; err == nil {
		t.Error("the connection was lost without a reason")
	}
	expect(t, events)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestBugInARequest checks that a panic during a request returns its permit and
// leaves no lock held that the next request needs.
func TestBugInARequest(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	s := newStand(t)
	network := s.rest.HTTP.Transport
	left := 3 * wire.GlobalLimit
	s.rest.HTTP.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		if left--; left >= 0 {
			panic("a bug on the way")
		}
		return network.RoundTrip(r)
	})
	p := payload(t, s.Adapter, small)
	for range 3 * wire.GlobalLimit {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("Send does not panic, so nothing is shown")
				}
			}()
			_, _ = s.Send(t.Context(), channelOf, p, "a")
		}()
	}
	if _, err := s.Send(t.Context(), channelOf, p, "b"); err != nil {
		t.Errorf("after the panics: %v", err)
	}
}

// TestBugWhileListening checks that a panic in the ready callback, or while the
// commands are registered, does not end Listen.
func TestBugWhileListening(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for name, open := range map[string]func(*testing.T) *stand{"gateway": newStand, "HTTP": newHTTPStand} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			network := s.rest.HTTP.Transport
			var registered, looked atomic.Int64
			s.rest.HTTP.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				switch {
				case r.Method == http.MethodPut && registered.Add(1) == 1:
					panic("a bug on the way of the commands")
				case strings.HasSuffix(r.URL.Path, "/channels/"+testChannel) && looked.Add(1) == 1:
					panic("a bug on the way to a channel")
				}
				return network.RoundTrip(r)
			})
			ctx, cancel := context.WithCancel(t.Context())
			ready, done := make(chan string, 10), make(chan error, 1)
			go func() {
				done <- s.Listen(ctx, root, &echo{}, func(where string) {
					ready <- where
					panic("a bug in ready")
				})
			}()
			expect(t, ready)
			s.enter(t)
			wait(t, say(t, s, reader, "/digest latest"), 1)
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Listen: %v", err)
			}
			for _, want := range []string{"a bug in ready", "a bug on the way of the commands", "a bug on the way to a channel"} {
				if !strings.Contains(s.log.String(), want) {
					t.Errorf("got the log %q, want %q in it", s.log.String(), want)
				}
			}
		})
	}
}
