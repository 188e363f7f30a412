package command

import (
	"context"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
)

// details is what the button of a post says that keeps the analysis one press
// away.
var details = verb{
	Command: chat.Command{Name: "details", Summary: "The analysis and conclusion of a digest", Private: true, Args: []chat.Arg{which}},
	answer: func(ctx context.Context, d *Desk, r chat.Request, args map[string]string) (chat.Message, error) {
		s, _ := d.Serving(r.Channel)
		dig := chosen(d.Library(), args["digest"], s.Match.Accepts)
		switch {
		case dig == nil:
			return d.noneChosen(ctx, r, args["digest"])
		case len(dig.Sections) == 0:
			return compose.NoDetails(dig, d.language(r)), nil
		}
		return compose.Details(dig, d.look(r)), nil
	},
}
