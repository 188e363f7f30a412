package slack

import (
	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

// showHome shows the handler's reply in the App Home of a user who opens it.
func (l *listener) showHome(in incoming) {
	ctx := l.admit.answering
	l.identify(ctx, &in.request, true)
	m, _ := l.askHandler(ctx, in.request)
	err := l.showOrApologize(in.request, m, func(m chat.Message) error {
		blocks, err := l.viewBlocks(m)
		if err != nil {
			return err
		}
		return l.client.PublishView(ctx, in.request.User.ID, render.View{Type: "home", Blocks: blocks})
	})
	if err != nil {
		l.log.Warn("slack: the App Home could not be shown", "user", in.request.User.ID, "error", err)
	}
}
