package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
)

// reconcile settles a part that is in doubt. Inside the dedup window the platform itself
// answers a repeated key with the first message, so the part is sent again. After the
// window, and once the attempt has settled, the channel's history decides.
func (d *Deliverer) reconcile(ctx context.Context, a chat.Adapter, x *ledger.Delivery, now time.Time) error {
	p, caps := x.Parts.Current(), a.Capabilities()
	if p.Last.After(now) {
		// An earlier process had a different clock, so it is unknown how long ago that was.
		p.First, p.Last = now.Add(-doubtfulClock), now
	}
	// The attempt has to end inside the window, too.
	if now.Sub(p.First)+caps.Gap+SendTimeout < caps.DedupWindow {
		return d.attempt(ctx, a, x)
	}
	if settled := p.Last.Add(caps.Settle); now.Before(settled) {
		x.Doubt(p.Reason, settled)
		return d.Save(ctx, x)
	}
	finder, ok := a.(chat.Finder)
	if !ok {
		x.Hold(ledger.Because(ledger.CannotTell, p.Reason), now)
		return d.Save(ctx, x)
	}
	finding, cancel := context.WithTimeout(ctx, SendTimeout)
	defer cancel()
	place, _ := x.Place()
	var receipt chat.Receipt
	err := panics.Contain(d.Log, "look for this part", func() (err error) {
		receipt, err = finder.Find(finding, place, p.Key, p.First)
		return err
	}, "channel", x.Channel.String(), "part", string(p.Key))
	now = time.Now()
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		p.Looks = 0 // an unreadable history may be behind, too
	}
	if errors.Is(err, chat.ErrNotFound) && p.Looks+1 >= caps.Looks {
		if done, err := d.holdIfRepeated(ctx, x, now); done || err != nil {
			return err
		}
	}
	limit := doubtLimit
	if x.Refused.Scope == ledger.OfAdapter {
		limit = retryLimit // searching is not failing but impossible
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		d.Log.Info("deliver: a part was found", "digest", x.Digest, "channel", x.Channel.String(), "part", string(p.Key))
		d.repeated.forget(p.Key)
		return d.stands(ctx, x, receipt, now)
	case errors.Is(err, chat.ErrNotFound) && p.Looks+1 < caps.Looks:
		x.Unseen(p.Reason, now.Add(caps.Settle))
	case errors.Is(err, chat.ErrNotFound) && p.Attempts >= attemptLimit:
		x.Hold(ledger.Because(ledger.NotPostedInAttempts, p.Attempts, p.Reason), now)
	case errors.Is(err, chat.ErrNotFound):
		x.Retry(ledger.Because(ledger.NotPosted, p.Reason), now)
	case chat.OutcomeOf(err) == chat.RejectedAccount:
		return d.refuse(ctx, x, err, now)
	case d.breakers.tried(p.Last, now) > limit:
		x.Hold(ledger.Because(ledger.CannotTell, chat.Reason(err)), now)
	default:
		d.Log.Warn("deliver: searching for a part failed", "digest", x.Digest, "channel", x.Channel.String(), "part", string(p.Key), "error", err)
		d.wait(x, chat.Reason(err), now.Add(unhurried(now.Sub(p.Last))), now)
	}
	return d.Save(ctx, x)
}

// holdIfRepeated holds a part that is certainly absent and on which the platform fails in
// the same way each time. It reports whether it did.
func (d *Deliverer) holdIfRepeated(ctx context.Context, x *ledger.Delivery, now time.Time) (bool, error) {
	p := x.Parts.Current()
	if !d.repeated.is(p.Key) {
		return false, nil
	}
	d.repeated.forget(p.Key)
	x.Hold(ledger.Because(ledger.FailsEachTime, p.Reason), now)
	return true, d.Save(ctx, x)
}
