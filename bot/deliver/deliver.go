// Package deliver sees that a delivery gets to its channel once: one attempt after
// another, with the promise in the ledger before the deed; what is in doubt is
// reconciled, and circuit breakers spare a platform that refuses. It never knows a
// platform, why something is owed, or who wakes it.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/notice"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/platforms"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/bot/subscription"
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

// Deliverer delivers. Its fields are set before use and not changed.
type Deliverer struct {
	Ledger        ledger.Ledger
	Platforms     *platforms.Platforms
	Subscriptions *subscription.Registry
	Posts         *post.Renderer
	Notices       *notice.Notifier
	Planner       Planner
	// Library is the library of this moment.
	Library func() *digest.Library
	Log     *slog.Logger
	// Watch, if not nil, is told of each delivery after each step that was saved.
	Watch func(ledger.Delivery)

	gaps     gaps
	breakers breakers
	repeated repeated
}

// Planner is what a Deliverer asks who plans.
type Planner interface {
	// Behind reports whether nothing was planned from a library yet, so that a file
	// which is missing in it may only have moved.
	Behind(l *digest.Library) bool
	// Correct opens a delivery that has ended once more if its digests say something
	// else now.
	Correct(ctx context.Context, x *ledger.Delivery, now time.Time) error
}

// Deliver takes a delivery that is due as far as it can go now: until it has
// ended or has to wait. Its text may have changed in the library meanwhile;
// then it is corrected at once. Each change is saved before the next step; an
// error means that a change could not be saved, or that ctx is done, and that
// nothing was done after that.
func (d *Deliverer) Deliver(ctx context.Context, x ledger.Delivery) error {
	for {
		if due, err := d.Round(ctx, &x); err != nil || !due {
			return err
		}
	}
}

// Round takes a delivery that is due as Deliver does, but no further than its
// next part: due says that it can go on with that at once.
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
	// An edit is simply made again; only of what was posted it must be known
	// whether it is there.
	begun := x.State == ledger.Sending || x.State == ledger.InDoubt
	doubtful := begun && p != nil && !p.Stands()
	flaw, lost := ledger.Flaw(x), d.unreachable(x)
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
		if c, ok := d.breakers.allows(x.Channel.Adapter, now); !ok {
			d.pause(x, ledger.Pause{Scope: ledger.OfAdapter, Since: c.since}, c.reason, c.probe, now)
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
	return d.Save(ctx, x)
}

// flawed is why a delivery is held that has a flaw, or its correction given up.
func flawed(x *ledger.Delivery, flaw string) string {
	if !x.Since.IsZero() {
		return ledger.Because(ledger.DamagedInCorrection, flaw)
	}
	return ledger.Because(ledger.DamagedInPost, flaw)
}

// freeze composes and renders x, so that every later attempt sends the same.
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
	case len(digests) <= len(with) && d.Planner.Behind(l):
		x.Retry(ledger.Because(ledger.FileNotThere), now.Add(time.Second))
		return nil
	case len(digests) == 0:
		x.Skip(ledger.Because(ledger.NotInLibrary), now)
		return nil
	}
	err = d.Freeze(ctx, x, digests...)
	if _, ok := errors.AsType[*post.Error](err); ok {
		d.Log.Error("digest cannot be rendered", "digest", x.Digest, "channel", x.Channel.String(), "error", err)
		x.Fail(chat.Reason(err), now)
		return nil
	}
	return err
}

// Freeze composes and renders the digests as the delivery's subscription wants
// them, and fixes its parts. It does not save it.
func (d *Deliverer) Freeze(ctx context.Context, x *ledger.Delivery, digests ...*digest.Card) error {
	made, err := d.Posts.Render(ctx, x, d.Library(), digests, time.Time{})
	if err != nil {
		return err
	}
	if err := x.Freeze(made.Payloads, made.Thread...); err != nil {
		return post.Unfit(err)
	}
	x.Said = made.Said
	d.Posts.MarkPublished(x)
	return d.Notices.Abridged(ctx, x, made, time.Now())
}

// Save writes x, also when the bot is stopping, and tells Watch, and the admins
// if they have to decide.
func (d *Deliverer) Save(ctx context.Context, x *ledger.Delivery) error {
	if err := d.Ledger.Save(context.WithoutCancel(ctx), x); err != nil {
		return fmt.Errorf("delivery %s: %w", x.Key, err)
	}
	if d.Watch != nil {
		d.Watch(*x)
	}
	return d.Notices.Held(ctx, x, time.Now())
}

// stands notes that the current part of x stands, and saves it. When that makes
// the first posting complete, those who follow one of its tags are owed a word
// before that is saved, so that they get it for certain.
func (d *Deliverer) stands(ctx context.Context, x *ledger.Delivery, r chat.Receipt, now time.Time) error {
	before := x.Since
	x.Posted(r, now)
	if before.IsZero() && !x.Since.IsZero() && (x.Cause == ledger.ForSlot || x.Cause == ledger.ForStart) {
		// The post stands, whatever becomes of the words about it.
		err := panics.Contain(d.Log, "tell the followers of this digest", func() error { return d.Notices.Followers(ctx, x, now) },
			"digest", x.Digest, "channel", x.Channel.String())
		if err != nil && !panics.Contained(err) {
			return err
		}
	}
	return d.Save(ctx, x)
}

// unreachable is why a delivery cannot be made, whatever the platform says; nil if
// nothing is known against it.
func (d *Deliverer) unreachable(x *ledger.Delivery) error {
	switch {
	case x.Cause == ledger.ForFollow:
		return d.Platforms.UnreachableTo(x.Channel)
	case d.Platforms.AnswersEveryHome(x.Channel):
		return d.Platforms.Unreachable(x.Channel)
	}
	return d.Platforms.UnreachableIn(d.Subscriptions.Named(x.Subscription).Home, x.Channel)
}
