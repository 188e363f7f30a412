package dispatch_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
)

// listen starts collecting the log of a bench.
func (b *bench) listen() *bytes.Buffer {
	b.log = &bytes.Buffer{}
	return b.log
}

// wantStacks fails unless the log has n panics, each at ERROR and with the stack of the
// code that panicked.
func wantStacks(t *testing.T, log *bytes.Buffer, n int, from string) {
	t.Helper()
	stacks := 0
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "stack=") && strings.Contains(line, "level=ERROR") && strings.Contains(line, from) {
			stacks++
		}
	}
	if stacks != n {
		t.Errorf("the log has %d stacks with %s, want %d:\n%s", stacks, from, n, log)
	}
}

// A digest that makes an adapter's Render panic fails in all channels of the adapter, with
// one stack; other adapters and the next digest are posted, and the admins get one notice.
func TestBugInRender(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for name, look := range map[string]func(*subscription.Subscription){
		"full":   func(s *subscription.Subscription) {},
		"bundle": func(s *subscription.Subscription) { s.Bundle = true },
		"thread": func(s *subscription.Subscription) { s.Details = compose.Thread },
		"repeats": func(s *subscription.Subscription) {
			s.Repeats, s.RepeatsWithin = subscription.MarkRepeats, 48*time.Hour
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, b := newDoors(t)
				sound := &sounder{}
				b.Platforms.Adapters["sound"] = sound
				b.Subscriptions.Configured[0].Channels = append(b.Subscriptions.Configured[0].Channels, chat.Channel{Adapter: "sound", ID: "general"})
				look(&b.Subscriptions.Configured[0])
				b.until(at(2, 7, 0))
				sound.posts = nil
				log := b.listen()
				b.add(paper("buggy", 2, 1))
				b.until(at(2, 12, 0))
				wantTexts(t, &sound.platform, "general:sound general:buggy1")
				if got := told(&p.platform); strings.Count(got, "\n") != 0 || !strings.Contains(got, "digestbot has a bug: it could not lay out this digest; the log has the stack") {
					t.Errorf("the admins are told %q", got)
				}
				wantStacks(t, log, 1, "platform).Render")
				if strings.Contains(told(&p.platform), "@everyone") {
					t.Errorf("the admins are told what the panic said: %q", told(&p.platform))
				}
				failed, err := b.Ledger.List(t.Context(), ledger.Query{Digest: "buggy", State: ledger.Failed})
				if err != nil || len(failed) != 2 {
					t.Errorf("%d deliveries have failed, %v, want 2", len(failed), err)
				}
				p.posts = nil
				b.add(paper("next", 3, 0))
				b.until(at(3, 12, 0))
				if got := p.texts(); !strings.Contains(got, "general:next other:next") {
					t.Errorf("after it the channels have %q", got)
				}
			})
		})
	}
}

// sounder renders what makes the platform panic.
type sounder struct{ platform }

func (s *sounder) Render(m chat.Message) ([]chat.Payload, error) {
	if m.Title == "buggy" {
		m.Title = "sound"
	}
	return s.platform.Render(m)
}

// A panic while a message is sent or searched for says nothing of the message: it is in
// doubt, is searched for, and is posted once.
func TestBugInAnAdapter(t *testing.T) {
	for _, tt := range []struct {
		name          string
		before, after int // how often Send panics before it has posted, and after that
		finds         int // how often Find does
	}{
		{"before the post", 1, 0, 0},
		{"after the post", 0, 1, 0},
		{"before, and then after", 2, 1, 0},
		{"while it is looked for", 0, 1, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &buggy{before: tt.before, after: tt.after, finds: tt.finds}
				p.caps = chat.Capabilities{Settle: 20 * time.Second}
				b := benchOf(t, p, &p.platform, paper("a", 1, 1))
				log := b.listen()
				b.until(at(1, 6, 0))
				wantTexts(t, &p.platform, "general:a general:a1")
				wantStacks(t, log, tt.before+tt.after, "buggy).Send")
				wantStacks(t, log, tt.finds, "buggy).Find")
				if x := b.only(); x.State != ledger.Sent {
					t.Errorf("the delivery is %s: %s", x.State, x.Reason)
				}
			})
		})
	}
}

// A platform whose adapter always panics is tried at growing intervals, and finally an
// admin decides.
func TestBugWithoutEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	synctest.Test(t, func(t *testing.T) {
		p := &buggy{before: 1 << 30}
		p.caps = chat.Capabilities{Settle: 20 * time.Second}
		b := benchOf(t, p, &p.platform, paper("a", 1, 0))
		log := b.listen()
		b.until(at(3, 0, 0))
		if x := b.only(); x.State != ledger.Held || !strings.Contains(x.Reason, "digestbot has a bug") {
			t.Errorf("the delivery is %s: %s", x.State, x.Reason)
		}
		if n := strings.Count(log.String(), "buggy).Send"); n > 2*80 {
			t.Errorf("it panicked %d times before it was held", n)
		}
	})
}

// buggy is a platform whose adapter panics a number of times.
type buggy struct {
	platform
	before, after, finds int
}

func (p *buggy) Send(ctx context.Context, to chat.Channel, payload chat.Payload, key chat.Key) (chat.Receipt, error) {
	if p.before--; p.before >= 0 {
		panic("a bug before the request")
	}
	r, err := p.platform.Send(ctx, to, payload, key)
	if p.after--; p.after >= 0 {
		panic("a bug behind the request")
	}
	return r, err
}

func (p *buggy) Find(ctx context.Context, in chat.Channel, key chat.Key, since time.Time) (chat.Receipt, error) {
	if p.finds--; p.finds >= 0 {
		panic("a bug in the search")
	}
	return p.platform.Find(ctx, in, key, since)
}

// A post is complete and posted once, whatever happens to the messages to followers of its
// tags.
func TestBugForFollowers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &penless{letters{doors{closed: map[string]error{}}}}
		b := benchOf(t, p, &p.platform, paper("start", 1, 0))
		b.until(at(1, 12, 0))
		if _, err := b.Ledger.Follow(t.Context(), ledger.Follow{Channel: general, User: "7", Tag: "AI", At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		log := b.listen()
		a := paper("a", 2, 1)
		a.Tags = []string{"AI"}
		b.add(a)
		b.until(at(2, 12, 0))
		wantTexts(t, &p.platform, "general:start general:a general:a1")
		wantStacks(t, log, 1, "penless).Direct")
	})
}

// penless cannot send direct messages.
type penless struct{ letters }

func (p *penless) Direct(string) chat.Channel { panic("a bug in Direct") }

// A subscription whose planning panics does not prevent others from being planned.
func TestBugInPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{}, paper("a", 1, 0))
		log := b.listen()
		broken := everyMorning(t)
		broken.Name, broken.Schedule = "broken", nil // using it panics
		broken.Channels = []chat.Channel{{Adapter: "p", ID: "other"}}
		b.Subscriptions.Configured = []subscription.Subscription{broken, b.Subscriptions.Configured[0]}
		again, err := b.Planner.Plan(t.Context(), time.Now())
		if err == nil || !strings.Contains(err.Error(), "subscription broken: digestbot has a bug") {
			t.Errorf("the plan ends with %v", err)
		}
		if wait := time.Until(again); wait != time.Minute {
			t.Errorf("it is planned again in %v, want a minute", wait)
		}
		wantStacks(t, log, 1, "schedule.(*Schedule)")
		due, err := b.Ledger.Due(t.Context(), time.Now())
		if !slices.ContainsFunc(due, func(turn ledger.Turn) bool { return turn.Channel == general }) {
			t.Errorf("%v are due, %v, want that of the other subscription", due, err)
		}
	})
}
