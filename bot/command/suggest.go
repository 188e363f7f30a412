package command

import (
	"cmp"
	"context"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/dates"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// suggestions is the most values that Suggest gives, which is what Discord
// takes (https://docs.discord.com/developers/interactions/application-commands#autocomplete).
const suggestions = 25

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
			d.Log.Error("suggesting panicked", "line", r.Line, "panic", p, "stack", string(debug.Stack()))
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
	return choices[:min(suggestions, len(choices))]
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

// ranked picks from names in their order: those that begin with what is typed,
// then those that have a word that does, then those that have it inside. how
// well a name fits says rank: 0 best, 3 not at all.
func ranked(n int, rank func(i int) int, value func(i int) value) (out []value) {
	var fits [3][]int
	for i := range n {
		if r := rank(i); r < len(fits) && len(fits[r]) < suggestions {
			if fits[r] = append(fits[r], i); r == 0 && len(fits[0]) == suggestions {
				break
			}
		}
	}
	for _, i := range slices.Concat(fits[:]...)[:min(suggestions, len(fits[0])+len(fits[1])+len(fits[2]))] {
		out = append(out, value(i))
	}
	return out
}

// fit is the rank of a name, given folded and in words, for what is typed.
func fit(fold, words, typedFold, typedWords string) int {
	switch {
	case strings.HasPrefix(fold, typedFold):
		return 0
	case typedWords != " " && strings.Contains(words, typedWords):
		return 1
	case strings.Contains(fold, typedFold):
		return 2
	default:
		return 3
	}
}

// plainValues are those of some names that fit, the first first.
func plainValues(names []string, typed string) []value {
	f, w := digest.Fold(typed), spaced(typed)
	return ranked(len(names), func(i int) int { return fit(digest.Fold(names[i]), spaced(names[i]), f, w) }, func(i int) value { return value{text: names[i]} })
}

// digestValues are the digests whose IDs or titles fit, the newest first.
func digestValues(d *Desk, _ chat.Request, typed string) []value {
	x, typed := d.index(), strings.ToLower(typed)
	all, ids := x.library.All(), x.ids()
	return ranked(len(all), func(i int) int {
		switch at := strings.Index(ids[i], typed); {
		case at < 0:
			return 3
		case at > len(all[i].ID): // in the title
			return 2
		default:
			return min(at, 1)
		}
	}, func(i int) value {
		label := all[i].ID
		if all[i].Title != "" {
			label += " · " + all[i].Title
		}
		return value{text: all[i].ID, label: label}
	})
}

// tagValues are tags for the word that is typed, behind those that are there
// already and the dash that leaves one out.
func tagValues(d *Desk, r chat.Request, typed string) []value {
	x, before := d.index(), ""
	if _, not := leaveOut(strings.TrimSpace(typed)); !not {
		if all := x.tagFits(typed); len(all) > 0 || strings.TrimSpace(typed) == "" {
			return d.tagLabels(r, all, "")
		}
	}
	// The longest end of it that begins a tag is the one that is typed.
	typed = strings.TrimLeft(typed, " \u3000")
	if words := strings.FieldsFunc(typed, unicode.IsSpace); len(words) > tagRun {
		at := strings.LastIndex(typed, strings.Join(words[len(words)-tagRun:], " "))
		before, typed = typed[:max(at, 0)], typed[max(at, 0):]
	}
	for range tagRun {
		word, not := leaveOut(typed)
		if not {
			before += typed[:len(typed)-len(word)]
			typed = word
		}
		if all := x.tagFits(typed); len(all) > 0 {
			return d.tagLabels(r, all, before)
		}
		at := strings.IndexFunc(typed, unicode.IsSpace)
		if at < 0 {
			return nil
		}
		rest := strings.TrimLeftFunc(typed[at:], unicode.IsSpace)
		before, typed = before+typed[:len(typed)-len(rest)], rest
		if typed == "" {
			return d.tagLabels(r, x.tagFits(""), before)
		}
	}
	return nil
}

// tagFits are the tags that fit.
func (x *index) tagFits(typed string) (tags []value) {
	typed = strings.Trim(typed, ` "“”「」`)
	f, w := digest.Fold(typed), spaced(typed)
	tags = ranked(len(x.tags), func(i int) int { return fit(x.tags[i].fold, x.tags[i].words, f, w) }, func(i int) value { return value{text: x.tags[i].Name} })
	// Another name of a tag leads to it.
	if t, ok := x.library.Tag(typed); ok && t.Exact > 0 && f != "" && !slices.Contains(tags, value{text: t.Name}) {
		tags = slices.Insert(tags, 0, value{text: t.Name})
	}
	return tags[:min(suggestions, len(tags))]
}

// tagLabels puts tags behind those that stand there already, and says how many
// digests have each.
func (d *Desk) tagLabels(r chat.Request, tags []value, before string) []value {
	lang := d.language(r)
	for i, t := range tags {
		tags[i] = value{text: before + t.text, label: compose.TagLabel(before+t.text, d.Library().Popular(t.text), lang)}
	}
	return tags
}

// prefixValues are tags, for what is no tag itself.
func prefixValues(d *Desk, r chat.Request, typed string) []value {
	if strings.TrimSpace(typed) == "" {
		return nil
	}
	return d.tagLabels(r, d.index().tagFits(typed), "")
}

func categoryValues(d *Desk, _ chat.Request, typed string) []value {
	return plainValues(d.index().categories(), typed)
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

func hostValues(d *Desk, r chat.Request, typed string) []value {
	hosts, typed := d.index().hosts(), digest.Site(typed)
	lang := d.language(r)
	return ranked(len(hosts), func(i int) int {
		switch at := strings.Index(hosts[i].name, typed); {
		case at < 0:
			return 3
		case at == 0:
			return 0
		case hosts[i].name[at-1] == '.' || hosts[i].name[at-1] == '-':
			return 1
		default:
			return 2
		}
	}, func(i int) value {
		return value{text: hosts[i].name, label: compose.TagLabel(hosts[i].name, len(hosts[i].stories), lang)}
	})
}

// storyValues are stories among the newest whose headlines fit.
func storyValues(d *Desk, _ chat.Request, typed string) []value {
	all, fits := d.index().headlines(), headlineFit(typed)
	return ranked(len(all), func(i int) int { return fits(&all[i]) }, func(i int) value {
		return value{text: all[i].ref, label: all[i].text}
	})
}

// headlineFit is the rank of a headline for what is typed: that it begins with
// it, or has all words of it, as beginnings of its own or anywhere.
func headlineFit(typed string) func(h *headline) int {
	begins, words := digest.Fold(typed), strings.FieldsFunc(typed, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 { // an emoji
		words = []string{typed}
	}
	folded := make([]string, len(words))
	for i, word := range words {
		folded[i] = digest.Fold(word)
	}
	return func(h *headline) int {
		if strings.HasPrefix(h.fold, begins) {
			return 0
		}
		rank := 1
		for i, word := range folded {
			if !strings.Contains(h.fold, word) {
				return 3
			}
			if !hasWord(h.text, words[i]) {
				rank = 2
			}
		}
		return rank
	}
}

// hasWord reports whether a word of a text begins with another, whatever their
// case.
func hasWord(text, begins string) bool {
	inside := false
	for i, r := range text {
		if letter := unicode.IsLetter(r) || unicode.IsDigit(r); !letter {
			inside = false
			continue
		}
		if !inside && len(text)-i >= len(begins) && strings.EqualFold(text[i:i+len(begins)], begins) {
			return true
		}
		inside = true
	}
	return false
}

// headlined are the newest stories whose headlines fit what somebody calls one:
// only the newest of those that are called just so.
func (x *index) headlined(called string) (found []headline) {
	fold, fits := digest.Fold(called), headlineFit(called)
	if fold == "" {
		return nil
	}
	for _, h := range x.headlines() {
		if h.fold == fold {
			return []headline{h}
		}
		if fits(&h) < 3 {
			found = append(found, h)
		}
	}
	return found
}

// dayValues are the newest days that have digests and are written as what is
// typed, and the day that this means, if it can be read.
func dayValues(d *Desk, r chat.Request, typed string) (days []value) {
	s, _ := d.Serving(r.Channel)
	lang := d.language(r)
	add := func(day time.Time) {
		v := value{text: day.Format(time.DateOnly), label: compose.Day(day, lang)}
		if !slices.Contains(days, v) && len(days) < suggestions {
			days = append(days, v)
		}
	}
	typed = strings.TrimSpace(typed)
	for i, dig := range d.Library().All() {
		if i == known || len(days) == suggestions {
			break
		}
		if text := dig.Date.Format(time.DateOnly); s.Match.Accepts(dig) && (strings.Contains(text, typed) || strings.Contains(compose.Day(dig.Date, lang), typed)) {
			add(dates.Midnight(dig.Date))
		}
	}
	if day, ok := dates.Parse(typed, d.clock(s)); ok {
		add(day)
	}
	return days
}

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
