package admin

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
)

// Limits of the overview; other pages have the rest.
const (
	heldShown    = 20
	waitingShown = 10
	slotsShown   = 50 // subscriptions
	// For each subscription.
	channelsShown = 10
	postsShown    = 5   // of a slot
	slotsRead     = 200 // to find those of today
	refusedRead   = 500
)

// overview is the content of the overview.
type overview struct {
	Now      moment
	Held     []row
	MoreHeld bool
	Waiting  []row
	MoreWait bool
	Days     []day
	MoreDays int
	Adapters []adapter
	Paused   []pausedChannel
	// Unfit are subscriptions that were made in chat and deliver nothing.
	Unfit     []unfit
	Libraries []Library
	Digests   int
	Problems  int
}

// Needs returns how many things need the operator.
func (o overview) Needs() int {
	n := len(o.Held) + len(o.Unfit)
	for _, a := range o.Adapters {
		if a.Off != "" && a.Where != "" || !a.Lost.IsZero() {
			n++
		}
		n += len(a.Refused)
	}
	return n
}

// day is what a subscription does today, and when its next slot opens.
type day struct {
	Name  string
	Slots []slot
	Off   []unfit // channels that receive nothing
	Next  moment
}

// slot is one of today's slots.
type slot struct {
	At      moment
	Outcome string // empty while the slot waits
	Until   moment
	Reason  string
	Posts   []row
	More    bool
}

// adapter is the state of an adapter.
type adapter struct {
	compose.Connection
	Lost    moment // when it stopped receiving commands
	Why     string
	Refused []refusedChannel
}

// refusedChannel is a channel in which a platform refuses posts.
type refusedChannel struct {
	Channel string
	Since   moment
	Reason  string
	Waiting int
}

// pausedChannel is a channel that an admin has paused.
type pausedChannel struct {
	Channel, By string
	At          moment
}

// unfit is a subscription or channel that receives nothing, and why.
type unfit struct{ Name, Problem string }

// overviewPages are the read-only pages.
type overviewPages struct{ desk }

func (s overviewPages) overview(r *http.Request, now time.Time) (any, error) {
	ctx, l, zone := r.Context(), s.Dispatch.Ledger, s.zone()
	o := overview{Now: moment{now, zone}}
	held, err := l.List(ctx, ledger.Query{State: ledger.Held, Limit: heldShown + 1})
	if err != nil {
		return nil, err
	}
	o.MoreHeld = len(held) > heldShown
	for _, x := range held[:min(heldShown, len(held))] {
		o.Held = append(o.Held, s.row(x, zone))
	}
	waiting, err := l.List(ctx, ledger.Query{Waiting: true, Limit: waitingShown + 1})
	if err != nil {
		return nil, err
	}
	o.MoreWait = len(waiting) > waitingShown
	for _, x := range waiting[:min(waitingShown, len(waiting))] {
		o.Waiting = append(o.Waiting, s.row(x, zone))
	}
	all := s.Dispatch.Subscriptions.All()
	o.MoreDays = max(0, len(all)-slotsShown)
	for _, sub := range all[:min(slotsShown, len(all))] {
		d, err := s.day(ctx, sub, now)
		if err != nil {
			return nil, err
		}
		o.Days = append(o.Days, d)
	}
	if o.Adapters, err = s.adapters(ctx, zone); err != nil {
		return nil, err
	}
	pauses, err := l.Pauses(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range pauses {
		o.Paused = append(o.Paused, pausedChannel{p.Channel.String(), p.By.Name, moment{p.At, zone}})
	}
	for _, x := range s.Dispatch.Subscriptions.Refused() {
		o.Unfit = append(o.Unfit, unfit{x.Name, x.Problem.Field + ": " + x.Problem.Text})
	}
	for _, x := range s.Dispatch.Lost() {
		o.Unfit = append(o.Unfit, unfit{x.Subscription.Name, x.Err.Error()})
	}
	o.Libraries = s.Libraries()
	for _, lib := range o.Libraries {
		o.Digests, o.Problems = o.Digests+lib.Digests, o.Problems+len(lib.Problems)
	}
	return o, nil
}

// day returns what a subscription does on the day of now, in its own time zone.
func (s overviewPages) day(ctx context.Context, sub subscription.Subscription, now time.Time) (day, error) {
	d := day{Name: sub.Label(), Next: moment{sub.Schedule.Next(now), sub.Zone}}
	for _, c := range sub.Channels[:min(channelsShown, len(sub.Channels))] {
		if why := s.off(c); why != "" {
			d.Off = append(d.Off, unfit{c.String(), why})
		}
	}
	begins := sub.StartOf(now.In(sub.Zone))
	slots, err := s.Dispatch.Ledger.Slots(ctx, sub.Name, slotsRead)
	if err != nil {
		return d, err
	}
	for _, x := range slices.Backward(slots) {
		if x.At.Before(begins) && x.Outcome != "" && x.Outcome != ledger.SlotPosting {
			continue
		}
		one := slot{At: moment{x.At, sub.Zone}, Outcome: string(x.Outcome), Until: moment{x.Until, sub.Zone}, Reason: x.Reason}
		posts, err := s.Dispatch.Ledger.List(ctx, ledger.Query{Subscription: sub.Name, Slot: x.At, Limit: postsShown + 1})
		if err != nil {
			return d, err
		}
		one.More = len(posts) > postsShown
		for _, p := range posts[:min(postsShown, len(posts))] {
			one.Posts = append(one.Posts, s.row(p, sub.Zone))
		}
		d.Slots = append(d.Slots, one)
	}
	return d, nil
}

// off returns why nothing reaches a channel, apart from refusals by its platform; empty if
// something may.
func (s desk) off(c chat.Channel) string {
	off := s.Dispatch.Off(c)
	if off == "" {
		return ""
	}
	if s.Dispatch.Platforms.Unreachable(c) == nil {
		off = ledger.Because(ledger.AdapterOff, c.Adapter, off)
	}
	return sentence(words.Reason(off))
}

// adapters returns all adapters, with the channels that their platforms refuse.
func (s overviewPages) adapters(ctx context.Context, zone *time.Location) (all []adapter, err error) {
	lost, err := s.Dispatch.Ledger.Outages(ctx)
	if err != nil {
		return nil, err
	}
	refused, err := s.Dispatch.Ledger.List(ctx, ledger.Query{Refused: true, Limit: refusedRead})
	if err != nil {
		return nil, err
	}
	channels := map[chat.Channel]*refusedChannel{}
	var order []chat.Channel
	for _, x := range refused {
		c := channels[x.Channel]
		if c == nil {
			c = &refusedChannel{Channel: x.Channel.String(), Since: moment{x.Refused.Since, zone}, Reason: x.Reason}
			channels[x.Channel] = c
			order = append(order, x.Channel)
		}
		c.Waiting++
		if x.Refused.Since.Before(c.Since.Time) {
			c.Since.Time = x.Refused.Since
		}
	}
	for _, c := range s.Connections() {
		a := adapter{Connection: c}
		if i := slices.IndexFunc(lost, func(o ledger.Outage) bool { return o.Adapter == c.Name }); i >= 0 {
			a.Lost, a.Why = moment{lost[i].Since, zone}, lost[i].Reason
		}
		for _, channel := range order {
			if channel.Adapter == c.Name {
				a.Refused = append(a.Refused, *channels[channel])
			}
		}
		slices.SortFunc(a.Refused, func(x, y refusedChannel) int {
			return cmp.Or(x.Since.Compare(y.Since.Time), cmp.Compare(x.Channel, y.Channel))
		})
		all = append(all, a)
	}
	return all, nil
}
