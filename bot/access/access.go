// Package access decides which channels and subscriptions a request reaches: those of the
// home, such as a Discord server or a Slack workspace, that it comes from, or all of them
// for the people who run the bot. It knows nothing of the content of requests, nor of any
// platform.
package access

import (
	"context"
	"errors"
	"log/slog"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/platforms"
	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/bot/subscription"
)

// Control decides what requests reach.
type Control struct {
	Platforms     *platforms.Platforms
	Subscriptions *subscription.Registry
	// OperatorsAt is the channel of the people who run the bot; zero for none.
	OperatorsAt chat.Channel
	Log         *slog.Logger
}

// ErrUnknownHome says that the platform cannot determine the home of a channel now. A
// request that depends on it is refused.
var ErrUnknownHome = errors.New("access: the home of a channel cannot be determined")

// Home returns the home of a channel, empty on platforms without homes; ErrUnknownHome if
// the platform cannot determine it now.
func (a *Control) Home(ctx context.Context, c chat.Channel) (string, error) {
	homer, ok := a.Platforms.Adapters[c.Adapter].(chat.Homer)
	if !ok {
		return "", nil
	}
	home, err := homer.Home(ctx, c)
	if err != nil {
		a.Log.Warn("access: the home of a channel cannot be determined", "channel", c.String(), "error", err)
		return "", ErrUnknownHome
	}
	return home, nil
}

// FromOperators reports whether a request was made at a terminal or in the operators'
// channel, from which all homes are visible.
func (a *Control) FromOperators(r chat.Request) bool {
	return r.User.Operator || r.User.Admin && a.OperatorsAt != (chat.Channel{}) && r.Channel == a.OperatorsAt
}

// Reaches reports whether a channel is in the home that a request comes from.
func (a *Control) Reaches(ctx context.Context, r chat.Request, c chat.Channel) (bool, error) {
	switch {
	case a.FromOperators(r):
		return true, nil
	case c.Adapter != r.Channel.Adapter, a.Platforms.Adapters[c.Adapter] == nil:
		return false, nil
	}
	home, err := a.Home(ctx, c)
	if _, several := a.Platforms.Adapters[c.Adapter].(chat.Homer); several && home == "" {
		return false, err // a channel without a home is out of reach
	}
	return home == r.Home && err == nil, err
}

// View is the part of the bot that a request reaches. It checks each channel once.
type View struct {
	a     *Control
	r     chat.Request
	known map[chat.Channel]bool
	// unsure is an error if the home of the request's own channel cannot be determined.
	unsure error
}

// View returns what a request reaches.
func (a *Control) View(r chat.Request) *View {
	return &View{a: a, r: r, known: map[chat.Channel]bool{}}
}

// Has reports whether the request certainly reaches a channel.
func (v *View) Has(ctx context.Context, c chat.Channel) bool {
	ok, known := v.known[c]
	if !known {
		var err error
		ok, err = v.a.Reaches(ctx, v.r, c) // a channel whose home is unknown is not shown
		v.known[c] = ok
		if c == v.r.Channel {
			v.unsure = err
		}
	}
	return ok
}

// Subscriptions returns the subscriptions of the channels that the request reaches, with
// one entry for each channel. The error says that the request's own channel may have more.
func (v *View) Subscriptions(ctx context.Context) (all []Subscription, unsure error) {
	made := map[string]int{}
	for _, sub := range v.a.Subscriptions.All() {
		for _, c := range sub.Channels {
			if v.Has(ctx, c) {
				all = append(all, Subscription{sub, c, sub.Label()})
				made[sub.Label()]++
			}
		}
	}
	for i := range all { // two homes may use the same name
		if !all[i].Since.IsZero() && made[all[i].Label()] > 1 {
			all[i].Ref = refs.Hash(all[i].Name)
		}
	}
	return all, v.unsure
}

// Subscription is a subscription in one of its channels.
type Subscription struct {
	subscription.Subscription
	Channel chat.Channel
	// Ref is its unambiguous name in command lines.
	Ref string
}
