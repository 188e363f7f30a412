package slack

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

// showInView shows a reply to what was pressed in a modal in its place, and to
// what was pressed in the App Home in a modal of its own. Where that comes too
// late it is a message to the one who asked.
func (l *listener) showInView(ctx context.Context, in incoming, m chat.Message) error {
	blocks, err := l.viewBlocks(m)
	if err != nil {
		return err
	}
	n := render.Notes{Channel: in.request.Channel.ID}
	if in.view.Type == "modal" {
		return l.client.UpdateView(ctx, in.view.ID, render.NewModal(in.view.Title.Text, n, blocks))
	}
	opening, cancel := context.WithDeadline(ctx, in.at.Add(askWithin))
	defer cancel()
	if in.trigger != "" && l.client.OpenView(opening, in.trigger, render.NewModal("", n, blocks)) == nil {
		return nil
	}
	bodies, err := render.Posts(m)
	if err != nil {
		return err
	}
	to, err := l.resolve(ctx, l.Direct(in.request.User.ID).ID)
	if err != nil {
		return err
	}
	for _, body := range bodies {
		err := l.say(directPost{body, to}, func(body []byte) error {
			_, err := l.client.PostMessage(ctx, to, body)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// directPost is a payload in a conversation with a user, which carries no key: nobody
// looks for it.
type directPost struct {
	render.Post
	Channel string `json:"channel"`
}

// viewBlocks are the blocks of a message as a view shows them; the log says when
// a part of it has no room.
func (l *listener) viewBlocks(m chat.Message) ([]slack.Block, error) {
	blocks, all, err := render.ViewBlocks(m)
	if err == nil && !all {
		l.log.Warn("slack: a view has no room for all of a reply", "title", m.Title)
	}
	return blocks, err
}
