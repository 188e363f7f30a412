package replicas

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/deliver"
)

// table is a Table in memory, with the clock of the test.
type table struct {
	mu   sync.Mutex
	rows map[string]row
	away bool          // the database cannot be reached
	off  time.Duration // how far its clock is ahead
}

type row struct {
	holder string
	until  time.Time
}

var errAway = errors.New("the database is away")

func (t *table) Lease(_ context.Context, name, holder string, term time.Duration) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.away {
		return false, errAway
	}
	if r, ok := t.rows[name]; ok && r.holder != holder && time.Now().Before(r.until) {
		return false, nil
	}
	if t.rows == nil {
		t.rows = map[string]row{}
	}
	t.rows[name] = row{holder, time.Now().Add(term)}
	return true, nil
}

func (t *table) Renew(_ context.Context, holder string, term time.Duration, names ...string) (map[string]string, time.Time, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.away {
		return nil, time.Time{}, errAway
	}
	holders := map[string]string{}
	for name, r := range t.rows {
		if !time.Now().Before(r.until) {
			continue
		}
		if r.holder == holder && slices.Contains(names, name) {
			t.rows[name] = row{holder, time.Now().Add(term)}
		}
		holders[name] = r.holder
	}
	return holders, time.Now().Add(t.off), nil
}

func (t *table) Return(_ context.Context, name, holder string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.away {
		return errAway
	}
	if t.rows[name].holder == holder {
		delete(t.rows, name)
	}
	return nil
}

func (t *table) set(do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do()
}

// fleet is a set of replicas that share a table, with a record of who works on what.
type fleet struct {
	t     *testing.T
	table *table

	mu    sync.Mutex
	works map[string]map[string]bool // by lease, the working replicas
}

// replica is one of a fleet.
type replica struct {
	*Leases
	stop context.CancelFunc
	done chan struct{}
}

// add starts a replica that can post on these adapters, and also takes the planner's lease.
func (f *fleet) add(name string, adapters ...string) *replica {
	ctx, stop := context.WithCancel(f.t.Context())
	r := &replica{Leases: NewLeases(f.table, name, slog.New(slog.DiscardHandler)), stop: stop, done: make(chan struct{})}
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	running.Go(func() { r.Hold(ctx, Planning, f.work(name, Planning)) })
	running.Go(func() { r.Hold(ctx, Hearing("discord"), f.work(name, Hearing("discord"))) })
	for _, a := range adapters {
		running.Go(func() {
			r.Deliver(ctx, strings.TrimPrefix(a, "no "), !strings.HasPrefix(a, "no "), f.work(name, Posting(strings.TrimPrefix(a, "no "))))
		})
	}
	go func() { running.Wait(); close(r.done) }()
	f.t.Cleanup(func() { stop(); <-r.done })
	return r
}

// work records which replica works, and fails the test if two do at once.
func (f *fleet) work(name, lease string) func(context.Context) {
	return func(ctx context.Context) {
		f.note(name, lease, true)
		<-ctx.Done()
		f.note(name, lease, false)
	}
}

func (f *fleet) note(name, lease string, works bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.works == nil {
		f.works = map[string]map[string]bool{}
	}
	if f.works[lease] == nil {
		f.works[lease] = map[string]bool{}
	}
	if works {
		f.works[lease][name] = true
	} else {
		delete(f.works[lease], name)
	}
	if len(f.works[lease]) > 1 {
		f.t.Errorf("%s is worked on by %v at once", lease, slices.Sorted(maps.Keys(f.works[lease])))
	}
}

// owner returns the replica that works on a lease; "" for none.
func (f *fleet) owner(lease string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(slices.Sorted(maps.Keys(f.works[lease])), " and ")
}

// owners returns on how many of the adapters each replica posts.
func (f *fleet) owners(adapters ...string) string {
	n := map[string]int{}
	for _, a := range adapters {
		n[f.owner(Posting(a))]++
	}
	return fmt.Sprint(n)
}

func TestLeasesAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{t: t, table: &table{}}
		adapters := []string{"discord", "slack", "slack-2"}
		first := f.add("a", adapters...)
		time.Sleep(3 * time.Second)
		if got, want := f.owners(adapters...), "map[a:3]"; got != want {
			t.Errorf("one replica: %s, want %s", got, want)
		}
		f.add("b", adapters...)
		f.add("c", adapters...)
		time.Sleep(10 * time.Second)
		if got, want := f.owners(adapters...), "map[a:1 b:1 c:1]"; got != want {
			t.Errorf("three replicas: %s, want %s", got, want)
		}
		planner := f.owner(Planning)
		if planner != "a" {
			t.Errorf("%q plans, want the first", planner)
		}
		first.stop()
		<-first.done
		time.Sleep(2 * time.Second) // it has returned what it had
		if got, want := f.owners(adapters...), map[string]bool{"map[b:2 c:1]": true, "map[b:1 c:2]": true}; !want[got] {
			t.Errorf("two are left: %s", got)
		}
		if got := f.owner(Planning); got == "" || got == "a" {
			t.Errorf("%q plans after a has stopped", got)
		}
	})
}

// The replica that posts on an adapter also listens there, and makes no requests to its
// platform while those of another replica may count.
func TestListeningFollowsPosting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{t: t, table: &table{}}
		first := f.add("a", "slack", "discord")
		time.Sleep(3 * time.Second)
		same := func(when string) {
			t.Helper()
			if posts, hears := f.owner(Posting("discord")), f.owner(Hearing("discord")); posts == "" || posts != hears {
				t.Errorf("%s, %q posts and %q listens", when, posts, hears)
			}
		}
		same("alone")
		if !first.Posts("discord") {
			t.Error("it asks for nothing, though it posts for long")
		}
		all := map[string]*replica{"a": first}
		for _, name := range []string{"b", "c"} {
			all[name] = f.add(name, "discord", "slack", "slack-2")
			time.Sleep(10 * time.Second)
			same("with " + name)
		}
		owner := f.owner(Posting("discord"))
		all[owner].stop()
		<-all[owner].done
		if all[owner].Posts("discord") {
			t.Error("it asks after it has stopped")
		}
		for next := ""; next == ""; next = f.owner(Posting("discord")) {
			time.Sleep(look / 10)
		}
		next := all[f.owner(Posting("discord"))]
		if next.Posts("discord") {
			t.Error("it asks right after another one has")
		}
		time.Sleep(respite)
		if f.owner(Posting("discord")) == next.Holder() && !next.Posts("discord") {
			t.Error("it does not ask after the respite")
		}
		time.Sleep(10 * look) // until adapters are spread evenly again
		same("after another one")
	})
}

// A replica that cannot post on an adapter does not keep others from it.
func TestLeaseOfWhatOneCannotDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{t: t, table: &table{}}
		f.add("a", "discord", "slack")
		f.add("b")
		time.Sleep(time.Minute)
		if got, want := f.owners("discord", "slack"), "map[a:2]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// A replica without a token leaves an adapter to those that have one, even if it was first.
func TestLeaseOfWhoHasNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{t: t, table: &table{}}
		f.add("a", "no discord", "slack", "slack-2")
		time.Sleep(5 * time.Second)
		if got, want := f.owners("discord", "slack", "slack-2"), "map[a:3]"; got != want {
			t.Errorf("alone: %s, want %s", got, want)
		}
		f.add("b", "discord", "no slack", "no slack-2")
		time.Sleep(10 * time.Second)
		if got, want := f.owner(Posting("discord")), "b"; got != want {
			t.Errorf("discord is of %q, want %q", got, want)
		}
		if got, want := f.owners("slack", "slack-2"), "map[a:2]"; got != want {
			t.Errorf("together: %s, want %s", got, want)
		}
	})
}

// While the database is unreachable, a lease ends before another replica may have it, and
// the work continues when the database is back.
func TestLeaseWithoutDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{t: t, table: &table{}}
		r := f.add("a", "discord")
		time.Sleep(3 * time.Second)
		ours := r.Held(Posting("discord"))
		if ours == nil {
			t.Fatal("it has no lease")
		}
		f.table.set(func() { f.table.away = true })
		time.Sleep(term - 2*look)
		if ours.Err() != nil {
			t.Error("the lease ended early")
		}
		time.Sleep(3 * look)
		if f.owner(Hearing("discord")) != "a" {
			t.Error("nobody listens while the database is away")
		}
		if cause := context.Cause(ours); !errors.Is(cause, deliver.ErrNotOurs) || r.Held(Posting("discord")) != nil {
			t.Errorf("the lease ended with %v, want %v", cause, deliver.ErrNotOurs)
		}
		f.table.set(func() { f.table.away = false })
		time.Sleep(3 * look)
		if f.owner(Posting("discord")) != "a" {
			t.Error("nobody posts when the database is back")
		}
		f.add("b", "discord")
		time.Sleep(2 * term)
		if f.owner(Hearing("discord")) != "a" {
			t.Error("another listens too, or nobody does, when the database is back")
		}
	})
}

// Others do the work of a dead replica when its term is over.
func TestLeaseOfTheDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{t: t, table: &table{}}
		f.table.set(func() {
			f.table.rows = map[string]row{
				Planning: {"dead", time.Now().Add(term)}, Posting("discord"): {"dead", time.Now().Add(term)}, ready + "discord:dead": {"dead", time.Now().Add(term)},
			}
		})
		f.add("b", "discord")
		began := time.Now()
		for f.owner(Posting("discord")) == "" || f.owner(Planning) == "" {
			time.Sleep(look / 10)
			if time.Since(began) > time.Minute {
				t.Fatal("nobody took over")
			}
		}
		if after := time.Since(began); after < term || after > term+2*look {
			t.Errorf("taken over after %v, want %v to %v", after, term, term+2*look)
		}
	})
}

func TestWrongClock(t *testing.T) {
	for _, tt := range []struct {
		off   time.Duration
		wrong string
	}{
		{Apart - time.Millisecond, ""},
		{Apart - 2*Apart, ""},
		{-time.Minute, "the clock of this machine is 1m0s ahead of that of the database: set it, and this replica plans and posts again"},
		{time.Hour, "the clock of this machine is 1h0m0s behind that of the database: set it, and this replica plans and posts again"},
	} {
		t.Run(tt.off.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fleet{t: t, table: &table{}}
				r := f.add("a", "discord")
				time.Sleep(3 * time.Second)
				f.table.set(func() { f.table.off = tt.off })
				time.Sleep(3 * time.Second)
				if got := r.Wrong(); got != tt.wrong {
					t.Errorf("got %q, want %q", got, tt.wrong)
				}
				if posts := f.owner(Posting("discord")) != ""; posts != (tt.wrong == "") {
					t.Errorf("it posts: %v", posts)
				}
				f.table.set(func() { f.table.off = 0 })
				time.Sleep(term + 3*look)
				if r.Wrong() != "" || f.owner(Posting("discord")) == "" {
					t.Errorf("when the clock is right: %q, posts %q", r.Wrong(), f.owner(Posting("discord")))
				}
			})
		})
	}
}

// After the clock was set, the work ends at once, and begins again under a new lease.
func TestGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{t: t, table: &table{}}
		r := f.add("a", "discord")
		time.Sleep(3 * time.Second)
		ours := r.Held(Posting("discord"))
		r.GiveUp()
		if !errors.Is(context.Cause(ours), deliver.ErrNotOurs) {
			t.Errorf("the work ended with %v", context.Cause(ours))
		}
		if err := chat.Ended(context.WithoutCancel(ours)); !errors.Is(err, deliver.ErrNotOurs) {
			t.Errorf("a request may still go out: %v", err)
		}
		time.Sleep(term + 3*look)
		if f.owner(Posting("discord")) != "a" || r.Held(Posting("discord")) == ours {
			t.Error("it does not post again")
		}
	})
}

// A request that wakes before the timer that ends its lease is not sent.
func TestTermIsOverBeforeItsTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{t: t, table: &table{}}
		r := f.add("a", "discord")
		time.Sleep(3 * time.Second)
		ours := r.Held(Posting("discord"))
		request, cancel := context.WithTimeout(context.WithoutCancel(ours), time.Hour)
		defer cancel()
		f.table.set(func() { f.table.away = true })
		r.mu.Lock()
		r.mine[Posting("discord")].over.Stop() // a frozen process runs no timers
		r.mu.Unlock()
		if err := chat.Ended(request); err != nil {
			t.Errorf("within the term: %v", err)
		}
		time.Sleep(term)
		if ours.Err() != nil {
			t.Fatalf("the timer was not stopped: %v", ours.Err())
		}
		if err := chat.Ended(request); !errors.Is(err, deliver.ErrNotOurs) {
			t.Errorf("after the term: %v, want %v", err, deliver.ErrNotOurs)
		}
		if cause := context.Cause(ours); !errors.Is(cause, deliver.ErrNotOurs) {
			t.Errorf("the work goes on, or ended with %v", cause)
		}
	})
}
