package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// TakeUp takes up what another process has left on an adapter, "" for all: what is paused
// is looked into at once, because a restart is what an operator does who has mended it,
// what the admins should know is told, in case that process did not come to it, and what it
// has posted counts for the platform's limit.
func (d *Deliverer) TakeUp(ctx context.Context, adapter string, now time.Time) error {
	for name, a := range d.Platforms.Adapters {
		if counter, ok := a.(chat.Counter); ok && (adapter == "" || adapter == name) {
			answered, err := answeredSince(ctx, d.Ledger, name, now.Add(-a.Capabilities().Counted), now)
			if err != nil {
				return err
			}
			counter.CountPosts(answered)
		}
	}
	for x, err := range ledger.Each(ctx, d.Ledger, ledger.Query{Adapter: adapter, Waiting: true}) {
		if err != nil {
			return err
		}
		switch x.Refused.Scope {
		case ledger.OfAdapter:
			d.breakers.openAdapter(x.Channel.Adapter, x.Reason, x.Refused.Since, x.Refused.Since.Add(-time.Minute))
		case ledger.OfChannel:
			d.breakers.openChannel(x.Channel, x.Reason, x.Refused.Since)
		default:
			if !fromTheFuture(&x, now) && x.Next.Sub(now) < farAhead {
				continue
			}
		}
		if x.Refused != (ledger.Refusal{}) {
			if err := d.Notices.Broken(ctx, x.Channel, x.Refused, x.Reason, now); err != nil {
				return err
			}
		}
		if x.Next.After(now) {
			x.Wake(now)
			if err := d.Save(ctx, &x); err != nil && !errors.Is(err, ledger.ErrFenced) {
				return err
			}
		}
	}
	for x, err := range ledger.Each(ctx, d.Ledger, ledger.Query{Adapter: adapter, State: ledger.Held}) {
		if err != nil {
			return err
		}
		if err := d.Notices.Held(ctx, &x, now); err != nil {
			return err
		}
	}
	return d.holdEnded(ctx, now)
}

// answeredSince are the times at which the posts to an adapter that were made since a time
// had been answered for certain.
func answeredSince(ctx context.Context, l ledger.Deliveries, adapter string, since, now time.Time) (answered []time.Time, err error) {
	from := since.Add(-SendTimeout)
	for _, q := range []ledger.Query{{Adapter: adapter, Since: from}, {Adapter: adapter, Waiting: true}} {
		for x, err := range ledger.Each(ctx, l, q) {
			if err != nil {
				return nil, err
			}
			if q.Waiting && !x.Since.Before(from) { // it was chosen as one that stands
				continue
			}
			for _, p := range x.Parts {
				if at := answeredBy(&x, &p, now); p.Last.After(from) && at.After(since) {
					answered = append(answered, at)
				}
			}
		}
	}
	return answered, nil
}

// answeredBy is when the latest attempt of a part had been answered for certain.
func answeredBy(x *ledger.Delivery, p *ledger.Part, now time.Time) time.Time {
	at := p.Last.Add(SendTimeout)
	if x.Since.After(p.Last) && x.Since.Before(at) {
		at = x.Since
	}
	if now.Before(at) {
		return now
	}
	return at
}

// Leave forgets which circuit breakers of an adapter are open, because another process
// delivers there from now on, and sees later what is refused.
func (d *Deliverer) Leave(adapter string) { d.breakers.forget(adapter) }

// farAhead is longer than anything waits for its next attempt.
const farAhead = 30 * 24 * time.Hour

// holdEnded holds what waits by its state but has ended by its time, as after
// damage to the ledger: nobody would take it up.
func (d *Deliverer) holdEnded(ctx context.Context, now time.Time) error {
	for _, s := range []ledger.State{ledger.Planned, ledger.Sending, ledger.InDoubt} {
		for x, err := range ledger.Each(ctx, d.Ledger, ledger.Query{State: s}) {
			if err != nil {
				return err
			}
			if x.Ended.IsZero() {
				continue
			}
			x.Hold(flawed(&x, ledger.Because(ledger.EndedAlready, x.State)), now)
			if err := d.Save(ctx, &x); err != nil && !errors.Is(err, ledger.ErrFenced) {
				return err
			}
		}
	}
	return nil
}
