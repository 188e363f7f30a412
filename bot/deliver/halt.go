package deliver

import (
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
)

// PausedReason is why something is not posted to a halted channel.
func PausedReason(h ledger.Halt) string { return ledger.Because(ledger.PausedBy, h.By.Name) }

// Untouched reports whether nothing was done yet about a delivery.
func Untouched(x *ledger.Delivery) bool {
	return x.State == ledger.Planned && x.Since.IsZero() && !slices.ContainsFunc(x.Parts, func(p ledger.Part) bool { return p.Attempts > 0 })
}

// haltedLook is how long what waits for a halt to end is left alone; Resume
// wakes it.
const haltedLook = time.Hour

// holdBack reports whether x has to wait because its channel is halted, and has
// it do so.
func (d *Deliverer) holdBack(x *ledger.Delivery, now time.Time) bool {
	h, ok := d.Subscriptions.Halted(x.Channel)
	if !ok || x.Cause != ledger.ForSlot && x.Cause != ledger.ForStart || !Untouched(x) {
		return false
	}
	x.Retry(PausedReason(h), now.Add(haltedLook))
	return true
}
