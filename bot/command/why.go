package command

import (
	"context"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/access"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/dates"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

// slotsOfDays is how many slots why looks back.
const slotsOfDays = 2000

// why explains to admins what happened in their channel on a day.
var why = verb{
	Command: chat.Command{
		Name: "why", Summary: "Why a digest came here or did not", Private: true, AdminOnly: true, OnPost: "Why",
		Args: []chat.Arg{{Name: "day", Summary: "A day: yesterday, last friday, 2026-01-21", Rest: true, Suggest: true}, {Name: "channel", Summary: "A channel; this one if left out", Named: true, Suggest: true}, chat.Post},
	},
	manage: func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		c, refusal, err := d.place(ctx, r, args["channel"])
		if err != nil || refusal != nil {
			return whole(refusal), err
		}
		asked, reply, err := d.dayAt(ctx, r, args)
		if err != nil || reply != nil {
			return whole(reply), err
		}
		now := time.Now()
		var replies []chat.Message
		for _, s := range d.Dispatch.Subscriptions.All() {
			for _, channel := range s.Channels {
				if channel != c {
					continue
				}
				here := now.In(s.Zone)
				day, ok := dates.Midnight(here), true
				if asked != "" {
					day, ok = dates.Parse(asked, here)
				}
				if !ok {
					return compose.NoDay(asked, nil, d.language(r)), nil
				}
				reply, err := d.why(ctx, r, access.Subscription{Subscription: s, Channel: c, Ref: s.Label()}, day, now)
				if err != nil {
					return chat.Message{}, err
				}
				replies = append(replies, reply)
			}
		}
		if len(replies) == 0 {
			return compose.Unserved(c, true, d.language(r)), nil
		}
		first := replies[0]
		for _, m := range replies[1:] {
			first.Blocks = append(append(first.Blocks, chat.Paragraph{Title: m.Title, Text: m.Note}), m.Blocks...)
		}
		return first, nil
	},
}

// whole returns the reply, or the zero value.
func whole(m *chat.Message) chat.Message {
	if m == nil {
		return chat.Message{}
	}
	return *m
}

// why explains a day for one subscription. The day is given as its midnight in UTC.
func (d adminDesk) why(ctx context.Context, r chat.Request, s access.Subscription, day, now time.Time) (m chat.Message, err error) {
	t, err := d.told(ctx, s, now)
	if err != nil {
		return m, err
	}
	begins := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, s.Zone)
	ends := begins.AddDate(0, 0, 1)
	within := func(at time.Time) bool { return !at.Before(begins) && at.Before(ends) }
	y := compose.Why{Day: day}
	slots, err := d.Ledger.Slots(ctx, s.Name, slotsOfDays)
	if err != nil {
		return m, err
	}
	noted := map[int64]bool{}
	at := ends.Add(-time.Second) // when a digest had to be fresh
	for i := len(slots) - 1; i >= 0; i-- {
		if slot := slots[i]; within(slot.At) {
			noted[slot.At.Unix()], at = true, slot.At
			y.Slots = append(y.Slots, compose.Slot{At: slot.At, Until: slot.Until, Outcome: string(slot.Outcome), Reason: slot.Reason})
		}
	}
	for _, open := range s.Schedule.Between(begins.Add(-time.Second), ends.Add(-time.Second)) {
		if open.Before(now.Add(-time.Minute)) && open.After(s.Since) && !noted[open.Unix()] {
			y.Opens = append(y.Opens, open)
		}
	}
	y.Candidates, err = d.candidates(ctx, s, day, at, within)
	return compose.WhyOf(t, y, d.language(r)), err
}

// candidates returns the digests of a day and the deliveries of that day, each with its
// outcome.
func (d adminDesk) candidates(ctx context.Context, s access.Subscription, day, at time.Time, within func(time.Time) bool) (list []compose.Candidate, err error) {
	l := d.Library()
	var digests []*digest.Card
	var ids []string
	for _, dig := range l.All() {
		if dig.Date.Format(time.DateOnly) == day.Format(time.DateOnly) {
			digests, ids = append(digests, dig), append(ids, dig.ID)
		}
	}
	seen, err := d.Ledger.Seen(ctx, ids...)
	if err != nil {
		return nil, err
	}
	of := map[string]bool{}
	for _, dig := range digests {
		deliveries, err := d.Ledger.List(ctx, ledger.Query{Channel: s.Channel, Digest: dig.ID, Limit: -1})
		if err != nil {
			return nil, err
		}
		of[dig.ID] = true
		c := compose.Candidate{Title: dig.Label(), Seen: seen[dig.ID]}
		lack := s.Match.Lacks(dig)
		c.Lacks, c.Values, c.Has = lack.Field, lack.Values, lack.Has
		example, quiet := d.Dispatch.Planner.Unfit(dig, s.Channel)
		switch {
		case c.Lacks != "":
		case !s.Fresh(dig, at):
			c.Lacks = "age"
		case example:
			c.Lacks = "example"
		case quiet:
			c.Lacks = "news"
		}
		c.Matches = c.Lacks == ""
		if len(deliveries) == 0 {
			list = append(list, c)
		}
		for _, x := range deliveries {
			c.Other = d.other(s, x)
			told, err := became(ctx, d.Ledger, c, x)
			if err != nil {
				return nil, err
			}
			list = append(list, told)
		}
	}
	// Posts of that day are listed even if their digests are about another day; for the
	// subscription that posted them, if it still has the channel.
	posted, err := d.Ledger.List(ctx, ledger.Query{Channel: s.Channel, Limit: 2 * 100})
	for _, x := range posted {
		if err == nil && x.Digest != "" && !of[x.Digest] && (within(x.Since) || within(x.Planned)) && d.other(s, x) == "" {
			var told compose.Candidate
			told, err = became(ctx, d.Ledger, compose.Candidate{Title: x.Title}, x)
			list = append(list, told)
		}
	}
	return list, err
}

// other returns the label of the channel's subscription for which a delivery was made;
// empty if that is s, or one that no longer has the channel.
func (d adminDesk) other(s access.Subscription, x ledger.Delivery) string {
	for _, sub := range d.Dispatch.Subscriptions.All() {
		if sub.Name == x.Subscription && sub.Name != s.Name && slices.Contains(sub.Channels, s.Channel) {
			return sub.Label()
		}
	}
	return ""
}

// became adds the outcome of one of its deliveries to a candidate.
func became(ctx context.Context, l ledger.Ledger, c compose.Candidate, x ledger.Delivery) (compose.Candidate, error) {
	c.State, c.Reason = string(x.State), x.Reason
	lead, err := ledger.Lead(ctx, l, x)
	if err != nil {
		return c, err
	}
	x.Parts = lead.Parts
	for i, p := range x.Parts {
		state := p.State
		if p.Removed() {
			state = ledger.Gone
		}
		c.Parts = append(c.Parts, compose.Part{Number: i + 1, State: string(state), Reason: p.Reason, URL: p.Receipt.URL, At: p.Last})
	}
	return c, nil
}
