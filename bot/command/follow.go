package command

import (
	"context"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

// followLimit is how many tags a user can follow in a channel.
const followLimit = 50

// follow is for everyone: only the user who asked sees its effect.
var follow = verb{
	changes: true,
	Command: chat.Command{
		Name: "follow", Summary: "Get a message when a digest of this channel has a tag", Private: true,
		Args: []chat.Arg{{Name: "tag", Summary: "A tag, for example AI", Required: true, Rest: true, Suggest: true}},
	},
	read: func(ctx context.Context, d readerDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		if refusal := d.unreachable(r); refusal != nil {
			return *refusal, nil
		}
		x := d.index()
		t, ok := x.Library.Tag(args["tag"])
		if !ok {
			var near []string
			for _, t := range x.SimilarTags(args["tag"]) {
				near = append(near, t.Name)
			}
			return compose.NoTag(args["tag"], false, insteads(near, followLine), nil, d.language(r)), nil
		}
		mine, err := d.Ledger.Follows(ctx, r.Channel, r.User.ID)
		if err != nil {
			return chat.Message{}, err
		}
		if _, already := among(mine, t.Name); already || len(mine) >= followLimit {
			return compose.FollowsAlready(t.Name, already, d.language(r)), nil
		}
		if _, err := d.Ledger.Follow(ctx, ledger.Follow{Channel: r.Channel, User: r.User.ID, Tag: t.Name, At: time.Now()}); err != nil {
			return chat.Message{}, err
		}
		return compose.FollowsNow(t.Name, d.language(r)), nil
	},
}

// unreachable returns a refusal if no message can be sent to the user; nil if one can.
func (d readerDesk) unreachable(r chat.Request) *chat.Message {
	var refusal chat.Message
	switch {
	case r.User.Operator:
		refusal = compose.CannotFollowAtTerminal(d.language(r))
	case d.Reaches == nil, !d.Reaches(r.Channel), r.User.ID == "":
		refusal = compose.CannotFollow(d.language(r))
	default:
		return nil
	}
	return &refusal
}

func followLine(tag string) string   { return chat.Line("digest", "follow", tag) }
func unfollowLine(tag string) string { return chat.Line("digest", "unfollow", tag) }

// among finds a tag among those that a user follows, and returns it as it is written there.
func among(mine []ledger.Follow, tag string) (written string, ok bool) {
	for _, f := range mine {
		if digest.Fold(f.Tag) == digest.Fold(tag) {
			return f.Tag, true
		}
	}
	return "", false
}
