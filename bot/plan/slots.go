package plan

import (
	"context"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/deliver"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// open records the slots that have opened since the last one, and returns those of the
// subscription that have not ended.
func (p *Planner) open(ctx context.Context, s subscription.Subscription, now time.Time) ([]ledger.Slot, error) {
	last, err := p.last(ctx, s, now)
	if err != nil {
		return nil, err
	}
	known, err := p.Ledger.Running(ctx, s.Name)
	if err != nil {
		return nil, err
	}
	from := now.Add(-max(s.Wait, grace))
	if !last.At.IsZero() {
		from = last.At
		if floor := now.Add(-lookBack); from.Before(floor) {
			from = floor
		}
	}
	if from.Before(s.Since) {
		from = s.Since
	}
	opened := s.Schedule.Between(from, now)
	if n := len(opened); n > 0 && last.At.IsZero() {
		opened = opened[n-1:] // earlier ones were promised to no one
	}
	var running []ledger.Slot
	for _, slot := range known {
		switch {
		case slot.Outcome == ledger.SlotPosting:
			running = append(running, slot)
		case slot.At.After(now): // the clock was set back: it opens at its time
		case len(opened) == 0:
			running = append(running, slot)
		default:
			if err := p.overtake(ctx, s, &slot, now); err != nil {
				return nil, err
			}
		}
	}
	for i, at := range opened {
		slot := ledger.Slot{Subscription: s.Name, At: at, Until: at.Add(s.Wait)}
		if i < len(opened)-1 || now.Sub(at) > max(s.Wait, grace) {
			if err := p.ends.close(ctx, s, slot, ledger.SlotMissed, ledger.Because(ledger.NotRunning), now); err != nil {
				return nil, err
			}
			continue
		}
		if err := p.Ledger.SaveSlot(ctx, slot); err != nil {
			return nil, err
		}
		running = append(running, slot)
	}
	return running, nil
}

// last returns the last slot that has opened; the zero value if there is none. A slot that
// ended without a post because a clock was ahead is open again.
func (p *Planner) last(ctx context.Context, s subscription.Subscription, now time.Time) (ledger.Slot, error) {
	known, err := p.Ledger.Slots(ctx, s.Name, recent)
	if n := len(known); err == nil && n == recent && known[n-1].At.After(now) {
		known, err = p.Ledger.Slots(ctx, s.Name, -1)
	}
	i := slices.IndexFunc(known, func(slot ledger.Slot) bool { return !slot.At.After(now) })
	if err != nil || i < 0 {
		return ledger.Slot{}, err
	}
	last := known[i]
	if last.Closed.After(now) && (last.Outcome == ledger.SlotNothing || last.Outcome == ledger.SlotMissed) {
		last = ledger.Slot{Subscription: s.Name, At: last.At, Until: last.At.Add(s.Wait)}
		return last, p.Ledger.SaveSlot(ctx, last)
	}
	return last, nil
}

// due returns deliveries of what is due in a slot and was not planned yet.
func (p *Planner) due(ctx context.Context, s subscription.Subscription, slot ledger.Slot, now time.Time) (due []ledger.Delivery, err error) {
	digests := p.wanted(s, slot.At)
	var ids []string
	for _, dig := range digests {
		ids = append(ids, dig.ID)
	}
	for channels := range slices.Chunk(s.Channels, channelBatch) {
		if len(digests) == 0 {
			break
		}
		known, err := p.Ledger.Known(ctx, channels, ids...)
		if err != nil {
			return nil, err
		}
		for i, c := range channels {
			due = append(due, p.owed(s, slot, c, digests, known[i], now)...)
		}
	}
	return due, nil
}

// plan plans deliveries of a slot, and reports whether the slot has any. It asks the
// ledger, because the process that planned them may have died before it recorded that.
func (p *Planner) plan(ctx context.Context, slot ledger.Slot, due []ledger.Delivery) (any bool, err error) {
	if len(due) > 0 {
		if err := p.moves.rekey(ctx, due); err != nil {
			return false, err
		}
		entered, err := p.Ledger.Plan(ctx, due...)
		if err != nil {
			return false, err
		}
		for _, x := range due {
			if x.State == ledger.Skipped && slices.Contains(entered, x.Key) {
				p.Log.Info("plan: a digest is skipped", "delivery", string(x.Key), "digest", x.Digest, "title", x.Title,
					"channel", x.Channel.String(), "subscription", x.Subscription, "reason", x.Reason)
			}
		}
	}
	planned, err := p.Ledger.List(ctx, ledger.Query{Subscription: slot.Subscription, Slot: slot.At, Limit: 1})
	return len(planned) > 0, err
}

// unfitted reports whether a delivery was skipped because its digest is not fit to be
// posted.
func unfitted(x ledger.Delivery) bool {
	return x.State == ledger.Skipped && (ledger.WithoutNews.Is(x.Reason) || ledger.IsExample.Is(x.Reason))
}

// fill plans what is due in a waiting slot. Digests that are not fit to be posted end the
// slot only when its wait is over: until then another digest may arrive.
func (p *Planner) fill(ctx context.Context, s subscription.Subscription, slot *ledger.Slot, now time.Time) error {
	due, err := p.due(ctx, s, *slot, now)
	if err != nil {
		return err
	}
	if now.Before(slot.Until) && !slices.ContainsFunc(due, func(x ledger.Delivery) bool { return !unfitted(x) }) {
		due = nil
	}
	planned, err := p.plan(ctx, *slot, due)
	if err != nil {
		return err
	}
	if planned {
		slot.Outcome = ledger.SlotPosting
		if now.Sub(slot.At) > grace {
			slot.Reason = ledger.Because(ledger.CameLate, now.Sub(slot.At).Round(time.Minute))
		}
		return p.Ledger.SaveSlot(ctx, *slot)
	}
	if now.Before(slot.Until) {
		return nil
	}
	slot.Outcome, slot.Reason = ledger.SlotNothing, ledger.Because(ledger.NoneMatched)
	return p.ends.closeEmpty(ctx, s, slot, compose.NothingToday(s.Language), now)
}

// overtake ends a waiting slot because the next one opens.
func (p *Planner) overtake(ctx context.Context, s subscription.Subscription, slot *ledger.Slot, now time.Time) error {
	due, err := p.due(ctx, s, *slot, now)
	if err != nil {
		return err
	}
	// A digest that is fit is left for the next slot.
	due = slices.DeleteFunc(due, func(x ledger.Delivery) bool { return !unfitted(x) })
	planned, err := p.plan(ctx, *slot, due)
	if err != nil {
		return err
	}
	if planned {
		return p.ends.conclude(ctx, s, slot, now)
	}
	return p.ends.close(ctx, s, *slot, ledger.SlotNothing, ledger.Because(ledger.NoneBeforeNext), now)
}

// wanted returns the digests that a subscription wants in a slot at the given time, the
// oldest first, which is the order of reading.
func (p *Planner) wanted(s subscription.Subscription, at time.Time) (digests []*digest.Card) {
	for _, dig := range slices.Backward(p.moves.library.Load().All()) {
		if s.Match.Accepts(dig) && s.Fresh(dig, at) && p.lately(dig, s, at) {
			digests = append(digests, dig)
		}
	}
	return digests
}

// owed returns deliveries of those digests that were not posted in a channel yet, as a slot
// plans them.
func (p *Planner) owed(s subscription.Subscription, slot ledger.Slot, c chat.Channel, digests []*digest.Card, known map[string]ledger.Known, now time.Time) (owed []ledger.Delivery) {
	h, paused := p.Subscriptions.Paused(c)
	var lead chat.Key
	for _, dig := range digests {
		k, told := known[dig.ID]
		unfit, says := unfit(dig, p.Platforms.Local(c)), p.Posts.Said(dig)
		if unfit != "" {
			says = untold(dig)
		}
		var x ledger.Delivery
		switch {
		case !told:
			x = ledger.NewDelivery(dig.ID, dig.Label(), c, now)
		case anew(k, says):
			x = ledger.NewEdition(says, dig.Label(), c, now)
		default:
			continue
		}
		x = s.Dress(x)
		x.Cause, x.Slot = ledger.ForSlot, slot.At
		switch {
		case unfit != "":
			x.Said = []ledger.Said{says}
			x.Skip(ledger.Because(unfit), now)
		case paused:
			x.Said = []ledger.Said{says}
			x.Skip(deliver.PausedReason(h), now)
		case s.Bundle && lead != "":
			x.Join(lead, now)
		default:
			lead = x.Key
		}
		owed = append(owed, x)
	}
	return owed
}
