package dispatch_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

// When a clock is set by hours or days, and set right again, nothing is posted twice and no
// slot is lost during its wait.
func TestClockThatIsSet(t *testing.T) {
	type moment struct {
		day, hour, minute int
		add               *digest.Digest
	}
	for name, tc := range map[string]struct {
		clock []moment
		posts string
		slots string
	}{
		"right": {[]moment{{2, 8, 0, paper("a", 2, 0)}, {2, 8, 31, nil}, {2, 11, 0, nil}}, "general:a", "2T08:30 posted"},
		"back after the post": {[]moment{{2, 8, 0, paper("a", 2, 0)}, {2, 8, 31, nil}, {2, 3, 0, nil}, {2, 8, 29, nil}, {2, 8, 31, nil}, {2, 12, 0, nil}},
			"general:a", "2T08:30 posted"},
		"back a day after the post": {[]moment{{2, 8, 0, paper("a", 2, 0)}, {2, 8, 31, nil}, {1, 8, 31, nil}, {1, 12, 0, nil}, {2, 8, 31, nil}, {2, 12, 0, nil}},
			"general:a", "2T08:30 posted"},
		"ahead over the slot": {[]moment{{2, 6, 0, nil}, {2, 11, 0, nil}, {2, 6, 5, paper("a", 2, 0)}, {2, 8, 29, nil}, {2, 8, 31, nil}, {2, 12, 0, nil}},
			"general:a", "2T08:30 posted"},
		"ahead while it waits": {[]moment{{2, 8, 31, nil}, {2, 12, 0, nil}, {2, 9, 0, paper("a", 2, 0)}, {2, 9, 30, nil}, {2, 12, 0, nil}},
			"general:a", "2T08:30 posted late"},
		"ahead and back before it waits": {[]moment{{2, 8, 31, nil}, {2, 5, 0, nil}, {2, 8, 31, nil}, {2, 9, 0, paper("a", 2, 0)}, {2, 9, 1, nil}, {2, 12, 0, nil}},
			"general:a", "2T08:30 posted late"},
		"ahead for days": {[]moment{{2, 6, 0, nil}, {5, 12, 0, nil}, {2, 7, 0, paper("a", 2, 0)}, {2, 8, 31, nil}, {3, 8, 0, paper("b", 3, 0)}, {3, 8, 31, nil}, {4, 12, 0, nil}},
			"general:a general:b", "5T08:30 missed, 4T08:30 nothing to post, 3T08:30 posted, 2T08:30 posted"},
		"ahead for two weeks": {[]moment{{2, 6, 0, nil}, {16, 12, 0, nil}, {2, 7, 0, paper("a", 2, 0)}, {2, 8, 31, nil}, {2, 12, 0, nil}},
			"general:a", "16T08:30 missed, 15T08:30 missed, 14T08:30 missed, 13T08:30 missed, 12T08:30 missed, 11T08:30 missed, 10T08:30 missed, 2T08:30 posted"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, &platform{})
				b.Dispatcher = b.process(newMemory())
				b.Subscriptions.Configured[0].StartLatest = false
				for _, m := range append([]moment{{1, 8, 0, paper("start", 1, 0)}, {1, 8, 31, nil}, {1, 11, 0, nil}}, tc.clock...) {
					if m.add != nil {
						b.add(m.add)
					}
					now := at(m.day, m.hour, m.minute)
					if _, err := b.Planner.Plan(t.Context(), now); err != nil {
						t.Fatal(err)
					}
					// A planned delivery is due by the clock that planned it.
					due, err := b.Ledger.Due(t.Context(), now)
					if err != nil {
						t.Fatal(err)
					}
					for _, turn := range due {
						x, err := b.Ledger.Get(t.Context(), turn.Key)
						if err != nil {
							t.Fatal(err)
						}
						x.Next = time.Now()
						if err := b.Deliverer.Deliver(t.Context(), x); err != nil {
							t.Fatal(err)
						}
					}
					if _, err := b.Planner.Plan(t.Context(), now.Add(time.Second)); err != nil {
						t.Fatal(err)
					}
				}
				wantTexts(t, b.platform, tc.posts)
				if got := b.slots(); got != tc.slots+", 1T08:30 nothing to post" {
					t.Errorf("slots %q, want %q", got, tc.slots)
				}
			})
		})
	}
}

// A waiting delivery does not wait for the time of a clock that was ahead, whether the bot
// was running when it was set or not.
func TestWaitingFollowsTheClock(t *testing.T) {
	for _, runs := range []bool{true, false} {
		t.Run(fmt.Sprintf("runs %v", runs), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newMemory()
				p := &platform{fate: func(n int) (bool, error) {
					if n == 1 {
						return false, &chat.SendError{Outcome: chat.Retryable, RetryAfter: 10 * time.Minute, Err: errors.New("busy")}
					}
					return true, nil
				}}
				b := newBench(t, p, paper("a", 1, 0))
				b.Dispatcher = b.process(store)
				b.until(at(1, 0, 1))
				store.moved(5 * time.Hour)
				if runs {
					if err := b.Deliverer.ClockSet(t.Context(), -5*time.Hour, func(ledger.Delivery) bool { return false }); err != nil {
						t.Fatal(err)
					}
				} else {
					b.Dispatcher = b.process(store)
				}
				b.until(at(1, 0, 9))
				if runs {
					wantTexts(t, p, "") // as long as the platform asked
				}
				b.until(at(1, 0, 11))
				wantTexts(t, p, "general:a")
			})
		})
	}
}

// A part that an earlier process left in doubt is searched for, and far enough back, if
// that process's clock was ahead.
func TestDoubtFromAnotherClock(t *testing.T) {
	for name, caps := range map[string]chat.Capabilities{
		"dedup window": {DedupWindow: 2 * time.Minute, Settle: 20 * time.Second},
		"history only": {Settle: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newMemory()
				p := &platform{caps: caps, fate: func(n int) (bool, error) {
					return true, map[bool]error{true: errors.New("reset")}[n == 1]
				}}
				b := newBench(t, p, paper("a", 1, 0))
				b.Dispatcher = b.process(store)
				if _, err := drive(b.Dispatcher); err != nil {
					t.Fatal(err)
				}
				store.moved(5 * time.Hour)
				b.Dispatcher = b.process(store)
				time.Sleep(10 * time.Minute)
				b.until(at(1, 1, 0))
				wantTexts(t, p, "general:a")
				if p.attempts != 1 {
					t.Errorf("%d attempts, want one", p.attempts)
				}
			})
		})
	}
}

// Deliveries that are being worked on are left alone.
func TestClockLeavesTheBusyAlone(t *testing.T) {
	store := newMemory()
	b := newBench(t, &platform{}, paper("a", 1, 0))
	b.Dispatcher = b.process(store)
	x := ledger.NewDelivery("a", "a", general, time.Now())
	x.Retry("busy", time.Now().Add(time.Hour))
	if _, err := store.Plan(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	for _, busy := range []bool{true, false} {
		if err := b.Deliverer.ClockSet(t.Context(), -time.Hour, func(ledger.Delivery) bool { return busy }); err != nil {
			t.Fatal(err)
		}
		if got, err := store.Get(t.Context(), x.Key); err != nil || got.Next.Equal(plain(x.Next)) != busy {
			t.Errorf("busy %t: it waits until %s, %v; before until %s", busy, got.Next, err, x.Next)
		}
	}
}
