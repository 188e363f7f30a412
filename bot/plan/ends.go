package plan

import (
	"context"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/deliver"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/notice"
	"github.com/digestbot/digestbot/bot/subscription"
)

// ends ends slots, with a recorded outcome and the notices that this requires.
type ends struct{ *Deps }

// closeEmpty ends a slot in which nothing was posted, with its outcome and reason. If the
// subscription wants notices, it posts one in each channel that got nothing since the slot
// before.
func (e *ends) closeEmpty(ctx context.Context, s subscription.Subscription, slot *ledger.Slot, says chat.Message, now time.Time) error {
	before, err := e.before(ctx, *slot)
	if err != nil {
		return err
	}
	reason, paused, allTold := "", 0, true
	for _, c := range s.Channels {
		if h, ok := e.Subscriptions.Paused(c); ok {
			reason, paused = deliver.PausedReason(h), paused+1
			continue
		}
		told, err := e.told(ctx, s, c, before.Closed)
		if err != nil {
			return err
		}
		if told {
			continue
		}
		allTold = false
		if s.OnEmpty == subscription.NoticeOnEmpty {
			if err := e.Notices.Channel(ctx, c, says, now, "empty", s.Name, notice.Stamp(slot.At)); err != nil {
				return err
			}
		}
	}
	switch {
	case paused > 0 && paused == len(s.Channels):
		slot.Outcome, slot.Reason = ledger.SlotPaused, reason
	case slot.Outcome == ledger.SlotNothing && allTold:
		slot.Reason = ledger.Because(ledger.ToldAlready)
	}
	return e.close(ctx, s, *slot, slot.Outcome, slot.Reason, now)
}

// conclude ends a slot whose deliveries have all ended. A delivery that was posted with
// another has the outcome of that one.
func (e *ends) conclude(ctx context.Context, s subscription.Subscription, slot *ledger.Slot, now time.Time) error {
	owed := ledger.Query{Subscription: slot.Subscription, Slot: slot.At, Waiting: true, Limit: 1}
	if waiting, err := e.Ledger.List(ctx, owed); err != nil || len(waiting) > 0 {
		return err
	}
	owed.Waiting = false
	sent, wanted := 0, 0
	var missing ledger.Delivery
	unwanted := map[ledger.SlotOutcome]ledger.Delivery{}
	for x, err := range ledger.Each(ctx, e.Ledger, owed) {
		if err != nil {
			return err
		}
		if o := instead(&x); o != "" {
			unwanted[o] = x
			continue
		}
		wanted++
		if x, err = ledger.Lead(ctx, e.Ledger, x); err != nil {
			return err
		}
		if x.State == ledger.Bundled {
			x.Reason = ledger.Because(ledger.DamagedBundle)
		}
		if !x.Since.IsZero() { // it is posted, even if it is just being corrected
			sent++
		} else {
			missing = x
		}
	}
	switch {
	case sent < wanted:
		slot.Outcome = ledger.SlotFailed
		slot.Reason = ledger.Because(ledger.NotAllPosted, sent, wanted, missing.Channel, missing.Reason)
	case wanted == 0 && len(unwanted) > 0:
		return e.closeUnwanted(ctx, s, slot, unwanted, now)
	case slot.Reason != "":
		slot.Outcome = ledger.SlotPostedLate
	default:
		slot.Outcome = ledger.SlotPosted
	}
	return e.close(ctx, s, *slot, slot.Outcome, slot.Reason, now)
}

// instead returns the outcome of a slot all of whose deliveries were skipped for the reason
// of x; empty if the reason does not determine one.
func instead(x *ledger.Delivery) ledger.SlotOutcome {
	switch {
	case x.State != ledger.Skipped:
	case ledger.WithoutNews.Is(x.Reason):
		return ledger.SlotQuiet
	case ledger.IsExample.Is(x.Reason):
		return ledger.SlotNothing
	case ledger.PausedBy.Is(x.Reason):
		return ledger.SlotPaused
	case ledger.Unnamed.Is(x.Reason):
		return ledger.SlotDropped
	}
	return ""
}

// closeUnwanted ends a slot whose deliveries were all skipped. skipped has one of them for
// each outcome that their reasons ask for.
func (e *ends) closeUnwanted(ctx context.Context, s subscription.Subscription, slot *ledger.Slot, skipped map[ledger.SlotOutcome]ledger.Delivery, now time.Time) error {
	if x, ok := skipped[ledger.SlotQuiet]; ok {
		slot.Outcome, slot.Reason = ledger.SlotQuiet, ledger.Because(ledger.HasNoStories, x.Title)
		return e.closeEmpty(ctx, s, slot, compose.NoNews(e.Library().ByID(x.Digest), s.Language), now)
	}
	if _, ok := skipped[ledger.SlotNothing]; ok {
		slot.Outcome, slot.Reason = ledger.SlotNothing, ledger.Because(ledger.IsExample)
		return e.closeEmpty(ctx, s, slot, compose.NothingToday(s.Language), now)
	}
	o := ledger.SlotPaused
	if _, ok := skipped[o]; !ok {
		o = ledger.SlotDropped
	}
	return e.close(ctx, s, *slot, o, skipped[o].Reason, now)
}

// close ends a slot. Admins get their notice before the end is saved, so that the notice
// cannot get lost.
func (e *ends) close(ctx context.Context, s subscription.Subscription, slot ledger.Slot, o ledger.SlotOutcome, reason string, now time.Time) error {
	before, err := e.before(ctx, slot)
	if err != nil {
		return err
	}
	slot.Outcome, slot.Reason, slot.Closed = o, reason, now
	e.Log.Info("plan: a slot ended", "subscription", slot.Subscription, "slot", slot.At, "outcome", string(o), "reason", reason)
	if err := e.Notices.Slot(ctx, s, slot, before, now); err != nil {
		return err
	}
	return e.Ledger.SaveSlot(ctx, slot)
}

// before returns the last ended slot before another; the zero value if there is none.
func (e *ends) before(ctx context.Context, slot ledger.Slot) (ledger.Slot, error) {
	known, err := e.Ledger.Slots(ctx, slot.Subscription, recent)
	i := slices.IndexFunc(known, func(s ledger.Slot) bool { return s.At.Before(slot.At) && !s.Closed.IsZero() })
	if err != nil || i < 0 {
		return ledger.Slot{}, err
	}
	return known[i], nil
}

// told reports whether a digest was posted in a channel since the given time, or another
// subscription than s found a digest without news for it.
func (e *ends) told(ctx context.Context, s subscription.Subscription, c chat.Channel, since time.Time) (bool, error) {
	sent, err := e.Ledger.List(ctx, ledger.Query{Channel: c, State: ledger.Sent, Since: since, Limit: -1})
	if err != nil || slices.ContainsFunc(sent, func(x ledger.Delivery) bool { return x.Cause != ledger.ForNotice }) {
		return err == nil, err
	}
	skipped, err := e.Ledger.List(ctx, ledger.Query{Channel: c, State: ledger.Skipped})
	return slices.ContainsFunc(skipped, func(x ledger.Delivery) bool {
		return ledger.WithoutNews.Is(x.Reason) && x.Subscription != s.Name && x.Planned.After(since)
	}), err
}
