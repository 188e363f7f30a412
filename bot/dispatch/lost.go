package dispatch

import (
	"fmt"

	"github.com/digestbot/digestbot/bot/chat"
)

// lost is why nothing gets to a channel whatever the platform says: the ledger
// names an adapter that there is no more, or one that takes no such channel any
// more; nil if something may. The channel of one person is named by the adapter.
func (d *Dispatcher) lost(c chat.Channel, person bool) error {
	if d.Adapters[c.Adapter] == nil {
		return fmt.Errorf("there is no adapter %q: add [adapters.%s] to config.toml", c.Adapter, c.Adapter)
	}
	if d.CheckChannel == nil || person {
		return nil
	}
	return d.CheckChannel(c)
}

// Off is why the adapter of a channel is off, or why nothing gets there because
// config.toml does not fit any more; empty if something may.
func (d *Dispatcher) Off(c chat.Channel) string {
	if err := d.lost(c, false); err != nil {
		return err.Error()
	}
	return d.Adapters[c.Adapter].Capabilities().Off
}

// Lost is a subscription that was made in chat and whose channel nothing gets to.
type Lost struct {
	Subscription Subscription
	Channel      chat.Channel
	Err          error // says what to do
}

// Lost are the subscriptions that were made in chat and that config.toml does not
// fit any more. Their slots fail until it does.
func (d *Dispatcher) Lost() (all []Lost) {
	for _, s := range d.Made() {
		for _, c := range s.Channels {
			if err := d.lost(c, false); err != nil {
				all = append(all, Lost{s, c, err})
			}
		}
	}
	return all
}
