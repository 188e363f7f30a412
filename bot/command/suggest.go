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

// value is what an argument may be.
type value struct {
	// text is the argument, label what people read if that is more.
	text, label string
}

// values suggest what an argument that is no setting may be, best first, by its
// name: typed is what stands there so far. They are asked while people type, so
// they look at nothing but memory.
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
	// Those of settings.
	"languages": languageValues,
	"libraries": libraryValues,
}

// valuesFor suggests what an argument may be, by its name; nil when that is
// anything.
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

// Suggest completes the line: the verb while it is unfinished, then its
// arguments.
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

// verbChoices are the verbs that begin with what is typed, in any language.
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

// plainValues are those of some names that fit, the first first.
func plainValues(names []string, typed string) (list []value) {
	for _, name := range vocabulary.Complete(names, typed) {
		list = append(list, value{text: name})
	}
	return list
}

// digestValues are the digests whose IDs or titles fit, the newest first.
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

// tagValues are tags for the word that is typed, behind those that are there
// already and the dash that leaves one out.
func tagValues(d *Desk, r chat.Request, typed string) []value {
	before, tags := d.index().CompleteQuery(typed)
	return d.tagLabels(r, tags, before)
}

// tagLabels puts tags behind those that stand there already, and says how many
// digests have each.
func (d *Desk) tagLabels(r chat.Request, tags []string, before string) (list []value) {
	lang := d.language(r)
	for _, t := range tags {
		list = append(list, value{text: before + t, label: compose.TagLabel(before+t, d.Library().Popular(t), lang)})
	}
	return list
}

// prefixValues are tags, for what is no tag itself.
func prefixValues(d *Desk, r chat.Request, typed string) []value {
	if strings.TrimSpace(typed) == "" {
		return nil
	}
	return d.tagLabels(r, d.index().CompleteTag(typed), "")
}

func categoryValues(d *Desk, _ chat.Request, typed string) []value {
	return plainValues(d.index().Categories(), typed)
}

// languageValues are the languages of the digests, by how many have each.
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

// hostValues are the hosts that fit, the most used first.
func hostValues(d *Desk, r chat.Request, typed string) (list []value) {
	lang := d.language(r)
	for _, h := range d.index().CompleteHosts(typed) {
		list = append(list, value{text: h.Name, label: compose.TagLabel(h.Name, len(h.Stories), lang)})
	}
	return list
}

// storyValues are stories among the newest whose headlines fit.
func storyValues(d *Desk, _ chat.Request, typed string) (list []value) {
	for _, h := range d.index().CompleteHeadlines(typed) {
		list = append(list, value{text: h.Ref, label: h.Text})
	}
	return list
}

// dayValues are the newest days that have digests and are written as what is
// typed, and the day that this means, if it can be read.
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

// index is the one of the library of this moment.
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

// Learn works out what suggestions and look-ups need of the library of this
// moment, so that nobody waits for it who asks.
func (d *Desk) Learn() { d.index().Prepare() }

// verbValues are the verbs.
func verbValues(_ *Desk, r chat.Request, typed string) []value {
	var names []string
	for _, c := range Tree().Subs {
		if !c.Hidden && (r.User.Admin || !c.AdminOnly) {
			names = append(names, c.Name)
		}
	}
	return plainValues(names, typed)
}
