package plan

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// Planner decides what is owed to which channel.
type Planner struct {
	*Deps
	// Shared says that several processes share the ledger: one of them plans, and others
	// may deliver what it planned. It is set before use and not changed.
	Shared bool

	corrections corrections
	moves       moves
	ends        ends
	memory      memory
	// planning is when this process first planned since it last handed over; nil if it has
	// not.
	planning atomic.Pointer[time.Time]
}

// memory is what one plan remembers to spare the next one work. It is empty after a
// restart.
type memory struct {
	// resumed says that what an earlier process left was taken up.
	resumed bool
	// abandoned is the version of the subscriptions for which abandon was last done, from
	// 1.
	abandoned int
	// bare is since when the library has been empty; zero if it is not.
	bare time.Time
	// saw is the library whose digests were last recorded as seen, and seen are those
	// digests.
	saw  *digest.Library
	seen map[string]bool
	// firstSeen is when the digests with guessed dates were first seen.
	firstSeen map[string]time.Time
}

// New returns a Planner.
func New(deps *Deps) *Planner {
	return &Planner{Deps: deps, corrections: corrections{Deps: deps}, moves: moves{Deps: deps}, ends: ends{deps}}
}

// HandOver makes the planner forget what it has seen, because another process plans from
// now on. The next Plan works like the first one after a restart. It must not be called
// while Plan runs.
func (p *Planner) HandOver() {
	p.planning.Store(nil)
	p.memory = memory{}
	p.corrections.forget()
	p.moves.forget()
}

// elsewhere reports whether another process plans, using its own library.
func (p *Planner) elsewhere() bool { return p.Shared && p.planning.Load() == nil }

// Behind reports whether a file that is missing from a library may only have moved, or not
// have arrived yet. That is so if nothing was planned from that library yet, or if another
// process plans, or did until just now, from a library that may be ahead of this one.
func (p *Planner) Behind(l *digest.Library, now time.Time) bool {
	if began := p.planning.Load(); p.Shared && (began == nil || now.Sub(*began) < lagging) {
		return true
	}
	return p.moves.behind(l)
}

// FirstID returns the ID that a digest had when the bot first posted it.
func (p *Planner) FirstID(s ledger.Said) string { return p.moves.firstID(s) }

// Correct reopens a post if its digests say something else now, so that its parts are
// updated. The library of the process that plans is authoritative.
func (p *Planner) Correct(ctx context.Context, x *ledger.Delivery, now time.Time) error {
	if p.elsewhere() {
		return nil
	}
	return p.corrections.correct(ctx, x, p.Library(), now)
}

// lately reports whether a digest with a guessed date was first seen recently: copying a
// folder may give a whole archive the date of the copy.
func (p *Planner) lately(dig *digest.Card, s subscription.Subscription, at time.Time) bool {
	came, known := p.memory.firstSeen[dig.ID]
	return !dig.Guessed || !known || at.Sub(came) <= s.MaxAge
}
