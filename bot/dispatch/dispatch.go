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

// Options are what a Dispatcher is made of.
type Options struct {
	Ledger   ledger.Ledger
	Adapters map[string]chat.Adapter
	// CheckChannel, if not nil, says what is wrong with a channel that people name: its
	// adapter, or its id for that.
	CheckChannel func(chat.Channel) error
	// CheckHome, if not nil, says why the adapter of a channel does not answer the
	// people of a home, which the channel is in; "" is what is in no home.
	CheckHome func(c chat.Channel, home string) error
	// Subscriptions are those of the configuration.
	Subscriptions []subscription.Subscription
	// Names are what the subscriptions that are made in chat may name.
	Names subscription.Names
	// Library is the library of this moment.
	Library func() *digest.Library
	Log     *slog.Logger
	// Admin is where the people who run the bot are told what they should know;
	// zero for nowhere.
	Admin chat.Channel
}

// Dispatcher has the rooms that bring digests to channels, each of which knows those
// that it needs.
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

// New puts a Dispatcher together. Nothing starts yet.
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
	// A delivery that has ended may follow its files, and a word to a follower is made
	// of the first name of a digest: only who plans knows these.
	d.Deliverer.Planner, d.Notices.FirstID = d.Planner, d.Planner.FirstID
	return d
}

// Off is why the adapter of a channel is off, or why nothing gets there because
// config.toml does not fit any more; empty if something may.
func (d *Dispatcher) Off(c chat.Channel) string {
	s, _ := d.Subscriptions.Serving(c)
	return d.Platforms.Off(s.Home, c)
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
	for _, s := range d.Subscriptions.Made() {
		for _, c := range s.Channels {
			if err := d.Platforms.UnreachableIn(s.Home, c); err != nil {
				all = append(all, Lost{s, c, err})
			}
		}
	}
	return all
}
