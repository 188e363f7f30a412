// Package local wakes deliveries in one process: a plain loop over what is due
// in the ledger. It never knows a platform, nor what a delivery is made of.
//
// # Why
//
// One process owns the ledger, so there is nothing to agree on with anybody:
// no lease, no queue, no broker. Work is known by its row alone, which is why
// a delivery planned by another process (the command line) is found as well.
package local

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
)

const (
	// look is how often the ledger is asked for what is due.
	look = 500 * time.Millisecond
	// workers is how many channels of one adapter are served at a time.
	workers = 16
	// rest is how long a channel is left alone after its row could not be saved.
	rest = 5 * time.Second
)

// Engine plans and wakes deliveries.
type Engine struct {
	dispatcher *dispatch.Dispatcher
	log        *slog.Logger
	replan     chan struct{}
	wake       chan struct{}

	mu    sync.Mutex
	busy  map[string]bool          // by channel
	lanes map[string]chan struct{} // a place per worker, by adapter
}

// New makes an engine for a dispatcher. It starts with Run.
func New(d *dispatch.Dispatcher, log *slog.Logger) *Engine {
	return &Engine{
		dispatcher: d, log: log,
		replan: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		busy: map[string]bool{}, lanes: map[string]chan struct{}{},
	}
}

// Replan tells the engine that the library has changed.
func (e *Engine) Replan() { poke(e.replan) }

// Run plans and delivers until ctx is done and every attempt has ended.
func (e *Engine) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { e.plan(ctx) })
	running.Go(func() { e.deliver(ctx) })
	running.Wait()
}

// plan plans whenever a slot may open or end, and when it is told to.
func (e *Engine) plan(ctx context.Context) {
	for {
		now := time.Now()
		again, err := e.dispatcher.Plan(ctx, now)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			e.log.Error("planning failed; it is tried again in a minute", "error", err)
		}
		poke(e.wake)
		// A clock that is set, or a machine that sleeps, must not delay a slot
		// by more than a minute.
		timer := time.NewTimer(min(max(again.Sub(now), 0)+time.Millisecond, time.Minute))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-e.replan:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// deliver starts a lane for every channel that something is due in.
func (e *Engine) deliver(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	tick := time.NewTicker(look)
	defer tick.Stop()
	looked := time.Now()
	for {
		now := time.Now()
		if by := leap(now.Round(0).Sub(looked.Round(0)), now.Sub(looked)); by != 0 {
			if err := e.dispatcher.ClockSet(ctx, by, e.serves); err != nil && ctx.Err() == nil {
				e.log.Error("ledger cannot follow the clock", "error", err)
			}
		}
		looked = now
		due, err := e.dispatcher.Ledger.Due(ctx, now)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			e.log.Error("ledger cannot be read; it is tried again", "error", err)
		}
		for _, d := range due {
			if e.take(d.Channel.String()) {
				running.Go(func() {
					defer e.release(d.Channel.String())
					e.lane(ctx, d)
				})
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-e.wake:
		case <-tick.C:
		}
	}
}

// leap is by how much the clock was set, if it shows that so much time has gone
// by and so much has. Small steps are what time servers do all day.
func leap(shown, gone time.Duration) time.Duration {
	if by := shown - gone; by.Abs() > 2*time.Second {
		return by
	}
	return 0
}

// serves reports whether a lane works on the channel of a delivery.
func (e *Engine) serves(d ledger.Delivery) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.busy[d.Channel.String()]
}

// lane takes the first delivery of a channel as far as it can go now.
func (e *Engine) lane(ctx context.Context, d ledger.Delivery) {
	places := e.places(d.Channel.Adapter)
	select {
	case <-ctx.Done():
		return
	case places <- struct{}{}:
	}
	defer func() { <-places }()
	err := e.dispatcher.Deliver(ctx, d)
	if err == nil || ctx.Err() != nil || errors.Is(err, ledger.ErrFenced) {
		return // When somebody else changed the row, the next look reads it anew.
	}
	e.log.Error("delivery stopped; it is tried again", "channel", d.Channel.String(), "digest", d.Digest, "error", err)
	select {
	case <-ctx.Done():
	case <-time.After(rest):
	}
}

func (e *Engine) places(adapter string) chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lanes[adapter] == nil {
		e.lanes[adapter] = make(chan struct{}, workers)
	}
	return e.lanes[adapter]
}

func (e *Engine) take(c string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.busy[c] {
		return false
	}
	e.busy[c] = true
	return true
}

func (e *Engine) release(c string) {
	e.mu.Lock()
	delete(e.busy, c)
	e.mu.Unlock()
	poke(e.replan) // A slot may have ended with this delivery.
	poke(e.wake)
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
