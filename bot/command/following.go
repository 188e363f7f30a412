package command

import (
	"context"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
)

var following = verb{
	Command: chat.Command{Name: "following", Summary: "The tags that you follow in this channel", Private: true},
	read: func(ctx context.Context, d readerDesk, r chat.Request, _ map[string]string) (chat.Message, error) {
		mine, err := d.Ledger.Follows(ctx, r.Channel, r.User.ID)
		if err != nil {
			return chat.Message{}, err
		}
		if refusal := d.unreachable(r); refusal != nil && len(mine) == 0 {
			return *refusal, nil
		}
		return compose.Following(tagsOf(mine), d.language(r)), nil
	},
}
