package command

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/dates"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

var date = verb{
	Command: chat.Command{
		Name: "date", Summary: "The digests of a day", Private: true,
		Args: []chat.Arg{{Name: "day", Summary: "A day, for example 2026-01-21, yesterday or last Friday", Required: true, Rest: true, Suggest: true}, chat.Page, chat.Share},
	},
	read: func(ctx context.Context, d readerDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		s, _ := d.Serving(r.Channel)
		now := d.clock(s)
		day, ok := dates.Parse(args["day"], now)
		if !ok {
			return compose.NoDay(args["day"], d.daysNear(r, now), d.language(r)), nil
		}
		if on := d.onDay(r, day); len(on) > 0 {
			return d.ofDay(ctx, r, args, day, on)
		}
		return compose.NothingOn(day, d.daysNear(r, day), d.language(r)), nil
	},
}

// clock returns the current time on the clock of a channel's subscription; without one, on
// that of the first in config.toml.
func (d *Desk) clock(s subscription.Subscription) time.Time {
	if s.Zone == nil && d.Dispatch != nil && len(d.Dispatch.Subscriptions.Configured) > 0 {
		s = d.Dispatch.Subscriptions.Configured[0]
	}
	return time.Now().In(cmp.Or(s.Zone, time.UTC))
}

// onDay returns the digests of a day that the channel's subscription accepts.
func (d readerDesk) onDay(r chat.Request, day time.Time) (on []*digest.Card) {
	s, _ := d.Serving(r.Channel)
	for _, dig := range d.Library().OnDay(day) {
		if s.Match.Accepts(dig) {
			on = append(on, dig)
		}
	}
	return on
}

// ofDay shows a day's only digest completely, or the stories of its several digests.
func (d readerDesk) ofDay(ctx context.Context, r chat.Request, args map[string]string, day time.Time, on []*digest.Card) (chat.Message, error) {
	if news := slices.DeleteFunc(slices.Clone(on), (*digest.Card).Quiet); len(news) > 0 {
		on = news
	} else {
		on = on[:1] // the digest itself says that there is no news
	}
	var a compose.Asked
	places, total := stories(on, func(total int) int {
		a = d.asked(r, args, pagesOf(total), "date", day.Format(time.DateOnly))
		return a.Page
	})
	if len(on) == 1 {
		return d.whole(r, on[0], a)
	}
	found, err := d.found(ctx, r.Channel, places)
	if err != nil {
		return chat.Message{}, err
	}
	return compose.OfDay(day, on, found, total, a), nil
}

// daysNear returns days near a day that have digests which the channel's subscription
// accepts: at most two before it and two after it, in order.
func (d readerDesk) daysNear(r chat.Request, day time.Time) (near []time.Time) {
	s, _ := d.Serving(r.Channel)
	all := d.Library().All()
	at, _ := slices.BinarySearchFunc(all, day, func(dig *digest.Card, t time.Time) int { return t.Compare(dig.Date) })
	few := func(digests func(yield func(int, *digest.Card) bool), add func(time.Time)) {
		n, last := 0, dates.Midnight(day)
		for _, dig := range digests {
			if n == 2 {
				return
			}
			if on := dates.Midnight(dig.Date); !on.Equal(last) && !on.Equal(dates.Midnight(day)) && s.Match.Accepts(dig) {
				n, last = n+1, on
				add(on)
			}
		}
	}
	few(slices.Backward(all[:at]), func(t time.Time) { near = append(near, t) })
	few(slices.All(all[at:]), func(t time.Time) { near = slices.Insert(near, 0, t) })
	return near
}
