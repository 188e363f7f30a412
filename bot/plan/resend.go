package plan

import (
	"context"
	"errors"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/deliver"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// Resender carries out what admins ask for by hand.
type Resender struct{ *Deps }

// Post plans a delivery that someone asked for by hand, and reports whether it is new.
// Deliveries that wait in its channel because the platform refuses them are tried at once,
// so that the person soon learns whether this one succeeds.
func (r *Resender) Post(ctx context.Context, x ledger.Delivery, now time.Time) (news bool, err error) {
	planned, err := r.Ledger.Plan(ctx, x)
	if err != nil || len(planned) == 0 {
		return false, err
	}
	refused, err := r.Ledger.List(ctx, ledger.Query{Channel: x.Channel, Refused: true, Limit: -1})
	for _, before := range refused {
		if before.Wake(now); err == nil {
			if err = r.Ledger.Save(ctx, &before); errors.Is(err, ledger.ErrFenced) {
				err = nil // it is being attempted right now
			}
		}
	}
	return true, err
}

// EditInPlace updates a post to what its digests say now, and reports whether there was
// anything to change. A *ledger.RefusedError says why that is impossible.
func (r *Resender) EditInPlace(ctx context.Context, key chat.Key, now time.Time) (changed bool, err error) {
	for {
		x, err := r.Ledger.Get(ctx, key)
		if err != nil {
			return false, err
		}
		if changed, err = r.edit(ctx, &x, now); !errors.Is(err, ledger.ErrFenced) {
			return changed, err
		}
	}
}

func (r *Resender) edit(ctx context.Context, x *ledger.Delivery, now time.Time) (changed bool, err error) {
	a := r.Platforms.Adapters[x.Channel.Adapter]
	if _, ok := a.(chat.Editor); !ok || a.Capabilities().Off != "" {
		return false, &ledger.RefusedError{Err: errors.New(ledger.Because(ledger.ChangesNothing, x.Channel.Adapter))}
	}
	if x.State != ledger.Sent {
		return false, &ledger.RefusedError{Err: errors.New(ledger.Because(ledger.NotSent, x.Key, x.State))}
	}
	l := r.Library()
	var digests []*digest.Card
	for _, before := range x.Said {
		dig := l.ByID(before.Digest)
		if dig == nil {
			return false, &ledger.RefusedError{Err: errors.New(ledger.Because(ledger.TakenAway, before.Digest))}
		}
		digests = append(digests, dig)
	}
	if len(digests) == 0 {
		return false, &ledger.RefusedError{Err: errors.New(ledger.Because(ledger.NothingNoted, x.Key))}
	}
	was, err := r.Posts.Render(ctx, x, l, digests, x.Revised)
	if err != nil {
		return false, err
	}
	if x.Parts.Tell(was.Payloads, was.Thread...) {
		return false, nil
	}
	is, err := r.Posts.Render(ctx, x, l, digests, now)
	if err != nil {
		return false, err
	}
	if err := r.Notices.Abridged(ctx, x, is, now); err != nil {
		return false, err
	}
	x.Said = is.Said
	if err := x.Revise(now, is.Payloads, is.Thread...); err != nil {
		return false, &ledger.RefusedError{Err: err}
	}
	r.Posts.MarkPublished(x)
	return true, r.Ledger.Save(ctx, x)
}

// Preview returns what a channel would now get of a digest under its subscription. It
// notifies no one.
func (r *Resender) Preview(ctx context.Context, s subscription.Subscription, c chat.Channel, dig *digest.Card) (chat.Message, error) {
	if err := r.Platforms.UnreachableIn(s.Home, c); err != nil {
		return chat.Message{}, err
	}
	l := r.Library()
	x := s.Dress(ledger.NewDelivery(dig.ID, dig.Label(), c, time.Time{}))
	repeats, err := r.Posts.Repeats(ctx, s, &x, l, dig)
	if err != nil {
		return chat.Message{}, err
	}
	whole, err := dig.Read()
	if err != nil {
		return chat.Message{}, err
	}
	m, _, err := post.Fit(r.Platforms.Adapters[c.Adapter], whole, compose.Post{Look: s.Look, Popular: l.Popular, Repeats: repeats}, s.MaxParts)
	return m, err
}

// PostMissing searches for each part of a post in its channel, posts the parts again that
// are certainly absent, and returns how many these are. A post that was never complete
// continues from where it ended. A *ledger.RefusedError says why that is impossible.
func (r *Resender) PostMissing(ctx context.Context, key chat.Key, by string, now time.Time) (missing int, err error) {
	for {
		x, err := r.Ledger.Get(ctx, key)
		if err != nil {
			return 0, err
		}
		if missing, err = r.complete(ctx, &x, by, now); !errors.Is(err, ledger.ErrFenced) {
			return missing, err
		}
	}
}

func (r *Resender) complete(ctx context.Context, x *ledger.Delivery, by string, now time.Time) (missing int, err error) {
	if x.State == ledger.Held || x.State == ledger.Failed {
		for _, p := range x.Parts {
			if !p.Done() {
				missing++
			}
		}
		if err := x.Release(by, now); err != nil {
			return 0, &ledger.RefusedError{Err: err}
		}
		return missing, r.Ledger.Save(ctx, x)
	}
	gone, err := r.gone(ctx, x)
	if err != nil || len(gone) == 0 {
		return 0, err
	}
	x.Restore(by, now, gone...)
	return len(gone), r.Ledger.Save(ctx, x)
}

// Complete reports whether all parts of a post are in its channel; an error says why that
// cannot be determined.
func (r *Resender) Complete(ctx context.Context, x *ledger.Delivery) (bool, error) {
	gone, err := r.gone(ctx, x)
	return len(gone) == 0, err
}

// gone returns the parts of a post that are certainly no longer in its channel. A
// *ledger.RefusedError says why that cannot be determined.
func (r *Resender) gone(ctx context.Context, x *ledger.Delivery) (gone []chat.Key, err error) {
	a := r.Platforms.Adapters[x.Channel.Adapter]
	finder, ok := a.(chat.Finder)
	if !ok || a.Capabilities().Off != "" {
		return nil, &ledger.RefusedError{Err: errors.New(ledger.Because(ledger.LooksForNothing, x.Channel.Adapter))}
	}
	if x.State != ledger.Sent {
		return nil, &ledger.RefusedError{Err: errors.New(ledger.Because(ledger.NotSent, x.Key, x.State))}
	}
	finding, cancel := context.WithTimeout(ctx, deliver.SendTimeout)
	defer cancel()
	for _, p := range x.Parts {
		if p.State != ledger.Sent {
			continue
		}
		if p.Stands() {
			_, err := finder.Find(finding, p.Receipt.Channel, p.Key, p.First)
			switch {
			case err == nil:
				continue
			case !errors.Is(err, chat.ErrNotFound):
				return nil, &ledger.RefusedError{Err: err}
			}
		}
		gone = append(gone, p.Key)
	}
	return gone, nil
}

// Resume ends an admin's pause of a channel: waiting deliveries continue, and the next slot
// posts what is new. It reports whether the channel was paused.
func (r *Resender) Resume(ctx context.Context, c chat.Channel, by string, now time.Time) (ok bool, err error) {
	if ok, err = r.Subscriptions.Resume(ctx, c); err != nil {
		return ok, err
	}
	waiting, err := r.Ledger.List(ctx, ledger.Query{Channel: c, Waiting: true, Limit: -1})
	for _, x := range waiting {
		if err == nil && deliver.Untouched(&x) && ledger.PausedBy.Is(x.Reason) {
			// The time that it has waited must not count against it.
			_, err = ledger.Decide(ctx, r.Ledger, x.Key, by, now, (*ledger.Delivery).Release)
		}
	}
	return ok, err
}
