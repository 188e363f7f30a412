// Package replicas plans and wakes deliveries in any number of processes that share a
// ledger. River wakes the work, leases say which replica does it, and the ledger's rows
// say what is owed. The package knows nothing of platforms, nor of the content of a
// delivery.
//
// # Why
//
// Platforms limit an account, not a process, so for each account one process posts: the
// holder of its lease, which runs the loop of package local for that adapter alone.
// Accounts are spread evenly over replicas. Another lease says which replica plans. A
// lease lasts six seconds by the clock of the database, and its holder counts them from
// before it asked, so it always stops before another one may begin.
//
// A lease alone is not a fence: a process may be frozen after it checked the lease. So
// each promise is saved only if the row is unchanged since it was read and the lease is
// held at that moment, in one transaction, and the request has to leave within the time
// limit that starts with the promise.
//
// River carries wake-up calls. A job has the key of a delivery, is inserted with the row
// in one transaction, and goes to the queue of the adapter, which only the holder of its
// lease works. A call that is lost, repeated or late costs only time: each holder also
// looks for what is due twice a second, as one process does over a file. River could keep
// jobs unique only for a limited time, and their states are not those of deliveries, so
// nothing reads them.
//
// The remaining risk is the one that package ledger names, and it is small: a process that
// is frozen between its last look at the clock and the first byte of the request, for
// longer than settling takes.
//
// # A million channels
//
// On two processors, with PostgreSQL and the fakes beside it, .ci/replicas measured:
//
//	one token                       49 messages a second with a latency below 5 ms, 45 with 60 to 120 ms
//	three tokens, three replicas    2.9 times as many as one token
//	a delivery of two messages      5 rows and 4.3 kB that stay, 2 jobs and 3 kB for an hour
//	                                10 ms of CPU time in digestbot, 8 ms in PostgreSQL
//	planning                        1,000 deliveries in 0.1 to 0.2 s, by one replica
//	three idle replicas             33 statements a second
//	a replica that is killed        8 s until another one posts on its token
//
// For a digest of two messages a day to a million channels, these figures imply:
//
//	tokens       one takes 13 hours, 13 take an hour, 75 ten minutes; Discord gives large bots more than
//	             50 requests a second (https://docs.discord.com/developers/topics/rate-limits)
//	planning     two to four minutes before the last token has all of its work, so ten minutes
//	             are about the minimum
//	processors   5 hours of CPU time, of which PostgreSQL has 2.2: 30 processors for ten minutes, 5 for
//	             an hour
//	rows         5 million and 4.3 GB a day, and 3 GB of jobs for an hour
//	database     1.7 TB with the usual retention of 400 days, 130 GB with 30 days
//	cost         at 0.04 USD per processor hour and 0.12 USD per GB and month, 5 processors all day
//	             and 130 GB are some 160 USD a month; 1.7 TB are 200 USD more
//
// The figures for a million channels are not measured. Each replica reads the whole
// configuration, and an adapter for each token, so a million channels are better split
// among several bots, each with its own database.
package replicas

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/engine/local"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/retry"
)

// Engine plans and delivers this replica's share.
type Engine struct {
	*local.Engine
	dispatcher *dispatch.Dispatcher
	leases     *Leases
	calls      Calls
	log        *slog.Logger
	ours       sync.Map // the contexts of the adapters on which this replica posts, by name
}

// Calls are wake-up calls between replicas.
type Calls interface {
	// Plan calls the replica that plans.
	Plan(ctx context.Context) error
	// Hear receives calls at this replica until ctx is done: those for an adapter, or those
	// of Plan for "".
	Hear(ctx context.Context, adapter string, called func())
}

// New returns an engine for a dispatcher. Run starts it; the leases have to run, too.
func New(d *dispatch.Dispatcher, leases *Leases, calls Calls, log *slog.Logger) *Engine {
	d.Planner.Shared = true
	return &Engine{Engine: local.New(d, log), dispatcher: d, leases: leases, calls: calls, log: log}
}

// Run plans and delivers this replica's share until ctx is done, every attempt has ended
// and its leases were returned.
func (e *Engine) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { e.Deliver(ctx, share{e}) })
	running.Go(func() { e.leases.Hold(ctx, Planning, e.plan) })
	running.Go(func() { e.pass(ctx) })
	for name, a := range e.dispatcher.Platforms.Adapters {
		// A page on this machine has no rate limit, so it is not part of the balance.
		has := a.Capabilities()
		shared := has.Off == "" && !has.Local
		running.Go(func() {
			e.leases.Deliver(ctx, name, shared, func(ctx context.Context) { e.post(ctx, name) })
		})
	}
}

// plan plans until ctx is done.
func (e *Engine) plan(ctx context.Context) {
	var calls sync.WaitGroup
	defer calls.Wait()
	calls.Go(func() { e.calls.Hear(ctx, "", e.Replan) })
	e.Plan(ctx, func() {})
	e.dispatcher.Planner.HandOver()
}

// pass forwards Replan calls of this replica to the replica that plans.
func (e *Engine) pass(ctx context.Context) {
	for {
		if e.leases.Held(Planning) == nil {
			select {
			case <-ctx.Done():
				return
			case <-e.Replans():
				if err := e.calls.Plan(ctx); err != nil && ctx.Err() == nil {
					e.log.Debug("engine: the replica that plans cannot be called, and looks by itself within a minute", "error", err)
				}
			case <-time.After(look):
				continue
			}
		}
		if retry.Sleep(ctx, look/4) != nil {
			return
		}
	}
}

// post enables deliveries to an adapter until ctx is done and those in flight have ended.
func (e *Engine) post(ctx context.Context, adapter string) {
	for {
		err := panics.Contain(e.log, "take up what another replica has left", func() error {
			return e.dispatcher.Deliverer.TakeUp(ctx, adapter, time.Now())
		})
		if err == nil || retry.Sleep(ctx, look) != nil {
			break
		}
		e.log.Warn("engine: an adapter cannot be taken up, trying again", "adapter", adapter, "error", err)
	}
	if retry.Sleep(ctx, respite) == nil {
		e.ours.Store(adapter, ctx)
		e.Wake()
	}
	e.calls.Hear(ctx, adapter, e.Wake)
	e.ours.Delete(adapter)
	e.Rest(adapter)
	e.dispatcher.Deliverer.Leave(adapter)
}

// share is this replica's Share, by its leases.
type share struct{ *Engine }

func (s share) On(adapter string) context.Context {
	if ours, ok := s.ours.Load(adapter); ok && ours.(context.Context).Err() == nil {
		return ours.(context.Context)
	}
	return nil
}

// ClockSet gives up this replica's work. The times in the rows are right, because they were
// saved before the clock was set: a replica with a wrong clock has no lease.
func (s share) ClockSet(context.Context, time.Duration) error {
	s.leases.GiveUp()
	return nil
}
