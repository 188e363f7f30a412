package slack

import (
	"context"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

// suggestWithin is how long choices may take, because they cannot follow later.
const suggestWithin = 2 * time.Second

// suggest answers with the choices of a menu in which a user types. If they
// take too long there are none: a menu cannot show an error.
func (l *listener) suggest(in incoming, send acknowledge) {
	l.admit.acknowledgeWithin(suggestWithin, render.Offered(nil), send, func(keep keep) {
		ctx, cancel := context.WithTimeout(l.admit.answering, suggestWithin)
		defer cancel()
		call, _ := l.root.Parse(in.request.Line)
		l.identify(ctx, &in.request, call.Command.AdminOnly)
		keep(render.Offered(l.choices(ctx, in.request)), false)
	})
}

func (l *listener) choices(ctx context.Context, r chat.Request) (all []chat.Choice) {
	defer l.catchPanic(r, func() { all = nil })
	return l.handler.Suggest(ctx, r)
}
