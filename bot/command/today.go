package command

import (
	"context"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
)

var today = verb{
	Command: chat.Command{Name: "today", Summary: "The digests of today", Private: true, Args: []chat.Arg{chat.Page, chat.Share}},
	read: func(ctx context.Context, d readerDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		s, _ := d.Serving(r.Channel)
		now := d.clock(s)
		if on := d.onDay(r, now); len(on) > 0 {
			// Further pages are of the same day, even when it is over.
			return d.ofDay(ctx, r, args, now, on)
		}
		newest := d.chosen("", s)
		if newest == nil {
			return compose.NoDigests(d.language(r)), nil
		}
		return compose.NoneToday(newest, d.language(r)), nil
	},
}
