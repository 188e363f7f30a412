package command

import (
	"context"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
)

var latest = verb{
	Command: chat.Command{Name: "latest", Summary: "The newest digest", Private: true},
	answer: func(_ context.Context, d *Desk, r chat.Request, _ map[string]string) (chat.Message, error) {
		s, _ := d.Serving(r.Channel)
		library := d.Library()
		newest := chosen(library, "", s.Match.Accepts)
		if newest == nil {
			return compose.NoDigests(d.language(r)), nil
		}
		return compose.Digest(newest, compose.Post{Look: d.look(r), Popular: library.Popular}), nil
	},
}
