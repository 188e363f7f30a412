package deliver

import (
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
)

// PausedReason returns the reason for not posting to a paused channel.
func PausedReason(h ledger.Pause) string { return ledger.Because(ledger.PausedBy, h.By.Name) }

// Untouched reports whether nothing has been done yet for a delivery.
func Untouched(x *ledger.Delivery) bool {
	return x.State == ledger.Planned && x.Since.IsZero() && !slices.ContainsFunc(x.Parts, func(p ledger.Part) bool { return p.Attempts > 0 })
}

// pausedLook is the interval at which a delivery that waits for the end of a pause is
// looked at; Resume wakes it earlier.
const pausedLook = time.Hour

// heldBack reports whether x has to wait because its channel is paused.
func (d *Deliverer) heldBack(x *ledger.Delivery) bool {
	_, paused := d.Subscriptions.Paused(x.Channel)
	return paused && (x.Cause == ledger.ForSlot || x.Cause == ledger.ForStart) && Untouched(x)
}
