package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
)

// doubtfulClock is how much further back a part is searched for if the clock was set after
// its first attempt. It is longer than every finite dedup window.
const doubtfulClock = 24 * time.Hour

// ClockSet adjusts deliveries after this machine's clock was set forward or back by the
// given duration, except those that are busy. If the clock was set back, waiting deliveries
// are moved, too, or they would wait for the old clock's time. For a part in doubt, the
// time since its last attempt is kept, for settling, and its first attempt is moved out of
// the dedup window: a machine that was asleep looks the same.
func (d *Deliverer) ClockSet(ctx context.Context, by time.Duration, busy func(ledger.Delivery) bool) error {
	d.Log.Warn("deliver: the clock was set", "by", by)
	back := min(by, 0)
	for x, err := range ledger.Each(ctx, d.Ledger, ledger.Query{Waiting: true}) {
		if err != nil {
			return err
		}
		p := x.Parts.Current()
		doubtful := p != nil && !p.First.IsZero()
		if busy(x) || back == 0 && !doubtful {
			continue
		}
		if !x.Next.IsZero() {
			x.Wake(x.Next.Add(back))
		}
		if doubtful {
			p.Last, p.First = p.Last.Add(by), p.First.Add(back-doubtfulClock)
		}
		if err := d.Ledger.Save(ctx, &x); err != nil && !errors.Is(err, ledger.ErrFenced) {
			return err
		}
	}
	return nil
}

// fromTheFuture reports whether the clock by which x was last worked on was ahead of this
// one.
func fromTheFuture(x *ledger.Delivery, now time.Time) bool {
	p := x.Parts.Current()
	return x.Planned.After(now) || p != nil && p.Last.After(now)
}
