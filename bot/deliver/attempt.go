package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
)

// attempt saves the promise, makes one request for the current part and records the
// outcome.
func (d *Deliverer) attempt(ctx context.Context, a chat.Adapter, x *ledger.Delivery) error {
	place, ok := x.Place()
	if !ok && !x.Parts.Current().Stands() {
		x.Drop(ledger.Because(ledger.LeftOut), time.Now())
		return d.Save(ctx, x)
	}
	if err := d.gaps.wait(ctx, x.Channel, a.Capabilities().Gap); err != nil {
		return err
	}
	// A refusal now does not prove that an earlier attempt failed.
	p, doubtful := x.Parts.Current(), x.State == ledger.InDoubt
	promised := time.Now()
	x.Promise(promised)
	if err := d.Save(ctx, x); err != nil {
		return err
	}
	receipt, err := d.act(ctx, promised, a, place, *p)
	d.gaps.posted(x.Channel)
	if d.Attempted != nil {
		d.Attempted(x.Channel.Adapter, err)
	}
	now := time.Now()
	if err == nil {
		if err := d.recovered(ctx, x.Channel, now); err != nil {
			return err
		}
		d.repeated.took(x.Channel.Adapter, p.Key, now)
		return d.stands(ctx, x, receipt, now)
	}
	d.repeated.failed(x.Channel.Adapter, p.Key, err, now)
	o := chat.OutcomeOf(err)
	d.Log.Warn("deliver: an attempt failed", "digest", x.Digest, "channel", x.Channel.String(), "part", string(p.Key), "attempt", p.Attempts, "outcome", o.String(), "error", err)
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
	return d.Save(ctx, x)
}

// act makes one attempt, whose promise was made at promised: it posts a part that has no
// message yet, and edits or removes the message of one that has. The receipt has no ID if
// someone removed the message.
func (d *Deliverer) act(ctx context.Context, promised time.Time, a chat.Adapter, place chat.Channel, p ledger.Part) (receipt chat.Receipt, err error) {
	editor, ok := a.(chat.Editor)
	err = d.bounded(ctx, promised, place, p.Key, func(ctx context.Context) (err error) {
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

// publish publishes a part that is posted. A failure does not impair the post, so the
// delivery never fails here.
func (d *Deliverer) publish(ctx context.Context, a chat.Adapter, x *ledger.Delivery) error {
	p := x.Parts.Unpublished()
	publisher, ok := a.(chat.Publisher)
	if !ok {
		x.Published(ledger.Because(ledger.PassesNothingOn), time.Now())
		return d.Save(ctx, x)
	}
	if err := d.gaps.wait(ctx, x.Channel, a.Capabilities().Gap); err != nil {
		return err
	}
	err := d.bounded(ctx, time.Now(), x.Channel, p.Key, func(ctx context.Context) error { return publisher.Publish(ctx, p.Receipt) })
	d.gaps.posted(x.Channel)
	now := time.Now()
	if err != nil {
		d.Log.Warn("deliver: a part was not published", "digest", x.Digest, "channel", x.Channel.String(), "part", string(p.Key), "error", err)
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
	return d.Save(ctx, x)
}

// ErrNotOurs is the cause of a context that ends because another process may deliver now.
var ErrNotOurs = errors.New("another process delivers there now")

// bounded makes one request to an adapter within the time limit that starts with its
// promise. A request that has begun may finish even if the bot is asked to stop, unless
// another process may deliver in its place. A process that was frozen since the promise
// does not make a request that another process considers over. After a panic it is unknown
// whether the request was sent, and the error does not claim either.
func (d *Deliverer) bounded(ctx context.Context, promised time.Time, c chat.Channel, part chat.Key, request func(context.Context) error) error {
	sending, cancel := context.WithDeadline(context.WithoutCancel(ctx), promised.Add(SendTimeout))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), ErrNotOurs) {
			cancel()
			return
		}
		select {
		case <-sending.Done():
		case <-time.After(stopGrace):
			cancel()
		}
	})
	defer stop()
	if errors.Is(context.Cause(ctx), ErrNotOurs) {
		return &chat.SendError{Outcome: chat.Retryable, Err: ErrNotOurs}
	}
	if sending.Err() != nil {
		return &chat.SendError{Outcome: chat.Retryable, Err: errors.New("this process was stopped between the promise and the request")}
	}
	return panics.Contain(d.Log, "make this request", func() error { return request(sending) }, "channel", c.String(), "part", string(part))
}

// backoff returns the delay after a number of attempts: 1 s, doubled each time up to 5 min.
func backoff(attempts int) time.Duration {
	return min(time.Second<<min(max(attempts-1, 0), 16), 5*time.Minute)
}

// unhurried returns the delay before the next attempt after trying for the given time: half
// of it, from 5 s to 5 min.
func unhurried(tried time.Duration) time.Duration {
	return max(5*time.Second, min(tried/2, 5*time.Minute))
}

// retryAfter returns how long the platform asked to wait.
func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*chat.SendError](err); ok {
		return e.RetryAfter
	}
	return 0
}

// stands records that the current part is posted, and saves it. If that completes the first
// posting, the messages to followers of its tags are planned before it is saved, so that
// they cannot get lost.
func (d *Deliverer) stands(ctx context.Context, x *ledger.Delivery, r chat.Receipt, now time.Time) error {
	before := x.Since
	x.Posted(r, now)
	if before.IsZero() && !x.Since.IsZero() && (x.Cause == ledger.ForSlot || x.Cause == ledger.ForStart) {
		// The post is complete, even if the messages about it fail.
		err := panics.Contain(d.Log, "tell the followers of this digest", func() error { return d.Notices.Followers(ctx, x, now) },
			"digest", x.Digest, "channel", x.Channel.String())
		if err != nil && !panics.Contained(err) {
			return err
		}
	}
	return d.Save(ctx, x)
}
