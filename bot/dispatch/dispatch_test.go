package dispatch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
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
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// platform is a small chat platform: it keeps what is posted, and the outcome of an attempt
// can be arranged.
type platform struct {
	caps chat.Capabilities
	// fate, if not nil, is called for every attempt, which it may refuse (post is false)
	// and answer with an error.
	fate func(attempt int) (post bool, err error)
	// blind, if not nil, is the error of Find.
	blind error
	// form is put before the title of rendered messages.
	form string
	// lag is how long it takes until Find sees a post.
	lag time.Duration

	mu       sync.Mutex
	attempts int
	renders  int
	posts    []message
	removed  map[chat.Key]time.Time // when messages were posted that have since been removed
}

type message struct {
	to   chat.Channel
	key  chat.Key
	text string
	at   time.Time
}

func (p *platform) Capabilities() chat.Capabilities { return p.caps }

// Render makes one part of the title, or of those of several digests, and one of each story
// and each section; a message of sections alone has no title. A star is a note, an arrow a
// note of a story with its link.
func (p *platform) Render(m chat.Message) ([]chat.Payload, error) {
	p.mu.Lock()
	p.renders++
	p.mu.Unlock()
	if m.Title == "unrenderable" {
		return nil, errors.New("no")
	}
	if m.Title == "buggy" {
		panic("a bug in Render: @everyone")
	}
	title, titles := m.Title, ""
	for _, b := range m.Blocks {
		if h, ok := b.(chat.Heading); ok && h.Level == 1 {
			titles += "+" + h.Title
		}
	}
	if titles != "" {
		title = titles
	}
	for _, id := range m.Mention {
		title = "@" + id + "," + title
	}
	if len(m.Note) > 0 {
		title += "*"
	}
	title = p.form + title
	out := []chat.Payload{[]byte(title)}
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case chat.Story:
			if b.Headline == "" {
				continue
			}
			text := b.Headline
			if len(b.Note) > 0 {
				text += "↻"
			}
			for _, s := range b.Note {
				text += s.URL
			}
			out = append(out, []byte(text))
		case chat.Paragraph:
			if len(b.Text) > 0 {
				out = append(out, []byte("§"+b.Text.String()))
			}
		}
	}
	if len(out) > 1 && !slices.ContainsFunc(m.Blocks, func(b chat.Block) bool { _, ok := b.(chat.Story); return ok }) {
		out = out[1:]
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
	if at, removed := p.removed[key]; removed && time.Since(at) < p.caps.DedupWindow {
		return chat.Receipt{Channel: to}, nil
	}
	if posted {
		i := slices.IndexFunc(p.posts, func(x message) bool { return x.key == key && time.Since(x.at) < p.caps.DedupWindow })
		if i < 0 {
			p.posts = append(p.posts, message{to, key, string(payload), time.Now()})
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

// texts returns the messages in the channels, in order.
func (p *platform) texts() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, x := range p.posts {
		place := x.to.ID
		if x.to.Thread != "" {
			place += "/"
		}
		out = append(out, place+":"+x.text)
	}
	return strings.Join(out, " ")
}

// bench is a dispatcher on a real ledger, driven by hand.
type bench struct {
	*dispatch.Dispatcher
	t        *testing.T
	platform *platform
	adapter  chat.Adapter // the platform, or a type that embeds it
	file     string       // of the ledger
	library  *digest.Library
	log      *bytes.Buffer // nil unless the log is collected
}

// Write collects the log.
func (b *bench) Write(line []byte) (int, error) {
	if b.log == nil {
		return len(line), nil
	}
	return b.log.Write(line)
}

var general = chat.Channel{Adapter: "p", ID: "general"}

func newBench(t *testing.T, p *platform, digests ...*digest.Digest) *bench {
	return benchOf(t, p, p, digests...)
}

func benchOf(t *testing.T, a chat.Adapter, p *platform, digests ...*digest.Digest) *bench {
	b := &bench{t: t, platform: p, adapter: a, library: digest.Rules{}.NewLibrary(digest.KeepAll(digests)), file: filepath.Join(t.TempDir(), "ledger.db")}
	b.open()
	return b
}

// open opens the ledger as a new process.
func (b *bench) open() {
	l, err := sqlite.Open(b.file)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = l.Close() })
	b.Dispatcher = b.process(l)
}

// close ends that process and returns the content of the ledger's file.
func (b *bench) close() []byte {
	if err := b.Ledger.Close(); err != nil {
		b.t.Fatal(err)
	}
	left, err := os.ReadFile(b.file)
	if err != nil {
		b.t.Fatal(err)
	}
	return left
}

// process returns a dispatcher like that of a new process.
func (b *bench) process(l ledger.Ledger) *dispatch.Dispatcher {
	return dispatch.New(dispatch.Options{
		Ledger: l, Adapters: map[string]chat.Adapter{"p": b.adapter}, Log: slog.New(slog.NewTextHandler(b, nil)),
		Library:       func() *digest.Library { return b.library },
		Subscriptions: []subscription.Subscription{everyMorning(b.t)},
	})
}

// over continues in another process, with a ledger that wraps the one of the bench.
func (b *bench) over(l ledger.Ledger) {
	b.t.Helper()
	configured, admin := b.Subscriptions.Configured, b.Notices.Admin
	b.Dispatcher = b.process(l)
	b.Subscriptions.Configured, b.Notices.Admin = configured, admin
	if err := b.Subscriptions.Load(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// everyMorning opens at 08:30 UTC every day.
func everyMorning(t *testing.T) subscription.Subscription {
	s, err := schedule.Parse("30 8 * * *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return subscription.Subscription{
		Name: "morning", Channels: []chat.Channel{general}, Schedule: s, Zone: time.UTC,
		Wait: 2 * time.Hour, MaxAge: 48 * time.Hour, StartLatest: true, Look: compose.Look{Style: compose.Full},
	}
}

// until plans and delivers as the engine does, up to an instant.
func (b *bench) until(at time.Time) {
	b.t.Helper()
	for {
		again, err := drive(b.Dispatcher)
		if err != nil {
			b.t.Fatal(err)
		}
		if !time.Now().Before(at) {
			return
		}
		waiting, err := b.Ledger.List(context.Background(), ledger.Query{Waiting: true})
		if err != nil {
			b.t.Fatal(err)
		}
		rest := max(time.Until(again), time.Millisecond)
		for _, x := range waiting {
			if next := time.Until(x.Next); next > 0 {
				rest = min(rest, next)
			}
		}
		time.Sleep(min(time.Until(at), rest))
	}
}

// drive plans once, then works on everything that is due, round by round, as far as
// possible, and returns when to plan again.
func drive(d *dispatch.Dispatcher) (again time.Time, err error) {
	ctx := context.Background()
	if again, err = d.Planner.Plan(ctx, time.Now()); err != nil {
		return again, err
	}
	for {
		due, err := d.Ledger.Due(ctx, time.Now())
		if err != nil {
			return again, err
		}
		if len(due) == 0 {
			return d.Planner.Plan(ctx, time.Now())
		}
		var now []ledger.Delivery
		for _, turn := range due {
			x, err := d.Ledger.Get(ctx, turn.Key)
			if err != nil {
				return again, err
			}
			now = append(now, x)
		}
		for len(now) > 0 {
			var next []ledger.Delivery
			for _, x := range now {
				due, err := d.Deliverer.Round(ctx, &x)
				if err != nil {
					return again, err
				}
				if due {
					next = append(next, x)
				}
			}
			now = next
		}
	}
}

func (b *bench) add(d ...*digest.Digest) {
	b.library = digest.Rules{}.NewLibrary(append(slices.Clone(b.library.All()), digest.KeepAll(d)...))
}

// slots returns the outcomes of the slots, the latest first.
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

// paper returns a digest of a day in January 2000, where synctest's clock begins, with a
// number of stories; with 0 stories it has one that the platform does not show, because a
// digest without stories is not posted.
func paper(id string, day, stories int) *digest.Digest {
	d := &digest.Digest{Card: digest.Card{ID: id, Title: id, Date: time.Date(2000, 1, day, 0, 0, 0, 0, time.UTC)}}
	for i := range stories {
		d.Stories = append(d.Stories, digest.Story{Headline: fmt.Sprintf("%s%d", id, i+1)})
	}
	if stories == 0 {
		d.Stories = []digest.Story{{Sources: []digest.Source{{URL: "https://example.org/" + id}}}}
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
		b := newBench(t, &platform{}, paper("today", 1, 0), paper("yesterday", 0, 0), paper("ancient", -300, 0))
		b.until(at(3, 9, 0))
		wantTexts(t, b.platform, "general:today")
	})
}

// A new subscription has the slot that has just opened, and has not missed any before.
func TestStartsWithoutASlotThatWasMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{}, paper("today", 1, 0))
		every, err := schedule.Parse("*/10 * * * *", time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		b.Subscriptions.Configured[0].Schedule = every
		time.Sleep(35 * time.Minute)
		b.until(at(1, 0, 41))
		if got, want := b.slots(), "1T00:40 , 1T00:30 nothing to post"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		wantTexts(t, b.platform, "general:today")
	})
}

func TestStartsWithTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{}, paper("old", 1, 0))
		b.Subscriptions.Configured[0].StartLatest = false
		b.until(at(1, 12, 0))
		b.add(paper("new", 2, 0))
		b.until(at(2, 9, 0))
		wantTexts(t, b.platform, "general:new")
	})
}

// If the library was empty when the subscription began, only digests with an older date
// count as having existed.
func TestStartsWithTheFirstOfALibrary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{})
		b.Subscriptions.Configured[0].StartLatest = false
		b.until(at(1, 12, 0))
		b.add(paper("first", 1, 0), paper("eve", 0, 0))
		b.until(at(1, 12, 30))
		wantTexts(t, b.platform, "")
		b.until(at(2, 9, 0))
		wantTexts(t, b.platform, "general:first")
		b.add(paper("second", 3, 0))
		b.until(at(3, 9, 0))
		wantTexts(t, b.platform, "general:first general:second")
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
		time.Sleep(time.Until(at(4, 9, 30))) // the bot is not running
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
		second := everyMorning(t)
		second.Name, second.Channels = "second", []chat.Channel{general, {Adapter: "p", ID: "other"}}
		b.Subscriptions.Configured = append(b.Subscriptions.Configured, second)
		b.until(at(1, 12, 0))
		b.add(paper("next", 2, 0))
		b.until(at(2, 9, 0))
		wantTexts(t, b.platform, "general:start other:start general:next other:next")
	})
}

func TestMatch(t *testing.T) {
	d := &digest.Digest{
		Card:    digest.Card{Categories: []string{"Tech"}, Tags: []string{"AI", "cloud-native"}},
		Stories: []digest.Story{{Headline: "One", Tags: []string{"of a story"}}},
	}
	for _, c := range []struct {
		match subscription.Match
		want  bool
	}{
		{subscription.Match{}, true},
		{subscription.Match{Categories: []string{"tech"}}, true},
		{subscription.Match{Categories: []string{"sports"}}, false},
		{subscription.Match{Any: []string{"Cloud Native", "x"}}, true},
		{subscription.Match{Any: []string{"x"}}, false},
		{subscription.Match{Any: []string{"of a story"}}, false},
		{subscription.Match{None: []string{"of a story"}}, true},
		{subscription.Match{None: []string{"ai"}}, false},
		{subscription.Match{Categories: []string{"tech"}, Any: []string{"ai"}, None: []string{"x"}}, true},
	} {
		if got := c.match.Accepts(digest.Keep(d)); got != c.want {
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
				return false, &chat.SendError{Outcome: chat.RejectedPayload, Err: errors.New("harmful link")}
			}
			return true, nil
		}
		b := newBench(t, p, paper("a", 1, 0))
		b.Subscriptions.Configured[0].Channels = append(b.Subscriptions.Configured[0].Channels, chat.Channel{Adapter: "p", ID: "other"})
		b.until(at(1, 1, 0))
		wantTexts(t, p, "other:a")
		failed, err := b.Ledger.List(t.Context(), ledger.Query{State: ledger.Failed})
		if err != nil || len(failed) != 1 || !strings.Contains(failed[0].Reason, "harmful link") {
			t.Errorf("failed: %+v, %v", failed, err)
		}
		if p.attempts != 2 {
			t.Errorf("%d attempts, want one a channel", p.attempts)
		}
	})
}

// A response that is lost after the post was made must not cause a second post, whether the
// platform recognises the key or has to be searched.
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

// A post that appears late in the history is not considered absent: absence is believed
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

// A digest that an admin posted by hand before its slot is not posted again in the slot.
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
		b.until(at(1, 9, 0))
		wantTexts(t, p, "general:a")
		if x := b.only(); x.State != ledger.Held || !strings.Contains(x.Reason, "no permission to read history") {
			t.Errorf("the delivery is %s: %s", x.State, x.Reason)
		}
	})
}

func TestDoubtWithoutEndIsHeld(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	synctest.Test(t, func(t *testing.T) {
		p := &platform{fate: func(int) (bool, error) { return false, errors.New("500") }}
		b := newBench(t, p, paper("a", 1, 0))
		b.until(at(3, 0, 0))
		if x := b.only(); x.State != ledger.Held || p.attempts > 90 {
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
		b.until(at(3, 23, 0))
		if x := b.only(); x.State != ledger.Planned {
			t.Errorf("after 2 days and 23 hours the delivery is %s: %s", x.State, x.Reason)
		}
		b.until(at(4, 2, 0))
		if x := b.only(); x.State != ledger.Failed || x.Reason != "given up after 3 days: busy" {
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
		b.Platforms.Adapters["p"] = p
		b.until(at(1, 1, 0))
		wantTexts(t, &p.platform, "general:a")
	})
}

// hanging posts at once and does not respond, the first time.
type hanging struct{ platform }

func (h *hanging) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	r, err := h.platform.Send(ctx, to, p, key)
	if h.attempts == 1 {
		<-ctx.Done()
		return chat.Receipt{}, ctx.Err()
	}
	return r, err
}

// errCrash is the error of the ledger of a dying process.
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

func (l *dying) Begin(ctx context.Context, s string, now time.Time, cs []chat.Channel, ds ...ledger.Delivery) error {
	if dies := l.dies(); !dies || l.after {
		if err := l.Ledger.Begin(ctx, s, now, cs, ds...); err != nil || !dies {
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

// A process that dies at any change of the ledger, before or after it is durable, and is
// restarted some time later, has posted, corrected and published everything once and in
// order.
func TestDeathAtEveryChange(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	window, history := chat.Capabilities{DedupWindow: 2 * time.Minute, Settle: 20 * time.Second}, chat.Capabilities{Settle: time.Minute}
	window.Threads, history.Threads = true, true
	for _, story := range []struct {
		name   string
		caps   chat.Capabilities
		wants  func(*subscription.Subscription)
		change func(*bench) // in the minute before the slot
		posts  string
		deeds  string
		deaths int // at least: otherwise the test proves nothing
	}{
		// Open, plan, post the slot; promise and receipt twice; close.
		{"post, dedup window", window, func(*subscription.Subscription) {}, func(b *bench) { b.add(paper("b", 2, 1)) },
			"a a1 a2 b b1", "", 8},
		{"post, history only", history, func(*subscription.Subscription) {}, func(b *bench) { b.add(paper("b", 2, 1)) },
			"a a1 a2 b b1", "", 8},
		{"bundle", history, func(s *subscription.Subscription) { s.Bundle = true }, func(b *bench) { b.add(paper("b", 2, 1), paper("c", 2, 1)) },
			"a a1 a2 +c+b c1 b1", "", 10},
		{"thread", history, func(s *subscription.Subscription) { s.Details = compose.Thread }, func(b *bench) { b.add(sections(paper("b", 2, 1), "why")) },
			"a /a1 /a2 b /b1 /§why", "", 10},
		{"publish", history, func(s *subscription.Subscription) { s.Publish = true }, func(b *bench) { b.add(paper("b", 2, 1)) },
			"a a1 a2 b b1", "publish b, publish b1", 10},
		// Open; revise; promise and end of two edits, a removal and a new part.
		{"correction, one less", history, func(*subscription.Subscription) {}, func(b *bench) { b.put(with(paper("a", 1, 0), "a2")) },
			"a* a2", "edit a, edit a1, remove a2", 8},
		{"correction, one more", history, func(*subscription.Subscription) {}, func(b *bench) { b.put(with(paper("a", 1, 0), "a1", "a2!", "a3")) },
			"a* a1 a2! a3", "edit a, edit a2", 8},
		{"correction and another digest", window, func(*subscription.Subscription) {}, func(b *bench) {
			b.put(with(paper("a", 1, 0), "a1", "a2", "a3"), paper("b", 2, 1))
		}, "a* a1 a2 b b1 a3", "edit a", 13},
		{"another digest under an old name", history, func(*subscription.Subscription) {}, func(b *bench) { b.put(with(paper("a", 2, 0), "new")) },
			"a a1 a2 a new", "", 8},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel() // the time is spent waiting for the disk
			// All begin in the same way: a is posted.
			var file []byte
			var posts []message
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				b := p.bench(t, paper("a", 1, 2))
				story.wants(&b.Subscriptions.Configured[0])
				b.until(at(1, 0, 0))
				file, posts = b.close(), p.posts
			})
			pauses := []time.Duration{0, 10 * time.Minute}
			if story.deeds != "" {
				pauses = pauses[:1] // idempotent requests have no windows
			}
			for _, pause := range pauses {
				for _, after := range []bool{false, true} {
					deaths := 0
					for n := 1; ; n++ {
						died := false
						synctest.Test(t, func(t *testing.T) {
							p := newPress()
							p.caps, p.posts = story.caps, slices.Clone(posts)
							b := &bench{t: t, platform: &p.platform, adapter: p, library: digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{paper("a", 1, 2)})),
								file: filepath.Join(t.TempDir(), "ledger.db")}
							if err := os.WriteFile(b.file, file, 0o600); err != nil {
								t.Fatal(err)
							}
							b.open()
							b.Subscriptions.Configured[0].Corrections = 48 * time.Hour
							story.wants(&b.Subscriptions.Configured[0])
							time.Sleep(time.Until(at(2, 8, 30)))
							story.change(b)
							first := b.process(&dying{b.Ledger, n, after})
							first.Subscriptions.Configured = b.Subscriptions.Configured
							for range 5 {
								if _, err := drive(first); errors.Is(err, errCrash) {
									died = true
									break
								} else if err != nil {
									t.Fatal(err)
								}
								time.Sleep(time.Second)
							}
							time.Sleep(pause)
							subscriptions := b.Subscriptions.Configured
							b.Dispatcher = b.process(b.Ledger)
							b.Subscriptions.Configured = subscriptions
							b.until(at(2, 8, 50))
							wantTexts(t, &p.platform, strings.ReplaceAll(prefixed(story.posts), ":/", "/:"))
							wantOnce(t, p, story.deeds)
							if strings.Contains(story.posts, " b") || strings.Contains(story.posts, " a ") {
								if got, want := b.slots(), "2T08:30 posted"; !strings.HasPrefix(got, want) {
									t.Errorf("slots %q, want %q", got, want)
								}
							}
						})
						if t.Failed() {
							t.Fatalf("death at change %d, after %v, pause %v", n, after, pause)
						}
						if !died {
							break
						}
						deaths++
					}
					if deaths < story.deaths {
						t.Errorf("only %d deaths: the test does not bite", deaths)
					}
				}
			}
		})
	}
}
