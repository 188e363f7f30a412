package command

import (
	"context"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/refs"
)

// details is the verb of the button under a post that keeps its analysis one press away.
var details = verb{
	Command: chat.Command{Name: "details", Summary: "The analysis and conclusion of a digest", Private: true, OnPost: "Details", Args: []chat.Arg{which, chat.Post, chat.Share}},
	read: func(ctx context.Context, d readerDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		which, reply, err := d.digestAt(ctx, r, "details", args)
		if err != nil || reply != nil {
			return whole(reply), err
		}
		s, _ := d.Serving(r.Channel)
		dig := d.chosen(which, s)
		if dig == nil {
			return d.noneChosen(ctx, r, "details", which), nil
		}
		whole, err := dig.Read()
		if err != nil {
			return chat.Message{}, err
		}
		if len(whole.Sections) == 0 {
			return compose.NoDetails(dig, d.language(r)), nil
		}
		return compose.Shareable(compose.Details(whole, d.look(r)), d.asked(r, args, 1, "details", refs.Digest(dig.ID))), nil
	},
}
