package deliver

import (
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
)

// PausedReason is why something is not posted to a paused channel.
func PausedReason(h ledger.Pause) string { return ledger.Because(ledger.PausedBy, h.By.Name) }

// Untouched reports whether nothing was done yet about a delivery.
func Untouched(x *ledger.Delivery) bool {
	return x.State == ledger.Planned && x.Since.IsZero() && !slices.ContainsFunc(x.Parts, func(p ledger.Part) bool { return p.Attempts > 0 })
}

// pausedLook is how long what waits for a pause to end is left alone; Resume
// wakes it.
const pausedLook = time.Hour

// holdBack reports whether x has to wait because its channel is paused, and has
// it do so.
func (d *Deliverer) holdBack(x *ledger.Delivery, now time.Time) bool {
	h, ok := d.Subscriptions.Paused(x.Channel)
	if !ok || x.Cause != ledger.ForSlot && x.Cause != ledger.ForStart || !Untouched(x) {
		return false
	}
	x.Retry(PausedReason(h), now.Add(pausedLook))
	return true
}
