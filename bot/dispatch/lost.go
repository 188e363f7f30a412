package dispatch

import (
	"context"
	"errors"

	"github.com/digestbot/digestbot/bot/subscription"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// lost is why nothing gets to a channel whatever the platform says: the ledger
// names an adapter that there is no more, or one that takes no such channel any
// more; nil if something may. The channel of one person is named by the adapter.
func (d *Dispatcher) lost(c chat.Channel, person bool) error {
	if d.Adapters[c.Adapter] == nil {
		return errors.New(ledger.Because(ledger.NoAdapter, c.Adapter, c.Adapter))
	}
	if d.CheckChannel == nil || person {
		return nil
	}
	return d.CheckChannel(c)
}

// lostTo is why nothing gets to a channel for a subscription: lost, or people made it
// in a home that the adapter does not answer any more, so that they cannot end it.
func (d *Dispatcher) lostTo(s subscription.Subscription, c chat.Channel) error {
	if err := d.lost(c, false); err != nil {
		return err
	}
	if s.Home != "" && d.CheckHome != nil {
		return d.CheckHome(c, s.Home)
	}
	return nil
}

// stray is why a delivery cannot be made.
func (d *Dispatcher) stray(x *ledger.Delivery) error {
	if x.Cause == ledger.ForFollow || d.answersAll(x.Channel) {
		return d.lost(x.Channel, x.Cause == ledger.ForFollow)
	}
	return d.lostTo(d.subscription(x.Subscription), x.Channel)
}

// answersAll reports whether the adapter of a channel answers the people of every
// home.
func (d *Dispatcher) answersAll(c chat.Channel) bool {
	return d.CheckHome == nil || d.CheckHome(c, "") == nil
}

// answers reports whether the adapter of a channel answers the people there: whom it
// does not answer cannot tell it that they want no more of it.
func (d *Dispatcher) answers(ctx context.Context, c chat.Channel) bool {
	homer, ok := d.Adapters[c.Adapter].(chat.Homer)
	if !ok || d.answersAll(c) {
		return true
	}
	home, err := homer.Home(ctx, c)
	if err != nil {
		d.Log.Warn("home cannot be told, so nobody who follows a tag there is written to", "channel", c.String(), "error", err)
		return false
	}
	return d.CheckHome(c, home) == nil
}

// Off is why the adapter of a channel is off, or why nothing gets there because
// config.toml does not fit any more; empty if something may.
func (d *Dispatcher) Off(c chat.Channel) string {
	s, _ := d.Serving(c)
	return d.OffTo(s, c)
}

// OffTo is Off for what a subscription posts in the channel.
func (d *Dispatcher) OffTo(s subscription.Subscription, c chat.Channel) string {
	if err := d.lostTo(s, c); err != nil {
		return err.Error()
	}
	return d.Adapters[c.Adapter].Capabilities().Off
}

// Lost is a subscription that was made in chat and whose channel nothing gets to.
type Lost struct {
	Subscription subscription.Subscription
	Channel      chat.Channel
	Err          error // says what to do
}

// Lost are the subscriptions that were made in chat and that config.toml does not
// fit any more. Their slots fail until it does.
func (d *Dispatcher) Lost() (all []Lost) {
	for _, s := range d.Made() {
		for _, c := range s.Channels {
			if err := d.lostTo(s, c); err != nil {
				all = append(all, Lost{s, c, err})
			}
		}
	}
	return all
}
