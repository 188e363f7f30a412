package dispatch

import (
	"log/slog"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/deliver"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/notice"
	"github.com/digestbot/digestbot/bot/plan"
	"github.com/digestbot/digestbot/bot/platforms"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// Options are the parameters of New.
type Options struct {
	Ledger   ledger.Ledger
	Adapters map[string]chat.Adapter
	// CheckChannel, if not nil, returns what is wrong with a channel that a person named:
	// with its adapter, or with its id for that adapter.
	CheckChannel func(chat.Channel) error
	// CheckHome, if not nil, returns why the adapter of a channel does not serve the home
	// that the channel is in; "" means no home.
	CheckHome func(c chat.Channel, home string) error
	// Subscriptions are the subscriptions from the configuration.
	Subscriptions []subscription.Subscription
	// Names are the names that subscriptions made in chat may use.
	Names subscription.Names
	// Library returns the current library.
	Library func() *digest.Library
	Log     *slog.Logger
	// Admin is the channel for notices to the people who run the bot; zero for none.
	Admin chat.Channel
}

// Dispatcher has the objects that bring digests to channels, connected with each other.
type Dispatcher struct {
	Ledger        ledger.Ledger
	Library       func() *digest.Library
	Platforms     *platforms.Platforms
	Subscriptions *subscription.Registry
	Notices       *notice.Notifier
	Deliverer     *deliver.Deliverer
	Outages       *deliver.Outages
	Planner       *plan.Planner
	Resender      *plan.Resender
}

// New builds a Dispatcher. It starts nothing.
func New(o Options) *Dispatcher {
	d := &Dispatcher{
		Ledger: o.Ledger, Library: o.Library,
		Platforms:     &platforms.Platforms{Adapters: o.Adapters, CheckChannel: o.CheckChannel, CheckHome: o.CheckHome, Log: o.Log},
		Subscriptions: &subscription.Registry{Configured: o.Subscriptions, Names: o.Names, Settings: o.Ledger, Log: o.Log},
	}
	posts := &post.Renderer{Ledger: o.Ledger, Platforms: d.Platforms, Subscriptions: d.Subscriptions, Log: o.Log}
	d.Notices = &notice.Notifier{
		Ledger: o.Ledger, Platforms: d.Platforms, Subscriptions: d.Subscriptions, Library: o.Library, Admin: o.Admin, Log: o.Log,
	}
	d.Deliverer = &deliver.Deliverer{
		Ledger: o.Ledger, Platforms: d.Platforms, Subscriptions: d.Subscriptions, Posts: posts, Notices: d.Notices, Library: o.Library, Log: o.Log,
	}
	d.Outages = &deliver.Outages{Deliverer: d.Deliverer}
	deps := &plan.Deps{
		Ledger: o.Ledger, Platforms: d.Platforms, Subscriptions: d.Subscriptions, Posts: posts, Notices: d.Notices,
		Deliverer: d.Deliverer, Library: o.Library, Log: o.Log,
	}
	d.Planner, d.Resender = plan.New(deps), &plan.Resender{Deps: deps}
	// A delivery that has ended may follow its files, and the key of a message to a
	// follower contains the first ID of a digest: only the planner knows these.
	d.Deliverer.Planner, d.Notices.FirstID = d.Planner, d.Planner.FirstID
	return d
}

// Off returns why the adapter of a channel is off, or why config.toml no longer allows
// posts there; empty if posts are possible.
func (d *Dispatcher) Off(c chat.Channel) string {
	s, _ := d.Subscriptions.Serving(c)
	return d.Platforms.Off(s.Home, c)
}

// Lost is a subscription that was made in chat and whose channel can no longer be posted
// to.
type Lost struct {
	Subscription subscription.Subscription
	Channel      chat.Channel
	Err          error // says what to do
}

// Lost returns the subscriptions that were made in chat and that config.toml no longer
// supports. Their slots fail until it does again.
func (d *Dispatcher) Lost() (all []Lost) {
	for _, s := range d.Subscriptions.Made() {
		for _, c := range s.Channels {
			if err := d.Platforms.UnreachableIn(s.Home, c); err != nil {
				all = append(all, Lost{s, c, err})
			}
		}
	}
	return all
}
