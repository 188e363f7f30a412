// Package local plans and wakes deliveries in one process: a plain loop over what is due
// in the ledger. It knows nothing of platforms, nor of the content of a delivery.
//
// # Why
//
// One process owns a ledger in a file, so there is no one to agree with: no lease, no
// queue, no broker. Work is known by its row alone, so a delivery planned by another
// process (the command line) is found as well. Processes that share a ledger run the
// same two loops, each for its share of the work (package replicas).
//
// Each adapter has a lane, in which every channel with something due has one turn. A
// turn is one part: no channel gets the second part of a digest before all waiting
// channels have the first, and a channel with a long delivery holds up no other. The
// content of a delivery is read when its turn comes: ten thousand waiting channels are
// ten thousand keys.
package local

import (
	"container/heap"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/retry"
)

const (
	// look is how often the ledger is asked for what is due when nothing happens. least is
	// the minimum interval when a lot happens.
	look  = 500 * time.Millisecond
	least = 50 * time.Millisecond
	// busyShare limits looking to 1/busyShare of the engine's time. most is the maximum
	// interval between two looks, however long one took: the process may have been frozen,
	// or the ledger unreachable.
	busyShare = 20
	most      = 2 * time.Second
	// workers is how many channels of one adapter are served at a time: enough to use a
	// platform to its limit even over a slow connection.
	workers = 64
	// rest is how long a channel rests after its row could not be saved.
	rest = 5 * time.Second
)

// Share says which part of the work belongs to this process, if several share a ledger.
type Share interface {
	// On returns the context in which this process may now deliver on an adapter; nil if
	// another process does. It ends with the cause deliver.ErrNotOurs when that changes.
	On(adapter string) context.Context
	// ClockSet adjusts to a change of this machine's clock by the given duration.
	ClockSet(ctx context.Context, by time.Duration) error
}

// alone is the Share of a process that owns the ledger: everything.
type alone struct {
	*Engine
	until context.Context
}

func (a alone) On(string) context.Context { return a.until }

func (a alone) ClockSet(ctx context.Context, by time.Duration) error {
	return a.dispatcher.Deliverer.ClockSet(ctx, by, a.serves)
}

// Engine plans and wakes deliveries.
type Engine struct {
	dispatcher *dispatch.Dispatcher
	log        *slog.Logger
	replan     chan struct{}
	wake       chan struct{}

	mu    sync.Mutex
	lanes map[string]*lane // by adapter
	// busy has the channels that have a turn in a lane; true if a worker is working on it.
	busy map[at]bool
	seen int // number of turns that entered lanes
}

type at struct{ adapter, id string }

func channelOf(t ledger.Turn) at { return at{t.Channel.Adapter, t.Channel.ID} }

// New returns an engine for a dispatcher. Run starts it.
func New(d *dispatch.Dispatcher, log *slog.Logger) *Engine {
	return &Engine{
		dispatcher: d, log: log,
		replan: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		busy: map[at]bool{}, lanes: map[string]*lane{},
	}
}

// Replan tells the engine that there may be something to plan: the library or a
// subscription has changed, or a slot may have ended.
func (e *Engine) Replan() { poke(e.replan) }

// Replans returns a channel that has a value if Replan was called since the last receive,
// by a caller or by Plan.
func (e *Engine) Replans() <-chan struct{} { return e.replan }

// Wake tells the engine that something may be due.
func (e *Engine) Wake() { poke(e.wake) }

// Run plans and delivers until ctx is done and every attempt has ended.
func (e *Engine) Run(ctx context.Context) {
	var running sync.WaitGroup
	// The first plan finds which deliveries of an earlier process are no longer wanted.
	planned := make(chan struct{})
	running.Go(func() { e.Plan(ctx, sync.OnceFunc(func() { close(planned) })) })
	running.Go(func() {
		select {
		case <-ctx.Done():
		case <-planned:
			e.Deliver(ctx, alone{e, ctx})
		}
	})
	running.Wait()
}

// Plan plans whenever a slot may open or end, and after Replan, until ctx is done. It calls
// planned each time.
func (e *Engine) Plan(ctx context.Context, planned func()) {
	failed := retry.Backoff{First: time.Second, Last: time.Minute}
	for {
		now := time.Now()
		again := now.Add(time.Minute)
		err := panics.Contain(e.log, "plan what is due", func() (err error) {
			again, err = e.dispatcher.Planner.Plan(ctx, now)
			return err
		})
		took := time.Since(now)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			// A database outage of a moment must not delay a slot.
			again = now.Add(failed.Next(false))
			e.log.Error("engine: planning failed, trying again", "error", err, "next_attempt", again)
		} else {
			failed.Next(true)
		}
		planned()
		poke(e.wake)
		// A change of the clock, or a sleeping machine, must not delay a slot by more than
		// a minute.
		timer := time.NewTimer(min(max(again.Sub(now), 0)+time.Millisecond, time.Minute))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-e.replan:
		case <-timer.C:
		}
		timer.Stop()
		// Each delivery that ends asks for a plan. With many channels a plan takes long, so
		// planning is limited to a twentieth of the time.
		if retry.Sleep(ctx, min(20*took, time.Second)) != nil {
			return
		}
	}
}

// Deliver puts what is due in this process's share into the lanes, until ctx is done and
// every attempt has ended.
func (e *Engine) Deliver(ctx context.Context, share Share) {
	var running sync.WaitGroup
	defer running.Wait()
	tick := time.NewTicker(look)
	defer tick.Stop()
	looked := time.Now()
	var unread outage
	for {
		now := time.Now()
		if by := leap(now.Round(0).Sub(looked.Round(0)), now.Sub(looked)); by != 0 {
			err := panics.Contain(e.log, "follow the clock", func() error { return share.ClockSet(ctx, by) })
			if err != nil && ctx.Err() == nil {
				e.log.Error("engine: the ledger cannot be adjusted to the clock", "error", err)
			}
		}
		looked = now
		var due []ledger.Turn
		err := panics.Contain(e.log, "look for what is due", func() (err error) {
			// Another process, such as a command in a terminal, may have changed the
			// settings.
			if err = e.dispatcher.Subscriptions.Refresh(ctx); err == nil {
				due, err = e.dispatcher.Ledger.Due(ctx, now)
			}
			return err
		})
		if ctx.Err() != nil {
			return
		}
		unread.tell(e.log, err, now)
		for _, t := range due {
			if share.On(t.Channel.Adapter) == nil {
				continue
			}
			if l := e.enter(t); l != nil {
				running.Go(func() { e.work(ctx, share, l) })
			}
		}
		if retry.Sleep(ctx, min(max(least, busyShare*time.Since(now)), most)) != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-e.wake:
		case <-tick.C:
		}
	}
}

// outage is a period in which the ledger cannot be read.
type outage struct{ since, told time.Time }

// again is how often an outage is logged.
const again = time.Minute

// tell logs an outage when it begins, every minute while it lasts, and when it is over.
func (o *outage) tell(log *slog.Logger, err error, now time.Time) {
	switch {
	case err != nil && now.Sub(o.told) >= again:
		if o.since.IsZero() {
			o.since = now
		}
		o.told = now
		log.Error("engine: the ledger cannot be read, retrying", "since", o.since, "error", err)
	case err == nil && !o.since.IsZero():
		log.Info("engine: the ledger can be read again", "since", o.since)
		*o = outage{}
	}
}

// leap returns by how much the clock was set, given the times that passed by the wall clock
// and by the monotonic clock. Small steps are ignored: time servers make them all day.
func leap(shown, gone time.Duration) time.Duration {
	if by := shown - gone; by.Abs() > 2*time.Second {
		return by
	}
	return 0
}

// serves reports whether a worker is working on the channel of a delivery.
func (e *Engine) serves(d ledger.Delivery) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.busy[at{d.Channel.Adapter, d.Channel.ID}]
}

// enter puts a turn into its lane, unless its channel already has one there. It returns the
// lane if that needs another worker.
func (e *Engine) enter(t ledger.Turn) *lane {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, busy := e.busy[channelOf(t)]; busy {
		return nil
	}
	l := e.lanes[t.Channel.Adapter]
	if l == nil {
		l = &lane{}
		e.lanes[t.Channel.Adapter] = l
	}
	e.busy[channelOf(t)] = false
	e.seen++
	heap.Push(l, place{t, e.seen})
	if l.working == workers {
		return nil
	}
	l.working++
	return l
}

// work processes the turns of a lane in order, until there are none.
func (e *Engine) work(ctx context.Context, share Share, l *lane) {
	for {
		p, ok := e.next(ctx, l)
		if !ok {
			return
		}
		round, due := 0, false
		if ours := share.On(p.Channel.Adapter); ours != nil {
			round, due = e.serve(ours, p.Turn)
		}
		e.mu.Lock()
		if due {
			e.busy[channelOf(p.Turn)], p.Round = false, round
			heap.Push(l, p)
		} else {
			delete(e.busy, channelOf(p.Turn))
		}
		e.mu.Unlock()
		if !due {
			poke(e.replan) // A slot may have ended with this delivery.
			poke(e.wake)
		}
	}
}

// next removes the first turn from a lane. A worker that gets none ends.
func (e *Engine) next(ctx context.Context, l *lane) (p place, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ctx.Err() != nil || l.Len() == 0 {
		l.working--
		return place{}, false
	}
	p = heap.Pop(l).(place)
	e.busy[channelOf(p.Turn)] = true
	return p, true
}

// serve does what a delivery can do in its turn. due says that it has another turn, in a
// later round. After a panic, its row is left as after the death of the process: a promised
// part is in doubt.
func (e *Engine) serve(ctx context.Context, t ledger.Turn) (round int, due bool) {
	var d ledger.Delivery
	err := panics.Contain(e.log, "take this delivery further", func() (err error) {
		if d, err = e.dispatcher.Ledger.Get(ctx, t.Key); err == nil {
			due, err = e.dispatcher.Deliverer.Round(ctx, &d)
		}
		return err
	}, "channel", t.Channel.String(), "delivery", string(t.Key))
	if err == nil || ctx.Err() != nil || errors.Is(err, ledger.ErrFenced) {
		return d.Parts.Round(), due && err == nil // If another process changed the row, the next look reads it again.
	}
	e.log.Error("engine: a delivery stopped, trying again", "channel", t.Channel.String(), "delivery", string(t.Key), "error", err)
	_ = retry.Sleep(ctx, rest) // a stopped worker gets no further turn
	return 0, false
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Rest waits until no worker works on an adapter.
func (e *Engine) Rest(adapter string) {
	for e.works(adapter) {
		time.Sleep(least)
	}
}

func (e *Engine) works(adapter string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for at, working := range e.busy {
		if working && at.adapter == adapter {
			return true
		}
	}
	return false
}
