package plan

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// abandon skips what is owed to channels that no subscription names any more: a backlog
// that was kept for a mistyped channel must not be posted there after its id was corrected.
// A delivery that has begun continues to its end, and a resend by hand is posted.
func (p *Planner) abandon(ctx context.Context, now time.Time) error {
	named, err := p.named(ctx)
	if err != nil {
		return err
	}
	for x, err := range ledger.Each(ctx, p.Ledger, ledger.Query{Waiting: true}) {
		if err != nil {
			return err
		}
		ours := x.Cause == ledger.ForSlot || x.Cause == ledger.ForStart || x.Cause == ledger.ForNotice && x.Channel != p.Notices.Admin
		if !ours || named[x.Channel] || begun(&x) {
			continue
		}
		with, err := p.Ledger.List(ctx, ledger.Query{Bundle: x.Key, Limit: -1})
		if err != nil {
			return err
		}
		for _, x := range append(with, x) {
			x.Skip(ledger.Because(ledger.Unnamed), now)
			if err := p.Deliverer.Save(ctx, &x); err != nil && !errors.Is(err, ledger.ErrFenced) {
				return err
			}
		}
	}
	return nil
}

// named returns the channels of all subscriptions, including those from chat that this
// version cannot read.
func (p *Planner) named(ctx context.Context) (map[chat.Channel]bool, error) {
	named := map[chat.Channel]bool{}
	for _, s := range p.Subscriptions.All() {
		for _, c := range s.Channels {
			named[c] = true
		}
	}
	stored, err := p.Ledger.Stored(ctx)
	for _, x := range stored {
		named[x.Channel] = true
	}
	return named, err
}

// begun reports whether anything of a delivery was posted or may have been. An attempt that
// was certainly refused began nothing.
func begun(x *ledger.Delivery) bool {
	return x.State != ledger.Planned || !x.Since.IsZero() || slices.ContainsFunc(x.Parts, func(p ledger.Part) bool {
		return p.Stands() || p.State == ledger.Sent || p.State == ledger.Gone
	})
}
