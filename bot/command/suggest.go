package command

import (
	"cmp"
	"context"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
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

// values suggest what an argument may be, best first, by its name: typed is what
// stands there so far. They are asked while people type, so they look at nothing
// but memory.
var values = map[string]func(d *Desk, r chat.Request, typed string) []value{
	"digest": digestValues,
	"tag":    tagValues,
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
	t, ok := Tree().Typing(r.Line)
	switch {
	case !ok || t.Command.AdminOnly && !r.User.Admin:
		return nil
	case t.Arg != nil:
		suggest := values[t.Arg.Name]
		if suggest == nil {
			return nil
		}
		for _, v := range suggest(d, r, t.Typed) {
			choices = append(choices, chat.Choice{Label: cmp.Or(v.label, v.text), Value: v.text, Line: t.Before + chat.Quote(v.text)})
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

// digestValues are the digests whose IDs have the words in them.
func digestValues(d *Desk, _ chat.Request, typed string) (ids []value) {
	for _, dig := range d.Library().All() {
		if strings.Contains(strings.ToLower(dig.ID), strings.ToLower(typed)) && len(ids) < suggestions {
			ids = append(ids, value{text: dig.ID})
		}
	}
	return ids
}

// tagValues are the tags that begin with what is typed, then those that have it
// inside.
func tagValues(d *Desk, _ chat.Request, typed string) (names []value) {
	f := digest.Fold(typed)
	var within []value
	for _, t := range d.Library().Tags() {
		switch folded := digest.Fold(t.Name); {
		case strings.HasPrefix(folded, f):
			names = append(names, value{text: t.Name})
		case strings.Contains(folded, f):
			within = append(within, value{text: t.Name})
		}
	}
	return append(names, within...)
}
