package command

import (
	"context"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/digest"
)

var tags = verb{
	Command: chat.Command{
		Name: "tags", Summary: "All tags", Private: true,
		Args: []chat.Arg{{Name: "prefix", Summary: "Their first letters, for example cloud", Rest: true, Suggest: true}, chat.Page, chat.Share},
	},
	answer: func(_ context.Context, d *Desk, r chat.Request, args map[string]string) (chat.Message, error) {
		x, prefix := d.index(), args["prefix"]
		all, words := x.library.Tags(), []string{"tags"}
		if prefix != "" {
			words = append(words, prefix)
			all = x.beginning(prefix)
			if len(all) == 0 && len(x.tags) > 0 {
				return compose.NoTag(prefix, false, x.insteadOf(prefix, prefix), x.library.Tags(), d.language(r)), nil
			}
		}
		if x.library.Len() == 0 {
			return compose.NoDigests(d.language(r)), nil
		}
		return compose.Tags(all, prefix, d.asked(r, args, compose.TagPages(len(all)), words...)), nil
	},
}

// beginning are the tags that begin with a prefix, the most used first.
func (x *index) beginning(prefix string) (tags []digest.Tag) {
	f := digest.Fold(prefix)
	for _, t := range x.tags {
		if strings.HasPrefix(t.fold, f) {
			tags = append(tags, t.Tag)
		}
	}
	return tags
}
