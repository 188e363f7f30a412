package command

import (
	"context"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/digest"
)

var tag = verb{
	Command: chat.Command{
		Name: "tag", Summary: "The digests that have a tag", Private: true,
		Args: []chat.Arg{{Name: "tag", Summary: "A tag, for example AI", Required: true, Rest: true, Suggest: true}},
	},
	answer: func(_ context.Context, d *Desk, r chat.Request, args map[string]string) (chat.Message, error) {
		t, ok := d.Library().Tag(args["tag"])
		if !ok {
			return compose.NoTag(args["tag"], near(d.Library(), args["tag"]), d.language(r)), nil
		}
		return compose.Tagged(t, d.language(r)), nil
	},
}

// near are tags that share their text with the words, at most eight.
func near(l *digest.Library, words string) (out []digest.Tag) {
	f := digest.Fold(words)
	for _, t := range l.Tags() {
		folded := digest.Fold(t.Name)
		if len(out) < 8 && f != "" && (strings.Contains(folded, f) || strings.Contains(f, folded)) {
			out = append(out, t)
		}
	}
	return out
}
