package dispatch_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/deliver"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

// TestReplicaSimulation runs histories like TestSimulation, with two or three replicas over
// one ledger that behaves like PostgreSQL. Leases move at random; a replica is frozen
// anywhere and continues where it was, after others have taken over; a connection breaks
// before or after a change; the database is unreachable; and replicas see the library at
// different times. The rules are those of history.judge, and those of port.Send for each
// request.
//
// It does not freeze a replica between the last look at the clock and the first byte of the
// request: that is the one risk that package replicas names. Nor does it freeze the planner
// between its last look at the lease and a change, because no guard fences planned
// deliveries: such a replica may move a delivery back to where its file was.
func TestReplicaSimulation(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	if raceDetector() {
		t.Skip("the fake clock lets one replica run at a time, which the race detector cannot see: run it without -race")
	}
	simulate(t, *seeds, func(h *history) { newFleet(h).run() }, slices.Concat(always, shared))
}

// raceDetector reports whether the test was built with -race.
func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// shared are the events that happen only in the histories of several processes.
var shared = []string{
	"freezes", "freezes longer than a lease", "requests whose process froze", "late timers", "fenced promises", "fenced plans", "fenced changes",
	"requests that were not made for want of the lease", "adapters that were taken up", "plannings that were handed over", "leases that were given back",
	"leases that were given up", "changes that failed", "changes that were made unnoticed", "failures while the database was away", "libraries that lag behind",
}

const (
	// term and renewal are those of the leases in package replicas.
	term    = 6 * time.Second
	renewal = time.Second
	// planning is the name of the planner's lease; the lease for posting has the name of
	// the adapter.
	planning = "plan"
)

// fleet is a history of several replicas.
type fleet struct {
	*history
	replicas []*replica        // by place; nil while there is none
	leases   map[string]*lease // by name, as stored in the database
	names    []string          // of the leases
	promises map[chat.Key]promise
	away     bool // the database is unreachable
	freezes  int  // how many may still happen
	over     bool
}

// lease is a lease that a replica has or had.
type lease struct {
	name string
	by   *replica
	// ours is the context of the work, which end ends.
	ours context.Context
	end  context.CancelCauseFunc
	// until is when it ends by the clock of the database, unless it is renewed; zero while
	// it is. overs ends the work before that.
	until time.Time
	overs *time.Timer
	// taken says that the replica has taken over what another one left on the adapter.
	taken bool
}

// promise records which replica promised a request, when, and whether it had the lease
// then.
type promise struct {
	by   *replica
	at   time.Time
	held bool
}

// replica is one process. It does one thing after the other, so a freeze stops all of it.
//
// Everything in a history happens at a time of its own: each replica wakes at nanoseconds
// at which no other does. So no two run at once, and a seed always gives the same history.
type replica struct {
	*dispatch.Dispatcher
	f       *fleet
	place   int64
	lag     time.Duration // delay with which it sees the library
	mine    map[string]*lease
	resting map[chat.Channel]time.Time // after an error
	frozen  time.Time                  // until when
	ended   bool
	wrote   bool        // it wrote something that others may wait for
	due     time.Time   // when it next wakes
	wake    *time.Timer // nil before it first rests
}

func newFleet(h *history) *fleet {
	h.clocks, h.renamed = 0, time.Time{} // a replica with a wrong clock has no lease, and all have the same configuration
	return &fleet{history: h, leases: map[string]*lease{}, names: append(slices.Sorted(maps.Keys(h.adapters)), planning), promises: map[chat.Key]promise{}, freezes: h.rng.IntN(12)}
}

// run runs the history and judges it.
func (f *fleet) run() {
	var running sync.WaitGroup
	f.replicas = make([]*replica, 2+f.rng.IntN(2))
	for place := range f.replicas {
		running.Go(func() { f.live(place) })
	}
	running.Go(f.outages)
	for end := time.Now().Add(12 * 24 * time.Hour); time.Now().Before(end); {
		rest, waiting := f.rest(time.Now().Add(10 * time.Minute))
		if f.ahead && time.Now().Before(at(2, 8, 40)) {
			waiting = true // for its day
		}
		frozen := slices.ContainsFunc(f.replicas, func(r *replica) bool { return r != nil && time.Now().Before(r.frozen) })
		if !waiting && !frozen && len(f.arrivals) == 0 && time.Now().After(f.calm) {
			if slots, _ := f.memory.Running(context.Background(), "morning"); len(slots) == 0 && !f.decide() {
				break
			}
			f.call(nil)
		}
		if f.moves > 0 && f.rng.IntN(3) == 0 {
			f.move()
			f.call(nil)
		}
		if time.Now().Before(f.calm) {
			f.stir()
			rest = min(rest, time.Minute)
		}
		f.sleep(time.Until(moment(0, max(rest, time.Second))))
	}
	f.over = true
	f.call(nil)
	running.Wait()
	f.judge()
}

// stir makes a replica return a lease, because another is better placed to have it, or give
// up all that it has, because its clock was set.
func (f *fleet) stir() {
	r := f.replicas[f.rng.IntN(len(f.replicas))]
	if r == nil || time.Now().Before(r.frozen) {
		return
	}
	l := r.mine[f.names[f.rng.IntN(len(f.names))]]
	switch n := f.rng.IntN(40); {
	case n < 4 && l != nil:
		f.sum["leases that were given back"]++
		l.end(context.Canceled) // requests in flight may finish
		f.call(nil)
	case n == 4:
		for _, name := range f.names {
			if l := r.mine[name]; l != nil {
				f.sum["leases that were given up"]++
				l.end(deliver.ErrNotOurs)
			}
		}
		f.call(nil)
	}
}

// outages makes the database unreachable for a while now and then.
func (f *fleet) outages() {
	time.Sleep(time.Second)
	for range f.rng.IntN(4) {
		time.Sleep(f.upTo(5 * time.Hour))
		if time.Now().After(f.calm) {
			return
		}
		f.log.Info("database is away")
		f.away = true
		for _, r := range f.replicas {
			if r != nil {
				r.lapse()
			}
		}
		time.Sleep(f.upTo(2 * time.Minute))
		f.log.Info("database is back")
		f.away = false
		for _, r := range f.replicas {
			if r != nil && !time.Now().Before(r.frozen) {
				r.renew()
			}
		}
		f.call(nil)
	}
}

// call makes replicas look soon for what there is to do, except one.
func (f *fleet) call(but *replica) {
	for _, r := range f.replicas {
		if r != nil && r != but && r.wake != nil {
			if at := r.moment(f.upTo(500 * time.Millisecond)); at.Before(r.due) {
				r.due = at
				r.wake.Reset(time.Until(at))
			}
		}
	}
}

// live runs one replica after another at a place.
func (f *fleet) live(place int) {
	for !f.over {
		r := f.start(place)
		for died := false; !died && !f.over; {
			var living sync.WaitGroup
			var again time.Time
			died = true
			living.Go(func() {
				again = r.work()
				died = false
			})
			living.Wait()
			if !died {
				r.sleep(again)
			}
		}
		r.stop()
		if !f.over {
			f.sum["deaths"]++
			f.log.Info("death", "replica", place, "await", f.awaits)
			time.Sleep([]time.Duration{time.Second, time.Minute, 10 * time.Minute, time.Hour}[f.rng.IntN(4)])
		}
	}
}

// start starts a process.
func (f *fleet) start(place int) *replica {
	r := &replica{f: f, place: int64(place), mine: map[string]*lease{}, resting: map[chat.Channel]time.Time{}}
	time.Sleep(time.Until(r.moment(0)))
	if f.rng.IntN(2) == 0 {
		f.sum["libraries that lag behind"]++
		r.lag = f.upTo(time.Minute)
	}
	adapters := map[string]chat.Adapter{}
	for _, s := range f.seas {
		adapters[s.name] = &port{s, r}
	}
	r.Dispatcher = dispatch.New(dispatch.Options{
		Ledger: &connection{&mortal{f.memory, f.history}, r}, Adapters: adapters, Subscriptions: f.subscriptions, Log: f.log.With("replica", place),
		Library: r.library, Admin: chat.Channel{Adapter: "quiet", ID: "admins"},
	})
	r.Planner.Shared = true
	r.Deliverer.Attempted = func(_ string, err error) {
		if errors.Is(err, deliver.ErrNotOurs) {
			f.sum["requests that were not made for want of the lease"]++
		}
	}
	f.replicas[place] = r
	return r
}

// stop records that a process has ended.
func (r *replica) stop() {
	r.lapse()
	for _, l := range r.mine {
		l.overs.Stop()
		l.end(context.Canceled)
	}
	r.ended = true
	r.f.replicas[r.place] = nil
}

// moment returns a time after a delay that is unique to the replica.
func (r *replica) moment(in time.Duration) time.Time { return moment(r.place+1, in) }

// moment returns a time after a delay that is unique to one owner: 0 for the world, 1 and
// up for replicas.
func moment(whose int64, in time.Duration) time.Time {
	const all = 8
	t := time.Now().Add(in).UnixNano()
	return time.Unix(0, t+(whose+all-t%all)%all)
}

// library returns the library as a replica sees it.
func (r *replica) library() *digest.Library {
	for _, x := range slices.Backward(r.f.libraries[1:]) {
		if !x.at.Add(r.lag).After(time.Now()) {
			return x.library
		}
	}
	return r.f.libraries[0].library
}

// sleep waits until the given time, or until there is something to do.
func (r *replica) sleep(until time.Time) {
	now := time.Now()
	sooner := func(at time.Time) {
		if at.After(now) && at.Before(until) {
			until = at
		}
	}
	for _, x := range r.f.memory.rows {
		if !x.State.Ended() {
			sooner(x.Next)
		}
	}
	for _, x := range r.f.libraries {
		sooner(x.at.Add(r.lag))
	}
	if len(r.f.arrivals) > 0 {
		sooner(r.f.arrivals[0].at.Add(r.lag + time.Nanosecond))
	}
	for _, at := range r.resting {
		sooner(at)
	}
	for _, name := range r.f.names {
		if l := r.f.leases[name]; l == nil || l.ours.Err() != nil {
			sooner(now.Add(renewal))
		} else if !l.until.IsZero() {
			sooner(l.until)
		}
	}
	if r.wrote {
		r.wrote = false
		r.f.call(r)
	}
	r.due = r.moment(max(until.Sub(now), time.Millisecond))
	r.wake = time.NewTimer(time.Until(r.due))
	<-r.wake.C
	r.wake = nil
}

// holds reports whether a replica has a lease now, by the clock of the database.
func (f *fleet) holds(r *replica, name string) bool {
	l := f.leases[name]
	return l != nil && l.by == r && (l.until.IsZero() || time.Now().Before(l.until))
}

// lapse ends leases that are not renewed when their term is over.
func (r *replica) lapse() {
	for _, name := range r.f.names {
		l := r.mine[name]
		if l == nil || r.f.leases[name] != l || !l.until.IsZero() {
			continue
		}
		rest, late := term-r.f.upTo(renewal), r.f.rng.IntN(2) == 0
		l.until = time.Now().Add(rest + r.f.upTo(100*time.Millisecond))
		l.overs = time.AfterFunc(rest, func() {
			// In a process that was frozen, timers may fire only after it continues, and
			// even after a change that it was about to request.
			if wakes := time.Until(r.frozen); wakes > 0 && late {
				r.f.sum["late timers"]++
				l.overs = time.AfterFunc(wakes+time.Millisecond, func() { l.end(deliver.ErrNotOurs) })
				return
			}
			l.end(deliver.ErrNotOurs)
		})
	}
}

// renew renews the leases that a replica still has.
func (r *replica) renew() {
	for _, name := range r.f.names {
		if l := r.mine[name]; l != nil && !l.until.IsZero() && r.f.holds(r, name) && l.overs.Stop() {
			l.until = time.Time{}
		}
	}
}

// keep returns leases whose term is over, and takes some that are free.
func (r *replica) keep() {
	f := r.f
	for _, name := range f.names {
		l := r.mine[name]
		if l == nil || l.ours.Err() == nil {
			continue
		}
		if name == planning {
			f.sum["plannings that were handed over"]++
			r.Planner.HandOver()
		}
		if f.leases[name] == l && !errors.Is(context.Cause(l.ours), deliver.ErrNotOurs) && !f.away {
			delete(f.leases, name) // it is returned
			r.wrote = true
		} else {
			r.lapse()
		}
		delete(r.mine, name)
	}
	for _, name := range f.names {
		l := f.leases[name]
		if l != nil && (l.until.IsZero() || time.Now().Before(l.until)) || f.away || f.rng.IntN(2) == 0 {
			continue
		}
		l = &lease{name: name, by: r, taken: name == planning, overs: time.NewTimer(0)}
		l.ours, l.end = context.WithCancelCause(context.Background())
		f.leases[name], r.mine[name] = l, l
		f.log.Info("lease is taken", "at", time.Now(), "replica", r.place, "lease", name)
	}
}

// on returns the named lease, if its work may be done.
func (r *replica) on(name string) *lease {
	if l := r.mine[name]; l != nil && l.ours.Err() == nil {
		return l
	}
	return nil
}

// work plans and delivers like the engine of replicas, and returns when to do so again.
func (r *replica) work() (again time.Time) {
	r.keep()
	again = time.Now().Add(time.Hour)
	if l := r.on(planning); l != nil {
		next, err := r.Planner.Plan(l.ours, time.Now())
		if again = next; err != nil {
			r.f.log.Info("plan failed", "replica", r.place, "error", err)
		}
	}
	for _, name := range r.f.names {
		l := r.on(name)
		if l == nil || l.taken {
			continue
		}
		r.f.sum["adapters that were taken up"]++
		if err := r.Deliverer.TakeUp(l.ours, name, time.Now()); err != nil {
			again = time.Now().Add(renewal)
			continue
		}
		l.taken = true
	}
	for {
		due, err := r.Ledger.Due(context.Background(), time.Now())
		if err != nil {
			return time.Now().Add(500 * time.Millisecond)
		}
		worked, stale := false, false
		for _, turn := range due {
			l := r.on(turn.Channel.Adapter)
			if l == nil || !l.taken || time.Now().Before(r.resting[turn.Channel]) {
				continue
			}
			worked = true
			x, err := r.Ledger.Get(l.ours, turn.Key)
			if err == nil {
				_, err = r.Deliverer.Round(l.ours, &x)
			}
			switch {
			case errors.Is(err, ledger.ErrFenced):
				stale = true
			case err != nil && l.ours.Err() == nil:
				r.resting[turn.Channel] = time.Now().Add(5 * time.Second)
			}
		}
		if !worked {
			return again
		}
		if stale {
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// await is a point at which a replica may be frozen.
func (r *replica) await() (froze bool) {
	f := r.f
	if f.freezes <= 0 || !f.chance(40) {
		return false
	}
	f.freezes--
	f.sum["freezes"]++
	span := [][2]time.Duration{{time.Second, 14 * time.Second}, {time.Second, time.Minute}, {time.Minute, 10 * time.Minute}}[f.rng.IntN(3)]
	d := span[0] + f.upTo(span[1]-span[0])
	if d > term {
		f.sum["freezes longer than a lease"]++
	}
	r.frozen = r.moment(d)
	f.log.Info("freeze", "at", time.Now(), "replica", r.place, "until", r.frozen)
	r.lapse()
	time.Sleep(time.Until(r.frozen))
	f.log.Info("wakes", "at", time.Now(), "replica", r.place)
	if !f.away {
		r.renew()
	}
	return true
}

// port is a replica's connection to a platform.
type port struct {
	*sea
	r *replica
}

// Send posts if that is allowed, and otherwise reports the violation: a request is made by
// the replica that promised it while it held the lease, within the time limit of the
// promise, and not after the replica has learnt that another one posts there. A freeze
// after the request was sent is equivalent to one before its response is received.
func (p *port) Send(ctx context.Context, to chat.Channel, payload chat.Payload, key chat.Key) (chat.Receipt, error) {
	f, promised := p.r.f, p.r.f.promises[key]
	switch {
	case promised.by != p.r || !promised.held:
		f.t.Errorf("part %s is posted to %s by a replica that had no right to promise it", key, to)
	case time.Since(promised.at) >= deliver.SendTimeout:
		f.t.Errorf("part %s is posted to %s %s after its promise", key, to, time.Since(promised.at))
	case errors.Is(context.Cause(p.r.mine[p.name].ours), deliver.ErrNotOurs):
		f.t.Errorf("part %s is posted to %s by a replica that knows that another one posts there", key, to)
	}
	r, err := p.sea.Send(ctx, to, payload, key)
	if p.r.await() {
		f.sum["requests whose process froze"]++
	}
	return r, err
}

// Find searches for a post.
func (p *port) Find(ctx context.Context, in chat.Channel, key chat.Key, since time.Time) (chat.Receipt, error) {
	p.r.await()
	defer p.r.await()
	return p.sea.Find(ctx, in, key, since)
}

// connection is the ledger of a replica. It breaks before or after a change, and everything
// fails while the database is unreachable.
type connection struct {
	*mortal
	r *replica
}

// lost returns why nothing can be queried now.
func (c *connection) lost(ctx context.Context) error {
	if c.r.frozen.Equal(time.Now()) {
		time.Sleep(2 * time.Millisecond) // every query takes longer than late timers
	}
	if c.r.f.away {
		c.r.f.sum["failures while the database was away"]++
		return errors.New("connection refused")
	}
	return ctx.Err()
}

func (c *connection) change(ctx context.Context, do func() error) error {
	if err := c.lost(ctx); err != nil {
		return err
	}
	c.r.await()
	defer c.r.await()
	if c.r.f.away {
		return errors.New("connection reset")
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if c.r.f.chance(100) {
		c.r.f.sum["changes that failed"]++
		return errors.New("connection reset before the change")
	}
	if err := do(); err != nil {
		return err
	}
	c.r.wrote = true
	if c.r.f.chance(100) {
		c.r.f.sum["changes that were made unnoticed"]++
		return errors.New("connection reset after the change")
	}
	return nil
}

func read[T any](ctx context.Context, c *connection, do func() (T, error)) (x T, err error) {
	if err := c.lost(ctx); err != nil {
		return x, err
	}
	return do()
}

// Save writes a delivery; a promise only for the holder of the lease (Guard in package
// postgres).
func (c *connection) Save(ctx context.Context, d *ledger.Delivery) error {
	f, version, promises := c.r.f, d.Version, d.State == ledger.Sending
	at := time.Now()
	if promises {
		at = d.Parts.Current().Last
	}
	err := c.change(ctx, func() error {
		held := f.holds(c.r, d.Channel.Adapter)
		if promises && !held {
			f.sum["fenced promises"]++
			return ledger.ErrFenced
		}
		err := c.mortal.Save(ctx, d)
		switch {
		case errors.Is(err, ledger.ErrFenced):
			f.sum["fenced changes"]++
		case err == nil && promises:
			f.promises[d.Parts.Current().Key] = promise{c.r, at, held}
		}
		return err
	})
	if err != nil {
		d.Version = version
		if !promises && d.Channel.Adapter == "quiet" {
			f.unsaved++
		}
	}
	return err
}

// plans makes a change that is allowed only to the holder of the planner's lease (Guard in
// package postgres).
func (c *connection) plans(ctx context.Context, do func() error) error {
	return c.change(ctx, func() error {
		if !c.r.f.holds(c.r, planning) {
			c.r.f.sum["fenced plans"]++
			return ledger.ErrFenced
		}
		return do()
	})
}

func (c *connection) Plan(ctx context.Context, ds ...ledger.Delivery) (entered []chat.Key, err error) {
	err = c.change(ctx, func() (err error) {
		entered, err = c.mortal.Plan(ctx, ds...)
		return err
	})
	return entered, err
}

func (c *connection) Begin(ctx context.Context, s string, now time.Time, cs []chat.Channel, ds ...ledger.Delivery) error {
	return c.plans(ctx, func() error { return c.mortal.Begin(ctx, s, now, cs, ds...) })
}

func (c *connection) SaveSlot(ctx context.Context, s ledger.Slot) error {
	return c.plans(ctx, func() error { return c.mortal.SaveSlot(ctx, s) })
}

func (c *connection) Move(ctx context.Context, moves ...ledger.Move) error {
	return c.plans(ctx, func() error { return c.mortal.Move(ctx, moves...) })
}

func (c *connection) See(ctx context.Context, at time.Time, digests ...string) error {
	return c.change(ctx, func() error { return c.mortal.See(ctx, at, digests...) })
}

func (c *connection) Get(ctx context.Context, key chat.Key) (ledger.Delivery, error) {
	return read(ctx, c, func() (ledger.Delivery, error) { return c.mortal.Get(ctx, key) })
}

func (c *connection) Due(ctx context.Context, now time.Time) ([]ledger.Turn, error) {
	return read(ctx, c, func() ([]ledger.Turn, error) { return c.mortal.Due(ctx, now) })
}

func (c *connection) List(ctx context.Context, q ledger.Query) ([]ledger.Delivery, error) {
	return read(ctx, c, func() ([]ledger.Delivery, error) { return c.mortal.List(ctx, q) })
}

func (c *connection) Known(ctx context.Context, cs []chat.Channel, digests ...string) ([]map[string]ledger.Known, error) {
	return read(ctx, c, func() ([]map[string]ledger.Known, error) { return c.mortal.Known(ctx, cs, digests...) })
}

func (c *connection) Digests(ctx context.Context) (map[string]bool, error) {
	return read(ctx, c, func() (map[string]bool, error) { return c.mortal.Digests(ctx) })
}

func (c *connection) Told(ctx context.Context, since time.Time) iter.Seq2[ledger.Told, error] {
	if err := c.lost(ctx); err != nil {
		return func(yield func(ledger.Told, error) bool) { yield(ledger.Told{}, err) }
	}
	return c.mortal.Told(ctx, since)
}

func (c *connection) Taken(ctx context.Context, keys ...chat.Key) (map[chat.Key]string, error) {
	return read(ctx, c, func() (map[chat.Key]string, error) { return c.mortal.Taken(ctx, keys...) })
}

func (c *connection) Begun(ctx context.Context, s string) (map[chat.Channel]bool, error) {
	return read(ctx, c, func() (map[chat.Channel]bool, error) { return c.mortal.Begun(ctx, s) })
}

func (c *connection) Slots(ctx context.Context, s string, limit int) ([]ledger.Slot, error) {
	return read(ctx, c, func() ([]ledger.Slot, error) { return c.mortal.Slots(ctx, s, limit) })
}

func (c *connection) Running(ctx context.Context, s string) ([]ledger.Slot, error) {
	return read(ctx, c, func() ([]ledger.Slot, error) { return c.mortal.Running(ctx, s) })
}
