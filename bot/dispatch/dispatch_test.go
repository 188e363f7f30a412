package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/bot/schedule"
	"github.com/digestbot/digestbot/digest"
)

// platform is a small chat platform: it keeps what is posted, and what becomes
// of an attempt can be arranged.
type platform struct {
	caps chat.Capabilities
	// fate, if not nil, is asked for every attempt, which it may refuse (post
	// is false) and answer with an error.
	fate func(attempt int) (post bool, err error)
	// blind, if not nil, is what Find says.
	blind error
	// lag is how long a post takes until Find sees it.
	lag time.Duration

	mu       sync.Mutex
	attempts int
	posts    []post
}

type post struct {
	to   chat.Channel
	key  chat.Key
	text string
	at   time.Time
}

func (p *platform) Capabilities() chat.Capabilities { return p.caps }

// Render makes a part of the title and one of each story.
func (p *platform) Render(m chat.Message) ([]chat.Payload, error) {
	if m.Title == "unrenderable" {
		return nil, errors.New("no")
	}
	out := []chat.Payload{[]byte(m.Title)}
	for _, b := range m.Blocks {
		if s, ok := b.(chat.Story); ok {
			out = append(out, []byte(s.Headline))
		}
	}
	return out, nil
}

func (p *platform) Send(ctx context.Context, to chat.Channel, payload chat.Payload, key chat.Key) (chat.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attempts++
	posted, err := true, error(nil)
	if p.fate != nil {
		posted, err = p.fate(p.attempts)
	}
	if posted {
		i := slices.IndexFunc(p.posts, func(x post) bool { return x.key == key && time.Since(x.at) < p.caps.DedupWindow })
		if i < 0 {
			p.posts = append(p.posts, post{to, key, string(payload), time.Now()})
		}
	}
	return chat.Receipt{Channel: to, ID: string(key)}, err
}

func (p *platform) Find(_ context.Context, in chat.Channel, key chat.Key, since time.Time) (chat.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.blind != nil {
		return chat.Receipt{}, p.blind
	}
	for _, x := range p.posts {
		if x.key == key && x.to == in && !x.at.Before(since) && time.Since(x.at) >= p.lag {
			return chat.Receipt{Channel: in, ID: string(key)}, nil
		}
	}
	return chat.Receipt{}, chat.ErrNotFound
}

// texts is what stands in the channels, in order.
func (p *platform) texts() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, x := range p.posts {
		out = append(out, x.to.ID+":"+x.text)
	}
	return strings.Join(out, " ")
}

// bench is a dispatcher on a real ledger, driven by hand.
type bench struct {
	*dispatch.Dispatcher
	t        *testing.T
	platform *platform
	library  *digest.Library
}

var general = chat.Channel{Adapter: "p", ID: "general"}

func newBench(t *testing.T, p *platform, digests ...*digest.Digest) *bench {
	b := &bench{t: t, platform: p, library: digest.NewLibrary(digests)}
	l, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	b.Dispatcher = b.process(l)
	return b
}

// process is a dispatcher as a new process would have it.
func (b *bench) process(l ledger.Ledger) *dispatch.Dispatcher {
	return &dispatch.Dispatcher{
		Ledger: l, Adapters: map[string]chat.Adapter{"p": b.platform}, Log: slog.New(slog.DiscardHandler),
		Library:       func() *digest.Library { return b.library },
		Subscriptions: []dispatch.Subscription{subscription(b.t)},
	}
}

// subscription opens at 08:30 UTC every day.
func subscription(t *testing.T) dispatch.Subscription {
	s, err := schedule.Parse("30 8 * * *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return dispatch.Subscription{
		Name: "morning", Channels: []chat.Channel{general}, Schedule: s, Zone: time.UTC,
		Wait: 2 * time.Hour, MaxAge: 48 * time.Hour, StartLatest: true, Look: compose.Look{Style: compose.Full},
	}
}

// until plans and delivers as the engine does, up to an instant.
func (b *bench) until(at time.Time) {
	b.t.Helper()
	for {
		if err := drive(b.Dispatcher); err != nil {
			b.t.Fatal(err)
		}
		if !time.Now().Before(at) {
			return
		}
		time.Sleep(min(time.Until(at), time.Minute))
	}
}

// drive plans once and takes every due delivery as far as it goes.
func drive(d *dispatch.Dispatcher) error {
	ctx := context.Background()
	if _, err := d.Plan(ctx, time.Now()); err != nil {
		return err
	}
	for {
		due, err := d.Ledger.Due(ctx, time.Now())
		if err != nil || len(due) == 0 {
			_, planErr := d.Plan(ctx, time.Now())
			return errors.Join(err, planErr)
		}
		for _, x := range due {
			if err := d.Deliver(ctx, x); err != nil {
				return err
			}
		}
	}
}

func (b *bench) add(d ...*digest.Digest) {
	b.library = digest.NewLibrary(append(slices.Clone(b.library.All()), d...))
}

// slots are the outcomes of the slots, the latest first.
func (b *bench) slots() string {
	b.t.Helper()
	slots, err := b.Ledger.Slots(context.Background(), "morning", 100)
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, s := range slots {
		out = append(out, s.At.UTC().Format("2T15:04")+" "+string(s.Outcome))
	}
	return strings.Join(out, ", ")
}

func (b *bench) only() ledger.Delivery {
	b.t.Helper()
	list, err := b.Ledger.List(context.Background(), ledger.Query{})
	if err != nil || len(list) != 1 {
		b.t.Fatalf("%d deliveries, %v, want one", len(list), err)
	}
	return list[0]
}

// paper is a digest of a day in January 2000, where synctest's clock begins,
// with that many stories.
func paper(id string, day, stories int) *digest.Digest {
	d := &digest.Digest{ID: id, Title: id, Date: time.Date(2000, 1, day, 0, 0, 0, 0, time.UTC)}
	for i := range stories {
		d.Stories = append(d.Stories, digest.Story{Headline: fmt.Sprintf("%s%d", id, i+1)})
	}
	return d
}

func at(day, hour, minute int) time.Time {
	return time.Date(2000, 1, day, hour, minute, 0, 0, time.UTC)
}

func wantTexts(t *testing.T, p *platform, want string) {
	t.Helper()
	if got := p.texts(); got != want {
		t.Errorf("posted %q, want %q", got, want)
	}
}

func TestStartsWithTheLatestAndWithNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{}, paper("today", 1, 0), &digest.Digest{ID: "undated", Title: "undated"}, paper("ancient", -300, 0))
		b.until(at(3, 9, 0))
		wantTexts(t, b.platform, "general:today")
	})
}

func TestStartsWithTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{}, paper("old", 1, 0))
		b.Subscriptions[0].StartLatest = false
		b.until(at(1, 12, 0))
		b.add(paper("new", 2, 0))
		b.until(at(2, 9, 0))
		wantTexts(t, b.platform, "general:new")
	})
}

func TestLibraryThatComesLaterStartsWithItsLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{})
		b.until(at(1, 3, 0))
		b.add(paper("first", 1, 0))
		b.until(at(1, 3, 1))
		wantTexts(t, b.platform, "general:first")
	})
}

func TestSlotPostsWhatIsDueOldestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{}, paper("start", 1, 0))
		b.until(at(1, 12, 0))
		b.add(paper("yesterday", 1, 0), paper("today", 2, 0), paper("tomorrow", 3, 0), paper("stale", -5, 0))
		b.until(at(2, 8, 29))
		wantTexts(t, b.platform, "general:start")
		b.until(at(2, 8, 31))
		wantTexts(t, b.platform, "general:start general:yesterday general:today")
		b.until(at(3, 8, 31))
		wantTexts(t, b.platform, "general:start general:yesterday general:today general:tomorrow")
		if got, want := b.slots(), "3T08:30 posted, 2T08:30 posted, 1T08:30 nothing to post"; got != want {
			t.Errorf("slots %q, want %q", got, want)
		}
	})
}

func TestSlotWaitsForALateDigestAndThenCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{}, paper("start", 1, 0))
		b.until(at(2, 9, 40))
		b.add(paper("late", 2, 0))
		b.until(at(2, 9, 41))
		wantTexts(t, b.platform, "general:start general:late")
		b.add(paper("later", 2, 0))
		b.until(at(2, 12, 0))
		wantTexts(t, b.platform, "general:start general:late")
		b.until(at(3, 8, 31))
		wantTexts(t, b.platform, "general:start general:late general:later")
		b.until(at(4, 10, 31))
		if got, want := b.slots(), "4T08:30 nothing to post, 3T08:30 posted, 2T08:30 posted late, 1T08:30 nothing to post"; got != want {
			t.Errorf("slots %q, want %q", got, want)
		}
	})
}

func TestDowntimeOpensTheLastSlotInsideItsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{}, paper("start", 1, 0))
		b.until(at(1, 12, 0))
		time.Sleep(time.Until(at(4, 9, 30))) // nobody plans
		b.add(paper("missed", 3, 0))
		b.until(at(4, 9, 31))
		wantTexts(t, b.platform, "general:start general:missed")
		time.Sleep(time.Until(at(5, 11, 0)))
		b.until(at(5, 11, 1))
		if got, want := b.slots(), "5T08:30 missed, 4T08:30 posted late, 3T08:30 missed, 2T08:30 missed, 1T08:30 nothing to post"; got != want {
			t.Errorf("slots %q, want %q", got, want)
		}
	})
}

func TestOverlappingSubscriptionsPostOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{}, paper("start", 1, 0))
		second := subscription(t)
		second.Name, second.Channels = "second", []chat.Channel{general, {Adapter: "p", ID: "other"}}
		b.Subscriptions = append(b.Subscriptions, second)
		b.until(at(1, 12, 0))
		b.add(paper("next", 2, 0))
		b.until(at(2, 9, 0))
		wantTexts(t, b.platform, "general:start other:start general:next other:next")
	})
}

func TestMatch(t *testing.T) {
	d := &digest.Digest{Categories: []string{"Tech"}, Tags: []string{"AI", "cloud-native"}}
	for _, c := range []struct {
		match dispatch.Match
		want  bool
	}{
		{dispatch.Match{}, true},
		{dispatch.Match{Categories: []string{"tech"}}, true},
		{dispatch.Match{Categories: []string{"sports"}}, false},
		{dispatch.Match{Any: []string{"Cloud Native", "x"}}, true},
		{dispatch.Match{Any: []string{"x"}}, false},
		{dispatch.Match{None: []string{"ai"}}, false},
		{dispatch.Match{Categories: []string{"tech"}, Any: []string{"ai"}, None: []string{"x"}}, true},
	} {
		if got := c.match.Accepts(d); got != c.want {
			t.Errorf("%+v accepts: %v, want %v", c.match, got, c.want)
		}
	}
}

func TestRetryableWaitsAsLongAsThePlatformSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{}
		p.fate = func(n int) (bool, error) {
			if n == 1 {
				return false, &chat.SendError{Outcome: chat.Retryable, RetryAfter: 90 * time.Second, Err: errors.New("slow down")}
			}
			return true, nil
		}
		b := newBench(t, p, paper("a", 1, 0))
		began := time.Now()
		b.until(began.Add(89 * time.Second))
		wantTexts(t, p, "")
		if x := b.only(); x.State != ledger.Planned || !strings.Contains(x.Reason, "slow down") {
			t.Errorf("meanwhile the delivery is %s: %s", x.State, x.Reason)
		}
		b.until(began.Add(100 * time.Second))
		wantTexts(t, p, "general:a")
	})
}

func TestRejectedIsRecordedAndDisturbsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{}
		p.fate = func(n int) (bool, error) {
			if n == 1 {
				return false, &chat.SendError{Outcome: chat.RejectedChannel, Err: errors.New("channel is archived")}
			}
			return true, nil
		}
		b := newBench(t, p, paper("a", 1, 0))
		b.Subscriptions[0].Channels = append(b.Subscriptions[0].Channels, chat.Channel{Adapter: "p", ID: "other"})
		b.until(at(1, 1, 0))
		wantTexts(t, p, "other:a")
		failed, err := b.Ledger.List(t.Context(), ledger.Query{State: ledger.Failed})
		if err != nil || len(failed) != 1 || !strings.Contains(failed[0].Reason, "channel is archived") {
			t.Errorf("failed: %+v, %v", failed, err)
		}
		if p.attempts != 2 {
			t.Errorf("%d attempts, want one a channel", p.attempts)
		}
	})
}

// An answer that is lost after the post is made must not make a second post,
// whether the platform knows the key again or has to be searched.
func TestLostAnswers(t *testing.T) {
	lost := errors.New("connection reset")
	for name, caps := range map[string]chat.Capabilities{
		"dedup window": {DedupWindow: 2 * time.Minute, Settle: 20 * time.Second},
		"history only": {Settle: time.Minute},
	} {
		for _, posted := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, posted %v", name, posted), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := &platform{caps: caps, fate: func(n int) (bool, error) {
						if n%2 == 1 && n < 8 {
							return posted, lost
						}
						return true, nil
					}}
					b := newBench(t, p, paper("a", 1, 2))
					b.until(at(1, 3, 0))
					wantTexts(t, p, "general:a general:a1 general:a2")
					if x := b.only(); x.State != ledger.Sent {
						t.Errorf("the delivery is %s: %s", x.State, x.Reason)
					}
				})
			})
		}
	}
}

// A post that history shows late is not taken for absent: absence is believed
// only when the attempt has settled.
func TestHistoryThatLags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{caps: chat.Capabilities{Settle: 5 * time.Minute}, lag: 4 * time.Minute, fate: func(n int) (bool, error) {
			return true, map[bool]error{true: errors.New("connection reset")}[n == 1]
		}}
		b := newBench(t, p, paper("a", 1, 1))
		b.until(at(1, 0, 30))
		wantTexts(t, p, "general:a general:a1")
	})
}

// What an admin has posted by hand before its slot is not posted again in it.
func TestResendBeforeTheSlotCountsAsPosted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{}, paper("start", 1, 0))
		b.until(at(1, 12, 0))
		b.add(paper("early", 2, 0))
		if _, err := b.Ledger.Plan(t.Context(), ledger.NewResend("early", "early", general, "request", "me", time.Now())); err != nil {
			t.Fatal(err)
		}
		b.until(at(2, 11, 0))
		wantTexts(t, b.platform, "general:start general:early")
		if got, want := b.slots(), "2T08:30 nothing to post, 1T08:30 nothing to post"; got != want {
			t.Errorf("slots %q, want %q", got, want)
		}
	})
}

func TestWhatCannotBeToldIsHeldAndNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{blind: errors.New("no permission to read history"), fate: func(int) (bool, error) { return true, errors.New("reset") }}
		b := newBench(t, p, paper("a", 1, 0))
		b.until(at(1, 3, 0))
		wantTexts(t, p, "general:a")
		if x := b.only(); x.State != ledger.Held || !strings.Contains(x.Reason, "no permission to read history") {
			t.Errorf("the delivery is %s: %s", x.State, x.Reason)
		}
	})
}

func TestDoubtWithoutEndIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{fate: func(int) (bool, error) { return false, errors.New("500") }}
		b := newBench(t, p, paper("a", 1, 0))
		b.until(at(3, 0, 0))
		if x := b.only(); x.State != ledger.Held || p.attempts > 25 {
			t.Errorf("after %d attempts the delivery is %s: %s", p.attempts, x.State, x.Reason)
		}
	})
}

func TestRetryingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{fate: func(int) (bool, error) {
			return false, &chat.SendError{Outcome: chat.Retryable, RetryAfter: time.Hour, Err: errors.New("busy")}
		}}
		b := newBench(t, p, paper("a", 1, 0))
		b.until(at(3, 0, 0))
		if x := b.only(); x.State != ledger.Failed || !strings.Contains(x.Reason, "given up") {
			t.Errorf("the delivery is %s: %s", x.State, x.Reason)
		}
	})
}

func TestAnAdapterThatIsOffIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{caps: chat.Capabilities{Off: "no token"}}
		b := newBench(t, p, paper("a", 1, 0))
		b.until(at(1, 1, 0))
		if x := b.only(); x.State != ledger.Planned || x.Reason != "p is off: no token" || p.attempts != 0 {
			t.Errorf("after %d attempts the delivery is %s: %s", p.attempts, x.State, x.Reason)
		}
		p.caps.Off = ""
		b.until(at(1, 1, 2))
		wantTexts(t, p, "general:a")
	})
}

func TestDigestThatIsGoneOrCannotBeRendered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{}, paper("unrenderable", 1, 0))
		b.until(at(1, 1, 0))
		if x := b.only(); x.State != ledger.Failed || !strings.Contains(x.Reason, "rendered") {
			t.Errorf("the delivery is %s: %s", x.State, x.Reason)
		}
		x := ledger.NewDelivery("gone", "gone", general, time.Now())
		if _, err := b.Ledger.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		b.until(at(1, 1, 1))
		if x, err := b.Ledger.Get(t.Context(), x.Key); err != nil || x.State != ledger.Skipped {
			t.Errorf("the delivery is %s: %s, %v", x.State, x.Reason, err)
		}
	})
}

func TestPartsKeepTheirDistance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{caps: chat.Capabilities{Gap: 3 * time.Second}}
		b := newBench(t, p, paper("a", 1, 2))
		b.until(at(1, 1, 0))
		for i := 1; i < len(p.posts); i++ {
			if gap := p.posts[i].at.Sub(p.posts[i-1].at); gap < 3*time.Second {
				t.Errorf("parts %d and %d are %v apart, want 3s", i, i+1, gap)
			}
		}
		wantTexts(t, p, "general:a general:a1 general:a2")
	})
}

func TestAnAttemptThatHangsIsCutAndSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &hanging{platform: platform{caps: chat.Capabilities{Settle: 20 * time.Second}}}
		b := newBench(t, &p.platform, paper("a", 1, 0))
		b.Adapters["p"] = p
		b.until(at(1, 1, 0))
		wantTexts(t, &p.platform, "general:a")
	})
}

// hanging posts at once and gives no answer, the first time.
type hanging struct{ platform }

func (h *hanging) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	r, err := h.platform.Send(ctx, to, p, key)
	if h.attempts == 1 {
		<-ctx.Done()
		return chat.Receipt{}, ctx.Err()
	}
	return r, err
}

// errCrash is what the ledger of a dying process says.
var errCrash = errors.New("the process died")

// dying is a ledger whose process dies at its nth change, before the change is
// durable or after it.
type dying struct {
	ledger.Ledger
	n     int
	after bool
}

func (l *dying) dies() bool { l.n--; return l.n == 0 }

func (l *dying) Save(ctx context.Context, d *ledger.Delivery) error {
	if dies := l.dies(); !dies || l.after {
		if err := l.Ledger.Save(ctx, d); err != nil || !dies {
			return err
		}
	}
	return errCrash
}

func (l *dying) Begin(ctx context.Context, s string, c chat.Channel, now time.Time, ds ...ledger.Delivery) error {
	if dies := l.dies(); !dies || l.after {
		if err := l.Ledger.Begin(ctx, s, c, now, ds...); err != nil || !dies {
			return err
		}
	}
	return errCrash
}

func (l *dying) Plan(ctx context.Context, ds ...ledger.Delivery) ([]chat.Key, error) {
	if dies := l.dies(); !dies || l.after {
		if keys, err := l.Ledger.Plan(ctx, ds...); err != nil || !dies {
			return keys, err
		}
	}
	return nil, errCrash
}

func (l *dying) SaveSlot(ctx context.Context, s ledger.Slot) error {
	if dies := l.dies(); !dies || l.after {
		if err := l.Ledger.SaveSlot(ctx, s); err != nil || !dies {
			return err
		}
	}
	return errCrash
}

// A process that dies at any change of the ledger, before or after it is
// durable, and is started again some time later, has posted everything once
// and in order.
func TestDeathAtEveryChange(t *testing.T) {
	for name, caps := range map[string]chat.Capabilities{
		"dedup window": {DedupWindow: 2 * time.Minute, Settle: 20 * time.Second},
		"history only": {Settle: time.Minute},
	} {
		for _, pause := range []time.Duration{0, 10 * time.Minute} {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %v, after %v", name, pause, after), func(t *testing.T) {
					deaths := 0
					for n := 1; ; n++ {
						died := false
						synctest.Test(t, func(t *testing.T) {
							b := newBench(t, &platform{caps: caps}, paper("a", 1, 2))
							b.until(at(1, 0, 0).Add(-time.Second)) // the clock begins at midnight: one round
							b.add(paper("b", 2, 1))
							time.Sleep(time.Until(at(2, 8, 30)))
							first := b.process(&dying{b.Ledger, n, after})
							for range 5 {
								if err := drive(first); errors.Is(err, errCrash) {
									died = true
									break
								} else if err != nil {
									t.Fatal(err)
								}
								time.Sleep(time.Second)
							}
							time.Sleep(pause)
							b.until(at(2, 8, 50))
							wantTexts(t, b.platform, "general:a general:a1 general:a2 general:b general:b1")
							if got, want := b.slots(), "2T08:30 posted"; !strings.HasPrefix(got, want) {
								t.Errorf("slots %q, want %q", got, want)
							}
						})
						if t.Failed() {
							t.Fatalf("death at change %d", n)
						}
						if !died {
							break
						}
						deaths++
					}
					if deaths < 9 { // open, plan, post the slot; freeze; promise and receipt twice; close
						t.Errorf("only %d deaths: the test does not bite", deaths)
					}
				})
			}
		}
	}
}
