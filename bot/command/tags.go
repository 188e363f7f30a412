package command

import (
	"context"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
)

var tags = verb{
	Command: chat.Command{
		Name: "tags", Summary: "All tags", Private: true,
		Args: []chat.Arg{{Name: "prefix", Summary: "Their first letters, for example cloud", Rest: true, Suggest: true}, chat.Page, chat.Share},
	},
	read: func(_ context.Context, d readerDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		x, prefix := d.index(), args["prefix"]
		all, words := x.Library.Tags(), []string{"tags"}
		if prefix != "" {
			words = append(words, prefix)
			all = x.TagsBeginning(prefix)
			if len(all) == 0 && len(x.Library.Tags()) > 0 {
				return compose.NoTag(prefix, false, insteadOf(x, prefix, prefix), x.Library.Tags(), d.language(r)), nil
			}
		}
		if x.Library.Len() == 0 {
			return compose.NoDigests(d.language(r)), nil
		}
		return compose.Tags(all, prefix, d.asked(r, args, compose.TagPages(len(all)), words...)), nil
	},
}
