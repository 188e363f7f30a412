package compose

import (
	"cmp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/dates"
	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/bot/schedule"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/zone"
)

// Answers to admins.

// Served is a subscription in one of its channels.
type Served struct {
	// ID is its name in the ledger, Name its name for people.
	ID, Name string
	// Ref is its name in lines.
	Ref     string
	Channel chat.Channel
	// Fixed says that it is defined in config.toml.
	Fixed    bool
	Schedule *schedule.Schedule
	Zone     *time.Location
	// Next is when its next slot opens. Until is how long an open slot waits.
	Next, Until time.Time
	Style       Style
	// Libraries, Paths, Languages, Categories, Tags and Without are its Match; empty ones
	// match everything.
	Libraries, Paths, Languages []string
	Categories, Tags, Without   []string
	Paused                      string // name of the admin
	Off                         string // why nothing can be sent
	Last                        Posted
}

// Posted describes the last post.
type Posted struct {
	Title, URL string
	At         time.Time
}

// Waiting is an unfinished delivery: its state and reason, and whether it waits for an
// admin.
type Waiting struct {
	Key, Title string
	Channel    chat.Channel
	State      string
	Reason     string
	Held       bool
}

// Deed is an act of an admin.
type Deed struct {
	At      time.Time
	By      string
	Channel chat.Channel
	Line    string
}

// Connection is the state of an adapter's connection: where it can be reached, or why it
// cannot.
type Connection struct {
	Name, Where, Off string
}

// listedWaiting is the maximum number of deliveries in a status.
const listedWaiting = 8

// Status answers with the state of everything.
func Status(served []Served, waiting []Waiting, deeds []Deed, connections []Connection, zone *time.Location, lang string) chat.Message {
	w := in(lang)
	m := w.message(w.Say("Status"))
	if len(served) == 0 {
		m.Blocks = append(m.Blocks, chat.Notice{Text: chat.Plain(w.Say("No channel here has a subscription. /digest subscribe adds one."))})
	}
	list := chat.List{Title: w.Say("Subscriptions")}
	for _, s := range served {
		item := chat.Text{{Text: s.Name, Style: chat.Bold}, {Text: " "}, where(s.Channel)}
		item = append(item, s.standing(w)...)
		if !s.Last.At.IsZero() {
			item = append(item, chat.Span{Text: "\n"})
			item = append(item, w.SayOf("Last: %s", chat.Span{Text: s.Last.Title, URL: s.Last.URL})...)
			item = append(item, chat.Span{Text: " · "}, w.Zoned(s.Last.At, s.Zone))
		}
		list.Items = append(list.Items, item)
	}
	m.Blocks = append(m.Blocks, someOf(list)...)
	list = chat.List{Title: w.Say("Not finished")}
	var buttons chat.Buttons
	for _, x := range waiting[:min(listedWaiting, len(waiting))] {
		list.Items = append(list.Items, chat.Text{
			{Text: x.Title, Style: chat.Bold}, {Text: " "}, where(x.Channel), {Text: " · " + join(w.State(x.State), w.Reason(x.Reason)) + " · "}, {Text: x.Key, Style: chat.Code},
		})
		if x.Held {
			buttons = append(buttons, w.decisions(x.Key)...)
		}
	}
	if n := len(waiting) - listedWaiting; n > 0 {
		list.Items = append(list.Items, chat.Plain(w.Say("and %d more", n)))
	}
	m.Blocks = offer(append(m.Blocks, someOf(list)...), buttons)
	list = chat.List{Title: w.Say("Connections")}
	for _, c := range connections {
		says := w.Reason(c.Where)
		if c.Off != "" {
			says = w.Say("off: %s", w.Reason(c.Off))
		}
		list.Items = append(list.Items, chat.Text{{Text: c.Name, Style: chat.Bold}, {Text: " " + says}})
	}
	m.Blocks = append(m.Blocks, someOf(list)...)
	list = chat.List{Title: w.Say("Recent commands of admins")}
	for _, d := range deeds {
		list.Items = append(list.Items, chat.Text{w.Zoned(d.At, zone), {Text: " " + d.By + " · "}, where(d.Channel), {Text: " · "}, {Text: d.Line, Style: chat.Code}})
	}
	m.Blocks = append(m.Blocks, someOf(list)...)
	return m
}

// someOf returns a list, or nothing if it is empty.
func someOf(l chat.List) []chat.Block {
	if len(l.Items) == 0 {
		return nil
	}
	return []chat.Block{l}
}

// standing says what a subscription does next, or why it does nothing.
func (s Served) standing(w words) (t chat.Text) {
	add := func(of chat.Text) { t = append(append(t, chat.Span{Text: " · "}), of...) }
	if s.Off != "" {
		add(chat.Plain(w.Say("off: %s", w.Reason(s.Off))))
	}
	if s.Paused != "" {
		add(chat.Plain(w.Say("paused by %s", s.Paused)))
	}
	if !s.Until.IsZero() {
		add(w.SayOf("waits for a digest until %s", w.Zoned(s.Until, s.Zone)))
	}
	if !s.Next.IsZero() {
		add(w.SayOf("next: %s", w.Zoned(s.Next, s.Zone)))
	}
	return t
}

// decisions are the actions that an admin can take on a held delivery.
func (w words) decisions(key string) chat.Buttons {
	return chat.Buttons{
		{Label: w.Say("Send again %s", key[:min(4, len(key))]), Line: chat.Line("digest", "release", key)},
		{Label: w.Say("Do not send %s", key[:min(4, len(key))]), Line: chat.Line("digest", "forget", key)},
	}
}

// about summarises what a subscription posts.
func (s Served) about(w words) string {
	var parts []string
	add := func(of []string, part string) {
		if len(of) > 0 {
			parts = append(parts, part)
		}
	}
	add(s.Libraries, w.Say("libraries: %s", w.List(s.Libraries)))
	add(s.Paths, w.Say("paths: %s", w.List(s.Paths)))
	add(s.Languages, w.Say("languages: %s", w.List(s.Languages)))
	add(s.Categories, w.Say("categories: %s", w.List(s.Categories)))
	add(s.Tags, w.Say("tags: %s", w.List(s.Tags)))
	add(s.Without, w.Say("without: %s", w.List(s.Without)))
	if len(parts) == 0 {
		return w.Say("all digests")
	}
	return join(parts...)
}

// Subscriptions answers with the list of subscriptions.
func Subscriptions(served []Served, lang string) chat.Message {
	w := in(lang)
	if len(served) == 0 {
		return w.remark(chat.Info, w.Say("No channel here has a subscription. /digest subscribe adds one."))
	}
	m := w.message(w.Say("Subscriptions"))
	m.Blocks = w.changeable([]chat.Block{w.served(served)}, served)
	return m
}

// changeable appends a menu for changing subscriptions.
func (w words) changeable(said []chat.Block, served []Served) []chat.Block {
	var buttons chat.Buttons
	for _, s := range served {
		line := chat.Line("digest", "set", s.Ref)
		if !s.Fixed && len(line) <= refs.LineLimit {
			buttons = append(buttons, chat.Button{Label: w.Say("Change %s", s.Name), Line: line})
		}
	}
	return offer(said, buttons)
}

// SubscribedAlready answers an attempt to subscribe a channel that has subscriptions,
// without a name that would make it clear that another one is wanted.
func SubscribedAlready(c chat.Channel, served []Served, lang string) chat.Message {
	w := in(lang)
	m := w.notice(chat.Warning, w.SayOf("%s already has a subscription.", where(c)))
	m.Blocks = w.changeable(append(m.Blocks, w.served(served)), served)
	m.Footer = w.Say("Change that one, or give another one a name: %s", `/digest subscribe evening schedule="weekdays 18:00"`)
	return m
}

func (w words) served(served []Served) (l chat.List) {
	for _, s := range served {
		zone := "UTC"
		if s.Zone != nil {
			zone = s.Zone.String()
		}
		item := chat.Text{{Text: s.Name, Style: chat.Bold}, {Text: " "}, where(s.Channel), {Text: "\n" + join(w.When(s.Schedule), zone, s.about(w), string(s.Style))}}
		item = append(item, s.standing(w)...)
		if s.Fixed {
			item = append(item, chat.Span{Text: " · "}, chat.Span{Text: w.Say("from config.toml"), Style: chat.Italic})
		}
		l.Items = append(l.Items, item)
	}
	return l
}

// Home is the content of the bot's own page on a platform: the subscriptions, and the
// headlines of the newest digest.
func Home(served []Served, newest *digest.Digest, lang string) chat.Message {
	w := in(lang)
	m := w.message(w.Say("Digests here"))
	if len(served) > 0 {
		m.Blocks = append(m.Blocks, chat.Paragraph{Title: w.Say("Subscriptions")}, w.served(served))
	} else {
		m.Blocks = append(m.Blocks, chat.Notice{Text: chat.Plain(w.Say("No channel here has a subscription yet."))})
	}
	if newest != nil {
		list := chat.List{Title: join(w.dayOf(&newest.Card), title(&newest.Card))}
		stories, _ := w.stories(newest, Post{})
		for _, s := range stories {
			list.Items = append(list.Items, headline(s.Story))
		}
		if newest.Quiet() {
			m.Blocks = append(m.Blocks, chat.Paragraph{Title: list.Title, Text: text(newest.Lead)})
		} else {
			m.Blocks = append(m.Blocks, list)
		}
		if line := chat.Line("digest", "latest"); len(list.Items) > 0 {
			m.Blocks = append(m.Blocks, chat.Buttons{{Label: w.Say("Read it"), Line: line}})
		}
	}
	return m
}

// Slot is one slot of a day, and its outcome.
type Slot struct {
	At, Until time.Time
	// Outcome is empty while the slot waits.
	Outcome, Reason string
}

// Candidate is a digest that might have been posted to a channel, and its outcome.
type Candidate struct {
	Title   string
	Seen    time.Time
	Matches bool
	// Lacks and Values say why it does not match: one of "libraries", "paths", "languages",
	// "categories", "tags", "without", "age", "example" and "news"; Has is its own value.
	Lacks  string
	Values []string
	Has    string
	State  string // of its delivery; empty if there is none
	Reason string
	// Other is the subscription for which it was delivered, if that is another one.
	Other string
	Parts []Part
}

// Part is one message of a post.
type Part struct {
	Number int
	State  string
	Reason string
	URL    string
	At     time.Time
}

// Why describes what happened in a channel on a day.
type Why struct {
	Day   time.Time
	Slots []Slot
	// Opens are the scheduled times of that day that have no slot.
	Opens      []time.Time
	Candidates []Candidate
}

// WhyOf answers why a digest was posted or not, for one subscription.
func WhyOf(s Served, y Why, lang string) chat.Message {
	w := in(lang)
	m := w.message(w.Say("%[1]s, %[2]s", s.Name, w.Date(y.Day)))
	m.Note = append(chat.Text{where(s.Channel)}, between(chat.Plain(join(w.When(s.Schedule), s.about(w))))...)
	if s.Off != "" {
		m.Blocks = append(m.Blocks, chat.Notice{Level: chat.Warning, Text: chat.Plain(w.Say("off: %s", w.Reason(s.Off)))})
	}
	if s.Paused != "" {
		m.Blocks = append(m.Blocks, chat.Notice{Level: chat.Warning, Text: chat.Plain(w.Say("paused by %s", s.Paused))})
	}
	list := chat.List{Title: w.Say("Slots")}
	for _, slot := range y.Slots {
		item := chat.Text{w.Zoned(slot.At, s.Zone), {Text: " · "}}
		if slot.Outcome == "" {
			item = append(item, w.SayOf("waits for a digest until %s", w.Zoned(slot.Until, s.Zone))...)
		} else {
			item = append(item, chat.Span{Text: join(w.State(slot.Outcome), w.Reason(slot.Reason))})
		}
		list.Items = append(list.Items, item)
	}
	for _, at := range y.Opens {
		list.Items = append(list.Items, chat.Text{w.Zoned(at, s.Zone), {Text: " · " + w.Say("no record: the bot was not running, or the subscription was different")}})
	}
	if len(list.Items) == 0 && !s.Next.IsZero() {
		next := w.Zoned(s.Next, s.Zone)
		says := w.SayOf("No slot opened on this day. The next one opens %s.", next)
		if dates.Midnight(s.Next.In(cmp.Or(s.Zone, time.UTC))).Equal(dates.Midnight(y.Day)) {
			says = w.SayOf("No slot has opened on this day yet. The next one opens %s.", next)
		}
		list.Items = append(list.Items, says)
	}
	m.Blocks = append(m.Blocks, list)
	list = chat.List{Title: w.Say("Digests")}
	for _, c := range y.Candidates {
		item := chat.Text{{Text: c.Title, Style: chat.Bold}}
		if !c.Seen.IsZero() {
			item = append(append(item, chat.Span{Text: " · "}), w.SayOf("first seen %s", w.Zoned(c.Seen, s.Zone))...)
		}
		switch {
		case c.State != "":
			item = append(item, chat.Span{Text: "\n" + join(w.State(c.State), c.other(w), w.Reason(c.Reason))})
		case c.Matches:
			item = append(item, chat.Span{Text: "\n" + w.Say("it matches and waits for a slot")})
		default:
			item = append(item, chat.Span{Text: "\n" + c.lack(w)})
		}
		for _, p := range c.Parts {
			item = append(item, chat.Span{Text: "\n"}, chat.Span{Text: w.Say("part %d", p.Number), URL: p.URL}, chat.Span{Text: " · " + join(w.State(p.State), w.Reason(p.Reason))})
			if !p.At.IsZero() {
				item = append(item, chat.Span{Text: " · "}, w.Zoned(p.At, s.Zone))
			}
		}
		list.Items = append(list.Items, item)
	}
	if len(list.Items) == 0 {
		list.Items = append(list.Items, chat.Plain(w.Say("The library has no digest for this day.")))
	}
	m.Blocks = append(m.Blocks, list)
	return m
}

// other names the subscription for which a digest was delivered, if that is another one.
func (c Candidate) other(w words) string {
	if c.Other == "" {
		return ""
	}
	return w.Say("for “%s”", c.Other)
}

// lack says why a digest does not match a subscription.
func (c Candidate) lack(w words) string {
	of := w.Either(c.Values)
	switch c.Lacks {
	case "libraries":
		return w.Say("left out: it is in the library %[1]s, not %[2]s", c.Has, of)
	case "paths":
		return w.Say("left out: its path %[1]s does not match %[2]s", c.Has, of)
	case "languages":
		if c.Has == "" {
			return w.Say("left out: its language is unknown, not %s", of)
		}
		return w.Say("left out: its language is %[1]s, not %[2]s", c.Has, of)
	case "categories":
		return w.Say("left out: it is not in the category %s", of)
	case "tags":
		return w.Say("left out: it does not have the tag %s", of)
	case "without":
		return w.Say("left out: it has the tag %s", w.List(c.Values))
	case "example":
		return w.Say("left out: it is one of digestbot's examples")
	case "news":
		return w.Say("left out: it has no stories")
	default:
		return w.Say("left out: it was too old")
	}
}

// where returns the name of a channel.
func where(c chat.Channel) chat.Span { return chat.Span{Text: c.String(), Place: true} }

// Unserved answers that a channel has no subscription: to a question (asked), or to an
// attempt to change one.
func Unserved(c chat.Channel, asked bool, lang string) chat.Message {
	w, level := in(lang), chat.Warning
	if asked {
		level = chat.Info
	}
	return w.notice(level, w.SayOf("%s has no subscription, so nothing is posted there automatically. /digest subscribe adds one.", where(c)))
}

// Choice is one possible action for an admin, as a button.
type Choice struct{ What, Line string }

// Resend asks what to do about a digest in a channel: "edit", "again", "missing" or, if it
// was never posted there, "now".
func Resend(d *digest.Card, c chat.Channel, was Posted, state, reason string, zone *time.Location, choices []Choice, lang string) chat.Message {
	w := in(lang)
	m := w.message(title(d))
	about := w.SayOf("It was never posted to %s.", where(c))
	switch {
	case !was.At.IsZero():
		at := w.Zoned(was.At, zone)
		at.URL = was.URL
		about = w.SayOf("It was posted to %[1]s: %[2]s", where(c), at)
	case state != "":
		about = w.SayOf("In %[1]s: %[2]s", where(c), join(w.State(state), w.Reason(reason)))
	}
	m.Blocks = []chat.Block{chat.Paragraph{Text: about}}
	var buttons chat.Buttons
	for _, x := range choices {
		b := chat.Button{Line: x.Line}
		switch x.What {
		case "edit":
			b.Label = w.Say("Edit it in place")
		case "missing":
			b.Label = w.Say("Post only the missing parts")
		case "again":
			b.Label = w.Say("Post it again")
		default:
			b.Label = w.Say("Post it now")
		}
		buttons = append(buttons, b)
	}
	m.Blocks = offer(m.Blocks, buttons)
	return m
}

// Resent answers what was done about a digest: one of the choices of Resend, or "same" if
// there was nothing to edit, or "whole" if nothing is missing. n is how many parts are
// missing.
func Resent(what string, n int, c chat.Channel, d *digest.Card, lang string) chat.Message {
	w := in(lang)
	var says chat.Text
	switch what {
	case "edit":
		says = w.SayOf("“%[1]s” in %[2]s is being edited in place.", title(d), where(c))
	case "same":
		says = w.SayOf("“%[1]s” in %[2]s already matches the file.", title(d), where(c))
	case "missing":
		says = w.SayOf("%[1]d parts of “%[2]s” are missing in %[3]s and are being posted.", n, title(d), where(c))
	case "whole":
		says = w.SayOf("No part of “%[1]s” is missing in %[2]s.", title(d), where(c))
	default:
		says = w.SayOf("“%[1]s” is being posted to %[2]s.", title(d), where(c))
	}
	return w.notice(chat.Info, says)
}

// CannotBeDone answers why something cannot be done. The reason is one of the ledger's, or
// in words for operators.
func CannotBeDone(reason, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Warning, w.Say("That cannot be done: %s.", w.Reason(reason)))
}

// Preview turns a digest as a channel would get it into a preview.
func Preview(m chat.Message, c chat.Channel, lang string) chat.Message {
	w := in(lang)
	m.Note = append(w.SayOf("Preview for %s, for you alone", where(c)), between(m.Note)...)
	return m
}

func between(t chat.Text) chat.Text {
	if len(t) == 0 {
		return nil
	}
	return append(chat.Text{{Text: " · "}}, t...)
}

// NotHere answers that a channel, a subscription or a delivery does not exist here, and
// offers alternatives.
func NotHere(what string, others []Instead, lang string) chat.Message {
	w := in(lang)
	return w.orElse(w.remark(chat.Warning, w.Say("There is no “%s” here.", chat.MaskValue(what))), others)
}

// WhichSubscription asks which of several is meant.
func WhichSubscription(several []Instead, lang string) chat.Message {
	w := in(lang)
	return w.orElse(w.remark(chat.Warning, w.Say("Several subscriptions match.")), several)
}

// ReadOnly answers that a subscription from config.toml cannot be changed in chat.
func ReadOnly(name, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Warning, w.Say("“%s” is set in config.toml. Change it there.", name))
}

// Wrong says what is wrong with one setting.
type Wrong struct {
	Setting, Value string
	// Choices, if there are any, are all allowed values; otherwise Hint describes them.
	Choices []string
	Hint    string
	// Most is the maximum of a number; 0 for other settings.
	Most int
	// Readings are the possible meanings of a schedule, if there are two.
	Readings [][]schedule.Opening
}

// WrongSettings answers which settings are wrong, and what is allowed.
func WrongSettings(wrong []Wrong, lang string) chat.Message {
	w := in(lang)
	m := w.remark(chat.Warning, w.Say("Nothing was changed:"))
	var l chat.List
	for _, x := range wrong {
		says := w.Say("%[1]s cannot be “%[2]s”.", x.Setting, chat.MaskValue(x.Value))
		if hint := x.hint(w); hint != "" {
			says = w.Then(says, hint)
		}
		l.Items = append(l.Items, chat.Plain(says))
	}
	m.Blocks = append(m.Blocks, l)
	return m
}

// hint describes the allowed values.
func (x Wrong) hint(w words) string {
	switch {
	case len(x.Choices) > 0:
		return w.Say("It can be %s.", w.Either(x.Choices))
	case len(x.Readings) == 2:
		return w.Say("It can mean “%[1]s” or “%[2]s”: write the one that you mean.", w.Week(x.Readings[0]), w.Week(x.Readings[1]))
	case x.Most > 0:
		return w.Say("Write a number from 1 to %d.", x.Most)
	case x.Hint != "":
		return w.Say(x.Hint)
	}
	return ""
}

// Subscribed answers that a subscription was made or changed, with its new state. beside
// has the names of the subscriptions that the channel had before.
func Subscribed(s Served, made bool, beside []string, lang string) chat.Message {
	w := in(lang)
	says := w.SayOf("“%[1]s” is changed.", s.Name)
	if made {
		says = w.SayOf("“%[1]s” is ready: %[2]s gets its digests.", s.Name, where(s.Channel))
	}
	m := w.notice(chat.Info, says)
	m.Blocks = append(m.Blocks, w.served([]Served{s}))
	if made && len(beside) > 0 {
		says := w.SayOf("%[1]s also gets the digests of %[2]s. A digest that matches several is posted once.", where(s.Channel), w.List(beside))
		m.Blocks = append(m.Blocks, chat.Notice{Text: says})
	}
	if about := AboutZone(s.Zone, lang); about != "" {
		m.Blocks = append(m.Blocks, w.notice(chat.Warning, chat.Text{{Text: about}}).Blocks...)
	}
	return m
}

// AboutZone warns of a misleading zone name; for most zones it is empty.
func AboutZone(of *time.Location, lang string) string {
	w := in(lang)
	switch m, ok := zone.MistakeOf(of.String()); {
	case !ok:
		return ""
	case m.Ahead == 0:
		return w.Say("%[1]s has no daylight saving time. Perhaps you mean %[2]s.", of.String(), m.Meant)
	case m.Ahead < 0:
		return w.Say("The clock of %[1]s is %[2]d h behind UTC: the sign in such a name is reversed. Perhaps you mean %[3]s.", of.String(), -m.Ahead, m.Meant)
	default:
		return w.Say("The clock of %[1]s is %[2]d h ahead of UTC: the sign in such a name is reversed. Perhaps you mean %[3]s.", of.String(), m.Ahead, m.Meant)
	}
}

// Settings answers with the settings of a subscription, if the command did not say what to
// change.
func Settings(s Served, values [][2]string, lang string) chat.Message {
	w := in(lang)
	m := w.message(s.Name)
	m.Blocks = append(m.Blocks, w.served([]Served{s}))
	var l chat.List
	for _, v := range values {
		l.Items = append(l.Items, chat.Text{{Text: v[0] + "=" + chat.Quote(v[1]), Style: chat.Code}})
	}
	m.Blocks = append(m.Blocks, someOf(l)...)
	m.Footer = w.Say("To change something: %s", chat.Line("digest", "set", s.Ref)+` schedule="weekdays 8:30" style=full`)
	return m
}

// Unsubscribe asks for confirmation before a subscription is removed.
func Unsubscribe(s Served, line, lang string) chat.Message {
	w := in(lang)
	m := w.notice(chat.Warning, w.SayOf("This removes “%[1]s”: %[2]s gets no more digests from it.", s.Name, where(s.Channel)))
	m.Blocks = append(m.Blocks, chat.Buttons{{Label: w.Say("Unsubscribe"), Line: line}})
	return m
}

// Unsubscribed answers that a subscription was removed.
func Unsubscribed(name, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.Say("“%s” is removed.", name))
}

// Paused answers that a channel is paused, or already was.
func Paused(c chat.Channel, by string, news bool, lang string) chat.Message {
	w := in(lang)
	if !news {
		return w.notice(chat.Info, w.SayOf("%[2]s has already paused %[1]s.", where(c), by))
	}
	m := w.notice(chat.Info, w.SayOf("%s is paused. It gets nothing new until somebody resumes it.", where(c)))
	m.Blocks = append(m.Blocks, chat.Buttons{{Label: w.Say("Resume"), Line: chat.Line("digest", "resume", c.String())}})
	return m
}

// NotPaused answers that there is nothing to resume. It is a refusal if no subscription
// posts to the channel: another one may be meant.
func NotPaused(c chat.Channel, served bool, lang string) chat.Message {
	w, level := in(lang), chat.Info
	if !served {
		level = chat.Warning
	}
	return w.notice(level, w.SayOf("%s is not paused.", where(c)))
}

// Resumed answers that a channel is no longer paused.
func Resumed(c chat.Channel, lang string) chat.Message {
	w := in(lang)
	return w.notice(chat.Info, w.SayOf("%s gets digests again from the next slot on.", where(c)))
}

// PausedChannel answers that something cannot be posted to a paused channel.
func PausedChannel(c chat.Channel, by, lang string) chat.Message {
	w := in(lang)
	m := w.notice(chat.Warning, w.SayOf("%[2]s paused %[1]s. Resume it first.", where(c), by))
	m.Blocks = append(m.Blocks, chat.Buttons{{Label: w.Say("Resume"), Line: chat.Line("digest", "resume", c.String())}})
	return m
}

// Decided answers that a delivery is released or forgotten.
func Decided(title string, c chat.Channel, released bool, lang string) chat.Message {
	w := in(lang)
	if released {
		return w.notice(chat.Info, w.SayOf("“%[1]s” is being sent to %[2]s again.", title, where(c)))
	}
	return w.notice(chat.Info, w.SayOf("“%[1]s” will not be sent to %[2]s again.", title, where(c)))
}

// Taken answers that a name is in use.
func Taken(name, lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Warning, w.Say("“%s” cannot be the name: another subscription has it, or it is not a valid name.", chat.MaskValue(name)))
}

// NoHome answers that it cannot be determined to which home a channel belongs.
func NoHome(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Warning, w.Say("I cannot check right now whether you manage that channel. Try again in a moment, in a channel of your server."))
}

// SettingsForm words the form of a subscription. The fields already have names and values;
// it adds the labels.
func SettingsForm(f chat.Form, made bool, args []chat.Arg, lang string) chat.Form {
	w := in(lang)
	f.Title, f.Submit, f.Cancel = w.Say("Change a subscription"), w.Say("Save"), w.Say("Cancel")
	if made {
		f.Title, f.Submit = w.Say("Subscribe a channel"), w.Say("Subscribe")
	}
	for i := range f.Fields {
		x := &f.Fields[i]
		for _, a := range args {
			if a.Name == x.Arg {
				x.Label, x.Hint = label(cmp.Or(a.Names[w.Tag()], a.Name)), cmp.Or(a.Summaries[w.Tag()], a.Summary)
			}
		}
	}
	return f
}

// label returns the name of an argument as a label: "Max age" for "max_age".
func label(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + strings.ReplaceAll(name[size:], "_", " ")
}
