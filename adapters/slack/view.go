package slack

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

// showInView shows a reply to an action in a modal in the same modal, and a
// reply to an action in the App Home in a new modal. If it is too late for
// that, it sends a direct message.
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

// directPost is a payload for a conversation with a user. It has no key, because
// nothing looks for it.
type directPost struct {
	render.Post
	Channel string `json:"channel"`
}

// viewBlocks returns the blocks of a message for a view. It logs if a part of
// the message does not fit.
func (l *listener) viewBlocks(m chat.Message) ([]slack.Block, error) {
	blocks, all, err := render.ViewBlocks(m)
	if err == nil && !all {
		l.log.Warn("slack: a reply does not fit into a view", "title", m.Title)
	}
	return blocks, err
}
