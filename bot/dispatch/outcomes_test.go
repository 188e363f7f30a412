package dispatch_test

import (
	"context"
	"errors"
	"fmt"
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

var (
	admins = chat.Channel{Adapter: "p", ID: "admins"}

	archived = &chat.SendError{Outcome: chat.RejectedChannel, Err: errors.New("archived")}
	revoked  = &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New("token revoked @everyone")}
)

// told returns the notices in the admins' channel, one per line.
func told(p *platform) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, x := range p.posts {
		if x.to == admins {
			out = append(out, x.text)
		}
	}
	return strings.Join(out, "\n")
}

// doors is a platform that closes some or all of its channels for a while.
type doors struct {
	platform
	closed map[string]error // by channel; "" is the account
	knocks map[string]int
}

func (d *doors) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	if d.knocks == nil {
		d.knocks = map[string]int{}
	}
	for _, door := range []string{"", to.ID} {
		if err := d.closed[door]; err != nil {
			d.knocks[door]++
			return chat.Receipt{}, err
		}
	}
	return d.platform.Send(ctx, to, p, key)
}

// Render renders a notice as its text.
func (d *doors) Render(m chat.Message) ([]chat.Payload, error) {
	if s := compose.Summary(m); s != "" && len(m.Blocks) > 0 && m.Title == "" {
		return []chat.Payload{chat.Payload(s)}, nil
	}
	return d.platform.Render(m)
}

func newDoors(t *testing.T) (*doors, *bench) {
	p := &doors{closed: map[string]error{}}
	b := benchOf(t, p, &p.platform, paper("start", 1, 0))
	b.Subscriptions.Configured[0].Channels = append(b.Subscriptions.Configured[0].Channels, chat.Channel{Adapter: "p", ID: "other"})
	b.Notices.Admin = admins
	b.until(at(1, 12, 0))
	p.posts = nil
	p.knocks = map[string]int{}
	return p, b
}

// restart creates a dispatcher like that of a new process.
func (b *bench) restart() {
	subscriptions, admin := b.Subscriptions.Configured, b.Notices.Admin
	b.Dispatcher = b.process(b.Ledger)
	b.Subscriptions.Configured, b.Notices.Admin = subscriptions, admin
}

// A channel that is refused keeps its backlog, affects no other, is tried occasionally and
// posts in order as soon as it can. The admins get one notice, even if the bot is restarted
// in between, and one when the channel has recovered.
func TestPausedChannel(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for _, restarts := range []bool{false, true} {
		t.Run(fmt.Sprintf("restarts %v", restarts), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, b := newDoors(t)
				p.closed["general"] = archived
				b.add(paper("a", 2, 1))
				b.until(at(2, 9, 0))
				b.add(paper("b", 3, 1))
				b.until(at(3, 9, 0))
				if restarts {
					b.restart()
				}
				b.until(at(3, 14, 0))
				wantTexts(t, &p.platform, "other:a other:a1 admins:p:general takes no posts: archived. "+
					"The bot keeps them and posts them as soon as it can. other:b other:b1")
				if n := p.knocks["general"]; n < 25 || n > 50 {
					t.Errorf("%d looks in 30 hours, want one an hour and some more at first", n)
				}
				paused, err := b.Ledger.List(t.Context(), ledger.Query{Refused: true})
				if err != nil || len(paused) != 1 || paused[0].Digest != "a" || paused[0].Refused.Scope != ledger.OfChannel || paused[0].Refused.Since.After(at(2, 9, 0)) {
					t.Errorf("paused: %+v, %v", paused, err)
				}
				p.closed["general"], p.posts = nil, nil
				if restarts {
					b.restart()
					b.until(time.Now().Add(5 * time.Second)) // at once, since someone may have fixed it
				}
				b.until(at(3, 15, 1))
				wantTexts(t, &p.platform, "general:a general:a1 general:b admins:p:general takes posts again. general:b1")
				if got := b.slots(); !strings.HasPrefix(got, "3T08:30 posted, 2T08:30 posted") {
					t.Errorf("slots %q", got)
				}
			})
		})
	}
}

// A platform that is down for an hour during a slot is tried occasionally, and gets each
// digest once within minutes after it is back, whether or not it is known that it accepted
// nothing.
func TestDownForAnHour(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for name, down := range map[string]error{
		"refused":  &chat.SendError{Outcome: chat.Retryable, Err: errors.New("503 @everyone")},
		"in doubt": errors.New("connection reset <!channel>"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, b := newDoors(t)
				p.caps = chat.Capabilities{DedupWindow: 2 * time.Minute, Settle: 20 * time.Second}
				b.until(at(2, 8, 15))
				p.closed[""] = down
				b.add(paper("a", 2, 0))
				b.add(paper("b", 2, 0))
				b.until(at(2, 9, 15))
				wantTexts(t, &p.platform, "")
				if n := p.knocks[""]; n < 20 || n > 200 {
					t.Errorf("%d attempts for 2 channels in 45 minutes", n)
				}
				waits, err := b.Ledger.List(t.Context(), ledger.Query{Waiting: true})
				says := func(x ledger.Delivery) bool { return x.Reason == chat.Reason(down) }
				if err != nil || len(waits) != 4 || !slices.ContainsFunc(waits, says) {
					t.Errorf("what waits: %+v, %v", waits, err)
				}
				p.closed[""] = nil
				b.until(at(2, 9, 30))
				for _, c := range []string{"general", "other"} {
					var texts []string
					for _, x := range p.posts {
						if x.to.ID == c {
							texts = append(texts, x.text)
						}
					}
					slices.Sort(texts)
					if got := strings.Join(texts, " "); got != "a b" {
						t.Errorf("%s has %q, want a and b, once each", c, got)
					}
				}
				if got := b.slots(); !strings.HasPrefix(got, "2T08:30 posted") {
					t.Errorf("slots %q", got)
				}
			})
		})
	}
}

// A channel that never recovers is given up after days, each delivery with its reason, and
// so are the slots.
func TestPausedForEver(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	synctest.Test(t, func(t *testing.T) {
		p, b := newDoors(t)
		p.closed["general"] = archived
		b.add(paper("a", 2, 0))
		b.until(at(3, 12, 0))
		b.add(paper("b", 4, 0))
		b.until(at(9, 12, 0))
		failed, err := b.Ledger.List(t.Context(), ledger.Query{State: ledger.Failed})
		if err != nil || len(failed) != 2 || failed[0].Reason != "given up after 3 days: archived" {
			t.Errorf("failed: %+v, %v", failed, err)
		}
		if n := strings.Count(told(&p.platform), "takes no posts"); n != 1 {
			t.Errorf("told %d times, want once:\n%s", n, told(&p.platform))
		}
		slots, err := b.Ledger.Running(t.Context(), "morning")
		if err != nil || len(slots) != 0 {
			t.Errorf("slots that never ended: %+v, %v", slots, err)
		}
	})
}

// A refused account makes an occasional request, and not one for each channel.
func TestPausedAdapter(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	synctest.Test(t, func(t *testing.T) {
		p, b := newDoors(t)
		for i := range 50 {
			b.Subscriptions.Configured[0].Channels = append(b.Subscriptions.Configured[0].Channels, chat.Channel{Adapter: "p", ID: fmt.Sprint(i)})
		}
		b.until(at(1, 13, 0)) // they begin with the existing digests
		p.posts, p.knocks = nil, map[string]int{}
		p.closed[""] = revoked
		b.add(paper("a", 2, 0))
		b.until(at(2, 20, 0))
		if n := p.knocks[""]; n > 30 {
			t.Errorf("%d requests of an account that is refused", n)
		}
		b.restart()
		b.until(at(3, 8, 0))
		wantTexts(t, &p.platform, "")
		delete(p.closed, "")
		p.knocks = map[string]int{}
		b.until(at(3, 10, 0))
		sent, err := b.Ledger.List(t.Context(), ledger.Query{Digest: "a", State: ledger.Sent, Limit: -1})
		if err != nil || len(sent) != 52 {
			t.Errorf("%d channels got it, %v, want 52", len(sent), err)
		}
		if n, again := strings.Count(told(&p.platform), "refuses"), strings.Count(told(&p.platform), "account again"); n != 1 || again != 1 {
			t.Errorf("told %d times and %d times again, want once:\n%s", n, again, told(&p.platform))
		}
	})
}

// A post that someone asked for by hand fails at once, so that they learn of it; the others
// keep waiting.
func TestResendIsNotPaused(t *testing.T) {
	for _, refusal := range []error{archived, revoked} {
		synctest.Test(t, func(t *testing.T) {
			p, b := newDoors(t)
			p.closed["general"] = refusal
			for i := range 2 {
				x := ledger.NewResend("start", "start", general, fmt.Sprint(i), "me", time.Now())
				if _, err := b.Ledger.Plan(t.Context(), x); err != nil {
					t.Fatal(err)
				}
				b.until(time.Now().Add(time.Second))
				if x, err := b.Ledger.Get(t.Context(), x.Key); err != nil || x.State != ledger.Failed || x.Reason != chat.Reason(refusal) {
					t.Errorf("the delivery is %s: %s, %v", x.State, x.Reason, err)
				}
			}
		})
	}
}

// A post that someone asked for by hand does not wait unnoticed behind a backlog: the
// backlog is tried at once, and the post fails with it or is made after it.
func TestResendBehindABacklog(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for door, refusal := range map[string]error{"general": archived, "": revoked} {
		synctest.Test(t, func(t *testing.T) {
			p, b := newDoors(t)
			p.closed[door] = refusal
			b.add(paper("a", 2, 0))
			b.until(at(2, 20, 0))
			ask := func(request string) chat.Key {
				t.Helper()
				x := ledger.NewResend("start", "start", general, request, "me", time.Now())
				if news, err := b.Resender.Post(t.Context(), x, time.Now()); err != nil || !news {
					t.Fatal(news, err)
				}
				if news, err := b.Resender.Post(t.Context(), x, time.Now()); err != nil || news {
					t.Errorf("asked for once more, it is news: %t, %v", news, err)
				}
				b.until(time.Now().Add(time.Second))
				return x.Key
			}
			if x, err := b.Ledger.Get(t.Context(), ask("1")); err != nil || x.State != ledger.Failed || x.Reason != chat.Reason(refusal) {
				t.Errorf("the delivery is %s: %s, %v", x.State, x.Reason, err)
			}
			waiting, err := b.Ledger.List(t.Context(), ledger.Query{Channel: general, Refused: true})
			if err != nil || len(waiting) != 1 || waiting[0].Digest != "a" {
				t.Errorf("the backlog: %+v, %v", waiting, err)
			}
			delete(p.closed, door)
			p.posts = nil
			if door == "" { // an account is tried again when someone releases a waiting delivery, or at its next probe
				ask("2")
				wantTexts(t, &p.platform, "")
				if _, err := ledger.Decide(t.Context(), b.Ledger, waiting[0].Key, "me", time.Now(), (*ledger.Delivery).Release); err != nil {
					t.Fatal(err)
				}
			}
			ask("3")
			here := slices.DeleteFunc(strings.Fields(p.texts()), func(text string) bool { return !strings.HasPrefix(text, "general:") })
			if got := strings.Join(here, " "); got != "general:a general:start" {
				t.Errorf("the channel has %q", got)
			}
		})
	}
}

// A delivery whose outcome cannot be determined is held and blocks nothing; an admin
// releases it, and it is sent again from its current part on, or forgets it.
func TestReleaseAndForget(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for _, forget := range []bool{false, true} {
		t.Run(fmt.Sprintf("forget %v", forget), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, b := newDoors(t)
				b.Subscriptions.Configured[0].Channels = b.Subscriptions.Configured[0].Channels[:1]
				p.attempts = 0
				p.fate = func(n int) (bool, error) { return n < 2, map[bool]error{true: errors.New("reset")}[n >= 2] }
				p.blind = errors.New("history is closed")
				b.add(paper("a", 2, 2))
				b.until(at(2, 12, 0))
				p.fate = nil // for the first one behind it
				b.add(paper("b", 3, 0))
				b.until(at(3, 9, 0))
				held, err := b.Ledger.List(t.Context(), ledger.Query{State: ledger.Held})
				if err != nil || len(held) != 1 {
					t.Fatalf("held: %+v, %v", held, err)
				}
				x := held[0]
				notice := "“a” for p:general is held: nobody can tell whether it was posted: history is closed."
				if got := told(&p.platform); !strings.Contains(got, notice) || strings.Count(got, "is held") != 1 {
					t.Errorf("told %q, want %q once", got, notice)
				}
				b.restart()
				b.until(at(3, 9, 1))
				decide := x.Release
				want := "general:a general:b general:a1 general:a2"
				if forget {
					decide, want = x.Forget, "general:a general:b"
				}
				if err := decide("Ada", time.Now()); err != nil {
					t.Fatal(err)
				}
				if err := b.Ledger.Save(t.Context(), &x); err != nil {
					t.Fatal(err)
				}
				b.until(at(3, 10, 0))
				var posts []string
				for text := range strings.SplitSeq(p.texts(), " general:") {
					text, _, _ = strings.Cut(strings.TrimPrefix(text, "general:"), " admins:")
					posts = append(posts, "general:"+text)
				}
				if got := strings.Join(posts, " "); got != want {
					t.Errorf("posted %q, want %q", got, want)
				}
				got, err := b.Ledger.Get(t.Context(), x.Key)
				if err != nil || !got.State.Ended() || len(got.Decisions) != 1 || got.Decisions[0].By != "Ada" {
					t.Errorf("the delivery is %s: %s, %+v, %v", got.State, got.Reason, got.Decisions, err)
				}
			})
		})
	}
}

// historyOnly has the capabilities of a platform that has only a history, like Slack.
var historyOnly = chat.Capabilities{Settle: 25 * time.Second, Looks: 3, Gap: time.Second, Threads: true}

// failing fails on the nth attempt and on no other.
func failing(nth int, posted bool) func(int) (bool, error) {
	return func(n int) (bool, error) {
		if n == nth {
			return posted, errors.New("fatal_error")
		}
		return true, nil
	}
}

// Absence is believed only after the required number of looks, at the required distance.
func TestLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{caps: historyOnly, lag: time.Minute, fate: failing(1, true)}
		b := newBench(t, p, paper("a", 1, 0))
		b.until(at(1, 0, 1))
		if x := b.only(); x.State != ledger.InDoubt || x.Parts[0].Looks != 2 {
			t.Errorf("after a minute the delivery is %s after %d looks", x.State, x.Parts[0].Looks)
		}
		b.until(at(1, 0, 2))
		wantTexts(t, p, "general:a")
		if x := b.only(); x.State != ledger.Sent || p.attempts != 1 {
			t.Errorf("after %d attempts the delivery is %s: %s", p.attempts, x.State, x.Reason)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := &platform{caps: historyOnly, fate: failing(1, false)}
		b := newBench(t, p, paper("a", 1, 0))
		b.until(at(1, 0, 1).Add(14 * time.Second))
		wantTexts(t, p, "")
		b.until(at(1, 0, 2))
		wantTexts(t, p, "general:a")
	})
}

// A look that fails contradicts those before it: they start again.
func TestALookThatFailsDoesNotCount(t *testing.T) {
	for name, fault := range map[string]error{
		"history cannot be read": errors.New("history cannot be read"),
		"history asks to wait":   &chat.SendError{Outcome: chat.Retryable, RetryAfter: 5 * time.Second, Err: errors.New("slow down")},
		"the bot is no member":   archived,
		"the token is revoked":   revoked,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &platform{caps: historyOnly, fate: failing(1, true), lag: 90 * time.Second}
				b := newBench(t, p, paper("a", 1, 0))
				b.until(at(1, 0, 0).Add(51 * time.Second)) // two looks
				p.blind = fault
				b.until(at(1, 0, 0).Add(76 * time.Second)) // the time of the third
				p.blind = nil
				b.until(at(1, 0, 10))
				wantTexts(t, p, "general:a")
				if x := b.only(); x.State != ledger.Sent || p.attempts != 1 {
					t.Errorf("after %d attempts the delivery is %s: %s", p.attempts, x.State, x.Reason)
				}
			})
		})
	}
}

// A post that was not made is made at most 90 s later if nothing contradicts its absence,
// for each part and however often that happens.
func TestAbsenceIsBelievedSoon(t *testing.T) {
	const most = 90 * time.Second
	for name, fault := range map[string]func(ctx context.Context) error{
		"HTTP 500":    func(context.Context) error { return &chat.SendError{Err: errors.New("Slack answered 500")} },
		"fatal_error": func(context.Context) error { return errors.New("fatal_error") },
		"cut":         func(context.Context) error { return errors.New("connection reset") },
		"no answer":   func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &faulty{platform: platform{caps: historyOnly}, fault: fault, fails: map[int]bool{1: true, 3: true, 4: true}}
				b := benchOf(t, p, &p.platform, paper("a", 1, 2))
				b.until(at(1, 1, 0))
				wantTexts(t, &p.platform, "general:a general:a1 general:a2")
				if len(p.took) != len(p.fails) {
					t.Fatalf("made good after %v, want %d times", p.took, len(p.fails))
				}
				for _, took := range p.took {
					t.Logf("%v", took)
					if took > most || took < time.Duration(p.caps.Looks)*p.caps.Settle {
						t.Errorf("made good after %v, want all looks and at most %v", took, most)
					}
				}
			})
		})
	}
}

// faulty is a platform that loses some of the attempts.
type faulty struct {
	platform
	fault func(ctx context.Context) error
	fails map[int]bool
	n     int
	begun time.Time       // of the lost attempt
	took  []time.Duration // until the next
}

func (f *faulty) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	if !f.begun.IsZero() {
		f.took, f.begun = append(f.took, time.Since(f.begun)), time.Time{}
	}
	if f.n++; f.fails[f.n] {
		f.begun = time.Now()
		return chat.Receipt{}, f.fault(ctx)
	}
	return f.platform.Send(ctx, to, p, key)
}

// A night in which the bot was down does not count as unsuccessful searching.
func TestDowntimeIsNoReasonToHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{caps: chat.Capabilities{Settle: time.Minute}}
		p.fate = func(int) (bool, error) { return true, errors.New("reset") }
		b := newBench(t, p, paper("a", 1, 0))
		if _, err := drive(b.Dispatcher); err != nil {
			t.Fatal(err)
		}
		time.Sleep(12 * time.Hour)
		b.restart()
		p.blind = errors.New("the network is not up yet")
		b.until(at(1, 12, 5))
		if x := b.only(); x.State != ledger.InDoubt {
			t.Errorf("the delivery is %s: %s", x.State, x.Reason)
		}
		p.blind = nil
		b.until(at(1, 13, 0))
		wantTexts(t, p, "general:a")
		if x := b.only(); x.State != ledger.Sent || p.attempts != 1 {
			t.Errorf("after %d attempts the delivery is %s: %s", p.attempts, x.State, x.Reason)
		}
	})
}

// A refusal of the second attempt says nothing about the first: what that may have posted
// is searched for when the platform accepts posts again, and not sent again.
func TestRefusedWhileInDoubt(t *testing.T) {
	for _, refusal := range []error{
		&chat.SendError{Outcome: chat.Retryable, RetryAfter: 10 * time.Minute, Err: errors.New("slow down")},
		&chat.SendError{Outcome: chat.RejectedPayload, Err: errors.New("no")}, archived, revoked,
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &platform{caps: chat.Capabilities{DedupWindow: 2 * time.Minute, Settle: 20 * time.Second}}
			p.fate = func(n int) (bool, error) {
				switch n {
				case 1:
					return true, errors.New("reset")
				case 2:
					return false, refusal
				}
				return true, nil
			}
			b := newBench(t, p, paper("a", 1, 0))
			b.until(at(1, 4, 0))
			wantTexts(t, p, "general:a")
			if x := b.only(); x.State != ledger.Sent {
				t.Errorf("%v: the delivery is %s: %s", refusal, x.State, x.Reason)
			}
		})
	}
}

// A request that could reach the platform after it has forgotten the key is not made.
func TestTheWindowIsNotUsedToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{caps: chat.Capabilities{DedupWindow: 2 * time.Minute, Settle: 20 * time.Second}}
		p.fate = func(n int) (bool, error) {
			switch n {
			case 1:
				return true, errors.New("reset")
			case 2:
				return false, &chat.SendError{Outcome: chat.Retryable, RetryAfter: 118 * time.Second, Err: errors.New("slow down")}
			}
			time.Sleep(10 * time.Second) // until it arrives
			return true, nil
		}
		b := newBench(t, p, paper("a", 1, 0))
		b.until(at(1, 1, 0))
		wantTexts(t, p, "general:a")
	})
}

// The admins get a notice when slots begin to end without a post and when that is over, not
// for each slot, and not if people already had everything.
func TestSlotsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := newDoors(t)
		b.until(at(4, 12, 0))
		b.restart()
		b.until(at(5, 12, 0))
		b.add(paper("a", 6, 0))
		b.until(at(6, 12, 0))
		time.Sleep(time.Until(at(9, 12, 0))) // the bot is not running
		b.until(at(9, 12, 1))
		want := strings.Join([]string{
			"“morning” posted nothing at 2 January 2000, 08:30 UTC: no digest came.",
			"“morning” posts again.",
			"“morning” posted nothing at 7 January 2000, 08:30 UTC: the bot was not running.",
		}, "\n")
		if got := told(&p.platform); got != want {
			t.Errorf("told\n%s\nwant\n%s", got, want)
		}
		p.posts = nil
		p.attempts = 0
		p.fate = func(n int) (bool, error) {
			if n > 2 {
				return true, nil
			}
			return false, &chat.SendError{Outcome: chat.RejectedPayload, Err: errors.New("harmful link")}
		}
		b.add(paper("b", 10, 0))
		b.until(at(10, 9, 0))
		x := ledger.NewResend("b", "b", general, "request", "me", time.Now())
		y := ledger.NewResend("b", "b", chat.Channel{Adapter: "p", ID: "other"}, "request", "me", time.Now())
		if _, err := b.Ledger.Plan(t.Context(), x, y); err != nil {
			t.Fatal(err)
		}
		b.until(at(11, 12, 0)) // nothing new, but it was posted by hand
		want = "“morning” failed at 10 January 2000, 08:30 UTC: 0 of 2 were posted; p:general: harmful link.\n“morning” posts again."
		if got := told(&p.platform); got != want {
			t.Errorf("told\n%s\nwant\n%s", got, want)
		}
	})
}

// A channel gets a notice that there is nothing today, once, unless it already had
// everything.
func TestOnEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, b := newDoors(t)
		b.Notices.Admin = chat.Channel{}
		b.Subscriptions.Configured[0].OnEmpty = subscription.NoticeOnEmpty
		b.Subscriptions.Configured[0].Language = "zh-Hans"
		x := ledger.NewResend("start", "start", general, "request", "me", time.Now())
		if _, err := b.Ledger.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		b.until(at(2, 10, 29))
		wantTexts(t, &p.platform, "general:start")
		b.until(at(2, 10, 31))
		b.restart()
		b.until(at(2, 20, 0))
		wantTexts(t, &p.platform, "general:start other:这一次没有摘要。")
		b.add(paper("a", 3, 0))
		b.until(at(3, 20, 0))
		wantTexts(t, &p.platform, "general:start other:这一次没有摘要。 general:a other:a")
	})
}
