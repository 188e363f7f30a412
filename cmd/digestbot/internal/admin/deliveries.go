package admin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/plan"
)

// pageSize is the number of deliveries, or entries of the record, on a page.
const pageSize = 30

// row is a delivery in a list.
type row struct {
	Key, Title, Channel, State, Reason string
	Cause                              string
	At                                 moment // when it ended or, if it has not, was planned
	Next                               moment // next attempt
	URL                                string // of the first message
	Parts, Done                        int
	// CanRelease and CanForget are the possible decisions.
	CanRelease, CanForget bool
	Held, Refused         bool
}

// deliveryPages are the pages of deliveries.
type deliveryPages struct{ desk }

func (s desk) row(x ledger.Delivery, zone *time.Location) row {
	d := row{
		Key: string(x.Key), Title: x.Title, Channel: x.Channel.String(), State: string(x.State), Reason: x.Reason, Cause: causes[x.Cause],
		At: moment{x.Ended, zone}, Next: moment{x.Next, zone}, Parts: len(x.Parts), Done: x.Parts.Round(),
		Held: x.State == ledger.Held, Refused: x.Refused.Scope != "",
	}
	if d.Title == "" {
		d.Title = "without a title"
	}
	if x.Ended.IsZero() {
		d.At.Time = x.Planned
	}
	if first := x.Parts.First(); first != nil {
		d.URL = first.Receipt.URL
	}
	trial := x
	d.CanRelease = trial.Release("", x.Planned) == nil
	trial = x
	d.CanForget = trial.Forget("", x.Planned) == nil
	return d
}

// causes describes why a delivery was planned.
var causes = map[ledger.Cause]string{
	ledger.ForStart:  "a new subscription began",
	ledger.ForSlot:   "a slot opened",
	ledger.ForResend: "someone asked for it",
	ledger.ForNotice: "the bot had something to say",
	ledger.ForFollow: "someone follows a tag",
}

// stateFilter is an option of the filter by state.
type stateFilter struct {
	Value, Label string
	query        ledger.Query
}

// stateFilters are the options, the default first.
var stateFilters = []stateFilter{
	{"", "all but skipped", ledger.Query{Except: ledger.Skipped}},
	{"waiting", "waiting", ledger.Query{Waiting: true}},
	{"refused", "waiting, refused by the platform", ledger.Query{Refused: true}},
	{"held", "held", ledger.Query{State: ledger.Held}},
	{"sent", "posted", ledger.Query{State: ledger.Sent}},
	{"bundled", "posted with another", ledger.Query{State: ledger.Bundled}},
	{"failed", "failed", ledger.Query{State: ledger.Failed}},
	{"skipped", "skipped", ledger.Query{State: ledger.Skipped}},
	{"all", "all", ledger.Query{}},
}

// deliveryList is a page of the list of deliveries.
type deliveryList struct {
	Channel, State, Day string // of the filter
	Channels            []string
	States              []stateFilter
	Wrong               string // mistake in the filter
	Rows                []row
	Later               bool   // there are newer deliveries
	Newest, Earlier     string // URLs
}

func (s deliveryPages) deliveries(r *http.Request, _ time.Time) (any, error) {
	asked := r.URL.Query()
	list := deliveryList{Channel: asked.Get("channel"), State: asked.Get("state"), Day: asked.Get("day"), States: stateFilters, Channels: s.channels()}
	zone := s.zone()
	q := stateFilters[0].query
	if i := slices.IndexFunc(stateFilters, func(f stateFilter) bool { return f.Value == list.State }); i >= 0 {
		q = stateFilters[i].query
	}
	if list.Channel != "" {
		c, err := chat.ParseChannel(list.Channel)
		if err != nil {
			list.Wrong = sentence(err.Error())
			return list, nil
		}
		q.Channel = c
		if !slices.Contains(list.Channels, list.Channel) {
			list.Channels = append(list.Channels, list.Channel)
		}
	}
	if list.Day != "" {
		day, err := time.ParseInLocation(time.DateOnly, list.Day, zone)
		if err != nil {
			list.Wrong = "The day cannot be read: write it as 2026-11-23."
			return list, nil
		}
		q.From, q.To = day, day.AddDate(0, 0, 1)
	}
	q.Before, q.Limit = chat.Key(asked.Get("before")), pageSize+1
	found, err := s.Dispatch.Ledger.List(r.Context(), q)
	if err != nil {
		return nil, err
	}
	address := func(before string) string {
		v := url.Values{}
		for name, value := range map[string]string{"channel": list.Channel, "state": list.State, "day": list.Day, "before": before} {
			if value != "" {
				v.Set(name, value)
			}
		}
		return "/admin/deliveries?" + v.Encode()
	}
	list.Later, list.Newest = q.Before != "", address("")
	if len(found) > pageSize {
		found = found[:pageSize]
		list.Earlier = address(string(found[pageSize-1].Key))
	}
	for _, x := range found {
		list.Rows = append(list.Rows, s.row(x, zone))
	}
	return list, nil
}

// channels returns the channels that can be suggested for the filter: of subscriptions, of
// pauses and of the operators.
func (s desk) channels() (all []string) {
	for _, sub := range s.Dispatch.Subscriptions.All() {
		for _, c := range sub.Channels {
			all = append(all, c.String())
		}
	}
	if c := s.Dispatch.Notices.Admin; c != (chat.Channel{}) {
		all = append(all, c.String())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// deliveryPage is the page of one delivery.
type deliveryPage struct {
	row
	Digest, Subscription, By string
	Planned, Since, Revised  moment
	Slot, RefusedSince       moment
	Bundle                   string // key of the delivery that it is posted with
	Part                     []part
	Decisions                []decided
	// Resend offers ways to post its digest again in the channel.
	Resend *resend
}

type part struct {
	Number   int
	State    string
	Thread   bool
	Attempts int
	Last     moment
	Reason   string
	URL      string
	Publish  string
}

type decided struct {
	At            moment
	By, What, Was string
}

// resend is what can be done with a delivery's digest in its channel.
type resend struct {
	Cannot  string   // why nothing can be done, or empty
	Choices []choice // without those that the delivery's own buttons offer
	Stamp   string
	Lead    string // key of the delivery to change, if it is another one
}

// choice is a button.
type choice struct{ Value, Label, Help string }

// choices are the buttons for possible actions.
var choices = map[plan.Choice]choice{
	plan.Edit:    {"edit", "Update in place", "The messages are edited in place, and match the file again."},
	plan.Again:   {"again", "Post it again", "The digest is posted once more. Messages in the channel stay."},
	plan.Missing: {"missing", "Post the missing parts", "The bot looks for each part in the channel and posts those that are gone."},
	plan.Now:     {"now", "Post it now", "The digest is posted to the channel, regardless of the schedule."},
}

func (s deliveryPages) delivery(r *http.Request, _ time.Time) (any, error) {
	x, err := s.find(r)
	if err != nil {
		return nil, err
	}
	zone := s.zone()
	if sub := s.Dispatch.Subscriptions.Named(x.Subscription); sub.Zone != nil {
		zone = sub.Zone
	}
	at := func(t time.Time) moment { return moment{t, zone} }
	p := deliveryPage{
		row: s.row(x, zone), Digest: x.Digest, Subscription: x.Subscription, By: x.By, Planned: at(x.Planned), Since: at(x.Since), Revised: at(x.Revised),
		Slot: at(x.Slot), RefusedSince: at(x.Refused.Since), Bundle: string(x.Bundle),
	}
	for i, y := range x.Parts {
		state := words.State(string(y.State))
		if y.Removed() {
			state = "removed"
		}
		publish := map[ledger.State]string{ledger.Planned: "still to be passed on to followers", ledger.Sent: "passed on to followers", ledger.Failed: "not passed on to followers"}[y.Publish]
		p.Part = append(p.Part, part{i + 1, state, y.Thread, y.Attempts, at(y.Last), y.Reason, y.Receipt.URL, publish})
	}
	for _, y := range x.Decisions {
		p.Decisions = append(p.Decisions, decided{at(y.At), y.By, string(y.What), words.Reason(y.Was)})
	}
	if x.Digest != "" {
		p.Resend = &resend{}
		on, cannot, err := s.decision(r, x)
		if err != nil {
			return nil, err
		}
		p.Resend.Cannot, p.Resend.Stamp = cannot, on.Stamp
		if on.Lead.Key != x.Key {
			p.Resend.Lead = string(on.Lead.Key)
		}
		for _, what := range on.Choices {
			if what == plan.Missing && on.Lead.Key == x.Key && x.State != ledger.Sent {
				continue // releasing it does the same
			}
			p.Resend.Choices = append(p.Resend.Choices, choices[what])
		}
	}
	return p, nil
}

// find returns the delivery that the path names.
func (s deliveryPages) find(r *http.Request) (ledger.Delivery, error) {
	x, err := s.Dispatch.Ledger.Get(r.Context(), chat.Key(r.PathValue("key")))
	if errors.Is(err, ledger.ErrNotFound) {
		return x, errNotThere
	}
	return x, err
}

// decision returns what can be done with the digest of a delivery in its channel, or why
// nothing can.
func (s deliveryPages) decision(r *http.Request, x ledger.Delivery) (on plan.Decision, cannot string, err error) {
	dig := s.Dispatch.Library().ByID(x.Digest)
	if dig == nil {
		return on, "The digest is no longer in the library.", nil
	}
	if h, ok := s.Dispatch.Subscriptions.Paused(x.Channel); ok {
		return on, "The channel is paused by " + h.By.Name + ".", nil
	}
	if off := s.off(x.Channel); off != "" {
		return on, off, nil
	}
	on, err = s.Dispatch.Resender.Decision(r.Context(), x.Channel, dig)
	return on, "", err
}

// decide does what a button says with a delivery, or with its digest.
func (s deliveryPages) decide(r *http.Request, now time.Time) (done, error) {
	x, err := s.find(r)
	if err != nil {
		return done{}, err
	}
	did := done{to: "/admin/deliveries/" + string(x.Key)}
	if r.PostFormValue("back") == "overview" {
		did.to = "/admin"
	}
	what := r.PostFormValue("do")
	switch what {
	case "release":
		did.said = "“" + x.Title + "” to " + x.Channel.String() + " is released: the bot sends it now."
		return did, s.rule(r, now, x, "releases ", what, (*ledger.Delivery).Release)
	case "forget":
		did.said = "“" + x.Title + "” to " + x.Channel.String() + " is forgotten: the bot does not send it."
		return did, s.rule(r, now, x, "forgets ", what, (*ledger.Delivery).Forget)
	}
	on, cannot, err := s.decision(r, x)
	if err != nil {
		return did, err
	}
	if cannot != "" {
		return did, refusal{cannot + " Nothing was changed."}
	}
	did.said, err = s.resend(r, now, on, plan.Choice(what), r.PostFormValue("stamp"))
	return did, err
}

// rule makes a decision about a delivery. A refused decision is not recorded.
func (s deliveryPages) rule(r *http.Request, now time.Time, x ledger.Delivery, does, line string, decision func(*ledger.Delivery, string, time.Time) error) error {
	trial := x
	if err := decision(&trial, operator.Name, now); err != nil {
		return &ledger.RefusedError{Err: err}
	}
	if err := s.enter(r, now, x.Channel, line+" "+string(x.Key), does+string(x.Key)+" to "+x.Channel.String()); err != nil {
		return err
	}
	_, err := ledger.Decide(r.Context(), s.Dispatch.Ledger, x.Key, operator.Name, now, decision)
	return err
}

// resend does what a button says with a digest, and returns what was done. stamp is the
// state that the page showed.
func (s deliveryPages) resend(r *http.Request, now time.Time, on plan.Decision, what plan.Choice, stamp string) (said string, err error) {
	ctx, c, dig := r.Context(), on.Channel, on.Digest
	sub, _ := s.Dispatch.Subscriptions.Serving(c)
	another := on.Another(sub, stamp, operator.Name, now)
	if what.Posts() {
		if _, unknown := s.Dispatch.Ledger.Get(ctx, another.Key); unknown == nil {
			return "", refusal{"That was already done. Nothing was posted twice."}
		}
	}
	if !slices.Contains(on.Choices, what) || what.Posts() && stamp != on.Stamp {
		return "", refusal{"The digest has changed in the meantime. Look again before you decide. Nothing was changed."}
	}
	enter := func(does string) error { return s.enter(r, now, c, string(what)+" "+dig.ID, does) }
	switch what {
	case plan.Edit:
		if err := enter("edits “" + dig.ID + "” in " + c.String() + " in place"); err != nil {
			return "", err
		}
		changed, err := s.Dispatch.Resender.EditInPlace(ctx, on.Lead.Key, now)
		if !changed {
			return "The messages already match the file.", err
		}
		return "The messages are being changed in place.", err
	case plan.Missing:
		if err := enter("posts what is missing of “" + dig.ID + "” in " + c.String()); err != nil {
			return "", err
		}
		n, err := s.Dispatch.Resender.PostMissing(ctx, on.Lead.Key, operator.Name, now)
		if n == 0 {
			return "No part is missing.", err
		}
		return "The bot posts " + strconv.Itoa(n) + " of its parts now.", err
	}
	if err := enter("posts “" + dig.ID + "” to " + c.String()); err != nil {
		return "", err
	}
	news, err := s.Dispatch.Resender.Post(ctx, another, now)
	if err == nil && !news {
		return "", refusal{"That was already done. Nothing was posted twice."}
	}
	return "“" + dig.Label() + "” is posted to " + c.String() + " again.", err
}
