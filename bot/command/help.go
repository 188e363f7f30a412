package command

import (
	"context"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
)

// help is a function, because it lists the tree of which it is a part.
func help() verb {
	return verb{
		Command: chat.Command{
			Name: "help", Summary: "Commands", Private: true,
			Args: []chat.Arg{{Name: "verb", Summary: "A command, for example tag", Suggest: true}},
		},
		read: func(_ context.Context, d readerDesk, r chat.Request, args map[string]string) (chat.Message, error) {
			if name := args["verb"]; name != "" {
				return d.helpOn(r, name), nil
			}
			return compose.Help(Tree(), d.language(r)), nil
		},
	}
}

// helpOn returns the help for one verb.
func (d readerDesk) helpOn(r chat.Request, name string) chat.Message {
	for _, c := range Tree().Subs {
		if !c.Hidden && slices.ContainsFunc(namesOf(c), func(n string) bool { return strings.EqualFold(n, name) }) {
			return compose.HelpOn(Tree().Name, c, d.language(r))
		}
	}
	e := &chat.ParseError{Verb: name, Unknown: true}
	_, near := d.instead(r, e)
	return compose.NoVerb(e, near, d.language(r))
}

// namesOf returns the names of a command in all languages.
func namesOf(c chat.Command) []string {
	names := []string{c.Name}
	for _, name := range c.Names {
		names = append(names, name)
	}
	return names
}
