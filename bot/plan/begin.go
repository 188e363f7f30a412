package plan

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// begin starts the subscription in channels that it did not serve before. It plans the
// digests of the newest day if the subscription starts with them, and skips everything else
// that already existed. If the library was empty, digests dated on or after the day when
// that was first seen do not count as having existed; digests of future days never do.
func (p *Planner) begin(ctx context.Context, s subscription.Subscription, now time.Time) error {
	if p.moves.library.Load().Len() == 0 {
		return nil
	}
	begun, err := p.Ledger.Begun(ctx, s.Name)
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(slices.Clone(s.Channels), func(c chat.Channel) bool { return begun[c] })
	if len(fresh) == 0 {
		return nil
	}
	for _, local := range []bool{true, false} {
		channels := slices.DeleteFunc(slices.Clone(fresh), func(c chat.Channel) bool { return p.Platforms.Local(c) != local })
		digests, newest := p.beginning(s, local, now)
		for channels := range slices.Chunk(channels, max(1, planBatch/max(1, len(digests)))) {
			var planned []ledger.Delivery
			for _, c := range channels {
				planned = append(planned, p.first(s, c, digests, newest, now)...)
			}
			if planned, err = p.moves.untold(ctx, channels, planned); err != nil {
				return err
			}
			if err := p.Ledger.Begin(ctx, s.Name, now, channels, planned...); err != nil {
				return err
			}
			skipped := 0
			for _, x := range planned {
				if x.State == ledger.Skipped {
					skipped++
				}
			}
			p.Log.Info("plan: a subscription begins", "subscription", s.Name, "channels", len(channels), "deliveries", len(planned)-skipped, "skipped", skipped)
		}
	}
	return nil
}

// beginning returns the digests that exist when a subscription begins in a channel, the
// oldest first: those fresh enough to be posted and, if the subscription starts with the
// newest day, those of the newest day that has any to post.
func (p *Planner) beginning(s subscription.Subscription, local bool, now time.Time) (digests []*digest.Card, newest time.Time) {
	for _, dig := range p.moves.library.Load().All() {
		if !s.Match.Accepts(dig) || !s.Come(dig, now) {
			continue
		}
		if s.StartLatest && newest.IsZero() && unfit(dig, local) == "" {
			newest = s.StartOf(dig.Date)
		}
		if s.Fresh(dig, now) || s.StartOf(dig.Date).Equal(newest) {
			digests = append(digests, dig)
		}
	}
	slices.Reverse(digests)
	return digests, newest
}

// first returns the first deliveries for a channel. A first start must not surprise a team,
// so digests that are too old for a slot are posted only to the local page.
func (p *Planner) first(s subscription.Subscription, c chat.Channel, digests []*digest.Card, newest, now time.Time) (planned []ledger.Delivery) {
	var lead chat.Key
	highest := -1 // index of the last with a guessed date: an archive may have the date of its copy
	for i, dig := range digests {
		if dig.Guessed {
			highest = i
		}
	}
	for i, dig := range digests {
		x := s.Dress(ledger.NewDelivery(dig.ID, dig.Label(), c, now))
		x.Cause = ledger.ForStart
		unfit := unfit(dig, p.Platforms.Local(c))
		switch begins := s.StartOf(dig.Date); {
		case dig.Guessed && i < highest:
			x.Said = []ledger.Said{p.Posts.Said(dig)}
			x.Skip(ledger.Because(ledger.OlderThanSubscription), now)
		case !begins.Equal(newest) && !p.memory.bare.IsZero() && !begins.Before(s.StartOf(p.memory.bare.In(cmp.Or(s.Zone, time.UTC)))):
			continue // the next slot posts it
		case unfit != "":
			x.Said = []ledger.Said{untold(dig)}
			x.Skip(ledger.Because(unfit), now)
		case begins.Equal(newest) && !s.Fresh(dig, now) && !p.Platforms.Local(c):
			x.Said = []ledger.Said{p.Posts.Said(dig)}
			x.Skip(ledger.Because(ledger.OlderThanMaxAge), now)
		case begins.Equal(newest) && s.Bundle && lead != "":
			x.Join(lead, now)
		case begins.Equal(newest):
			lead = x.Key
		default:
			x.Said = []ledger.Said{p.Posts.Said(dig)}
			x.Skip(ledger.Because(ledger.OlderThanSubscription), now)
		}
		planned = append(planned, x)
	}
	return planned
}
