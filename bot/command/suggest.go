package command

import (
	"cmp"
	"context"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/bot/dates"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/bot/vocabulary"
)

// value is a possible value of an argument.
type value struct {
	// text is the value; label is what people read, if it is longer.
	text, label string
}

// values suggests values for the arguments that are not settings, best first, by argument
// name; typed is the text so far. The functions are called while people type, so they use
// nothing but memory.
var values = map[string]func(d *Desk, r chat.Request, typed string) []value{
	"category": categoryValues,
	"day":      dayValues,
	"digest":   digestValues,
	"host":     hostValues,
	"prefix":   prefixValues,
	"story":    storyValues,
	"tag":      tagValues,
	"verb":     verbValues,
	"words":    prefixValues,
	"channel":  channelValues,
	"name":     nameValues,
	"key":      keyValues,
	// Arguments that are settings.
	"languages": languageValues,
	"libraries": libraryValues,
}

// valuesFor returns what suggests values for an argument; nil if any value is possible.
func valuesFor(name string) func(*Desk, chat.Request, string) []value {
	of, ok := subscription.SettingOf(name)
	switch {
	case !ok:
		return values[name]
	case of.Like != "":
		return listed(values[of.Like])
	default:
		return oneOf(slices.Concat(of.Choices, of.Suggests))
	}
}

// Suggest completes a line: first the verb, then its arguments.
func (d *Desk) Suggest(_ context.Context, r chat.Request) (choices []chat.Choice) {
	defer func() {
		if p := recover(); p != nil {
			d.Log.Error("command: digestbot has a bug in suggestions", "line", r.Line, "panic", p, "stack", string(debug.Stack()))
			choices = nil
		}
	}()
	if secret(r) {
		return nil
	}
	t, ok := Tree().Typing(r.Line)
	switch {
	case !ok || t.Command.AdminOnly && !r.User.Admin:
		return nil
	case t.Arg != nil:
		suggest := valuesFor(t.Arg.Name)
		if suggest == nil || !t.Arg.Suggest {
			return nil
		}
		for _, v := range suggest(d, r, t.Typed) {
			line := t.Before + chat.Quote(v.text)
			if several := strings.TrimSpace(t.Typed) != "" && t.Arg.Rest && len(chat.Words(t.Typed)) > 1; several {
				line = t.Before + v.text
			}
			choices = append(choices, chat.Choice{Label: cmp.Or(v.label, v.text), Value: v.text, Line: line})
		}
	case len(t.Command.Subs) > 0:
		choices = d.verbChoices(r, t)
	default:
		for _, a := range t.Command.Args {
			if a.Named && !a.Hidden && strings.HasPrefix(a.Name, strings.ToLower(t.Typed)) {
				choices = append(choices, chat.Choice{Label: a.Name + "=", Value: a.Name + "=", Line: t.Before + a.Name + "="})
			}
		}
	}
	return choices[:min(vocabulary.MaxCompletions, len(choices))]
}

// verbChoices returns the verbs that begin with what is typed, in any language.
func (d *Desk) verbChoices(r chat.Request, t chat.Typing) (choices []chat.Choice) {
	typed := strings.ToLower(t.Typed)
	for _, c := range t.Command.Subs {
		names := []string{c.Name}
		for _, name := range c.Names {
			names = append(names, name)
		}
		begins := slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, typed) })
		if c.Hidden || !begins || c.AdminOnly && !r.User.Admin {
			continue
		}
		line := chat.Line("digest", c.Name)
		if len(c.Args) > 0 {
			line += " "
		}
		choices = append(choices, chat.Choice{Label: compose.Usage("digest", c), Value: c.Name, Line: line})
	}
	return choices
}

// plainValues returns the names that match, in their order.
func plainValues(names []string, typed string) (list []value) {
	for _, name := range vocabulary.Complete(names, typed) {
		list = append(list, value{text: name})
	}
	return list
}

// digestValues suggests the digests whose IDs or titles match, the newest first.
func digestValues(d *Desk, _ chat.Request, typed string) (list []value) {
	for _, dig := range d.index().CompleteDigests(typed) {
		label := dig.ID
		if dig.Title != "" {
			label += " · " + dig.Title
		}
		list = append(list, value{text: dig.ID, label: label})
	}
	return list
}

// tagValues suggests tags for the word that is typed, after those that are already there
// and the dash that excludes one.
func tagValues(d *Desk, r chat.Request, typed string) []value {
	before, tags := d.index().CompleteQuery(typed)
	return d.tagLabels(r, tags, before)
}

// tagLabels appends tags to those that are already there, and labels each with its number
// of digests.
func (d *Desk) tagLabels(r chat.Request, tags []string, before string) (list []value) {
	lang := d.language(r)
	for _, t := range tags {
		list = append(list, value{text: before + t, label: compose.TagLabel(before+t, d.Library().Popular(t), lang)})
	}
	return list
}

// prefixValues suggests tags for an argument that need not be a whole tag.
func prefixValues(d *Desk, r chat.Request, typed string) []value {
	if strings.TrimSpace(typed) == "" {
		return nil
	}
	return d.tagLabels(r, d.index().CompleteTag(typed), "")
}

func categoryValues(d *Desk, _ chat.Request, typed string) []value {
	return plainValues(d.index().Categories(), typed)
}

// languageValues suggests the languages of the digests, by frequency.
func languageValues(d *Desk, _ chat.Request, typed string) []value {
	have := map[string]int{}
	for _, dig := range d.Library().All() {
		if dig.Language != "" {
			have[dig.Language]++
		}
	}
	names := slices.SortedFunc(maps.Keys(have), func(a, b string) int { return cmp.Or(have[b]-have[a], strings.Compare(a, b)) })
	return plainValues(names, typed)
}

func libraryValues(d *Desk, _ chat.Request, typed string) []value {
	return plainValues(d.Dispatch.Subscriptions.Names.Libraries, typed)
}

// hostValues suggests the hosts that match, by frequency.
func hostValues(d *Desk, r chat.Request, typed string) (list []value) {
	lang := d.language(r)
	for _, h := range d.index().CompleteHosts(typed) {
		list = append(list, value{text: h.Name, label: compose.TagLabel(h.Name, len(h.Stories), lang)})
	}
	return list
}

// storyValues suggests recent stories whose headlines match.
func storyValues(d *Desk, _ chat.Request, typed string) (list []value) {
	for _, h := range d.index().CompleteHeadlines(typed) {
		list = append(list, value{text: h.Ref, label: h.Text})
	}
	return list
}

// dayValues suggests the newest days that have digests and match what is typed, and the day
// that the typed text means, if it can be read.
func dayValues(d *Desk, r chat.Request, typed string) (days []value) {
	s, _ := d.Serving(r.Channel)
	lang := d.language(r)
	add := func(day time.Time) {
		v := value{text: day.Format(time.DateOnly), label: language.In(lang).Date(day)}
		if !slices.Contains(days, v) && len(days) < vocabulary.MaxCompletions {
			days = append(days, v)
		}
	}
	typed = strings.TrimSpace(typed)
	for i, dig := range d.Library().All() {
		if i == vocabulary.Newest || len(days) == vocabulary.MaxCompletions {
			break
		}
		if text := dig.Date.Format(time.DateOnly); s.Match.Accepts(dig) && (strings.Contains(text, typed) || strings.Contains(language.In(lang).Date(dig.Date), typed)) {
			add(dates.Midnight(dig.Date))
		}
	}
	if day, ok := dates.Parse(typed, d.clock(s)); ok {
		add(day)
	}
	return days
}

// index returns the index of the current library.
func (d *Desk) index() *vocabulary.Index {
	l := d.Library()
	for {
		x := d.indexed.Load()
		if x != nil && x.Library == l {
			return x
		}
		made := vocabulary.New(l, x)
		if d.indexed.CompareAndSwap(x, made) {
			return made
		}
	}
}

// Learn prepares what suggestions and lookups need of the current library, so that no one
// who asks has to wait for it.
func (d *Desk) Learn() { d.index().Prepare() }

// verbValues suggests verbs.
func verbValues(_ *Desk, r chat.Request, typed string) []value {
	var names []string
	for _, c := range Tree().Subs {
		if !c.Hidden && (r.User.Admin || !c.AdminOnly) {
			names = append(names, c.Name)
		}
	}
	return plainValues(names, typed)
}
