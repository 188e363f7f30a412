package dispatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
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
// before. It is idempotent, and not called twice at the same time. Anything that panics in
// it is an error in the end, and keeps nothing else from being planned.
func (d *Dispatcher) Plan(ctx context.Context, now time.Time) (again time.Time, err error) {
	again = now.Add(time.Hour)
	var bugs []error
	step := func(what string, do func() error) error {
		err := panics.Contain(d.Log, "plan what is due", do, "step", what)
		if err != nil {
			err = fmt.Errorf("%s: %w", what, err)
		}
		if panics.Contained(err) {
			bugs = append(bugs, err)
			return nil
		}
		return err
	}
	if !d.resumed {
		if err := step("what was left", func() error { return d.resume(ctx, now) }); err != nil {
			return now.Add(time.Minute), err
		}
		d.resumed = true
	}
	if n := d.changes() + 1; d.abandoned != n {
		err := step("what no subscription names any more", func() error {
			err := cmp.Or(d.abandon(ctx, now), d.tellRefused(ctx, now))
			if err == nil {
				d.abandoned = n
			}
			return err
		})
		if err != nil {
			return now.Add(time.Minute), err
		}
	}
	if err := step("digests that were moved", func() error { return d.move(ctx, now) }); err != nil {
		return now.Add(time.Minute), err
	}
	if err := step("what was seen", func() error { return d.see(ctx, now) }); err != nil {
		return now.Add(time.Minute), err
	}
	bare := d.Library().Len() == 0
	if bare && d.bare.IsZero() {
		d.bare = now
	}
	all := d.All()
	if err := step("slots that nobody wants any more", func() error { return d.withdraw(ctx, all, now) }); err != nil {
		return now.Add(time.Minute), err
	}
	for _, s := range all {
		var next time.Time
		err := step("subscription "+s.Name, func() (err error) {
			next, err = d.planOne(ctx, s, now)
			return err
		})
		if err != nil {
			return now.Add(time.Minute), err
		}
		if !next.IsZero() && next.Before(again) {
			again = next
		}
	}
	if err := step("corrections", func() error { return d.correctAll(ctx, now) }); err != nil {
		return now.Add(time.Minute), err
	}
	if !bare {
		d.bare = time.Time{}
	}
	if len(bugs) > 0 {
		return now.Add(time.Minute), errors.Join(bugs...)
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
		if slot.Outcome == "" {
			if err := d.fill(ctx, s, &slot, now); err != nil {
				return again, err
			}
		}
		if slot.Outcome == ledger.SlotPosting {
			if err := d.conclude(ctx, s, &slot, now); err != nil {
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
	var news, guessed []string
	for _, dig := range l.All() {
		if dig.Guessed {
			guessed = append(guessed, dig.ID)
		}
		if dig.Guessed || dig.Date.After(oldest) {
			seen[dig.ID] = true
			if !d.seen[dig.ID] {
				news = append(news, dig.ID)
			}
		}
	}
	if err := d.Ledger.See(ctx, now, news...); err != nil {
		return err
	}
	first, err := d.Ledger.Seen(ctx, guessed...)
	if err != nil {
		return err
	}
	d.saw, d.seen, d.firstSeen = l, seen, first
	return nil
}

// lately reports whether a digest whose day is guessed came to the bot lately: a
// folder that is copied may give a whole archive the day of the copy.
func (d *Dispatcher) lately(dig *digest.Card, s Subscription, at time.Time) bool {
	came, known := d.firstSeen[dig.ID]
	return !dig.Guessed || !known || at.Sub(came) <= s.MaxAge
}

// withdraw ends the slots of subscriptions that are there no more. Anything they have
// planned is abandoned, or was begun and ends them as always.
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
			err = d.close(ctx, gone, slot, ledger.SlotDropped, ledger.Because(ledger.SubscriptionGone), now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// begin starts the subscription in channels that it did not serve before: with
// the digests of the newest day if it wants that, and in any case without what was
// there already. Where the library had nothing at all, what is of that day or a
// later one was not there already; a digest of a day to come never was.
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
	for _, local := range []bool{true, false} {
		channels := slices.DeleteFunc(slices.Clone(fresh), func(c chat.Channel) bool { return d.local(c) != local })
		digests, newest := d.beginning(s, local, now)
		for channels := range slices.Chunk(channels, max(1, together/max(1, len(digests)))) {
			var planned []ledger.Delivery
			for _, c := range channels {
				planned = append(planned, d.first(s, c, digests, newest, now)...)
			}
			if planned, err = d.untold(ctx, channels, planned); err != nil {
				return err
			}
			if err := d.Ledger.Begin(ctx, s.Name, now, channels, planned...); err != nil {
				return err
			}
		}
	}
	return nil
}

// beginning are the digests that a subscription finds when it begins in a
// channel, the oldest first: those that would be fresh enough to be posted, and
// those of the newest day that has any to post if it starts with that.
func (d *Dispatcher) beginning(s Subscription, local bool, now time.Time) (digests []*digest.Card, newest time.Time) {
	for _, dig := range d.moves.library.Load().All() {
		if !s.Match.Accepts(dig) || !s.Come(dig, now) {
			continue
		}
		if s.StartLatest && newest.IsZero() && unfit(dig, local) == "" {
			newest = s.dawn(dig.Date)
		}
		if s.fresh(dig, now) || s.dawn(dig.Date).Equal(newest) {
			digests = append(digests, dig)
		}
	}
	slices.Reverse(digests)
	return digests, newest
}

// first are the deliveries that a channel begins with. A first start must not
// surprise a team, so what is too old for a slot goes to the local page alone.
func (d *Dispatcher) first(s Subscription, c chat.Channel, digests []*digest.Card, newest, now time.Time) (planned []ledger.Delivery) {
	var lead chat.Key
	highest := -1 // of those whose day is guessed: an archive may have the day of its copy
	for i, dig := range digests {
		if dig.Guessed {
			highest = i
		}
	}
	for i, dig := range digests {
		x := s.Dress(ledger.NewDelivery(dig.ID, dig.Label(), c, now))
		x.Cause = ledger.ForStart
		unfit := unfit(dig, d.local(c))
		switch begins := s.dawn(dig.Date); {
		case dig.Guessed && i < highest:
			x.Said = []ledger.Said{d.said(dig)}
			x.Skip(ledger.Because(ledger.OlderThanSubscription), now)
		case !begins.Equal(newest) && !d.bare.IsZero() && !begins.Before(s.dawn(d.bare.In(cmp.Or(s.Zone, time.UTC)))):
			continue // the next slot has it
		case unfit != "":
			x.Said = []ledger.Said{untold(dig)}
			x.Skip(ledger.Because(unfit), now)
		case begins.Equal(newest) && !s.fresh(dig, now) && !d.local(c):
			x.Said = []ledger.Said{d.said(dig)}
			x.Skip(ledger.Because(ledger.OlderThanMaxAge), now)
		case begins.Equal(newest) && s.Bundle && lead != "":
			x.Join(lead, now)
		case begins.Equal(newest):
			lead = x.Key
		default:
			x.Said = []ledger.Said{d.said(dig)}
			x.Skip(ledger.Because(ledger.OlderThanSubscription), now)
		}
		planned = append(planned, x)
	}
	return planned
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
func (d *Dispatcher) Unfit(dig *digest.Card, c chat.Channel) (example, quiet bool) {
	reason := unfit(dig, d.local(c))
	return reason == ledger.IsExample, reason == ledger.WithoutNews
}

// untold is what a delivery says of a digest that is not fit to be posted. When
// its file is changed so that it is, it is owed like another digest.
func untold(dig *digest.Card) ledger.Said {
	return ledger.Said{Digest: dig.ID, Day: dig.Date.Format(time.DateOnly)}
}

// local reports whether nobody sees what is posted to a channel but on this
// machine's own page.
func (d *Dispatcher) local(c chat.Channel) bool {
	a := d.Adapters[c.Adapter]
	return a != nil && a.Capabilities().Local
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
			if err := d.overtake(ctx, s, &slot, now); err != nil {
				return nil, err
			}
		}
	}
	for i, at := range opened {
		slot := ledger.Slot{Subscription: s.Name, At: at, Until: at.Add(s.Wait)}
		if i < len(opened)-1 || now.Sub(at) > max(s.Wait, grace) {
			if err := d.close(ctx, s, slot, ledger.SlotMissed, ledger.Because(ledger.NotRunning), now); err != nil {
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

// due are deliveries of what is due in a slot and has none yet.
func (d *Dispatcher) due(ctx context.Context, s Subscription, slot ledger.Slot, now time.Time) (due []ledger.Delivery, err error) {
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
			return nil, err
		}
		for i, c := range channels {
			due = append(due, d.owed(s, slot, c, digests, known[i], now)...)
		}
	}
	return due, nil
}

// plan plans deliveries of a slot, and reports whether it has any. It asks the
// ledger, because the process that planned them may have died before it noted so.
func (d *Dispatcher) plan(ctx context.Context, slot ledger.Slot, due []ledger.Delivery) (any bool, err error) {
	if len(due) > 0 {
		if err := d.rekey(ctx, due); err != nil {
			return false, err
		}
		if _, err := d.Ledger.Plan(ctx, due...); err != nil {
			return false, err
		}
	}
	planned, err := d.Ledger.List(ctx, ledger.Query{Subscription: slot.Subscription, Slot: slot.At, Limit: 1})
	return len(planned) > 0, err
}

// unfitted reports whether a delivery was skipped because its digest is not fit to
// be posted.
func unfitted(x ledger.Delivery) bool {
	return x.State == ledger.Skipped && (ledger.WithoutNews.Is(x.Reason) || ledger.IsExample.Is(x.Reason))
}

// fill plans what is due in a slot that waits. Anything not fit to be posted ends
// the slot when its wait is over: until then another digest may come.
func (d *Dispatcher) fill(ctx context.Context, s Subscription, slot *ledger.Slot, now time.Time) error {
	due, err := d.due(ctx, s, *slot, now)
	if err != nil {
		return err
	}
	if now.Before(slot.Until) && !slices.ContainsFunc(due, func(x ledger.Delivery) bool { return !unfitted(x) }) {
		due = nil
	}
	planned, err := d.plan(ctx, *slot, due)
	if err != nil {
		return err
	}
	if planned {
		slot.Outcome = ledger.SlotPosting
		if now.Sub(slot.At) > grace {
			slot.Reason = ledger.Because(ledger.CameLate, now.Sub(slot.At).Round(time.Minute))
		}
		return d.Ledger.SaveSlot(ctx, *slot)
	}
	if now.Before(slot.Until) {
		return nil
	}
	slot.Outcome, slot.Reason = ledger.SlotNothing, ledger.Because(ledger.NoneMatched)
	return d.closeEmpty(ctx, s, slot, compose.NothingToday(s.Language), now)
}

// overtake ends a slot that waits because the next one opens.
func (d *Dispatcher) overtake(ctx context.Context, s Subscription, slot *ledger.Slot, now time.Time) error {
	due, err := d.due(ctx, s, *slot, now)
	if err != nil {
		return err
	}
	// A digest that is fit waits for the next slot.
	due = slices.DeleteFunc(due, func(x ledger.Delivery) bool { return !unfitted(x) })
	planned, err := d.plan(ctx, *slot, due)
	if err != nil {
		return err
	}
	if planned {
		return d.conclude(ctx, s, slot, now)
	}
	return d.close(ctx, s, *slot, ledger.SlotNothing, ledger.Because(ledger.NoneBeforeNext), now)
}

// closeEmpty ends a slot that nothing was posted in, with its outcome and reason,
// and says so to the channels that were told nothing since the slot before, if
// the subscription wants that.
func (d *Dispatcher) closeEmpty(ctx context.Context, s Subscription, slot *ledger.Slot, says chat.Message, now time.Time) error {
	before, err := d.before(ctx, *slot)
	if err != nil {
		return err
	}
	paused, halted, allTold := "", 0, true
	for _, c := range s.Channels {
		if h, ok := d.Halted(c); ok {
			paused, halted = pausedReason(h), halted+1
			continue
		}
		told, err := d.told(ctx, s, c, before.Closed)
		if err != nil {
			return err
		}
		if told {
			continue
		}
		allTold = false
		if s.OnEmpty == NoticeOnEmpty {
			if err := d.notify(ctx, c, says, now, "empty", s.Name, stamp(slot.At)); err != nil {
				return err
			}
		}
	}
	switch {
	case halted > 0 && halted == len(s.Channels):
		slot.Outcome, slot.Reason = ledger.SlotPaused, paused
	case slot.Outcome == ledger.SlotNothing && allTold:
		slot.Reason = ledger.Because(ledger.ToldAlready)
	}
	return d.close(ctx, s, *slot, slot.Outcome, slot.Reason, now)
}

// wanted are the digests that a subscription wants in a slot of a time, the oldest
// first, as they would be read.
func (d *Dispatcher) wanted(s Subscription, at time.Time) (digests []*digest.Card) {
	for _, dig := range slices.Backward(d.moves.library.Load().All()) {
		if s.Match.Accepts(dig) && s.fresh(dig, at) && d.lately(dig, s, at) {
			digests = append(digests, dig)
		}
	}
	return digests
}

// owed are deliveries of those of the digests that a channel was not told yet, as
// a slot plans them.
func (d *Dispatcher) owed(s Subscription, slot ledger.Slot, c chat.Channel, digests []*digest.Card, known map[string]ledger.Known, now time.Time) (owed []ledger.Delivery) {
	h, halted := d.Halted(c)
	var lead chat.Key
	for _, dig := range digests {
		k, told := known[dig.ID]
		unfit, says := unfit(dig, d.local(c)), d.said(dig)
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
		case halted:
			x.Said = []ledger.Said{says}
			x.Skip(pausedReason(h), now)
		case s.Bundle && lead != "":
			x.Join(lead, now)
		default:
			lead = x.Key
		}
		owed = append(owed, x)
	}
	return owed
}

// fresh reports whether a digest is neither older than MaxAge at a time nor
// about a day that has not come yet.
func (s Subscription) fresh(d *digest.Card, at time.Time) bool {
	return at.Sub(s.dawn(d.Date)) <= s.MaxAge && s.Come(d, at)
}

// Come reports whether the day of a digest has come at a time, on the
// subscription's clock. Before that the digest is neither due nor the newest.
func (s Subscription) Come(d *digest.Card, at time.Time) bool { return !s.dawn(d.Date).After(at) }

// NewestOf is the first of digests, which are the newest first, that the
// subscription takes and whose day has come; nil if there is none.
func (s Subscription) NewestOf(digests []*digest.Card, now time.Time) *digest.Card {
	for _, d := range digests {
		if s.Match.Accepts(d) && s.Come(d, now) {
			return d
		}
	}
	return nil
}

// dawn is when a day begins on the subscription's clock.
func (s Subscription) dawn(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, cmp.Or(s.Zone, time.UTC))
}

// conclude ends a slot whose deliveries have all ended. Anything posted with
// another has become what that has.
func (d *Dispatcher) conclude(ctx context.Context, s Subscription, slot *ledger.Slot, now time.Time) error {
	owed := ledger.Query{Subscription: slot.Subscription, Slot: slot.At, Waiting: true, Limit: 1}
	if waiting, err := d.Ledger.List(ctx, owed); err != nil || len(waiting) > 0 {
		return err
	}
	owed.Waiting = false
	sent, wanted := 0, 0
	var missing ledger.Delivery
	unwanted := map[ledger.SlotOutcome]ledger.Delivery{}
	for x, err := range ledger.Each(ctx, d.Ledger, owed) {
		if err != nil {
			return err
		}
		if o := instead(&x); o != "" {
			unwanted[o] = x
			continue
		}
		wanted++
		if x, err = ledger.Lead(ctx, d.Ledger, x); err != nil {
			return err
		}
		if x.State == ledger.Bundled {
			x.Reason = ledger.Because(ledger.DamagedBundle)
		}
		if !x.Since.IsZero() { // it stands there, though it may just be corrected
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
		return d.closeUnwanted(ctx, s, slot, unwanted, now)
	case slot.Reason != "":
		slot.Outcome = ledger.SlotPostedLate
	default:
		slot.Outcome = ledger.SlotPosted
	}
	return d.close(ctx, s, *slot, slot.Outcome, slot.Reason, now)
}

// instead is how a slot ends if all of its deliveries were skipped for the reason
// of this one; empty when that is no such reason.
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

// closeUnwanted ends a slot whose deliveries were all skipped, with one of them by
// the outcome that each asks for.
func (d *Dispatcher) closeUnwanted(ctx context.Context, s Subscription, slot *ledger.Slot, skipped map[ledger.SlotOutcome]ledger.Delivery, now time.Time) error {
	if x, ok := skipped[ledger.SlotQuiet]; ok {
		slot.Outcome, slot.Reason = ledger.SlotQuiet, ledger.Because(ledger.HasNoStories, x.Title)
		return d.closeEmpty(ctx, s, slot, compose.NoNews(d.Library().ByID(x.Digest), s.Language), now)
	}
	if _, ok := skipped[ledger.SlotNothing]; ok {
		slot.Outcome, slot.Reason = ledger.SlotNothing, ledger.Because(ledger.IsExample)
		return d.closeEmpty(ctx, s, slot, compose.NothingToday(s.Language), now)
	}
	o := ledger.SlotPaused
	if _, ok := skipped[o]; !ok {
		o = ledger.SlotDropped
	}
	return d.close(ctx, s, *slot, o, skipped[o].Reason, now)
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
