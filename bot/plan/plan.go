// Package plan decides what is owed to which channel: slots become deliveries, posts follow
// their files, deliveries follow files that move, and admins resend. It posts nothing
// itself, and knows nothing of platforms, files or the configuration.
package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// Plan enters into the ledger what is owed at now, for every subscription, and what has to
// be corrected. It returns when to plan again if nothing happens before. It is idempotent,
// but must not be called concurrently. A panic in one step does not prevent the others; it
// is returned as an error in the end.
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
	p.planning.CompareAndSwap(nil, &now)
	if !p.memory.resumed && !p.Shared {
		if err := step("what another process left", func() error { return p.Deliverer.TakeUp(ctx, "", now) }); err != nil {
			return now.Add(time.Minute), err
		}
		p.memory.resumed = true
	}
	if n := p.Subscriptions.Version() + 1; p.memory.abandoned != n {
		err := step("channels that no subscription names any more", func() error {
			err := cmp.Or(p.abandon(ctx, now), p.Notices.Refused(ctx, now))
			if err == nil {
				p.memory.abandoned = n
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
	if err := step("digests that were seen", func() error { return p.see(ctx, now) }); err != nil {
		return now.Add(time.Minute), err
	}
	bare := p.Library().Len() == 0
	if bare && p.memory.bare.IsZero() {
		p.memory.bare = now
	}
	all := p.Subscriptions.All()
	if err := step("slots of removed subscriptions", func() error { return p.withdraw(ctx, all, now) }); err != nil {
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
	if err := step("corrections", func() error { return p.corrections.correctAll(ctx, p.Shared, now) }); err != nil {
		return now.Add(time.Minute), err
	}
	if !bare {
		p.memory.bare = time.Time{}
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

// see records which digests exist that may be due, if the library has changed since the
// last time, so that the bot can answer later when a file arrived.
func (p *Planner) see(ctx context.Context, now time.Time) error {
	l := p.Library()
	if l == p.memory.saw {
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
			if !p.memory.seen[dig.ID] {
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
	p.memory.saw, p.memory.seen, p.memory.firstSeen = l, seen, first
	return nil
}

// withdraw ends the slots of subscriptions that no longer exist. Their planned deliveries
// are abandoned; deliveries that have begun end their slots as usual.
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

// Unfit reports why no slot posts a digest to a channel, although it is due there.
func (p *Planner) Unfit(dig *digest.Card, c chat.Channel) (example, quiet bool) {
	reason := unfit(dig, p.Platforms.Local(c))
	return reason == ledger.IsExample, reason == ledger.WithoutNews
}
