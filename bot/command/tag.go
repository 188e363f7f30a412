package command

import (
	"context"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/vocabulary"
)

var tag = verb{
	Command: chat.Command{
		Name: "tag", Summary: "Stories that have a tag, or several", Private: true,
		Args: []chat.Arg{{Name: "tag", Summary: "A tag, for example AI, or several: AI, -Go leaves Go out", Required: true, Rest: true, Suggest: true}, chat.Page, chat.Share},
	},
	read: func(ctx context.Context, d readerDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		x := d.index()
		wanted, unknown := x.ParseTags(args["tag"])
		if unknown != "" {
			near, lang := insteadOf(x, args["tag"], unknown), d.language(r)
			return d.orSearched(ctx, r, unknown, func(searched bool) chat.Message {
				return compose.NoTag(unknown, searched, near, x.Library.Tags(), lang)
			}, func(m chat.Message) chat.Message {
				return compose.SearchedFor(m, unknown, near, lang)
			})
		}
		t := x.Having(wanted)
		if len(t.Digests) == 0 {
			var parts []compose.Instead
			for _, w := range wanted {
				if !w.Not {
					parts = append(parts, compose.Instead{Label: compose.TagLabel(w.Name, len(w.Digests), d.language(r)), Line: compose.TagLine(w.Name)})
				}
			}
			return compose.NoneWithAll(t.Name, parts, d.language(r)), nil
		}
		var a compose.Asked
		places, total := someStories(t.Digests, wanted.Stories, func(total int) int {
			a = d.asked(r, args, pagesOf(total))
			return a.Page
		})
		a.Line = lineOf(wanted)
		found, err := d.found(ctx, r.Channel, places)
		if err != nil {
			return chat.Message{}, err
		}
		return compose.Tagged(t, found, total, a), nil
	},
}

// lineOf returns the line that asks for the tags.
func lineOf(wanted vocabulary.TagQuery) string {
	if len(wanted) == 1 && !wanted[0].Not {
		return compose.TagLine(wanted[0].Name)
	}
	line := chat.Line("digest", "tag")
	for _, w := range wanted {
		name := w.Name
		if w.Not {
			name = "-" + name
		}
		line += " " + chat.Quote(name)
	}
	return line
}

// insteadOf returns lines with similar tags in place of the unknown one.
func insteadOf(x *vocabulary.Index, text, unknown string) []compose.Instead {
	var names []string
	for _, t := range x.SimilarTags(unknown) {
		names = append(names, t.Name)
	}
	before, after, ok := strings.Cut(text, unknown)
	return insteads(names, func(name string) string {
		if !ok || strings.TrimSpace(before+after) == "" {
			return compose.TagLine(name)
		}
		return chat.Line("digest", "tag") + " " + strings.TrimSpace(before+chat.Quote(name)+after)
	})
}
