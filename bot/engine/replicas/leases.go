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
	// term is how long a lease lasts unless it is renewed, so as long as nobody does the
	// work of a replica that died.
	term = 6 * time.Second
	// look is how often a replica renews its leases and looks who holds the others, and
	// answerLimit how long it waits for that.
	look        = time.Second
	answerLimit = 3 * time.Second
	// Apart is how much the clocks of a replica and of the database may differ. The times
	// in the rows are those of replicas, and settling has more to spare than this.
	Apart = 2 * time.Second
	// respite is how long a replica asks a platform for nothing after it got an adapter: what
	// another one has asked right before counts for the limits of the platform, too, and they
	// are of a second.
	respite = time.Second
)

// Table is where leases are kept. The clock there decides.
type Table interface {
	// Lease takes a lease, and reports whether the holder has it. One that nobody holds, or
	// whose term is over, is free.
	Lease(ctx context.Context, name, holder string, term time.Duration) (held bool, err error)
	// Renew renews those of the named leases that a holder still has, and reads who holds
	// each lease, and the time there.
	Renew(ctx context.Context, holder string, term time.Duration, names ...string) (holders map[string]string, at time.Time, err error)
	// Return gives a lease back.
	Return(ctx context.Context, name, holder string) error
}

// Leases are those of one replica.
type Leases struct {
	table  Table
	holder string
	log    *slog.Logger

	mu sync.Mutex
	// mine are those that are held, holders who holds each, as it was last seen.
	mine    map[string]*lease
	holders map[string]string
	// able are the adapters that this replica can post on.
	able map[string]bool
	// wrong is why this replica takes no lease; empty when it does.
	wrong string
}

// lease is one that is held.
type lease struct {
	// ours ends when the work has to: with the cause deliver.ErrNotOurs when the lease is lost.
	ours context.Context
	end  context.CancelCauseFunc
	// until is when the term is over, by the clock of this machine, and over ends the work then.
	// Both are nil for listening, which goes on while the table cannot be reached: people wait
	// for answers, and a platform takes one answer of two.
	until atomic.Pointer[time.Time]
	over  *time.Timer
	// since is when it was taken.
	since time.Time
}

// begin begins the work for a lease that was asked for then.
func (x *lease) begin(ctx context.Context, asked time.Time) {
	until := asked.Add(term)
	x.until.Store(&until)
	x.ours, x.end = context.WithCancelCause(chat.WithTerm(ctx, x.overdue))
	x.over = time.AfterFunc(time.Until(until), func() { x.end(deliver.ErrNotOurs) })
}

// renewed notes that the lease was renewed when it was asked for. Work that has ended, because
// its term was over, does not begin again.
func (x *lease) renewed(asked time.Time) {
	if x.over != nil && x.over.Stop() {
		until := asked.Add(term)
		x.until.Store(&until)
		x.over.Reset(time.Until(until))
	}
}

// overdue is deliver.ErrNotOurs once the lease is lost. It ends the work if the timer has not
// noticed yet that the term is over.
func (x *lease) overdue() error {
	if !time.Now().Before(*x.until.Load()) {
		x.end(deliver.ErrNotOurs)
	}
	if errors.Is(context.Cause(x.ours), deliver.ErrNotOurs) {
		return deliver.ErrNotOurs
	}
	return nil
}

// Planning is the name of the lease of who plans.
const Planning = "plan"

// The names of the other leases begin with these.
const (
	posting = "post:"
	hearing = "hear:"
	ready   = "ready:"
)

// Posting is the name of the lease of who may post on an adapter.
func Posting(adapter string) string { return posting + adapter }

// Hearing is the name of the lease of who listens on an adapter whose platform talks to one
// process alone. The replica that posts there listens, so that one process has all that the
// platform limits; it goes on while nobody posts.
func Hearing(adapter string) string { return hearing + adapter }

// NewLeases are the leases of a replica, whose name no other process has, now or later. They
// are kept by Run.
func NewLeases(t Table, holder string, log *slog.Logger) *Leases {
	return &Leases{table: t, holder: holder, log: log, mine: map[string]*lease{}, able: map[string]bool{}}
}

// Holder is the name of this replica.
func (l *Leases) Holder() string { return l.holder }

// Wrong is why this replica takes no lease, so that it plans and posts nothing; empty when
// nothing is wrong.
func (l *Leases) Wrong() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wrong
}

// Held is the context of the work for a lease that this replica holds; nil when it does not.
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

// Run keeps the leases until ctx is done and each was given back: what Hold does ends first.
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

// names are those of the leases that are held.
func (l *Leases) names() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.mine))
}

// look renews the leases, also while their work ends because the bot is stopping.
func (l *Leases) look(ctx context.Context) {
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
	defer cancel()
	names := l.names()
	asked := time.Now()
	holders, at, err := l.table.Renew(asking, l.holder, term, names...)
	if err != nil {
		l.log.Debug("engine: leases cannot be renewed, trying again", "replica", l.holder, "error", err)
		return // they end by themselves
	}
	for _, name := range names {
		if strings.HasPrefix(name, hearing) && holders[name] == "" {
			// Its term was over while the table could not be reached.
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
		case !slices.Contains(names, name): // it was taken meanwhile
		case holders[name] != l.holder || l.wrong != "":
			x.end(deliver.ErrNotOurs)
		default:
			x.renewed(asked)
		}
	}
	l.balance()
	l.follow()
}

// Ahead is by how much a clock is ahead that showed these times before and after
// another one showed at.
func Ahead(before, after, at time.Time) time.Duration {
	if ahead := before.Sub(at); ahead > 0 {
		return ahead
	}
	return min(0, after.Sub(at))
}

// judge decides by how much the clock of this machine is ahead whether it takes part.
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

// balance gives up one adapter if another replica should rather have it.
func (l *Leases) balance() {
	for name, x := range l.mine {
		if adapter, ok := strings.CutPrefix(name, posting); ok && x.ours.Err() == nil && l.rather(adapter, 1) {
			l.log.Info("engine: another replica should rather post on an adapter, and gets it", "adapter", adapter, "replica", l.holder)
			x.end(context.Canceled) // what is in flight may end
			return
		}
	}
}

// follow gives up listening where another replica posts by now.
func (l *Leases) follow() {
	for name, x := range l.mine {
		if adapter, ok := strings.CutPrefix(name, hearing); ok {
			if poster := l.holders[Posting(adapter)]; poster != "" && poster != l.holder {
				x.end(context.Canceled)
			}
		}
	}
}

// Posts reports whether this replica posts on an adapter, and all that another one has asked
// its platform counts no more.
func (l *Leases) Posts(adapter string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	x := l.mine[Posting(adapter)]
	return x != nil && x.ours.Err() == nil && time.Since(x.since) >= respite
}

// rather reports whether another replica should rather post on an adapter than this one: it can,
// and this one cannot, or posts on more adapters by more than a number.
func (l *Leases) rather(adapter string, by int) bool {
	load := l.load()
	return slices.ContainsFunc(l.ready(adapter), func(other string) bool { return !l.able[adapter] || load[other]+by < load[l.holder] })
}

// load is on how many adapters each replica posts that can. This one knows its own, those of
// others were seen.
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

// ready are the other replicas that can post on an adapter.
func (l *Leases) ready(adapter string) (others []string) {
	for name, holder := range l.holders {
		if strings.HasPrefix(name, ready+adapter+":") && holder != l.holder {
			others = append(others, holder)
		}
	}
	return others
}

// Hold does work whenever this replica holds a lease, until ctx is done, and gives the lease
// back when it has ended. The context of the work ends with ctx, or with the cause
// deliver.ErrNotOurs when the lease is lost.
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

// Deliver is Hold for the lease of posting on an adapter. Those replicas that can post there
// share adapters evenly; one that cannot, because it has no token, holds the lease only if
// none can.
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

// free reports whether a lease may be asked for.
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

// take asks for a lease, and gives nil when another replica was faster.
func (l *Leases) take(ctx context.Context, name string) *lease {
	asking, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	asked := time.Now()
	held, err := l.table.Lease(asking, name, l.holder, term)
	if err != nil || !held {
		return nil // the next look says who holds it
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

// keep does the work for a lease, and gives the lease back.
func (l *Leases) keep(ctx context.Context, name string, x *lease, work func(ctx context.Context)) {
	own := strings.HasPrefix(name, ready) // nobody else asks for it
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
			l.log.Warn("engine: a lease cannot be given back, and ends by itself", "lease", name, "replica", l.holder, "error", err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.mine, name)
	delete(l.holders, name)
}

// GiveUp ends all work at once, because the clock of this machine was set, or it slept: by the
// clock of the table, the leases may be another's.
func (l *Leases) GiveUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range l.mine {
		x.end(deliver.ErrNotOurs)
	}
}
