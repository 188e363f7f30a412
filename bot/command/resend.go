package command

import (
	"context"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
)

// resend posts a digest once more into the channel that it is asked in, and
// into no other, so that an admin of one place has no say in another.
var resend = verb{
	Command: chat.Command{
		Name: "resend", Summary: "Post a digest here once more", Private: true, AdminOnly: true,
		Args: []chat.Arg{which},
	},
	answer: func(ctx context.Context, d *Desk, r chat.Request, args map[string]string) (chat.Message, error) {
		s, _ := d.Serving(r.Channel)
		dig := chosen(d.index(), args["digest"], s.Match.Accepts)
		if dig == nil {
			return d.noneChosen(ctx, r, args["digest"])
		}
		x := s.Dress(ledger.NewResend(dig.ID, dig.Title, r.Channel, r.ID, r.User.Name, time.Now()))
		planned, err := d.Ledger.Plan(ctx, x)
		if err != nil {
			return chat.Message{}, err
		}
		if len(planned) == 0 {
			return compose.ResentAlready(d.language(r)), nil
		}
		d.Log.Info("resend asked", "digest", dig.ID, "channel", r.Channel.String(), "by", r.User.Name)
		return compose.Resending(dig, d.language(r)), nil
	},
}
