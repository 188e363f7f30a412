package slack

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

// askWithin is how long it may take to send a form. A trigger is valid for
// three seconds.
const askWithin = 2500 * time.Millisecond

// askFor asks the handler for a form and shows it. It returns false if there is
// none or it could not be shown in time; the handler then answers in words.
func (l *listener) askFor(ctx context.Context, in incoming) bool {
	if in.trigger == "" {
		return false
	}
	ctx, cancel := context.WithDeadline(ctx, in.at.Add(askWithin))
	defer cancel()
	f, ok := l.form(ctx, in.request)
	if !ok || ctx.Err() != nil {
		return false
	}
	v, err := render.FormModal(f, in.request.Channel.ID)
	if err == nil {
		err = l.client.OpenView(ctx, in.trigger, v)
	}
	if err != nil {
		l.log.Warn("slack: a form could not be shown, so the answer is in words", "request", in.request.ID, "line", in.request.Line, "error", err)
		return false
	}
	return true
}

func (l *listener) form(ctx context.Context, r chat.Request) (f chat.Form, ok bool) {
	defer l.catchPanic(r, func() { ok = false })
	return l.handler.Form(ctx, r)
}

// submit answers a submitted form, which holds a slot, with a view that replaces
// the form by the reply. If that takes too long, or is larger than most bytes,
// the reply follows later.
func (l *listener) submit(in incoming, most int, send acknowledge) {
	n := render.Notes{Channel: in.view.notes().Channel}
	update := func(blocks []slack.Block) []byte {
		data, _ := layout.JSON(map[string]any{"response_action": "update", "view": render.NewModal(in.view.Title.Text, n, blocks)})
		return data
	}
	late := update(render.Pending)
	l.admit.acknowledgeWithin(l.times.inTime, late, send, func(keep keep) {
		ctx := l.admit.answering
		call, _ := l.root.Parse(in.request.Line)
		l.identify(ctx, &in.request, call.Command.AdminOnly)
		m, _ := l.askHandler(ctx, in.request)
		err := l.showOrApologize(in.request, m, func(m chat.Message) error {
			blocks, err := l.viewBlocks(m)
			if err != nil {
				return err
			}
			if with := update(blocks); len(with) <= most && keep(with, false) {
				return nil
			}
			keep(late, true)
			return l.client.UpdateView(ctx, in.view.ID, render.NewModal(in.view.Title.Text, n, blocks))
		})
		if err != nil {
			l.log.Error("slack: a reply did not arrive", "request", in.request.ID, "line", in.request.Line, "error", err)
		}
	})
}
