package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
)

// doubtfulClock is how much further back a part is looked for when the clock
// was set after its first attempt. It is longer than every dedup window that
// ends.
const doubtfulClock = 24 * time.Hour

// ClockSet notes that the clock of this machine was set, by so much; what is busy
// somebody just works on. A delivery that waits would wait until the old
// clock's time, so it is moved. Anything in doubt counts as tried just as long
// ago as it was at least, for settling, and too long ago for the dedup window:
// a machine that slept looks the same.
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

// fromTheFuture reports whether x was last worked on by a clock that was ahead
// of this one.
func fromTheFuture(x *ledger.Delivery, now time.Time) bool {
	p := x.Parts.Current()
	return x.Planned.After(now) || p != nil && p.Last.After(now)
}
