package local_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/engine/local"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/bot/schedule"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// platform keeps what is posted; a post to a channel named slow takes ten seconds.
type platform struct {
	mu    sync.Mutex
	posts []string
	// asked, if not nil, is called whenever the library is requested.
	asked func()
}

func (p *platform) Capabilities() chat.Capabilities { return chat.Capabilities{Gap: time.Second} }

func (p *platform) Render(m chat.Message) ([]chat.Payload, error) {
	star := ""
	if len(m.Note) > 0 {
		star = "*"
	}
	return []chat.Payload{[]byte(m.Title + "/1" + star), []byte(m.Title + "/2" + star)}, nil
}

// Edit keeps an edit like a post.
func (p *platform) Edit(ctx context.Context, r chat.Receipt, payload chat.Payload, key chat.Key) error {
	_, err := p.Send(ctx, r.Channel, payload, key)
	return err
}

func (p *platform) Remove(context.Context, chat.Receipt) error { return nil }

func (p *platform) Send(_ context.Context, to chat.Channel, payload chat.Payload, _ chat.Key) (chat.Receipt, error) {
	if strings.HasPrefix(to.ID, "slow") {
		time.Sleep(10 * time.Second)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.posts = append(p.posts, to.ID+":"+string(payload))
	return chat.Receipt{Channel: to, ID: "1"}, nil
}

func (p *platform) in(channel string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, x := range p.posts {
		if name, text, _ := strings.Cut(x, ":"); name == channel {
			out = append(out, text)
		}
	}
	return strings.Join(out, " ")
}

// running is an engine that runs over a real ledger.
type running struct {
	*local.Engine
	platform *platform
	ledger   ledger.Ledger
	mu       sync.Mutex
	library  *digest.Library
}

func (r *running) add(digests ...*digest.Digest) {
	r.mu.Lock()
	r.library = digest.Rules{}.NewLibrary(append(digest.KeepAll(digests), r.library.All()...)) // the first of an ID counts
	r.mu.Unlock()
	r.Replan()
}

func run(t *testing.T, channels []string, digests ...*digest.Digest) *running {
	l, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	every, err := schedule.Parse("*/10 * * * *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	s := subscription.Subscription{Name: "morning", Schedule: every, Zone: time.UTC, Wait: 5 * time.Minute, MaxAge: 48 * time.Hour, StartLatest: true, Corrections: 48 * time.Hour}
	for _, c := range channels {
		adapter, id, named := strings.Cut(c, ":")
		if !named {
			adapter, id = "p", c
		}
		s.Channels = append(s.Channels, chat.Channel{Adapter: adapter, ID: id})
	}
	r := &running{platform: &platform{}, ledger: l, library: digest.Rules{}.NewLibrary(digest.KeepAll(digests))}
	d := dispatch.New(dispatch.Options{
		Ledger: l, Adapters: map[string]chat.Adapter{"p": r.platform, "q": r.platform}, Subscriptions: []subscription.Subscription{s}, Log: slog.New(slog.DiscardHandler),
		Library: func() *digest.Library { r.mu.Lock(); defer r.mu.Unlock(); return r.library },
	})
	r.Engine = local.New(d, d.Deliverer.Log)
	d.Subscriptions.Changed = r.Replan
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { r.Run(ctx); close(ended) }()
	t.Cleanup(func() {
		stop()
		<-ended
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func day(id string, n int) *digest.Digest {
	return &digest.Digest{Card: digest.Card{ID: id, Title: id, Date: time.Date(2000, 1, n, 0, 0, 0, 0, time.UTC)}, Stories: []digest.Story{{Headline: id}}}
}

func TestOneSlowChannelDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, []string{"slow", "general", "other"}, day("a", 1))
		time.Sleep(5 * time.Second)
		if r.platform.in("general") != "a/1 a/2" || r.platform.in("other") != "a/1 a/2" || r.platform.in("slow") != "" {
			t.Errorf("after 5 s: general %q, other %q, slow %q", r.platform.in("general"), r.platform.in("other"), r.platform.in("slow"))
		}
		time.Sleep(time.Minute)
		if got := r.platform.in("slow"); got != "a/1 a/2" {
			t.Errorf("slow has %q", got)
		}
	})
}

// An adapter with far more slow channels than workers takes no worker from another.
func TestOneSlowAdapterDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var channels []string
		for i := range 100 {
			channels = append(channels, fmt.Sprint("slow", i))
		}
		r := run(t, append(channels, "q:general"), day("a", 1))
		time.Sleep(5 * time.Second)
		if got := r.platform.in("general"); got != "a/1 a/2" {
			t.Errorf("after 5 s general has %q", got)
		}
	})
}

func TestSlotsOpenByThemselvesAndChangesAreNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, []string{"general"}, day("a", 1))
		time.Sleep(6 * time.Minute) // the slot of 00:00 has ended
		r.add(day("b", 1))
		time.Sleep(3 * time.Minute)
		if got := r.platform.in("general"); got != "a/1 a/2" {
			t.Errorf("before the slot %q is posted", got)
		}
		time.Sleep(2 * time.Minute) // 00:11
		if got := r.platform.in("general"); got != "a/1 a/2 b/1 b/2" {
			t.Errorf("after the slot %q is posted", got)
		}
		time.Sleep(10 * time.Minute) // 00:21: the slot of 00:20 waits
		r.add(day("c", 1))
		time.Sleep(5 * time.Second)
		if got := r.platform.in("general"); got != "a/1 a/2 b/1 b/2 c/1 c/2" {
			t.Errorf("posted %q", got)
		}
	})
}

func TestDeliveriesOfAnotherProcessAreFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, []string{"general"}, day("a", 1))
		time.Sleep(10 * time.Second)
		x := ledger.NewResend("a", "a", chat.Channel{Adapter: "p", ID: "elsewhere"}, "request", "me", time.Now())
		if _, err := r.ledger.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if got := r.platform.in("elsewhere"); got != "a/1 a/2" {
			t.Errorf("posted %q", got)
		}
	})
}

// A change by a command in a terminal takes effect within a second: a subscription begins,
// a pause holds back what is new, and what waited for its end is posted.
func TestWishesOfAnotherProcessAreNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, nil, day("a", 1))
		other := dispatch.New(dispatch.Options{
			Ledger: r.ledger, Adapters: map[string]chat.Adapter{"p": r.platform}, Log: slog.New(slog.DiscardHandler),
			Library: func() *digest.Library { return r.library },
		})
		if err := other.Subscriptions.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		ada := ledger.Person{ID: "terminal", Name: "Ada @everyone"}
		subscribe := func(name string, to chat.Channel) {
			t.Helper()
			problems, err := other.Subscriptions.Subscribe(t.Context(), ledger.Stored{Name: name, Channel: to, By: ada, At: time.Now()},
				subscription.Spec{"schedule": "*/10 * * * *", "start": "latest", "style": "full"})
			if err != nil || len(problems) > 0 {
				t.Fatal(problems, err)
			}
		}
		quiet, loud := chat.Channel{Adapter: "p", ID: "quiet"}, chat.Channel{Adapter: "p", ID: "loud"}
		time.Sleep(10 * time.Second)
		if ok, err := other.Subscriptions.Pause(t.Context(), ledger.Pause{Channel: quiet, By: ada, At: time.Now()}); !ok || err != nil {
			t.Fatal(ok, err)
		}
		subscribe("quiet@p", quiet)
		subscribe("loud@p", loud)
		time.Sleep(3 * time.Second) // one to notice, and two for the parts
		if got := r.platform.in("loud"); got != "a/1 a/2" {
			t.Errorf("a subscription of another process has posted %q", got)
		}
		time.Sleep(5 * time.Minute)
		if got := r.platform.in("quiet"); got != "" {
			t.Errorf("the paused channel has %q", got)
		}
		if ok, err := other.Resender.Resume(t.Context(), quiet, "Ada", time.Now()); !ok || err != nil {
			t.Fatal(ok, err)
		}
		time.Sleep(3 * time.Second)
		if got := r.platform.in("quiet"); got != "a/1 a/2" {
			t.Errorf("after the pause the channel has %q", got)
		}
		if ok, err := other.Subscriptions.Unsubscribe(t.Context(), "loud@p"); !ok || err != nil {
			t.Fatal(ok, err)
		}
		time.Sleep(time.Second) // to notice it
		r.add(day("b", 1))
		time.Sleep(10 * time.Minute)
		if got := r.platform.in("loud") + ", " + r.platform.in("quiet"); got != "a/1 a/2, a/1 a/2 b/1 b/2" {
			t.Errorf("at last the channels have %q", got)
		}
	})
}

// A post is corrected as soon as its file changes, but after what is just being posted to
// its channel.
func TestCorrectionsWaitTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, []string{"slow", "general"}, told("a", "a", "one"))
		time.Sleep(9*time.Minute + 55*time.Second)
		if got := r.platform.in("slow"); got != "a/1 a/2" {
			t.Fatalf("slow has %q", got)
		}
		r.add(told("b", "b", "two"))
		time.Sleep(10 * time.Second) // the slot has opened, b is being posted to slow
		r.add(told("a", "A", "one", "and more"))
		time.Sleep(5 * time.Second)
		if got, want := r.platform.in("general"), "a/1 a/2 b/1 b/2 A/1* A/2*"; got != want {
			t.Errorf("general has %q, want %q", got, want)
		}
		time.Sleep(time.Minute)
		if got, want := r.platform.in("slow"), "a/1 a/2 b/1 b/2 A/1* A/2*"; got != want {
			t.Errorf("slow has %q, want %q", got, want)
		}
	})
}

// told returns a digest of the first day.
func told(id, title string, headlines ...string) *digest.Digest {
	d := day(id, 1)
	d.Title, d.Stories = title, nil
	for _, h := range headlines {
		d.Stories = append(d.Stories, digest.Story{Headline: h})
	}
	return d
}

// An attempt in flight when the engine is stopped may finish, and is recorded.
func TestStopLetsAnAttemptEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		p := &platform{}
		d := dispatch.New(dispatch.Options{
			Ledger: l, Adapters: map[string]chat.Adapter{"p": p}, Log: slog.New(slog.DiscardHandler),
			Library: func() *digest.Library {
				return digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{day("a", 1)}))
			},
		})
		x := ledger.NewDelivery("a", "a", chat.Channel{Adapter: "p", ID: "slow"}, time.Now())
		if _, err := l.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { local.New(d, d.Deliverer.Log).Run(ctx); close(ended) }()
		time.Sleep(8 * time.Second)
		stop()
		<-ended
		got, err := l.Get(t.Context(), x.Key)
		if err != nil || got.Parts[0].State != ledger.Sent || got.Parts[1].State != ledger.Planned {
			t.Errorf("parts %+v, %v, want the first sent and the second planned", got.Parts, err)
		}
	})
}

// slowly is a ledger that is slow to return the stored subscriptions.
type slowly struct{ ledger.Ledger }

func (l slowly) Stored(ctx context.Context) ([]ledger.Stored, error) {
	time.Sleep(10 * time.Second)
	return l.Ledger.Stored(ctx)
}

// No delivery that an earlier process left is posted before it is known whether it is still
// wanted.
func TestNothingIsPostedBeforeTheFirstPlan(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ledger.db")
	synctest.Test(t, func(t *testing.T) {
		l, err := sqlite.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		p := &platform{}
		d := dispatch.New(dispatch.Options{
			Ledger: slowly{l}, Adapters: map[string]chat.Adapter{"p": p}, Log: slog.New(slog.DiscardHandler),
			Library: func() *digest.Library {
				return digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{day("a", 1)}))
			},
		})
		x := ledger.NewDelivery("a", "a", chat.Channel{Adapter: "p", ID: "wrong"}, time.Now())
		x.Cause = ledger.ForSlot
		if _, err := l.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { local.New(d, d.Deliverer.Log).Run(ctx); close(ended) }()
		time.Sleep(time.Minute)
		stop()
		<-ended
		if got := p.in("wrong"); got != "" {
			t.Errorf("%q was posted to a channel that nobody names", got)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

// slow is a ledger whose first answer about what is due takes a while.
type slow struct {
	ledger.Ledger
	first time.Duration
}

func (l *slow) Due(ctx context.Context, now time.Time) ([]ledger.Turn, error) {
	first := l.first
	l.first = 0
	time.Sleep(first)
	return l.Ledger.Due(ctx, now)
}

// After a long look, because the process was frozen or the ledger unreachable, the next
// look is not delayed for even longer.
func TestLongLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{}
		d := dispatcher(t, p)
		l := d.Ledger
		d.Ledger = &slow{l, 10 * time.Second}
		start(t, d)
		time.Sleep(11 * time.Second)
		if _, err := l.Plan(t.Context(), ledger.NewDelivery("a", "a", chat.Channel{Adapter: "p", ID: "general"}, time.Now())); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if got, want := p.in("general"), "a/1 a/2"; got != want {
			t.Errorf("general has %q, want %q", got, want)
		}
	})
}
