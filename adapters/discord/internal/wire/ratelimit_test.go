package wire

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestRouteOf reads what requests are counted by.
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

// TestBucketsGo sees that the bot forgets channels that it has done with.
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
