// Package deliver gets each delivery to its channel exactly once. It makes attempts until
// the outcome is certain, and saves a promise in the ledger before each; it reconciles
// parts in doubt; and its circuit breakers spare a platform that refuses. It knows nothing
// of platforms, why something is owed, or who wakes it.
package deliver

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/digest"
)

// Deliver advances a due delivery as far as possible now: until it has ended or has to
// wait. If its text has changed in the library in the meantime, it is corrected at once.
// Each change is saved before the next step. An error means that a change could not be
// saved, or that ctx is done, and that nothing was done after that.
func (d *Deliverer) Deliver(ctx context.Context, x ledger.Delivery) error {
	for {
		if due, err := d.Round(ctx, &x); err != nil || !due {
			return err
		}
	}
}

// Round works like Deliver, but goes no further than the next part. due reports that the
// delivery can continue at once.
func (d *Deliverer) Round(ctx context.Context, x *ledger.Delivery) (due bool, err error) {
	for round := x.Parts.Round(); ; {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		now := time.Now()
		if x.State.Ended() && x.Ended.IsZero() {
			x.Finish(now)
			if err := d.Save(ctx, x); err != nil {
				return false, err
			}
		}
		if x.State.Ended() {
			if err := d.Planner.Correct(ctx, x, now); err != nil || x.State.Ended() {
				return false, err
			}
			return true, nil
		}
		if x.Next.After(now) {
			return false, nil
		}
		if x.Parts.Round() > round {
			return true, nil
		}
		if err := d.step(ctx, x, now); err != nil {
			return false, err
		}
	}
}

// step makes one change to x and saves it.
func (d *Deliverer) step(ctx context.Context, x *ledger.Delivery, now time.Time) error {
	a, p := d.Platforms.Adapters[x.Channel.Adapter], x.Parts.Current()
	// An edit is simply repeated; only for a post it matters whether it is there already.
	begun := x.State == ledger.Sending || x.State == ledger.InDoubt
	doubtful := begun && p != nil && !p.Stands()
	flaw, lost := ledger.Flaw(x), d.unreachable(x)
	switch {
	case flaw != "":
		d.Log.Error("deliver: a delivery is given up, because its row in the ledger is inconsistent", "correction", !x.Since.IsZero(), "digest", x.Digest, "channel", x.Channel.String(), "delivery", string(x.Key), "flaw", flaw)
		x.Hold(flawed(x, flaw), now)
	case lost != nil && doubtful:
		x.Hold(ledger.Because(ledger.CannotTell, lost), now)
	case lost != nil:
		x.Fail(lost.Error(), now)
	case a.Capabilities().Off != "" && doubtful:
		reason := ledger.Because(ledger.AdapterOff, x.Channel.Adapter, a.Capabilities().Off)
		x.Doubt(reason, now)
		d.wait(x, reason, now.Add(time.Minute), now)
	case a.Capabilities().Off != "" && byHand(x):
		x.Fail(ledger.Because(ledger.AdapterOff, x.Channel.Adapter, a.Capabilities().Off), now)
	case a.Capabilities().Off != "":
		d.wait(x, ledger.Because(ledger.AdapterOff, x.Channel.Adapter, a.Capabilities().Off), now.Add(time.Minute), now)
	case begun && !doubtful:
		x.Retry(ledger.Because(ledger.EndedInCorrection), now)
	case x.State == ledger.Sending:
		// No other process works on this row, so an earlier process died here, or could not
		// save the outcome of the attempt: perhaps only just now, whatever its clock said.
		x.Doubt(ledger.Because(ledger.EndedInAttempt), now.Add(a.Capabilities().Settle))
	case d.heldBack(x):
		// Another process may have just ended the pause and woken x.
		if err := d.Subscriptions.Refresh(ctx); err != nil {
			return err
		}
		if !d.heldBack(x) {
			return d.step(ctx, x, now)
		}
		h, _ := d.Subscriptions.Paused(x.Channel)
		x.Retry(PausedReason(h), now.Add(pausedLook))
	case len(x.Parts) == 0:
		if err := d.freeze(ctx, x, now); err != nil {
			return err
		}
		if len(x.Parts) > 0 && !x.State.Ended() {
			return d.step(ctx, x, now) // its payloads are saved with the result of that
		}
	default:
		if c, ok := d.breakers.allows(x.Channel.Adapter, x.ReleasedAt(), now); !ok {
			d.waitForProbe(x, ledger.Refusal{Scope: ledger.OfAdapter, Since: c.since}, c.reason, c.probe, now)
			return errors.Join(d.Save(ctx, x), d.failBehind(ctx, x, now))
		}
		switch {
		case x.State == ledger.InDoubt:
			return d.reconcile(ctx, a, x, now)
		case p == nil:
			return d.publish(ctx, a, x)
		}
		return d.attempt(ctx, a, x)
	}
	return d.Save(ctx, x)
}

// freeze composes and renders x, so that every later attempt sends the same payloads.
func (d *Deliverer) freeze(ctx context.Context, x *ledger.Delivery, now time.Time) error {
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
	case len(digests) <= len(with) && d.Planner.Behind(l, now):
		x.Retry(ledger.Because(ledger.FileNotThere), now.Add(time.Second))
		return nil
	case len(digests) == 0:
		x.Skip(ledger.Because(ledger.NotInLibrary), now)
		return nil
	}
	err = d.Freeze(ctx, x, digests...)
	if _, ok := errors.AsType[*post.Error](err); ok {
		d.Log.Error("deliver: a digest cannot be rendered", "digest", x.Digest, "channel", x.Channel.String(), "error", err)
		x.Fail(chat.Reason(err), now)
		return nil
	}
	return err
}

// Freeze composes and renders the digests as the delivery's subscription specifies, and
// fixes the delivery's parts. It does not save the delivery.
func (d *Deliverer) Freeze(ctx context.Context, x *ledger.Delivery, digests ...*digest.Card) error {
	made, err := d.Posts.Render(ctx, x, d.Library(), digests, time.Time{})
	if err != nil {
		return err
	}
	if err := x.Freeze(made.Payloads, made.Thread...); err != nil {
		return post.NotRendered(err)
	}
	x.Said = made.Said
	d.Posts.MarkPublished(x)
	return d.Notices.Abridged(ctx, x, made, time.Now())
}

// unreachable returns why a delivery cannot be made regardless of the platform; nil if no
// obstacle is known.
func (d *Deliverer) unreachable(x *ledger.Delivery) error {
	switch {
	case x.Cause == ledger.ForFollow:
		return d.Platforms.UnreachableTo(x.Channel)
	case d.Platforms.AnswersEveryHome(x.Channel):
		return d.Platforms.Unreachable(x.Channel)
	}
	return d.Platforms.UnreachableIn(d.Subscriptions.Named(x.Subscription).Home, x.Channel)
}
