package command

import (
	"context"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

// recentActs is how many acts of admins a status shows. recentPosts is how many deliveries
// are searched for the last post of a channel.
const (
	recentActs  = 5
	recentPosts = 10
)

// status shows admins the state of their home.
var status = verb{
	Command: chat.Command{Name: "status", Summary: "Due, posted and waiting digests, and connections", Private: true, AdminOnly: true},
	manage: func(ctx context.Context, d adminDesk, r chat.Request, _ map[string]string) (chat.Message, error) {
		now := time.Now()
		list, err := d.toldAll(ctx, r, now)
		if err != nil {
			return chat.Message{}, err
		}
		for i := range list {
			if list[i].Last, err = last(ctx, d.Ledger, list[i]); err != nil {
				return chat.Message{}, err
			}
		}
		waiting, err := d.waiting(ctx, r)
		if err != nil {
			return chat.Message{}, err
		}
		adapter, home := r.Channel.Adapter, r.Home
		if d.access().FromOperators(r) {
			adapter = ""
		}
		acts, err := d.Ledger.Acts(ctx, ledger.ActQuery{Adapter: adapter, Home: home, Limit: recentActs})
		if err != nil {
			return chat.Message{}, err
		}
		var deeds []compose.Deed
		for _, a := range acts {
			deeds = append(deeds, compose.Deed{At: a.At, By: a.By.Name, Channel: a.Channel, Line: a.Line})
		}
		var connections []compose.Connection
		if d.Connected != nil {
			for _, c := range d.Connected() {
				if adapter == "" || c.Name == adapter {
					connections = append(connections, c)
				}
			}
		}
		s, _ := d.Serving(r.Channel)
		return compose.Status(list, waiting, deeds, connections, s.Zone, d.language(r)), nil
	},
}

// last returns the last post of a subscription to its channel.
func last(ctx context.Context, l ledger.Ledger, s compose.Served) (compose.Posted, error) {
	sent, err := l.List(ctx, ledger.Query{Channel: s.Channel, Subscription: s.ID, State: ledger.Sent, Limit: recentPosts})
	for _, x := range sent {
		if x.Digest != "" {
			return posted(x), err
		}
	}
	return compose.Posted{}, err
}

// posted returns where and when a delivery was posted.
func posted(x ledger.Delivery) compose.Posted {
	p := compose.Posted{Title: x.Title, At: x.Since}
	if len(x.Parts) > 0 {
		p.URL = x.Parts[0].Receipt.URL
	}
	return p
}

// waiting returns the deliveries that are held or not finished, those that wait for an
// admin first.
func (d adminDesk) waiting(ctx context.Context, r chat.Request) (list []compose.Waiting, err error) {
	view := d.access().View(r)
	for _, q := range []ledger.Query{{State: ledger.Held}, {Waiting: true}} {
		for x, err := range ledger.Each(ctx, d.Ledger, q) {
			if err != nil {
				return nil, err
			}
			if x.Cause != ledger.ForFollow && view.Has(ctx, x.Channel) {
				list = append(list, compose.Waiting{
					Key: string(x.Key), Title: x.Title, Channel: x.Channel, State: string(x.State), Reason: x.Reason, Held: x.State == ledger.Held,
				})
			}
		}
	}
	return list, nil
}

// home is what a platform shows on the bot's own page.
var home = verb{
	Command: chat.Command{Name: "home", Summary: "The subscriptions and the newest digest", Private: true, Hidden: true},
	read: func(ctx context.Context, d readerDesk, r chat.Request, _ map[string]string) (chat.Message, error) {
		r.User.Admin = false // the page is the same for everyone
		list, err := d.toldAll(ctx, r, time.Now())
		if err != nil {
			return chat.Message{}, err
		}
		s, _ := d.Serving(r.Channel)
		var newest *digest.Digest
		if card := d.chosen("", s); card != nil {
			if newest, err = card.Read(); err != nil {
				return chat.Message{}, err
			}
		}
		return compose.Home(list, newest, d.language(r)), nil
	},
}
