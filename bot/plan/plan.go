// Package plan decides what is owed to which channel: slots become deliveries, posts
// follow their files, deliveries follow files that move, and admins resend. It never
// posts anything itself, and never knows a platform, a file or the configuration.
package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/deliver"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/notice"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/platforms"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

const (
	// grace is how late a slot may be noticed and still count as in time: a
	// restart over the opening must not lose a slot that does not wait.
	grace = 5 * time.Minute
	// lookBack bounds the missed slots that are written down after a long
	// downtime.
	lookBack = 7 * 24 * time.Hour
	// recent is how many slots are read to find the last one.
	recent = 10
	// planBatch is the number of deliveries that are planned or moved at once: few
	// enough for little memory, and enough to need few changes of the ledger.
	planBatch = 1000
	// channelBatch is the number of channels whose history is read per query.
	channelBatch = 100
)

// Deps are the parts of the bot that planning needs.
type Deps struct {
	Ledger        ledger.Ledger
	Platforms     *platforms.Platforms
	Subscriptions *subscription.Registry
	Posts         *post.Renderer
	Notices       *notice.Notifier
	Deliverer     *deliver.Deliverer
	// Library is the library of this moment.
	Library func() *digest.Library
	Log     *slog.Logger
}

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

// Plan enters into the ledger what is owed at now, for every subscription, and
// what is to be corrected. It returns when to plan again if nothing happens
// before. It is idempotent, and not called twice at the same time. Anything that panics in
// it is an error in the end, and keeps nothing else from being planned.
func (p *Planner) Plan(ctx context.Context, now time.Time) (again time.Time, err error) {
	again = now.Add(time.Hour)
	var bugs []error
	step := func(what string, do func() error) error {
		err := panics.Contain(p.Log, "plan what is due", do, "step", what)
		if err != nil {
			err = fmt.Errorf("%s: %w", what, err)
		}
		if panics.Contained(err) {
			bugs = append(bugs, err)
			return nil
		}
		return err
	}
	if !p.resumed {
		if err := step("what was left", func() error { return p.Deliverer.TakeUp(ctx, now) }); err != nil {
			return now.Add(time.Minute), err
		}
		p.resumed = true
	}
	if n := p.Subscriptions.Version() + 1; p.abandoned != n {
		err := step("what no subscription names any more", func() error {
			err := cmp.Or(p.abandon(ctx, now), p.Notices.Refused(ctx, now))
			if err == nil {
				p.abandoned = n
			}
			return err
		})
		if err != nil {
			return now.Add(time.Minute), err
		}
	}
	if err := step("digests that were moved", func() error { return p.moves.move(ctx, now) }); err != nil {
		return now.Add(time.Minute), err
	}
	if err := step("what was seen", func() error { return p.see(ctx, now) }); err != nil {
		return now.Add(time.Minute), err
	}
	bare := p.Library().Len() == 0
	if bare && p.bare.IsZero() {
		p.bare = now
	}
	all := p.Subscriptions.All()
	if err := step("slots that nobody wants any more", func() error { return p.withdraw(ctx, all, now) }); err != nil {
		return now.Add(time.Minute), err
	}
	for _, s := range all {
		var next time.Time
		err := step("subscription "+s.Name, func() (err error) {
			next, err = p.planOne(ctx, s, now)
			return err
		})
		if err != nil {
			return now.Add(time.Minute), err
		}
		if !next.IsZero() && next.Before(again) {
			again = next
		}
	}
	if err := step("corrections", func() error { return p.corrections.correctAll(ctx, now) }); err != nil {
		return now.Add(time.Minute), err
	}
	if !bare {
		p.bare = time.Time{}
	}
	if len(bugs) > 0 {
		return now.Add(time.Minute), errors.Join(bugs...)
	}
	return again, nil
}

func (p *Planner) planOne(ctx context.Context, s subscription.Subscription, now time.Time) (again time.Time, err error) {
	if err := p.begin(ctx, s, now); err != nil {
		return again, err
	}
	slots, err := p.open(ctx, s, now)
	if err != nil {
		return again, err
	}
	again = s.Schedule.Next(now)
	for _, slot := range slots {
		if slot.Outcome == "" {
			if err := p.fill(ctx, s, &slot, now); err != nil {
				return again, err
			}
		}
		if slot.Outcome == ledger.SlotPosting {
			if err := p.ends.conclude(ctx, s, &slot, now); err != nil {
				return again, err
			}
		}
		if slot.Outcome == "" && slot.Until.Before(again) {
			again = slot.Until
		}
	}
	return again, nil
}

// see notes which digests are there that may be due, if the library has changed
// since the last time: people ask later when a file came.
func (p *Planner) see(ctx context.Context, now time.Time) error {
	l := p.Library()
	if l == p.saw {
		return nil
	}
	age := subscription.DefaultMaxAge
	for _, s := range p.Subscriptions.All() {
		age = max(age, s.MaxAge)
	}
	oldest := now.Add(-age - 24*time.Hour) // a day begins earlier in the east
	seen := map[string]bool{}
	var news, guessed []string
	for _, dig := range l.All() {
		if dig.Guessed {
			guessed = append(guessed, dig.ID)
		}
		if dig.Guessed || dig.Date.After(oldest) {
			seen[dig.ID] = true
			if !p.seen[dig.ID] {
				news = append(news, dig.ID)
			}
		}
	}
	if err := p.Ledger.See(ctx, now, news...); err != nil {
		return err
	}
	first, err := p.Ledger.Seen(ctx, guessed...)
	if err != nil {
		return err
	}
	p.saw, p.seen, p.firstSeen = l, seen, first
	return nil
}

// lately reports whether a digest whose day is guessed came to the bot lately: a
// folder that is copied may give a whole archive the day of the copy.
func (p *Planner) lately(dig *digest.Card, s subscription.Subscription, at time.Time) bool {
	came, known := p.firstSeen[dig.ID]
	return !dig.Guessed || !known || at.Sub(came) <= s.MaxAge
}

// withdraw ends the slots of subscriptions that are there no more. Anything they have
// planned is abandoned, or was begun and ends them as always.
func (p *Planner) withdraw(ctx context.Context, all []subscription.Subscription, now time.Time) error {
	running, err := p.Ledger.Running(ctx, "")
	if err != nil {
		return err
	}
	for _, slot := range running {
		if slices.ContainsFunc(all, func(s subscription.Subscription) bool { return s.Name == slot.Subscription }) {
			continue
		}
		gone := subscription.Subscription{Name: slot.Subscription}
		if slot.Outcome == ledger.SlotPosting {
			err = p.ends.conclude(ctx, gone, &slot, now)
		} else {
			err = p.ends.close(ctx, gone, slot, ledger.SlotDropped, ledger.Because(ledger.SubscriptionGone), now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unfit is why a digest that is due is not posted to a channel, which may be local;
// empty if it is.
func unfit(dig *digest.Card, local bool) ledger.Code {
	switch {
	case dig.Example && !local:
		return ledger.IsExample
	case dig.Quiet():
		return ledger.WithoutNews
	}
	return ""
}

// Unfit reports why no slot posts a digest to a channel though it is due there.
func (p *Planner) Unfit(dig *digest.Card, c chat.Channel) (example, quiet bool) {
	reason := unfit(dig, p.Platforms.Local(c))
	return reason == ledger.IsExample, reason == ledger.WithoutNews
}

// untold is what a delivery says of a digest that is not fit to be posted. When
// its file is changed so that it is, it is owed like another digest.
func untold(dig *digest.Card) ledger.Said {
	return ledger.Said{Digest: dig.ID, Day: dig.Date.Format(time.DateOnly)}
}
