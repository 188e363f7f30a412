package slack

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
)

// inTime is how long an acknowledgement waits for a payload. Slack waits
// three seconds for the acknowledgement.
const inTime = time.Second

// answer passes a command or a press to the handler and shows the reply. If
// keep is not nil, the acknowledgement may carry the reply.
func (l *listener) answer(in incoming, keep keep) {
	ctx := l.admit.answering
	call, err := l.root.Parse(in.request.Line)
	l.identify(ctx, &in.request, call.Command.AdminOnly)
	if err == nil && call.Bare() && in.view.ID == "" && l.askFor(ctx, in) {
		return
	}
	m, handled := l.askHandler(ctx, in.request)
	// The reply to a faulty line is private.
	private := err != nil || call.Private() || !handled
	how := replyMode{private: private, instead: err == nil && handled && in.ephemeral && call.Turns()}
	err = l.showOrApologize(in.request, m, func(m chat.Message) error { return l.show(ctx, in, m, how, keep) })
	if err != nil {
		l.log.Error("slack: a reply did not arrive", "request", in.request.ID, "line", in.request.Line, "error", err)
	}
}

// identify adds what the handler needs to know about the user.
func (l *listener) identify(ctx context.Context, r *chat.Request, rights bool) {
	r.Locale = l.people.locale(ctx, l.admit, l.times.locale, r.User.ID)
	if rights {
		r.User.Admin = l.people.admin(ctx, l.admit, r.User.ID)
	}
}

// askHandler calls the handler. If it panics, the cause is logged and the user
// gets an apology.
func (l *listener) askHandler(ctx context.Context, r chat.Request) (m chat.Message, ok bool) {
	defer l.catchPanic(r, func() { m, ok = l.apology(r), false })
	return l.handler.Handle(ctx, r), true
}

// apology returns the reply to a request that has panicked.
func (l *listener) apology(r chat.Request) chat.Message {
	sorry := chat.Notice{Level: chat.Failure, Text: chat.Plain(l.in(r.Locale).Say("Sorry, that did not work. The people who run this bot can find the reason in its log."))}
	return chat.Message{Blocks: []chat.Block{sorry}}
}

// showOrApologize shows a reply. If show panics, or if the reply has no layout, it shows the
// apology instead.
func (l *listener) showOrApologize(r chat.Request, m chat.Message, show func(chat.Message) error) error {
	err := panics.Contain(l.log, "show a reply", func() error { return show(m) }, "request", r.ID, "line", r.Line)
	switch {
	case errors.Is(err, render.ErrNoLayout):
		l.log.Error("slack: a reply cannot be shown", "request", r.ID, "line", r.Line, "error", err)
	case !panics.Contained(err):
		return err
	}
	return show(l.apology(r))
}

// catchPanic is deferred where the handler is called. After a panic, it calls
// instead.
func (l *listener) catchPanic(r chat.Request, instead func()) {
	if p := recover(); p != nil {
		l.log.Error("slack: digestbot has a bug", "request", r.ID, "line", r.Line, "panic", p, "stack", string(debug.Stack()))
		instead()
	}
}
