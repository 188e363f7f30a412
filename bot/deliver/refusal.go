package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/notice"
)

// refuse makes x wait because the platform refuses the account or the channel. A delivery
// that someone asked for by hand fails instead, so that they learn of it.
func (d *Deliverer) refuse(ctx context.Context, x *ledger.Delivery, err error, now time.Time) error {
	refusal, at, news := ledger.Refusal{Scope: ledger.OfChannel}, time.Time{}, false
	if chat.OutcomeOf(err) == chat.RejectedAccount {
		refusal.Scope = ledger.OfAdapter
		var c breaker
		c, news = d.breakers.openAdapter(x.Channel.Adapter, chat.Reason(err), now, now)
		refusal.Since, at = c.since, c.probe
	} else if x.Cause != ledger.ForResend {
		refusal.Since, news = d.breakers.openChannel(x.Channel, chat.Reason(err), now)
		at = now.Add(probeDelay(now.Sub(refusal.Since)))
	}
	d.waitForProbe(x, refusal, chat.Reason(err), at, now)
	if err := d.Save(ctx, x); err != nil {
		return err
	}
	if err := d.failBehind(ctx, x, now); err != nil || !news {
		return err
	}
	return d.Notices.Broken(ctx, x.Channel, refusal, chat.Reason(err), now)
}

// waitForProbe makes x wait until the next probe, unless it has waited too long or was
// asked for by hand.
func (d *Deliverer) waitForProbe(x *ledger.Delivery, p ledger.Refusal, reason string, at, now time.Time) {
	d.wait(x, reason, at, now)
	switch {
	case byHand(x):
		x.Fail(reason, now)
	case !x.State.Ended():
		x.Refused = p
		if part := x.Parts.Current(); part != nil && x.State == ledger.Planned {
			part.Attempts = 0 // a refusal is certain, and attemptLimit is for attempts in doubt
		}
	}
}

// byHand reports whether x may fail at once: someone asked for it by hand and learns of the
// failure, and nothing of it is in doubt.
func byHand(x *ledger.Delivery) bool {
	return x.State == ledger.Planned && x.Cause == ledger.ForResend
}

// failBehind fails deliveries that were asked for by hand and wait behind x, if the
// platform refuses x, so that the people who asked learn of it.
func (d *Deliverer) failBehind(ctx context.Context, x *ledger.Delivery, now time.Time) error {
	if x.Refused == (ledger.Refusal{}) {
		return nil
	}
	waiting, err := d.Ledger.List(ctx, ledger.Query{Channel: x.Channel, Waiting: true, Limit: -1})
	for _, y := range waiting {
		if err == nil && y.Key != x.Key && byHand(&y) && Untouched(&y) {
			y.Fail(x.Reason, now)
			if err = d.Save(ctx, &y); errors.Is(err, ledger.ErrFenced) {
				err = nil // someone has decided about it
			}
		}
	}
	return err
}

// wait makes x wait until the given time, with the given reason, unless it has waited too
// long. A part in doubt remains in doubt.
func (d *Deliverer) wait(x *ledger.Delivery, reason string, at, now time.Time) {
	doubt := x.State == ledger.InDoubt
	switch late := now.Sub(x.Tried()) > retryLimit; {
	case late && doubt:
		x.Hold(ledger.Because(ledger.CannotTellForDays, days(retryLimit), reason), now)
	case late:
		x.Fail(ledger.Because(ledger.GivenUpAfterDays, days(retryLimit), reason), now)
	case doubt:
		x.Doubt(reason, at)
	default:
		x.Retry(reason, at)
	}
}

// days returns a number of whole days.
func days(d time.Duration) int { return int(d.Hours() / 24) }

// recovered records that a post to a channel was accepted.
func (d *Deliverer) recovered(ctx context.Context, c chat.Channel, now time.Time) error {
	adapter, channel := d.breakers.close(c)
	var errs []error
	if !adapter.IsZero() {
		errs = append(errs, d.Notices.Admins(ctx, compose.AdapterTakes(c.Adapter, d.Notices.Language()), now, "adapter takes", c.Adapter, notice.Stamp(adapter)))
	}
	if !channel.IsZero() {
		errs = append(errs, d.Notices.Admins(ctx, compose.ChannelTakes(c, d.Notices.Language()), now, "channel takes", c.String(), notice.Stamp(channel)))
	}
	return errors.Join(errs...)
}
