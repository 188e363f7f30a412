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
	"sync/atomic"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/deliver"
	"github.com/digestbot/digestbot/bot/retry"
)

const (
	// term is how long a lease lasts unless it is renewed. After a replica dies, its work
	// rests for as long.
	term = 6 * time.Second
	// look is how often a replica renews its leases and reads the other holders.
	// answerLimit is how long it waits for the response.
	look        = time.Second
	answerLimit = 3 * time.Second
	// Apart is how much the clocks of a replica and of the database may differ. The times
	// in the rows come from replicas, and settling has a larger margin than this.
	Apart = 2 * time.Second
	// respite is how long a replica makes no requests to a platform after it got an
	// adapter: the requests that another replica made just before count against the
	// platform's rate limits, too, which are per second.
	respite = time.Second
)

// Table stores leases. Its clock is authoritative.
type Table interface {
	// Lease takes a lease, and reports whether the holder has it. A lease is free if it has
	// no holder, or if its term is over.
	Lease(ctx context.Context, name, holder string, term time.Duration) (held bool, err error)
	// Renew renews those of the named leases that a holder still has. It returns the holder
	// of each lease, and the time of the table.
	Renew(ctx context.Context, holder string, term time.Duration, names ...string) (holders map[string]string, at time.Time, err error)
	// Return ends a lease of the holder.
	Return(ctx context.Context, name, holder string) error
}

// Leases has the leases of one replica.
type Leases struct {
	table  Table
	holder string
	log    *slog.Logger

	mu sync.Mutex
	// mine has the held leases. holders has the holder of each lease, as last seen.
	mine    map[string]*lease
	holders map[string]string
	// able says on which adapters this replica can post.
	able map[string]bool
	// wrong is why this replica takes no leases; empty if it does.
	wrong string
}

// lease is a held lease.
type lease struct {
	// ours ends when the work must end; with the cause deliver.ErrNotOurs if the lease is
	// lost.
	ours context.Context
	end  context.CancelCauseFunc
	// until is the end of the term, by this machine's clock, and over ends the work then.
	// Both are nil for listening, which continues while the table cannot be reached: people
	// are waiting for answers, and if two replicas answer, the platform accepts one of the
	// answers.
	until atomic.Pointer[time.Time]
	over  *time.Timer
	// since is when the lease was taken.
	since time.Time
}

// begin begins the work for a lease that was requested at asked.
func (x *lease) begin(ctx context.Context, asked time.Time) {
	until := asked.Add(term)
	x.until.Store(&until)
	x.ours, x.end = context.WithCancelCause(chat.WithTerm(ctx, x.overdue))
	x.over = time.AfterFunc(time.Until(until), func() { x.end(deliver.ErrNotOurs) })
}

// renewed extends the term of a lease whose renewal was requested at asked. Work that has
// ended because its term was over does not begin again.
func (x *lease) renewed(asked time.Time) {
	if x.over != nil && x.over.Stop() {
		until := asked.Add(term)
		x.until.Store(&until)
		x.over.Reset(time.Until(until))
	}
}

// overdue returns deliver.ErrNotOurs once the lease is lost. If the term is over and the
// timer has not fired yet, it ends the work.
func (x *lease) overdue() error {
	if !time.Now().Before(*x.until.Load()) {
		x.end(deliver.ErrNotOurs)
	}
	if errors.Is(context.Cause(x.ours), deliver.ErrNotOurs) {
		return deliver.ErrNotOurs
	}
	return nil
}

// Planning is the name of the planner's lease.
const Planning = "plan"

// The prefixes of the other leases' names.
const (
	posting = "post:"
	hearing = "hear:"
	ready   = "ready:"
)

// Posting returns the name of the lease for posting on an adapter.
func Posting(adapter string) string { return posting + adapter }

// Hearing returns the name of the lease for listening on an adapter whose platform talks to
// only one process. The replica that posts there takes it, so that one process makes all
// requests that the platform limits. Listening continues while no replica posts.
func Hearing(adapter string) string { return hearing + adapter }

// NewLeases returns the leases of a replica. Its name, holder, must be unique among all
// processes, past and future. Run maintains the leases.
func NewLeases(t Table, holder string, log *slog.Logger) *Leases {
	return &Leases{table: t, holder: holder, log: log, mine: map[string]*lease{}, able: map[string]bool{}}
}

// Holder returns the name of this replica.
func (l *Leases) Holder() string { return l.holder }

// Wrong returns why this replica takes no leases, and so plans and posts nothing; empty if
// nothing is wrong.
func (l *Leases) Wrong() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wrong
}

// Held returns the context for work under a lease; nil if this replica does not hold it.
func (l *Leases) Held(name string) context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if x := l.mine[name]; x != nil && x.ours.Err() == nil {
		return x.ours
	}
	return nil
}

// OfAnother reports whether another replica holds a lease.
func (l *Leases) OfAnother(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	holder := l.holders[name]
	return holder != "" && holder != l.holder
}

// Run maintains the leases until ctx is done and each was returned: the work of Hold ends
// first.
func (l *Leases) Run(ctx context.Context) {
	for ctx.Err() == nil || len(l.names()) > 0 {
		l.look(ctx)
		if ctx.Err() == nil {
			_ = retry.Sleep(ctx, look)
		} else {
			time.Sleep(look / 20)
		}
	}
}

// names returns the names of the held leases.
func (l *Leases) names() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.mine))
}

// look renews the leases, even while their work is ending because the bot is stopping.
func (l *Leases) look(ctx context.Context) {
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
	defer cancel()
	names := l.names()
	asked := time.Now()
	holders, at, err := l.table.Renew(asking, l.holder, term, names...)
	if err != nil {
		l.log.Debug("engine: leases cannot be renewed, trying again", "replica", l.holder, "error", err)
		return // the leases expire by themselves
	}
	for _, name := range names {
		if strings.HasPrefix(name, hearing) && holders[name] == "" {
			// The term was over while the table could not be reached.
			if held, err := l.table.Lease(asking, name, l.holder, term); err == nil && held {
				holders[name] = l.holder
			}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for name := range l.mine {
		if !slices.Contains(names, name) {
			holders[name] = l.holder
		}
	}
	l.holders = holders
	l.judge(Ahead(asked, time.Now(), at))
	for name, x := range l.mine {
		switch {
		case !slices.Contains(names, name): // it was taken in the meantime
		case holders[name] != l.holder || l.wrong != "":
			x.end(deliver.ErrNotOurs)
		default:
			x.renewed(asked)
		}
	}
	l.balance()
	l.follow()
}

// Ahead returns by how much a clock is ahead of another. The clock showed before and after
// around the time when the other one showed at.
func Ahead(before, after, at time.Time) time.Duration {
	if ahead := before.Sub(at); ahead > 0 {
		return ahead
	}
	return min(0, after.Sub(at))
}

// judge decides whether this replica takes leases, given by how much its clock is ahead.
func (l *Leases) judge(ahead time.Duration) {
	was := l.wrong
	l.wrong = ""
	if ahead.Abs() > Apart {
		side := "ahead of"
		if ahead < 0 {
			side = "behind"
		}
		l.wrong = fmt.Sprintf("the clock of this machine is %v %s that of the database: set it, and this replica plans and posts again", ahead.Abs().Round(time.Second), side)
	}
	switch {
	case was == "" && l.wrong != "":
		l.log.Error("engine: this replica takes no part in the work", "replica", l.holder, "problem", l.wrong)
	case was != "" && l.wrong == "":
		l.log.Info("engine: the clock is right again, so this replica takes part in the work", "replica", l.holder)
	}
}

// balance gives up one adapter if another replica is better placed to have it.
func (l *Leases) balance() {
	for name, x := range l.mine {
		if adapter, ok := strings.CutPrefix(name, posting); ok && x.ours.Err() == nil && l.rather(adapter, 1) {
			l.log.Info("engine: an adapter is left to another replica", "adapter", adapter, "replica", l.holder)
			x.end(context.Canceled) // requests in flight may finish
			return
		}
	}
}

// follow gives up listening if another replica posts now.
func (l *Leases) follow() {
	for name, x := range l.mine {
		if adapter, ok := strings.CutPrefix(name, hearing); ok {
			if poster := l.holders[Posting(adapter)]; poster != "" && poster != l.holder {
				x.end(context.Canceled)
			}
		}
	}
}

// Posts reports whether this replica posts on an adapter, and the requests of the replica
// before it no longer count against the rate limits.
func (l *Leases) Posts(adapter string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	x := l.mine[Posting(adapter)]
	return x != nil && x.ours.Err() == nil && time.Since(x.since) >= respite
}

// rather reports whether another replica is better placed to post on an adapter: the other
// can post there and this one cannot, or this one posts on more adapters, by a difference
// of more than by.
func (l *Leases) rather(adapter string, by int) bool {
	load := l.load()
	return slices.ContainsFunc(l.ready(adapter), func(other string) bool { return !l.able[adapter] || load[other]+by < load[l.holder] })
}

// load returns on how many adapters each replica posts, counting only those on which it
// can. For this replica it is exact, for the others as last seen.
func (l *Leases) load() map[string]int {
	load := map[string]int{}
	for name, holder := range l.holders {
		adapter, ok := strings.CutPrefix(name, posting)
		if ok && holder != l.holder && l.holders[ready+adapter+":"+holder] != "" {
			load[holder]++
		}
	}
	for name := range l.mine {
		if adapter, ok := strings.CutPrefix(name, posting); ok && l.able[adapter] {
			load[l.holder]++
		}
	}
	return load
}

// ready returns the other replicas that can post on an adapter.
func (l *Leases) ready(adapter string) (others []string) {
	for name, holder := range l.holders {
		if strings.HasPrefix(name, ready+adapter+":") && holder != l.holder {
			others = append(others, holder)
		}
	}
	return others
}

// Hold does work whenever this replica holds a lease, until ctx is done, and returns the
// lease when the work has ended. The context of the work ends with ctx, or with the cause
// deliver.ErrNotOurs if the lease is lost.
func (l *Leases) Hold(ctx context.Context, name string, work func(ctx context.Context)) {
	for ctx.Err() == nil {
		if l.free(name) {
			if x := l.take(ctx, name); x != nil {
				l.keep(ctx, name, x, work)
			}
		}
		_ = retry.Sleep(ctx, look/4)
	}
}

// Deliver is Hold for the lease of posting on an adapter. The replicas that can post share
// the adapters evenly. One that cannot, because it has no token, holds the lease only if no
// replica can.
func (l *Leases) Deliver(ctx context.Context, adapter string, can bool, work func(ctx context.Context)) {
	var running sync.WaitGroup
	defer running.Wait()
	l.mu.Lock()
	l.able[adapter] = can
	l.mu.Unlock()
	if can {
		running.Go(func() {
			l.Hold(ctx, ready+adapter+":"+l.holder, func(ctx context.Context) { <-ctx.Done() })
		})
	}
	l.Hold(ctx, Posting(adapter), work)
}

// free reports whether a lease may be requested.
func (l *Leases) free(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holders == nil || l.holders[name] != "" || l.wrong != "" {
		return false
	}
	if adapter, ok := strings.CutPrefix(name, hearing); ok {
		return l.mine[Posting(adapter)] != nil
	}
	adapter, ok := strings.CutPrefix(name, posting)
	return !ok || !l.rather(adapter, 0)
}

// take requests a lease, and returns nil if another replica was faster.
func (l *Leases) take(ctx context.Context, name string) *lease {
	asking, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	asked := time.Now()
	held, err := l.table.Lease(asking, name, l.holder, term)
	if err != nil || !held {
		return nil // the next look finds out who holds it
	}
	x := &lease{since: time.Now()}
	if strings.HasPrefix(name, hearing) {
		x.ours, x.end = context.WithCancelCause(ctx)
	} else {
		x.begin(ctx, asked)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mine[name] = x
	l.holders[name] = l.holder
	return x
}

// keep does the work for a lease, and returns the lease afterwards.
func (l *Leases) keep(ctx context.Context, name string, x *lease, work func(ctx context.Context)) {
	own := strings.HasPrefix(name, ready) // no other replica asks for it
	if !own {
		l.log.Info("engine: this replica has a lease", "lease", name, "replica", l.holder)
	}
	work(x.ours)
	lost := errors.Is(context.Cause(x.ours), deliver.ErrNotOurs)
	x.end(context.Canceled)
	if x.over != nil {
		x.over.Stop()
	}
	if lost && !own {
		l.log.Warn("engine: this replica has lost a lease", "lease", name, "replica", l.holder)
	}
	if !lost {
		back, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
		defer cancel()
		if err := l.table.Return(back, name, l.holder); err != nil {
			l.log.Warn("engine: a lease cannot be returned, and expires by itself", "lease", name, "replica", l.holder, "error", err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.mine, name)
	delete(l.holders, name)
}

// GiveUp ends all work at once, because this machine's clock was set, or the machine slept:
// by the clock of the table, another replica may hold the leases.
func (l *Leases) GiveUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range l.mine {
		x.end(deliver.ErrNotOurs)
	}
}
