package plan

import (
	"context"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// Planner decides what is owed to which channel.
type Planner struct {
	*Deps
	corrections corrections
	moves       moves
	ends        ends
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

// Behind reports whether nothing was planned from a library yet, so that a file which
// is missing in it may only have moved.
func (p *Planner) Behind(l *digest.Library) bool { return p.moves.behind(l) }

// FirstID is the ID that a digest had when the bot first told of it.
func (p *Planner) FirstID(s ledger.Said) string { return p.moves.firstID(s) }

// Correct opens a post once more if its digests say something else now, so that its
// parts say that.
func (p *Planner) Correct(ctx context.Context, x *ledger.Delivery, now time.Time) error {
	return p.corrections.correct(ctx, x, p.Library(), now)
}

// lately reports whether a digest whose day is guessed came to the bot lately: a
// folder that is copied may give a whole archive the day of the copy.
func (p *Planner) lately(dig *digest.Card, s subscription.Subscription, at time.Time) bool {
	came, known := p.firstSeen[dig.ID]
	return !dig.Guessed || !known || at.Sub(came) <= s.MaxAge
}
