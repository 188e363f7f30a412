package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/access"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/fuzzy"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/refs"
)

// access returns the access control for requests.
func (d *Desk) access() *access.Control {
	return &access.Control{Platforms: d.Dispatch.Platforms, Subscriptions: d.Dispatch.Subscriptions, OperatorsAt: d.Dispatch.Notices.Admin, Log: d.Log}
}

// place returns the channel that a person named: where the request was made, if text is
// empty. A reply that is not nil refuses the request.
func (d adminDesk) place(ctx context.Context, r chat.Request, text string) (chat.Channel, *chat.Message, error) {
	c := r.Channel
	c.Thread = ""
	if text != "" {
		id := strings.Trim(text, "<#>")
		id, _, _ = strings.Cut(id, "|") // Slack writes the name after the id
		adapter, rest, ok := strings.Cut(id, ":")
		if !ok || d.Dispatch.Platforms.Adapters[adapter] == nil {
			adapter, rest = r.Channel.Adapter, id
		}
		var err error
		if c, err = chat.ParseChannel(adapter + ":" + rest); err == nil && d.Dispatch.Platforms.CheckChannel != nil {
			err = d.Dispatch.Platforms.CheckChannel(c)
		}
		if err != nil {
			reply := compose.NotHere(text, nil, d.language(r))
			return c, &reply, nil
		}
	}
	ok, err := d.access().Reaches(ctx, r, c)
	ok = ok && d.Dispatch.Platforms.Adapters[c.Adapter] != nil
	switch {
	case err != nil:
		return c, nil, err
	case !ok:
		reply := compose.NotHere(cmp.Or(text, c.String()), nil, d.language(r))
		return c, &reply, nil
	}
	return c, nil, nil
}

// lineLimit is the maximum length of a line in the record, in bytes.
const lineLimit = 500

// record records what an admin is about to do before it is done, so that no act is missing
// from the record.
func (d adminDesk) record(ctx context.Context, r chat.Request, what string) error {
	line := stamped.ReplaceAllString(r.Line, "$1")
	for i := range line {
		if i > lineLimit {
			line = line[:i] + "…"
			break
		}
	}
	d.Log.Info("command: an admin acts", "request", r.ID, "channel", r.Channel.String(), "user", r.User.ID, "act", what)
	return d.Ledger.Record(ctx, ledger.Act{At: time.Now(), By: doer(r), Channel: r.Channel, Home: r.Home, Line: line, What: what})
}

func doer(r chat.Request) ledger.Person {
	return ledger.Person{ID: r.User.ID, Name: cmp.Or(r.User.Name, r.User.ID)}
}

// stamped matches the stamp at the end of a button's line. It tells people nothing: the
// choice is before it.
var stamped = regexp.MustCompile(fmt.Sprintf(`( %s=[a-z]+)\.[a-z2-7]{%d}$`, chat.Confirm.Name, refs.StampLetters))

// channelArg is the argument that names a channel.
var channelArg = chat.Arg{Name: "channel", Summary: "A channel; this one if left out", Suggest: true}

// told describes a subscription for a reply.
func (d *Desk) told(ctx context.Context, s access.Subscription, now time.Time) (compose.Served, error) {
	t := compose.Served{
		ID: s.Name, Name: s.Label(), Ref: s.Ref, Channel: s.Channel, Fixed: s.Since.IsZero(), Schedule: s.Schedule, Zone: s.Zone, Next: s.Schedule.Next(now),
		Style: s.Style, Libraries: s.Match.Libraries, Languages: s.Match.Languages, Categories: s.Match.Categories, Tags: s.Match.Any, Without: s.Match.None,
	}
	for _, p := range s.Match.Paths {
		t.Paths = append(t.Paths, p.String())
	}
	if h, ok := d.Dispatch.Subscriptions.Paused(s.Channel); ok {
		t.Paused = h.By.Name
	}
	t.Off = d.Dispatch.Platforms.Off(s.Home, s.Channel)
	running, err := d.Ledger.Running(ctx, s.Name)
	for _, slot := range running {
		if slot.Outcome == "" && slot.Until.After(now) {
			t.Until = slot.Until
		}
	}
	return t, err
}

// toldAll describes the visible subscriptions for a reply. An empty list is returned only
// if it is certain.
func (d *Desk) toldAll(ctx context.Context, r chat.Request, now time.Time) (list []compose.Served, err error) {
	all, unsure := d.access().View(r).Subscriptions(ctx)
	if len(all) == 0 && unsure != nil {
		return nil, unsure
	}
	for _, s := range all {
		t, err := d.told(ctx, s, now)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// named returns the subscription that a person named, or the only one of the channel. A
// reply that is not nil refuses the request, and offers the subscriptions that the verb
// could apply to.
func (d adminDesk) named(ctx context.Context, r chat.Request, verb, name string) (access.Subscription, *chat.Message) {
	var fits, made []access.Subscription
	visible, unsure := d.access().View(r).Subscriptions(ctx)
	for _, s := range visible {
		if !s.Since.IsZero() {
			made = append(made, s)
		}
		if name == "" && s.Channel == r.Channel || name != "" && (strings.EqualFold(s.Label(), name) || s.Name == name || s.Ref == name) {
			fits = append(fits, s)
		}
	}
	// A subscription in config.toml is meant only if there is no other.
	if changeable := slices.DeleteFunc(slices.Clone(fits), func(s access.Subscription) bool { return s.Since.IsZero() }); len(changeable) > 0 {
		fits = changeable
	}
	fits = slices.CompactFunc(fits, func(a, b access.Subscription) bool { return a.Name == b.Name })
	offers := func(of []access.Subscription) (list []compose.Instead) {
		for _, s := range of[:min(fuzzy.Most, len(of))] {
			label := s.Label()
			if s.Channel != r.Channel {
				label += " · " + s.Channel.String()
			}
			list = append(list, compose.Instead{Label: label, Line: chat.Line("digest", verb, s.Ref)})
		}
		return list
	}
	var reply chat.Message
	switch lang := d.language(r); {
	case len(fits) == 1 && fits[0].Since.IsZero():
		reply = compose.ReadOnly(fits[0].Label(), lang)
	case len(fits) == 1:
		return fits[0], nil
	case len(fits) > 1:
		reply = compose.WhichSubscription(offers(fits), lang)
	case unsure != nil:
		reply = compose.NoHome(lang)
	case name != "":
		reply = compose.NotHere(name, offers(made), lang)
	default:
		reply = compose.Unserved(r.Channel, false, lang)
	}
	return access.Subscription{}, &reply
}

// refused words a *ledger.RefusedError; ok is false for any other err.
func (d adminDesk) refused(r chat.Request, err error) (chat.Message, bool) {
	if e, ok := errors.AsType[*ledger.RefusedError](err); ok {
		return compose.CannotBeDone(strings.TrimSuffix(e.Error(), "."), d.language(r)), true
	}
	return chat.Message{}, false
}

// channelValues suggests the channels that have a subscription here, and this one.
func channelValues(d *Desk, r chat.Request, typed string) (list []value) {
	add := func(c chat.Channel) {
		v := value{text: c.String()}
		if strings.Contains(strings.ToLower(v.text), strings.ToLower(typed)) && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	add(chat.Channel{Adapter: r.Channel.Adapter, ID: r.Channel.ID})
	for _, s := range suggested(d, r) {
		add(s.Channel)
	}
	return list
}

// suggested returns the subscriptions that a request reaches, as known without waiting.
func suggested(d *Desk, r chat.Request) []access.Subscription {
	if d.Dispatch == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	all, _ := d.access().View(r).Subscriptions(ctx)
	return all
}

// nameValues suggests the names of the subscriptions here that can be changed.
func nameValues(d *Desk, r chat.Request, typed string) (list []value) {
	for _, s := range suggested(d, r) {
		if v := (value{text: s.Ref, label: s.Label() + " – " + s.Channel.String()}); !s.Since.IsZero() && strings.Contains(strings.ToLower(v.label), strings.ToLower(typed)) {
			list = append(list, v)
		}
	}
	return list
}
