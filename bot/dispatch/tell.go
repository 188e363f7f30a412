package dispatch

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/subscription"
)

// tell owes a notice to the admins, once for what it is about. It goes through
// the ledger like any other delivery, so that it is neither lost nor repeated.
func (d *Dispatcher) tell(ctx context.Context, m chat.Message, now time.Time, about ...string) error {
	if d.Admin == (chat.Channel{}) {
		return nil
	}
	return d.notify(ctx, d.Admin, m, now, about...)
}

// notify owes a notice to a channel.
func (d *Dispatcher) notify(ctx context.Context, to chat.Channel, m chat.Message, now time.Time, about ...string) error {
	a := d.Adapters[to.Adapter]
	if a == nil {
		d.Log.Error("notice has nowhere to go", "channel", to.String())
		return nil
	}
	var payloads []chat.Payload
	err := panics.Contain(d.Log, "lay out this notice", func() (err error) {
		payloads, err = a.Render(m)
		return err
	}, "channel", to.String())
	if err != nil {
		d.Log.Error("notice cannot be rendered", "channel", to.String(), "error", err)
		return nil
	}
	x, err := ledger.NewNotice(to, compose.Summary(m), payloads, now, about...)
	if err != nil {
		return err
	}
	_, err = d.Ledger.Plan(context.WithoutCancel(ctx), x)
	return err
}

// speaks is the language of the notices in a channel.
func (d *Dispatcher) speaks(c chat.Channel) string {
	if s, ok := d.Serving(c); ok {
		return s.Language
	}
	if all := d.All(); len(all) > 0 {
		return all[0].Language
	}
	return ""
}

// stamp makes a time part of what a notice is about.
func stamp(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// tellPause tells that nothing gets through.
func (d *Dispatcher) tellPause(ctx context.Context, c chat.Channel, p ledger.Pause, reason string, now time.Time) error {
	if p.Scope == ledger.OfAdapter {
		return d.tell(ctx, compose.AdapterPaused(c.Adapter, reason, d.speaks(d.Admin)), now, "adapter paused", c.Adapter, stamp(p.Since))
	}
	return d.tell(ctx, compose.ChannelPaused(c, reason, d.speaks(d.Admin)), now, "channel paused", c.String(), stamp(p.Since))
}

// tellHeld tells that an admin has to decide. A notice that is held is not worth
// another one.
func (d *Dispatcher) tellHeld(ctx context.Context, x *ledger.Delivery, now time.Time) error {
	if x.State != ledger.Held || x.Cause == ledger.ForNotice || x.Cause == ledger.ForFollow {
		return nil
	}
	return d.tell(ctx, compose.Held(x.Title, x.Channel, string(x.Key), x.Reason, d.speaks(d.Admin)), now, "held", string(x.Key), fmt.Sprint(len(x.Decisions)))
}

// tellAbridged tells that a digest is posted as headlines alone, once for each
// digest, however many channels get it.
func (d *Dispatcher) tellAbridged(ctx context.Context, x *ledger.Delivery, s sheet, now time.Time) error {
	if s.abridged == 0 {
		return nil
	}
	d.Log.Warn("digest is too long: only its headlines are posted", "digest", x.Digest, "channel", x.Channel.String(), "messages", s.abridged, "posted", s.parts())
	return d.tell(ctx, compose.Abridged(x.Title, s.abridged, x.Channel.Adapter, d.speaks(d.Admin)), now, "abridged", x.Digest)
}

// well reports whether a slot left nobody waiting for a post.
func well(s ledger.Slot) bool {
	switch s.Outcome {
	case ledger.SlotFailed, ledger.SlotMissed:
		return false
	case ledger.SlotNothing:
		return ledger.ToldAlready.Is(s.Reason)
	}
	return true
}

// before is the last slot before another that has ended; a zero one if there is
// none.
func (d *Dispatcher) before(ctx context.Context, slot ledger.Slot) (ledger.Slot, error) {
	known, err := d.Ledger.Slots(ctx, slot.Subscription, recent)
	i := slices.IndexFunc(known, func(s ledger.Slot) bool { return s.At.Before(slot.At) && !s.Closed.IsZero() })
	if err != nil || i < 0 {
		return ledger.Slot{}, err
	}
	return known[i], nil
}

// tellSlot tells the admins when slots begin to end without a post, when that
// happens for another reason, and when they post again; not of each one, since
// there may be one a minute.
func (d *Dispatcher) tellSlot(ctx context.Context, s subscription.Subscription, slot, before ledger.Slot, now time.Time) error {
	if slot.Outcome == ledger.SlotDropped || slot.Outcome == ledger.SlotPaused {
		return nil // that is what somebody wanted
	}
	about := []string{"slot", slot.Subscription, stamp(slot.At), string(slot.Outcome)}
	at, speaks := slot.At, d.speaks(d.Admin)
	if s.Zone != nil {
		at = at.In(s.Zone)
	}
	switch {
	case well(slot) && !well(before):
		return d.tell(ctx, compose.SlotWell(slot.Subscription, speaks), now, about...)
	case well(slot) || before.Outcome == slot.Outcome && !well(before):
		return nil
	case slot.Outcome == ledger.SlotNothing && ledger.IsExample.Is(slot.Reason):
		return d.tell(ctx, compose.SlotOfExamples(slot.Subscription, at, speaks), now, about...)
	case slot.Outcome == ledger.SlotNothing:
		return d.tell(ctx, compose.SlotEmpty(slot.Subscription, at, speaks), now, about...)
	case slot.Outcome == ledger.SlotMissed:
		return d.tell(ctx, compose.SlotMissed(slot.Subscription, at, speaks), now, about...)
	default:
		return d.tell(ctx, compose.SlotFailed(slot.Subscription, at, slot.Reason, speaks), now, about...)
	}
}

// told reports whether a digest was posted in a channel since a time, or another
// subscription than s found there that it has no news.
func (d *Dispatcher) told(ctx context.Context, s subscription.Subscription, c chat.Channel, since time.Time) (bool, error) {
	sent, err := d.Ledger.List(ctx, ledger.Query{Channel: c, State: ledger.Sent, Since: since, Limit: -1})
	if err != nil || slices.ContainsFunc(sent, func(x ledger.Delivery) bool { return x.Cause != ledger.ForNotice }) {
		return err == nil, err
	}
	skipped, err := d.Ledger.List(ctx, ledger.Query{Channel: c, State: ledger.Skipped})
	return slices.ContainsFunc(skipped, func(x ledger.Delivery) bool {
		return ledger.WithoutNews.Is(x.Reason) && x.Subscription != s.Name && x.Planned.After(since)
	}), err
}
