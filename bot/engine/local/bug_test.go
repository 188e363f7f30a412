package local_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/engine/local"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/digest"
)

// dispatcher returns a dispatcher over a real ledger, with deliveries of a to these
// channels.
func dispatcher(t *testing.T, p *platform, channels ...string) *dispatch.Dispatcher {
	l, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	library := digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{day("a", 1), day("b", 1)}))
	d := dispatch.New(dispatch.Options{
		Ledger: l, Adapters: map[string]chat.Adapter{"p": p}, Log: slog.New(slog.DiscardHandler),
		Library: func() *digest.Library {
			if p.asked != nil {
				p.asked()
			}
			return library
		},
	})
	for _, id := range channels {
		for _, dig := range []string{"a", "b"} {
			if _, err := l.Plan(t.Context(), ledger.NewDelivery(dig, dig, chat.Channel{Adapter: "p", ID: id}, time.Now())); err != nil {
				t.Fatal(err)
			}
		}
	}
	return d
}

// start runs an engine until the test ends.
func start(t *testing.T, d *dispatch.Dispatcher) {
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { local.New(d, d.Deliverer.Log).Run(ctx); close(ended) }()
	t.Cleanup(func() { stop(); <-ended })
}

// A panic in the middle of an attempt ends only that turn: the part is in doubt, as after
// the death of the process, and is not sent again blindly; the channel continues with its
// next deliveries, and no other is affected.
func TestBugInATurn(t *testing.T) {
	for name, state := range map[string]ledger.State{
		"after the promise": ledger.Sending,
		"after the receipt": ledger.Sent,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &platform{}
				d := dispatcher(t, p, "general", "other")
				bugs := 0
				d.Deliverer.Watch = func(x ledger.Delivery) {
					if x.Channel.ID == "general" && x.Digest == "a" && x.Parts[0].State == state && bugs == 0 {
						bugs++
						panic("a bug in Watch")
					}
				}
				start(t, d)
				time.Sleep(5 * time.Minute)
				want := "a/1 a/2 b/1 b/2" // a part with a receipt is not in doubt
				if state == ledger.Sending {
					want = "b/1 b/2"
				}
				if got := p.in("general"); got != want || bugs != 1 {
					t.Errorf("general has %q after %d bugs, want %q", got, bugs, want)
				}
				if got, want := p.in("other"), "a/1 a/2 b/1 b/2"; got != want {
					t.Errorf("other has %q, want %q", got, want)
				}
				held, err := d.Ledger.List(t.Context(), ledger.Query{State: ledger.Held})
				if wantHeld := map[bool]int{true: 1}[state == ledger.Sending]; err != nil || len(held) != wantHeld {
					t.Errorf("%d deliveries are held, %v, want %d", len(held), err, wantHeld)
				}
			})
		})
	}
}

// A turn or a plan that panics each time is retried now and then, and does not keep the
// processor busy.
func TestBugEachTime(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	synctest.Test(t, func(t *testing.T) {
		p := &platform{}
		d := dispatcher(t, p, "general")
		var bugs atomic.Int64
		p.asked = func() {
			if time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) < time.Hour {
				bugs.Add(1)
				panic("a bug in the library")
			}
		}
		start(t, d)
		time.Sleep(time.Hour)
		// A turn rests for five seconds, and then asks for a plan, each step of which may
		// panic.
		if n := bugs.Load(); n < 60 || n > 5*3600/5 {
			t.Errorf("%d panics in an hour, want one every few seconds", n)
		}
		time.Sleep(time.Minute)
		if got, want := p.in("general"), "a/1 a/2 b/1 b/2"; got != want {
			t.Errorf("when it is over general has %q, want %q", got, want)
		}
	})
}

// The engine can be stopped while a turn rests after a panic.
func TestStopAfterABug(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := dispatcher(t, &platform{}, "general")
		d.Deliverer.Watch = func(ledger.Delivery) { panic("a bug in Watch") }
		start(t, d) // when the test ends, it waits for the engine
		time.Sleep(time.Second)
	})
}
