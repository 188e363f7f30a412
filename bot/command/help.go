package command

import (
	"context"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
)

// help is a function, because it lists the tree that it stands in.
func help() verb {
	return verb{
		Command: chat.Command{Name: "help", Summary: "What you can ask", Private: true},
		answer: func(_ context.Context, d *Desk, r chat.Request, _ map[string]string) (chat.Message, error) {
			return compose.Help(Tree(), d.language(r)), nil
		},
	}
}
