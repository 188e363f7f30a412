package wire

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// TestRouteOf checks the keys under which requests are counted.
func TestRouteOf(t *testing.T) {
	for path, want := range map[string]routeKey{
		"channels/123/messages?limit=5":     {"GET/channels/*/messages", "123"},
		"channels/123/messages/456/threads": {"GET/channels/*/messages/*/threads", "123"},
		"guilds/77/threads/active":          {"GET/guilds/*/threads/active", "77"},
		"users/@me":                         {"GET/users/@me", ""},
		"applications/1/guilds/2/commands":  {"GET/applications/*/guilds/*/commands", "1"},
	} {
		if got := routeOf(http.MethodGet, path); got != want {
			t.Errorf("%s: got %+v, want %+v", path, got, want)
		}
	}
}

// TestBucketsGo checks that buckets of unused channels are removed.
func TestBucketsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewLimiter()
		h := http.Header{"X-Ratelimit-Bucket": {"b"}, "X-Ratelimit-Remaining": {"4"}, "X-Ratelimit-Reset-After": {"5.000"}}
		for n := range 20 * leastSweep {
			k := routeKey{"POST/channels/*/messages", fmt.Sprint(n)}
			if err := p.acquire(t.Context(), k, false); err != nil {
				t.Fatal(err)
			}
			p.release(k, h, nil)
			time.Sleep(100 * time.Millisecond)
		}
		if len(p.buckets) > 2*leastSweep || len(p.names) != 1 {
			t.Errorf("%d buckets and %d names are kept", len(p.buckets), len(p.names))
		}
	})
}

// TestTermOverInTheQueue ends the term while a request waits for a permit.
func TestTermOverInTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, ends := NewLimiter(), time.Now().Add(time.Second/2)
		lost := errors.New("the lease is lost")
		ctx := chat.WithTerm(t.Context(), func() error {
			if time.Now().Before(ends) {
				return nil
			}
			return lost
		})
		k := routeKey{"POST/channels/*/messages", "1"}
		if err := p.acquire(ctx, k, false); !errors.Is(err, lost) {
			t.Errorf("got %v, want %v", err, lost)
		}
		if !p.Permits.Idle() {
			t.Error("its permit has not come back")
		}
		ends = time.Now().Add(time.Hour)
		if err := p.acquire(ctx, k, false); err != nil {
			t.Errorf("within the term: %v", err)
		}
	})
}
