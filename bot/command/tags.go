package command

import (
	"context"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
)

var tags = verb{
	Command: chat.Command{Name: "tags", Summary: "The tags that there are", Private: true},
	answer: func(_ context.Context, d *Desk, r chat.Request, _ map[string]string) (chat.Message, error) {
		return compose.Tags(d.Library().Tags(), d.language(r)), nil
	},
}
