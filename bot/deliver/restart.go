package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// TakeUp takes over what another process has left on an adapter, "" for all. Paused
// deliveries are checked at once, because an operator who has fixed the cause restarts the
// bot. Admins get the notices that the other process may not have sent, and its posts count
// against the platform's limit.
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

// answeredSince returns the times by which the posts to an adapter since the given time had
// certainly been answered.
func answeredSince(ctx context.Context, l ledger.Deliveries, adapter string, since, now time.Time) (answered []time.Time, err error) {
	from := since.Add(-SendTimeout)
	for _, q := range []ledger.Query{{Adapter: adapter, Since: from}, {Adapter: adapter, Waiting: true}} {
		for x, err := range ledger.Each(ctx, l, q) {
			if err != nil {
				return nil, err
			}
			if q.Waiting && !x.Since.Before(from) { // it was selected because it is posted
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

// answeredBy returns the time by which the latest attempt on a part had certainly been
// answered.
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

// Leave forgets the open circuit breakers of an adapter, because another process delivers
// there from now on and will find out for itself what is refused.
func (d *Deliverer) Leave(adapter string) { d.breakers.forget(adapter) }

// farAhead is longer than any wait for a next attempt.
const farAhead = 30 * 24 * time.Hour

// holdEnded holds deliveries that wait according to their state but have an end time, as
// after damage to the ledger: they would never be taken up.
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
