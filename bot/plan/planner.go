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
	// deliver what it planned. It is set before use and not changed.
	Shared bool

	corrections corrections
	moves       moves
	ends        ends
	memory      memory
	// planning is when this process first planned since it last handed over; nil while it has
	// not.
	planning atomic.Pointer[time.Time]
}

// memory is what was seen in one plan and spares work in the next. It is empty after a
// restart.
type memory struct {
	// resumed says that what an earlier process has left was taken up.
	resumed bool
	// abandoned counts the changes of the subscriptions up to the last for which
	// abandon was done, from 1.
	abandoned int
	// bare is since when the library has had no digest; zero while it has some.
	bare time.Time
	// saw is the library whose digests were last noted as seen, seen which were.
	saw  *digest.Library
	seen map[string]bool
	// firstSeen is when the digests whose day is guessed were first seen.
	firstSeen map[string]time.Time
}

// New makes a planner.
func New(deps *Deps) *Planner {
	return &Planner{Deps: deps, corrections: corrections{Deps: deps}, moves: moves{Deps: deps}, ends: ends{deps}}
}

// HandOver has the planner forget what it has seen, because another process plans from
// now on. The next Plan begins like the first after a restart. It is not called while Plan
// runs.
func (p *Planner) HandOver() {
	p.planning.Store(nil)
	p.memory = memory{}
	p.corrections.forget()
	p.moves.forget()
}

// elsewhere reports whether another process plans, from a library of its own.
func (p *Planner) elsewhere() bool { return p.Shared && p.planning.Load() == nil }

// Behind reports whether a file that is missing in a library may only have moved, or be
// on its way: nothing was planned from that library yet, or another process plans, or did
// just before, from a library that this one may lag behind.
func (p *Planner) Behind(l *digest.Library, now time.Time) bool {
	if began := p.planning.Load(); p.Shared && (began == nil || now.Sub(*began) < lagging) {
		return true
	}
	return p.moves.behind(l)
}

// FirstID is the ID that a digest had when the bot first told of it.
func (p *Planner) FirstID(s ledger.Said) string { return p.moves.firstID(s) }

// Correct opens a post once more if its digests say something else now, so that its
// parts say that. The library of the process that plans decides what they say.
func (p *Planner) Correct(ctx context.Context, x *ledger.Delivery, now time.Time) error {
	if p.elsewhere() {
		return nil
	}
	return p.corrections.correct(ctx, x, p.Library(), now)
}

// lately reports whether a digest whose day is guessed came to the bot lately: a
// folder that is copied may give a whole archive the day of the copy.
func (p *Planner) lately(dig *digest.Card, s subscription.Subscription, at time.Time) bool {
	came, known := p.memory.firstSeen[dig.ID]
	return !dig.Guessed || !known || at.Sub(came) <= s.MaxAge
}
