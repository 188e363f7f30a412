package dispatch

import (
	"log/slog"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// Dispatcher plans and delivers. Its fields are set before use and not changed.
type Dispatcher struct {
	Ledger   ledger.Ledger
	Adapters map[string]chat.Adapter
	// CheckChannel, if not nil, says what is wrong with a channel that people name: its
	// adapter, or its id for that.
	CheckChannel func(chat.Channel) error
	// CheckHome, if not nil, says why the adapter of a channel does not answer the
	// people of a home, which the channel is in; "" is what is in no home.
	CheckHome func(c chat.Channel, home string) error
	// Subscriptions are those of the configuration. All has those too that people
	// make in chat.
	Subscriptions []subscription.Subscription
	// Names are what the subscriptions that are made in chat may name.
	Names subscription.Names
	// Library is the library of this moment.
	Library func() *digest.Library
	Log     *slog.Logger
	// Admin is where the people who run the bot are told what they should know;
	// zero for nowhere.
	Admin chat.Channel
	// Watch, if not nil, is told of each delivery after each step that was saved.
	Watch func(ledger.Delivery)
	// Changed, if not nil, is told when people want something else than before, so
	// that it is planned for at once.
	Changed func()

	pace   pace
	pauses pauses
	sheets sheets
	// stubborn is what fails in the same way each time.
	stubborn stubborn
	people   people
	// resumed says that what an earlier process has left was taken up.
	resumed bool
	// abandoned counts the changes of the subscriptions up to the last for which
	// abandon was done, from 1.
	abandoned int
	// looked is the library that the posts were last compared with, windows how long
	// those of each subscription followed their files then, and wereOff the adapters
	// that could correct none.
	looked  *digest.Library
	windows map[string]time.Duration
	wereOff map[string]bool
	moves   moves
	// bare is since when the library has had no digest; zero while it has some.
	bare time.Time
	// saw is the library whose digests were last noted as seen, seen which were.
	saw  *digest.Library
	seen map[string]bool
	// firstSeen is when the digests whose day is guessed were first seen.
	firstSeen map[string]time.Time
}

// subscription is the one of a name; the zero one, which wants nothing, when
// there is none any more.
func (d *Dispatcher) subscription(name string) subscription.Subscription {
	for _, s := range d.All() {
		if s.Name == name {
			return s
		}
	}
	return subscription.Subscription{}
}
