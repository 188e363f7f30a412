package dispatch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/digest"
)

const (
	// SendTimeout bounds one attempt. It is shorter than the settling time of
	// every adapter, so that a killed request is over before its absence is
	// believed.
	SendTimeout = 15 * time.Second
	// stopGrace is how long an attempt that is under way may go on after the
	// bot was asked to stop.
	stopGrace = 3 * time.Second
	// retryLimit is how long a delivery or a correction is tried, or kept while
	// nothing gets through, before it has failed: over a weekend.
	retryLimit = 3 * 24 * time.Hour
	// publishLimit is how long it is tried to pass a post on.
	publishLimit = 2 * time.Hour
	// attemptLimit is how many attempts may end in doubt, with the message
	// found absent after each, before the part is held.
	attemptLimit = 80
	// doubtLimit is how long a part may stay in doubt because it cannot be looked
	// for, before it is held: longer than platforms are down.
	doubtLimit = 6 * time.Hour
)

// Deliver takes a delivery that is due as far as it can go now: until it has
// ended or has to wait. Its text may have changed in the library meanwhile;
// then it is corrected at once. Each change is saved before the next step; an
// error means that a change could not be saved, or that ctx is done, and that
// nothing was done after that.
func (d *Dispatcher) Deliver(ctx context.Context, x ledger.Delivery) error {
	for {
		if due, err := d.Round(ctx, &x); err != nil || !due {
			return err
		}
	}
}

// Round takes a delivery that is due as Deliver does, but no further than its
// next part: due says that it can go on with that at once.
func (d *Dispatcher) Round(ctx context.Context, x *ledger.Delivery) (due bool, err error) {
	for round := x.Round(); ; {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		now := time.Now()
		if x.State.Ended() && x.Ended.IsZero() {
			x.Finish(now)
			if err := d.save(ctx, x); err != nil {
				return false, err
			}
		}
		if x.State.Ended() {
			if err := d.correct(ctx, x, d.Library(), now); err != nil || x.State.Ended() {
				return false, err
			}
			return true, nil
		}
		if x.Next.After(now) {
			return false, nil
		}
		if x.Round() > round {
			return true, nil
		}
		if err := d.step(ctx, x, now); err != nil {
			return false, err
		}
	}
}

// step makes one change to x and saves it.
func (d *Dispatcher) step(ctx context.Context, x *ledger.Delivery, now time.Time) error {
	a, p := d.Adapters[x.Channel.Adapter], x.Current()
	// An edit is simply made again; only of what was posted it must be known
	// whether it is there.
	begun := x.State == ledger.Sending || x.State == ledger.InDoubt
	doubtful := begun && p != nil && !p.Stands()
	flaw, lost := x.Flaw(), d.stray(x)
	switch {
	case flaw != "":
		d.Log.Error("delivery is given up: its row in the ledger makes no sense", "correction", !x.Since.IsZero(), "digest", x.Digest, "channel", x.Channel.String(), "delivery", string(x.Key), "flaw", flaw)
		x.Hold(flawed(x, flaw), now)
	case lost != nil && doubtful:
		x.Hold(ledger.Because(ledger.CannotTell, lost), now)
	case lost != nil:
		x.Fail(lost.Error(), now)
	case a.Capabilities().Off != "" && doubtful:
		reason := ledger.Because(ledger.AdapterOff, x.Channel.Adapter, a.Capabilities().Off)
		x.Doubt(reason, now)
		d.wait(x, reason, now.Add(time.Minute), now)
	case a.Capabilities().Off != "":
		d.wait(x, ledger.Because(ledger.AdapterOff, x.Channel.Adapter, a.Capabilities().Off), now.Add(time.Minute), now)
	case begun && !doubtful:
		x.Retry(ledger.Because(ledger.EndedInCorrection), now)
	case x.State == ledger.Sending:
		// Nobody else works on this row, so an earlier process died here, or
		// could not save what became of the attempt: perhaps just now, whatever
		// its clock said.
		x.Doubt(ledger.Because(ledger.EndedInAttempt), now.Add(a.Capabilities().Settle))
	case d.holdBack(x, now):
	case len(x.Parts) == 0:
		if err := d.freeze(ctx, x, now); err != nil {
			return err
		}
		if len(x.Parts) > 0 && !x.State.Ended() {
			return d.step(ctx, x, now) // its payloads are saved with what comes of that
		}
	default:
		if c, ok := d.pauses.enter(x.Channel.Adapter, now); !ok {
			d.pause(x, ledger.Pause{Scope: ledger.OfAdapter, Since: c.since}, c.reason, c.until, now)
			break
		}
		switch {
		case x.State == ledger.InDoubt:
			return d.reconcile(ctx, a, x, now)
		case p == nil:
			return d.publish(ctx, a, x)
		}
		return d.attempt(ctx, a, x)
	}
	return d.save(ctx, x)
}

// flawed is why a delivery is held that has a flaw, or its correction given up.
func flawed(x *ledger.Delivery, flaw string) string {
	if !x.Since.IsZero() {
		return ledger.Because(ledger.DamagedInCorrection, flaw)
	}
	return ledger.Because(ledger.DamagedInPost, flaw)
}

// freeze composes and renders x, so that every later attempt sends the same.
func (d *Dispatcher) freeze(ctx context.Context, x *ledger.Delivery, now time.Time) error {
	with, err := d.Ledger.List(ctx, ledger.Query{Bundle: x.Key, Limit: -1})
	if err != nil {
		return err
	}
	slices.Reverse(with) // the first planned first
	l := d.Library()
	var digests []*digest.Card
	for _, x := range append([]ledger.Delivery{*x}, with...) {
		if dig := l.ByID(x.Digest); dig != nil {
			digests = append(digests, dig)
		}
	}
	switch {
	case len(digests) <= len(with) && d.moves.behind(l):
		x.Retry(ledger.Because(ledger.FileNotThere), now.Add(time.Second))
		return nil
	case len(digests) == 0:
		x.Skip(ledger.Because(ledger.NotInLibrary), now)
		return nil
	}
	err = d.Freeze(ctx, x, digests...)
	if _, ok := errors.AsType[*renderError](err); ok {
		d.Log.Error("digest cannot be rendered", "digest", x.Digest, "channel", x.Channel.String(), "error", err)
		x.Fail(chat.Reason(err), now)
		return nil
	}
	return err
}

// Freeze composes and renders the digests as the delivery's subscription wants
// them, and fixes its parts. It does not save it.
func (d *Dispatcher) Freeze(ctx context.Context, x *ledger.Delivery, digests ...*digest.Card) error {
	sheet, err := d.sheet(ctx, x, d.Library(), digests, time.Time{})
	if err != nil {
		return err
	}
	if err := x.Freeze(sheet.posts, sheet.thread...); err != nil {
		return &renderError{err}
	}
	x.Said = sheet.said
	d.pass(x)
	return d.tellAbridged(ctx, x, sheet, time.Now())
}

// pass marks the parts of x that are not posted yet to be passed on, if its
// subscription wants that.
func (d *Dispatcher) pass(x *ledger.Delivery) {
	if _, ok := d.Adapters[x.Channel.Adapter].(chat.Publisher); !ok || !d.subscription(x.Subscription).Publish {
		return
	}
	for i := range x.Parts {
		if p := &x.Parts[i]; p.State == ledger.Planned && !p.Stands() && !p.Thread {
			p.Publish = ledger.Planned
		}
	}
}

// attempt promises, makes the current part what it should be and records what
// became of it.
func (d *Dispatcher) attempt(ctx context.Context, a chat.Adapter, x *ledger.Delivery) error {
	place, ok := x.Place()
	if !ok && !x.Current().Stands() {
		x.Drop(ledger.Because(ledger.LeftOut), time.Now())
		return d.save(ctx, x)
	}
	if err := d.pace.wait(ctx, x.Channel, a.Capabilities().Gap); err != nil {
		return err
	}
	// Anything refused now may have been taken before.
	p, doubtful := x.Current(), x.State == ledger.InDoubt
	x.Promise(time.Now())
	if err := d.save(ctx, x); err != nil {
		return err
	}
	receipt, err := d.act(ctx, a, place, *p)
	d.pace.posted(x.Channel)
	now := time.Now()
	if err == nil {
		if err := d.through(ctx, x.Channel, now); err != nil {
			return err
		}
		d.stubborn.took(x.Channel.Adapter, p.Key, now)
		return d.stands(ctx, x, receipt, now)
	}
	d.stubborn.failed(p.Key, err, now)
	o := chat.OutcomeOf(err)
	d.Log.Warn("attempt failed", "digest", x.Digest, "channel", x.Channel.String(), "part", string(p.Key), "attempt", p.Attempts, "outcome", o.String(), "error", err)
	at := now.Add(max(backoff(p.Attempts), retryAfter(err)))
	if !p.Stands() && (doubtful || o == chat.InDoubt) {
		x.Doubt(chat.Reason(err), at)
	}
	switch {
	case o == chat.RejectedAccount:
		return d.refuse(ctx, x, err, now)
	case x.State == ledger.InDoubt || !o.Rejected():
		d.wait(x, chat.Reason(err), at, now)
	case o == chat.RejectedChannel && !p.Stands() && place.Thread == "" && x.Cause != ledger.ForFollow:
		return d.refuse(ctx, x, err, now)
	default:
		x.Fail(chat.Reason(err), now)
	}
	return d.save(ctx, x)
}

// act makes one attempt: it posts a part that does not stand yet, and changes
// or takes away one that does. The receipt has no ID if somebody removed it.
func (d *Dispatcher) act(ctx context.Context, a chat.Adapter, place chat.Channel, p ledger.Part) (receipt chat.Receipt, err error) {
	editor, ok := a.(chat.Editor)
	err = d.bounded(ctx, place, p.Key, func(ctx context.Context) (err error) {
		switch {
		case !p.Stands():
			receipt, err = a.Send(ctx, place, p.Payload, p.Key)
			return err
		case !ok:
			return &chat.SendError{Outcome: chat.RejectedChannel, Err: errors.New(ledger.Because(ledger.ChangesNothing, place.Adapter))}
		case p.Surplus:
			err = editor.Remove(ctx, p.Receipt)
		default:
			err = editor.Edit(ctx, p.Receipt, p.Payload, p.Key)
		}
		receipt = p.Receipt
		if errors.Is(err, chat.ErrNotFound) {
			receipt.ID, receipt.URL, err = "", "", nil
		}
		return err
	})
	return receipt, err
}

// publish passes on a part that stands. A post is not worse for it, so the
// delivery never fails here.
func (d *Dispatcher) publish(ctx context.Context, a chat.Adapter, x *ledger.Delivery) error {
	p := x.Unpublished()
	publisher, ok := a.(chat.Publisher)
	if !ok {
		x.Published(ledger.Because(ledger.PassesNothingOn), time.Now())
		return d.save(ctx, x)
	}
	if err := d.pace.wait(ctx, x.Channel, a.Capabilities().Gap); err != nil {
		return err
	}
	err := d.bounded(ctx, x.Channel, p.Key, func(ctx context.Context) error { return publisher.Publish(ctx, p.Receipt) })
	d.pace.posted(x.Channel)
	now := time.Now()
	if err != nil {
		d.Log.Warn("part was not published", "digest", x.Digest, "channel", x.Channel.String(), "part", string(p.Key), "error", err)
	}
	switch {
	case err == nil:
		x.Published("", now)
	case chat.OutcomeOf(err) == chat.RejectedAccount:
		return d.refuse(ctx, x, err, now)
	case chat.OutcomeOf(err).Rejected() || now.Sub(p.Last) > publishLimit:
		x.Published(chat.Reason(err), now)
	default:
		x.Retry(chat.Reason(err), now.Add(max(unhurried(now.Sub(p.Last)), retryAfter(err))))
	}
	return d.save(ctx, x)
}

// bounded makes one request of an adapter in its own time: one that has begun may
// end even when the bot is asked to stop. After a panic nobody knows whether the
// request has left, and its error says nothing of that either.
func (d *Dispatcher) bounded(ctx context.Context, c chat.Channel, part chat.Key, request func(context.Context) error) error {
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), SendTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-sending.Done():
		case <-time.After(stopGrace):
			cancel()
		}
	})
	defer stop()
	return panics.Contain(d.Log, "make this request", func() error { return request(sending) }, "channel", c.String(), "part", string(part))
}

// save writes x, also when the bot is stopping, and tells Watch, and the admins
// if they have to decide.
func (d *Dispatcher) save(ctx context.Context, x *ledger.Delivery) error {
	if err := d.Ledger.Save(context.WithoutCancel(ctx), x); err != nil {
		return fmt.Errorf("delivery %s: %w", x.Key, err)
	}
	if d.Watch != nil {
		d.Watch(*x)
	}
	return d.tellHeld(ctx, x, time.Now())
}

// backoff is how long to wait after so many attempts: 1 s doubling to 5 min.
func backoff(attempts int) time.Duration {
	return min(time.Second<<min(max(attempts-1, 0), 16), 5*time.Minute)
}

// unhurried is how long to wait with what has been tried for so long.
func unhurried(tried time.Duration) time.Duration {
	return max(5*time.Second, min(tried/2, 5*time.Minute))
}

// retryAfter is how long the platform asked to wait.
func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*chat.SendError](err); ok {
		return e.RetryAfter
	}
	return 0
}
