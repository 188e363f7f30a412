package deliver

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
)

// journal logs the outcomes of deliveries and, for those that wait, why and until when:
// each cause once, and once for each attempt.
type journal struct {
	mu sync.Mutex
	// told is what was last logged about waiting: for a delivery by its key, and for an
	// adapter, on behalf of all deliveries that wait for it, by its name.
	told map[string]string
}

// tell logs the state of a delivery that was just saved.
func (j *journal) tell(log *slog.Logger, x *ledger.Delivery, now time.Time) {
	about := []any{"delivery", string(x.Key), "cause", string(x.Cause), "digest", x.Digest, "title", x.Title, "channel", x.Channel.String()}
	if x.Subscription != "" {
		about = append(about, "subscription", x.Subscription)
	}
	if x.State.Ended() {
		j.forget(x)
	}
	because := func() []any { return append(about, "reason", x.Reason) }
	switch {
	case x.State == ledger.Sent:
		if first := x.Parts.First(); first != nil {
			about = append(about, "parts", len(x.Parts), "url", first.Receipt.URL)
		}
		if x.Cause == ledger.ForSlot && x.Revised.IsZero() {
			about = append(about, "after_slot", x.Since.Sub(x.Slot).Round(time.Millisecond))
		}
		switch {
		case x.Reason != "" && x.Revised.IsZero():
			log.Warn("deliver: posted, but not as intended", because()...)
		case x.Reason != "":
			log.Warn("deliver: corrected, but not as intended", because()...)
		case x.Revised.IsZero():
			log.Info("deliver: posted", about...)
		case x.Parts.First() != nil && x.Parts.First().Removed():
			log.Info("deliver: not corrected, because somebody has removed the message", about...)
		default:
			log.Info("deliver: corrected", about...)
		}
	case x.State == ledger.Failed:
		log.Error("deliver: failed", because()...)
	case x.State == ledger.Held:
		log.Error("deliver: held until an admin decides", because()...)
	case x.State == ledger.Skipped:
		log.Info("deliver: skipped", because()...)
	case x.State == ledger.Bundled || x.Reason == "" || !x.Next.After(now) || !j.news(x):
	case waitsForAdapter(x):
		log.Info("deliver: waiting for an adapter, as is everything owed there", "adapter", x.Channel.Adapter, "next_attempt", x.Next, "reason", x.Reason)
	default:
		log.Info("deliver: waits", append(because(), "next_attempt", x.Next)...)
	}
}

// waitsForAdapter reports whether a delivery waits for something that affects everything on
// its adapter.
func waitsForAdapter(x *ledger.Delivery) bool {
	return x.Refused.Scope == ledger.OfAdapter || ledger.AdapterOff.Is(x.Reason)
}

// news reports whether the reason for which a delivery waits was not logged yet.
func (j *journal) news(x *ledger.Delivery) bool {
	about, says := string(x.Key), x.Reason
	switch p := x.Parts.Current(); {
	case ledger.AdapterOff.Is(x.Reason):
		about = x.Channel.Adapter
	case waitsForAdapter(x):
		about, says = x.Channel.Adapter, fmt.Sprint(x.Reason, x.Next) // the next probe counts for all
	case x.Refused != (ledger.Refusal{}): // its attempts are not counted
		says = fmt.Sprint(x.Reason, x.Next)
	case p != nil:
		says = fmt.Sprint(x.Reason, p.Attempts)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.told[about] == says {
		return false
	}
	if j.told == nil {
		j.told = map[string]string{}
	}
	j.told[about] = says
	return true
}

// forget records that a delivery no longer waits, nor does its adapter if it was posted.
func (j *journal) forget(x *ledger.Delivery) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.told, string(x.Key))
	if x.State == ledger.Sent {
		delete(j.told, x.Channel.Adapter)
	}
}
