package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
)

const (
	// SendTimeout bounds one attempt. It is shorter than the settling time of
	// every adapter, so that a killed request is over before its absence is
	// believed.
	SendTimeout = 15 * time.Second
	// stopGrace is how long an attempt that is under way may go on after the
	// bot was asked to stop.
	stopGrace = 3 * time.Second
	// retryLimit is how long a delivery is tried before it has failed.
	retryLimit = 24 * time.Hour
	// attemptLimit is how many attempts may end in doubt, with the message
	// found absent after each, before the part is held.
	attemptLimit = 20
	// doubtLimit is how long a part may stay in doubt before it is held.
	doubtLimit = time.Hour
)

// Deliver takes a delivery that is due as far as it can go now: until it has
// ended or has to wait. Each change is saved before the next step; an error
// means that a change could not be saved, or that ctx is done, and that
// nothing was done after that.
func (d *Dispatcher) Deliver(ctx context.Context, x ledger.Delivery) error {
	for !x.State.Ended() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		now := time.Now()
		if x.Next.After(now) {
			return nil
		}
		if err := d.step(ctx, &x, now); err != nil {
			return err
		}
	}
	return nil
}

// step makes one change to x and saves it.
func (d *Dispatcher) step(ctx context.Context, x *ledger.Delivery, now time.Time) error {
	a := d.Adapters[x.Channel.Adapter]
	switch {
	case a == nil:
		x.Fail(fmt.Sprintf("there is no adapter %q", x.Channel.Adapter), now)
	case a.Capabilities().Off != "":
		x.Retry(x.Channel.Adapter+" is off: "+a.Capabilities().Off, now.Add(time.Minute))
	case x.State == ledger.Sending:
		// Nobody else works on this row, so an earlier process died here, or
		// could not save what became of the attempt.
		x.Doubt("the process ended during the attempt", x.Current().Last.Add(a.Capabilities().Settle))
	case x.State == ledger.InDoubt:
		return d.reconcile(ctx, a, x, now)
	case len(x.Parts) == 0:
		d.freeze(a, x, now)
	default:
		return d.attempt(ctx, a, x)
	}
	return d.save(ctx, x)
}

// freeze composes and renders x, so that every later attempt sends the same.
func (d *Dispatcher) freeze(a chat.Adapter, x *ledger.Delivery, now time.Time) {
	dig := d.Library().ByID(x.Digest)
	if dig == nil {
		x.Skip("the digest is no longer in the library", now)
		return
	}
	payloads, err := a.Render(compose.Digest(dig, compose.Post{Look: compose.Look{Style: compose.Style(x.Style), Language: x.Language}}))
	if err == nil {
		err = x.Freeze(payloads)
	}
	if err != nil {
		d.Log.Error("digest cannot be rendered", "digest", x.Digest, "channel", x.Channel.String(), "error", err)
		x.Fail("it cannot be rendered: "+err.Error(), now)
	}
}

// attempt promises, sends the current part and records what became of it.
func (d *Dispatcher) attempt(ctx context.Context, a chat.Adapter, x *ledger.Delivery) error {
	if err := d.pace.wait(ctx, x.Channel, a.Capabilities().Gap); err != nil {
		return err
	}
	x.Promise(time.Now())
	if err := d.save(ctx, x); err != nil {
		return err
	}
	p := x.Current()
	receipt, err := d.send(ctx, a, x.Channel, p)
	d.pace.posted(x.Channel)
	now := time.Now()
	if err == nil {
		x.Posted(receipt, now)
		return d.save(ctx, x)
	}
	d.Log.Warn("attempt failed", "digest", x.Digest, "channel", x.Channel.String(), "part", string(p.Key), "attempt", p.Attempts, "outcome", chat.OutcomeOf(err).String(), "error", err)
	wait := backoff(p.Attempts)
	if e, ok := errors.AsType[*chat.SendError](err); ok {
		wait = max(wait, e.RetryAfter)
	}
	switch o := chat.OutcomeOf(err); {
	case o.Rejected():
		x.Fail(err.Error(), now)
	case o == chat.InDoubt:
		x.Doubt(err.Error(), now.Add(wait))
	case now.Sub(x.Planned) > retryLimit:
		x.Fail("given up after "+retryLimit.String()+": "+err.Error(), now)
	default:
		x.Retry(err.Error(), now.Add(wait))
	}
	return d.save(ctx, x)
}

// send makes one attempt in its own time: a request that has begun may end
// even when the bot is asked to stop.
func (d *Dispatcher) send(ctx context.Context, a chat.Adapter, to chat.Channel, p *ledger.Part) (chat.Receipt, error) {
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
	return a.Send(sending, to, p.Payload, p.Key)
}

// save writes x, also when the bot is stopping, and tells Watch.
func (d *Dispatcher) save(ctx context.Context, x *ledger.Delivery) error {
	if err := d.Ledger.Save(context.WithoutCancel(ctx), x); err != nil {
		return fmt.Errorf("delivery %s: %w", x.Key, err)
	}
	if d.Watch != nil {
		d.Watch(*x)
	}
	return nil
}

// backoff is how long to wait after so many attempts: 1 s doubling to 5 min.
func backoff(attempts int) time.Duration {
	return min(time.Second<<min(max(attempts-1, 0), 16), 5*time.Minute)
}
