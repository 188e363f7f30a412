package command

import (
	"context"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
)

var unfollow = verb{
	changes: true,
	Command: chat.Command{
		Name: "unfollow", Summary: "Stop following a tag", Private: true,
		Args: []chat.Arg{{Name: "tag", Summary: "A tag, for example AI", Required: true, Rest: true, Suggest: true}},
	},
	read: func(ctx context.Context, d readerDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		mine, err := d.Ledger.Follows(ctx, r.Channel, r.User.ID)
		if err != nil {
			return chat.Message{}, err
		}
		written, ok := among(mine, args["tag"])
		if !ok {
			if t, known := d.Library().Tag(args["tag"]); known { // it may be an alias
				written, ok = among(mine, t.Name)
			}
		}
		if !ok {
			return compose.NotFollowed(args["tag"], insteads(tagsOf(mine), unfollowLine), d.language(r)), nil
		}
		if _, err := d.Ledger.Unfollow(ctx, ledger.Follow{Channel: r.Channel, User: r.User.ID, Tag: written}); err != nil {
			return chat.Message{}, err
		}
		return compose.Unfollowed(written, followLine(written), d.language(r)), nil
	},
}

// tagsOf returns the tags that a user follows.
func tagsOf(mine []ledger.Follow) (tags []string) {
	for _, f := range mine {
		tags = append(tags, f.Tag)
	}
	return tags
}
