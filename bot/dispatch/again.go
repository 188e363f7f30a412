package dispatch

import (
	"context"
	"errors"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

// EditInPlace has a post say what its digests say now, at the place where it
// stands, and reports whether there was anything to change. A *RefusedError says
// why that cannot be done.
func (d *Dispatcher) EditInPlace(ctx context.Context, key chat.Key, now time.Time) (changed bool, err error) {
	for {
		x, err := d.Ledger.Get(ctx, key)
		if err != nil {
			return false, err
		}
		if changed, err = d.edit(ctx, &x, now); !errors.Is(err, ledger.ErrFenced) {
			return changed, err
		}
	}
}

func (d *Dispatcher) edit(ctx context.Context, x *ledger.Delivery, now time.Time) (changed bool, err error) {
	a := d.Adapters[x.Channel.Adapter]
	if _, ok := a.(chat.Editor); !ok || a.Capabilities().Off != "" {
		return false, &RefusedError{errors.New(ledger.Because(ledger.ChangesNothing, x.Channel.Adapter))}
	}
	if x.State != ledger.Sent {
		return false, &RefusedError{errors.New(ledger.Because(ledger.NotSent, x.Key, x.State))}
	}
	l := d.Library()
	var digests []*digest.Card
	for _, before := range x.Said {
		dig := l.ByID(before.Digest)
		if dig == nil {
			return false, &RefusedError{errors.New(ledger.Because(ledger.TakenAway, before.Digest))}
		}
		digests = append(digests, dig)
	}
	if len(digests) == 0 {
		return false, &RefusedError{errors.New(ledger.Because(ledger.NothingNoted, x.Key))}
	}
	was, err := d.sheet(ctx, x, l, digests, x.Revised)
	if err != nil {
		return false, err
	}
	if x.Tells(was.posts, was.thread...) {
		return false, nil
	}
	is, err := d.sheet(ctx, x, l, digests, now)
	if err != nil {
		return false, err
	}
	if err := d.tellAbridged(ctx, x, is, now); err != nil {
		return false, err
	}
	x.Said = is.said
	if err := x.Revise(now, is.posts, is.thread...); err != nil {
		return false, &RefusedError{err}
	}
	d.pass(x)
	return true, d.Ledger.Save(ctx, x)
}

// PostMissing looks for each part of a post in its channel, has those posted once
// more that are certainly not there, and returns how many these are. Anything that was
// not posted completely goes on from where it ended. A *RefusedError says why
// that cannot be done.
func (d *Dispatcher) PostMissing(ctx context.Context, key chat.Key, by string, now time.Time) (missing int, err error) {
	for {
		x, err := d.Ledger.Get(ctx, key)
		if err != nil {
			return 0, err
		}
		if missing, err = d.complete(ctx, &x, by, now); !errors.Is(err, ledger.ErrFenced) {
			return missing, err
		}
	}
}

func (d *Dispatcher) complete(ctx context.Context, x *ledger.Delivery, by string, now time.Time) (missing int, err error) {
	if x.State == ledger.Held || x.State == ledger.Failed {
		for _, p := range x.Parts {
			if !p.Done() {
				missing++
			}
		}
		if err := x.Release(by, now); err != nil {
			return 0, &RefusedError{err}
		}
		return missing, d.Ledger.Save(ctx, x)
	}
	gone, err := d.gone(ctx, x)
	if err != nil || len(gone) == 0 {
		return 0, err
	}
	x.Restore(by, now, gone...)
	return len(gone), d.Ledger.Save(ctx, x)
}

// Complete reports whether all parts of a post stand in its channel; an error says
// why that cannot be told.
func (d *Dispatcher) Complete(ctx context.Context, x *ledger.Delivery) (bool, error) {
	gone, err := d.gone(ctx, x)
	return len(gone) == 0, err
}

// gone are the parts of a post that certainly stand in its channel no more. A
// *RefusedError says why that cannot be told.
func (d *Dispatcher) gone(ctx context.Context, x *ledger.Delivery) (gone []chat.Key, err error) {
	a := d.Adapters[x.Channel.Adapter]
	finder, ok := a.(chat.Finder)
	if !ok || a.Capabilities().Off != "" {
		return nil, &RefusedError{errors.New(ledger.Because(ledger.LooksForNothing, x.Channel.Adapter))}
	}
	if x.State != ledger.Sent {
		return nil, &RefusedError{errors.New(ledger.Because(ledger.NotSent, x.Key, x.State))}
	}
	finding, cancel := context.WithTimeout(ctx, SendTimeout)
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
				return nil, &RefusedError{err}
			}
		}
		gone = append(gone, p.Key)
	}
	return gone, nil
}

// Preview is what a channel would get of a digest by its subscription now. It
// notifies nobody.
func (d *Dispatcher) Preview(ctx context.Context, s Subscription, c chat.Channel, dig *digest.Card) (chat.Message, error) {
	if err := d.lostTo(s, c); err != nil {
		return chat.Message{}, err
	}
	l := d.Library()
	x := s.Dress(ledger.NewDelivery(dig.ID, dig.Label(), c, time.Time{}))
	repeats, err := d.repeats(ctx, s, &x, l, dig)
	if err != nil {
		return chat.Message{}, err
	}
	whole, err := dig.Read()
	if err != nil {
		return chat.Message{}, err
	}
	m, _, err := Fitting(d.Adapters[c.Adapter], whole, compose.Post{Look: s.Look, Popular: l.Popular, Repeats: repeats}, s.MaxParts)
	return m, err
}
