package dispatch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
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
	// together is how many deliveries of channels that begin are planned at once: few
	// enough for little memory, and enough to need few changes of the ledger.
	together = 1000
	// some is of how many channels it is read at once what they were told.
	some = 100
)

// Plan enters into the ledger what is owed at now, for every subscription, and
// what is to be corrected. It returns when to plan again if nothing happens
// before. It is idempotent, and not called twice at the same time.
func (d *Dispatcher) Plan(ctx context.Context, now time.Time) (again time.Time, err error) {
	again = now.Add(time.Hour)
	if !d.resumed {
		if err := d.resume(ctx, now); err != nil {
			return now.Add(time.Minute), fmt.Errorf("what was left: %w", err)
		}
		d.resumed = true
	}
	if err := d.move(ctx, now); err != nil {
		return now.Add(time.Minute), fmt.Errorf("digests that were moved: %w", err)
	}
	if err := d.see(ctx, now); err != nil {
		return now.Add(time.Minute), fmt.Errorf("what was seen: %w", err)
	}
	bare := d.Library().Len() == 0
	if bare && d.bare.IsZero() {
		d.bare = now
	}
	all := d.All()
	if err := d.withdraw(ctx, all, now); err != nil {
		return now.Add(time.Minute), fmt.Errorf("slots that nobody wants any more: %w", err)
	}
	for _, s := range all {
		next, err := d.planOne(ctx, s, now)
		if err != nil {
			return now.Add(time.Minute), fmt.Errorf("subscription %s: %w", s.Name, err)
		}
		if !next.IsZero() && next.Before(again) {
			again = next
		}
	}
	if err := d.correctAll(ctx, now); err != nil {
		return now.Add(time.Minute), fmt.Errorf("corrections: %w", err)
	}
	if !bare {
		d.bare = time.Time{}
	}
	return again, nil
}

func (d *Dispatcher) planOne(ctx context.Context, s Subscription, now time.Time) (again time.Time, err error) {
	if err := d.begin(ctx, s, now); err != nil {
		return again, err
	}
	slots, err := d.open(ctx, s, now)
	if err != nil {
		return again, err
	}
	again = s.Schedule.Next(now)
	for _, slot := range slots {
		switch slot.Outcome {
		case "":
			err = d.fill(ctx, s, &slot, now)
		case ledger.SlotPosting:
			err = d.conclude(ctx, s, &slot, now)
		}
		if err != nil {
			return again, err
		}
		if slot.Outcome == "" && slot.Until.Before(again) {
			again = slot.Until
		}
	}
	return again, nil
}

// see notes which digests are there that may be due, if the library has changed
// since the last time: people ask later when a file came.
func (d *Dispatcher) see(ctx context.Context, now time.Time) error {
	l := d.Library()
	if l == d.saw {
		return nil
	}
	age := defaultMaxAge
	for _, s := range d.All() {
		age = max(age, s.MaxAge)
	}
	oldest := now.Add(-age - 24*time.Hour) // a day begins earlier in the east
	seen := map[string]bool{}
	var news []string
	for _, dig := range l.All() {
		if dig.Date.IsZero() || dig.Date.After(oldest) {
			seen[dig.ID] = true
			if !d.seen[dig.ID] {
				news = append(news, dig.ID)
			}
		}
	}
	if err := d.Ledger.See(ctx, now, news...); err != nil {
		return err
	}
	d.saw, d.seen = l, seen
	return nil
}

// withdraw ends the slots of subscriptions that are there no more. What they have
// planned is posted, and ends them as always.
func (d *Dispatcher) withdraw(ctx context.Context, all []Subscription, now time.Time) error {
	running, err := d.Ledger.Running(ctx, "")
	if err != nil {
		return err
	}
	for _, slot := range running {
		if slices.ContainsFunc(all, func(s Subscription) bool { return s.Name == slot.Subscription }) {
			continue
		}
		gone := Subscription{Name: slot.Subscription}
		if slot.Outcome == ledger.SlotPosting {
			err = d.conclude(ctx, gone, &slot, now)
		} else {
			err = d.close(ctx, gone, slot, ledger.SlotDropped, "the subscription is there no more", now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// begin starts the subscription in channels that it did not serve before: with
// the newest digest if it wants that, and in any case without what was there
// already. Where the library had nothing at all, what is of that day or a later
// one was not there already.
func (d *Dispatcher) begin(ctx context.Context, s Subscription, now time.Time) error {
	if d.moves.library.Load().Len() == 0 {
		return nil
	}
	begun, err := d.Ledger.Begun(ctx, s.Name)
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(slices.Clone(s.Channels), func(c chat.Channel) bool { return begun[c] })
	if len(fresh) == 0 {
		return nil
	}
	known := d.beginning(s, now)
	for channels := range slices.Chunk(fresh, max(1, together/max(1, len(known)))) {
		var planned []ledger.Delivery
		for _, c := range channels {
			for i, dig := range known {
				delivery := s.Dress(ledger.NewDelivery(dig.ID, dig.Title, c, now))
				delivery.Cause = ledger.ForStart
				switch {
				case i == 0 && s.StartLatest:
				case !d.bare.IsZero() && !dig.Date.IsZero() && !s.dawn(dig.Date).Before(s.dawn(d.bare.In(s.Zone))):
					continue // the next slot has it
				default:
					delivery.Said = []ledger.Said{d.said(dig)}
					delivery.Skip("older than the subscription", now)
				}
				planned = append(planned, delivery)
			}
		}
		if planned, err = d.untold(ctx, channels, planned); err != nil {
			return err
		}
		if err := d.Ledger.Begin(ctx, s.Name, now, channels, planned...); err != nil {
			return err
		}
	}
	return nil
}

// beginning are the digests that a subscription finds when it begins in a
// channel, the newest first: those that would be fresh enough to be posted, and
// the newest of all if it starts with that.
func (d *Dispatcher) beginning(s Subscription, now time.Time) (digests []*digest.Digest) {
	for _, dig := range d.moves.library.Load().All() {
		first := s.StartLatest && len(digests) == 0
		if s.Match.Accepts(dig) && (first || s.fresh(dig, now)) {
			digests = append(digests, dig)
		}
	}
	return digests
}

// open writes down the slots that have opened since the last one, and returns
// those of the subscription that have not ended.
func (d *Dispatcher) open(ctx context.Context, s Subscription, now time.Time) ([]ledger.Slot, error) {
	last, err := d.last(ctx, s, now)
	if err != nil {
		return nil, err
	}
	known, err := d.Ledger.Running(ctx, s.Name)
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
	var running []ledger.Slot
	for _, slot := range known {
		switch {
		case slot.Outcome == ledger.SlotPosting:
			running = append(running, slot)
		case slot.At.After(now): // the clock was set back: it opens when it is time
		case len(opened) == 0:
			running = append(running, slot)
		default:
			if err := d.close(ctx, s, slot, ledger.SlotNothing, "no digest came before the next slot", now); err != nil {
				return nil, err
			}
		}
	}
	for i, at := range opened {
		slot := ledger.Slot{Subscription: s.Name, At: at, Until: at.Add(s.Wait)}
		if i < len(opened)-1 || now.Sub(at) > max(s.Wait, grace) {
			if err := d.close(ctx, s, slot, ledger.SlotMissed, "the bot was not running", now); err != nil {
				return nil, err
			}
			continue
		}
		if err := d.Ledger.SaveSlot(ctx, slot); err != nil {
			return nil, err
		}
		running = append(running, slot)
	}
	return running, nil
}

// last is the last slot that has opened; a zero one if there is none. One that a
// clock which was ahead has ended without a post is open again.
func (d *Dispatcher) last(ctx context.Context, s Subscription, now time.Time) (ledger.Slot, error) {
	known, err := d.Ledger.Slots(ctx, s.Name, recent)
	if n := len(known); err == nil && n == recent && known[n-1].At.After(now) {
		known, err = d.Ledger.Slots(ctx, s.Name, -1)
	}
	i := slices.IndexFunc(known, func(slot ledger.Slot) bool { return !slot.At.After(now) })
	if err != nil || i < 0 {
		return ledger.Slot{}, err
	}
	last := known[i]
	if last.Closed.After(now) && (last.Outcome == ledger.SlotNothing || last.Outcome == ledger.SlotMissed) {
		last = ledger.Slot{Subscription: s.Name, At: last.At, Until: last.At.Add(s.Wait)}
		return last, d.Ledger.SaveSlot(ctx, last)
	}
	return last, nil
}

// fill plans what is due in a slot that waits.
func (d *Dispatcher) fill(ctx context.Context, s Subscription, slot *ledger.Slot, now time.Time) error {
	var planned []ledger.Delivery
	digests := d.wanted(s, slot.At)
	var ids []string
	for _, dig := range digests {
		ids = append(ids, dig.ID)
	}
	for channels := range slices.Chunk(s.Channels, some) {
		if len(digests) == 0 {
			break
		}
		known, err := d.Ledger.Known(ctx, channels, ids...)
		if err != nil {
			return err
		}
		for i, c := range channels {
			planned = append(planned, d.owed(s, *slot, c, digests, known[i], now)...)
		}
	}
	if len(planned) > 0 {
		if err := d.rekey(ctx, planned); err != nil {
			return err
		}
		if _, err := d.Ledger.Plan(ctx, planned...); err != nil {
			return err
		}
	}
	// Asked of the ledger, because the process that planned them may have died
	// before it noted so.
	owed, err := d.Ledger.List(ctx, ledger.Query{Subscription: s.Name, Slot: slot.At, Limit: 1})
	if err != nil {
		return err
	}
	if len(owed) > 0 {
		slot.Outcome = ledger.SlotPosting
		if now.Sub(slot.At) > grace {
			slot.Reason = "a digest came " + now.Sub(slot.At).Round(time.Minute).String() + " after the slot opened"
		}
		return d.Ledger.SaveSlot(ctx, *slot)
	}
	if now.Before(slot.Until) {
		return nil
	}
	slot.Outcome = ledger.SlotNothing
	return d.closeEmpty(ctx, s, *slot, now)
}

// closeEmpty ends a slot that nothing was due in, and says so to the channels
// that were told nothing since the slot before, if the subscription wants that.
func (d *Dispatcher) closeEmpty(ctx context.Context, s Subscription, slot ledger.Slot, now time.Time) error {
	before, err := d.before(ctx, slot)
	if err != nil {
		return err
	}
	reason, paused, halted := toldAlready, "", 0
	for _, c := range s.Channels {
		if h, ok := d.Halted(c); ok {
			paused, halted = pausedReason(h), halted+1
			continue
		}
		told, err := d.told(ctx, c, before.Closed)
		if err != nil {
			return err
		}
		if told {
			continue
		}
		reason = "no digest that matches was there"
		if s.OnEmpty == NoticeOnEmpty {
			if err := d.notify(ctx, c, compose.NothingToday(s.Language), now, "empty", s.Name, stamp(slot.At)); err != nil {
				return err
			}
		}
	}
	if halted > 0 && halted == len(s.Channels) {
		return d.close(ctx, s, slot, ledger.SlotPaused, paused, now)
	}
	return d.close(ctx, s, slot, ledger.SlotNothing, reason, now)
}

// wanted are the digests that a subscription wants in a slot of a time, the oldest
// first, as they would be read.
func (d *Dispatcher) wanted(s Subscription, at time.Time) (digests []*digest.Digest) {
	for _, dig := range slices.Backward(d.moves.library.Load().All()) {
		if s.Match.Accepts(dig) && s.fresh(dig, at) {
			digests = append(digests, dig)
		}
	}
	return digests
}

// owed are deliveries of those of the digests that a channel was not told yet, as
// a slot plans them.
func (d *Dispatcher) owed(s Subscription, slot ledger.Slot, c chat.Channel, digests []*digest.Digest, known map[string]ledger.Known, now time.Time) (owed []ledger.Delivery) {
	h, halted := d.Halted(c)
	for _, dig := range digests {
		k, told := known[dig.ID]
		says := d.said(dig)
		var x ledger.Delivery
		switch {
		case !told:
			x = ledger.NewDelivery(dig.ID, dig.Title, c, now)
		case anew(k, says):
			x = ledger.NewEdition(says, dig.Title, c, now)
		default:
			continue
		}
		x = s.Dress(x)
		x.Cause, x.Slot = ledger.ForSlot, slot.At
		switch {
		case halted:
			x.Said = []ledger.Said{says}
			x.Skip(pausedReason(h), now)
		case s.Bundle && len(owed) > 0:
			x.Join(owed[0].Key, now)
		}
		owed = append(owed, x)
	}
	return owed
}

// fresh reports whether a digest is neither older than MaxAge at a time nor
// about a day that has not come yet in the subscription's zone. A digest
// without a date is always fresh.
func (s Subscription) fresh(d *digest.Digest, at time.Time) bool {
	if d.Date.IsZero() {
		return true
	}
	begins := s.dawn(d.Date)
	return at.Sub(begins) <= s.MaxAge && !begins.After(at)
}

// dawn is when a day begins on the subscription's clock.
func (s Subscription) dawn(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, s.Zone)
}

// conclude ends a slot whose deliveries have all ended. What was posted with
// another has become what that has.
func (d *Dispatcher) conclude(ctx context.Context, s Subscription, slot *ledger.Slot, now time.Time) error {
	owed := ledger.Query{Subscription: slot.Subscription, Slot: slot.At, Waiting: true, Limit: 1}
	if waiting, err := d.Ledger.List(ctx, owed); err != nil || len(waiting) > 0 {
		return err
	}
	owed.Waiting = false
	sent, wanted, reason, paused := 0, 0, "", ""
	for x, err := range ledger.Each(ctx, d.Ledger, owed) {
		if err != nil {
			return err
		}
		if x.State == ledger.Skipped && strings.HasPrefix(x.Reason, pausedBy) {
			paused = x.Reason
			continue
		}
		wanted++
		if x.State == ledger.Bundled {
			if x, err = d.Ledger.Get(ctx, x.Bundle); err != nil {
				return err
			}
		}
		if !x.Since.IsZero() { // it stands there, though it may just be corrected
			sent++
		} else {
			reason = x.Channel.String() + ": " + x.Reason
		}
	}
	switch {
	case sent < wanted:
		slot.Outcome = ledger.SlotFailed
		slot.Reason = fmt.Sprintf("%d of %d posted; %s", sent, wanted, reason)
	case wanted == 0 && paused != "":
		slot.Outcome, slot.Reason = ledger.SlotPaused, paused
	case slot.Reason != "":
		slot.Outcome = ledger.SlotPostedLate
	default:
		slot.Outcome = ledger.SlotPosted
	}
	return d.close(ctx, s, *slot, slot.Outcome, slot.Reason, now)
}

// close ends a slot, and tells the admins what they should know of it before
// that is written down, so that they are told for certain.
func (d *Dispatcher) close(ctx context.Context, s Subscription, slot ledger.Slot, o ledger.SlotOutcome, reason string, now time.Time) error {
	before, err := d.before(ctx, slot)
	if err != nil {
		return err
	}
	slot.Outcome, slot.Reason, slot.Closed = o, reason, now
	d.Log.Info("slot ended", "subscription", slot.Subscription, "slot", slot.At, "outcome", string(o), "reason", reason)
	if err := d.tellSlot(ctx, s, slot, before, now); err != nil {
		return err
	}
	return d.Ledger.SaveSlot(ctx, slot)
}
