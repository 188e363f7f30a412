package slack

import (
	"context"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

// askFor asks the handler for a form and shows it; false if there is none, or it
// could not be shown in time. Then the handler has an answer in words.
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
		err = l.view(ctx, "views.open", "trigger_id", in.trigger, v)
	}
	if err != nil {
		l.log.Warn("a form could not be shown: the answer is in words", "request", in.request.ID, "line", in.request.Line, "error", err)
		return false
	}
	return true
}

func (l *listener) form(ctx context.Context, r chat.Request) (f chat.Form, ok bool) {
	defer l.survive(r, func() { ok = false })
	return l.handler.Form(ctx, r)
}

// submit answers a filled form, which holds a slot, with the view that shows the
// reply in the place of the form. When that takes long, or more than
// most bytes, it comes later.
func (l *listener) submit(in incoming, most int, send acknowledge) {
	n := render.Notes{Channel: in.view.notes().Channel}
	update := func(blocks []slack.Block) []byte {
		data, _ := layout.JSON(map[string]any{"response_action": "update", "view": render.NewModal(in.view.Title.Text, n, blocks)})
		return data
	}
	late := update(render.Pending)
	l.settled(l.times.inTime, late, send, func(keep keep) {
		ctx := l.answering
		call, _ := l.root.Parse(in.request.Line)
		l.introduce(ctx, &in.request, call.Command.AdminOnly)
		m, _ := l.handle(ctx, in.request)
		err := l.told(in.request, m, func(m chat.Message) error {
			blocks, err := l.viewBlocks(m)
			if err != nil {
				return err
			}
			if with := update(blocks); len(with) <= most && keep(with, false) {
				return nil
			}
			keep(late, true)
			return l.view(ctx, "views.update", "view_id", in.view.ID, render.NewModal(in.view.Title.Text, n, blocks))
		})
		if err != nil {
			l.log.Error("a reply did not arrive", "request", in.request.ID, "line", in.request.Line, "error", err)
		}
	})
}

// showInView shows a reply to what was pressed in a modal in its place, and to
// what was pressed in the App Home in a modal of its own. Where that comes too
// late it is a message to the one who asked.
func (l *listener) showInView(ctx context.Context, in incoming, m chat.Message) error {
	blocks, err := l.viewBlocks(m)
	if err != nil {
		return err
	}
	n := render.Notes{Channel: in.request.Channel.ID}
	if in.view.Type == "modal" {
		return l.view(ctx, "views.update", "view_id", in.view.ID, render.NewModal(in.view.Title.Text, n, blocks))
	}
	opening, cancel := context.WithDeadline(ctx, in.at.Add(askWithin))
	defer cancel()
	if in.trigger != "" && l.view(opening, "views.open", "trigger_id", in.trigger, render.NewModal("", n, blocks)) == nil {
		return nil
	}
	bodies, err := render.Posts(m)
	if err != nil {
		return err
	}
	to, err := l.resolve(ctx, l.Direct(in.request.User.ID).ID)
	if err != nil {
		return err
	}
	for _, body := range bodies {
		err := l.say(direct{body, to}, func(body []byte) error {
			_, err := l.postMessage(ctx, to, body)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// direct is a payload in a conversation with a user, which carries no key: nobody
// looks for it.
type direct struct {
	render.Post
	Channel string `json:"channel"`
}

// welcome shows the one who opens the App Home what the handler has to say.
func (l *listener) welcome(in incoming) {
	ctx := l.answering
	l.introduce(ctx, &in.request, true)
	m, _ := l.handle(ctx, in.request)
	err := l.told(in.request, m, func(m chat.Message) error {
		blocks, err := l.viewBlocks(m)
		if err != nil {
			return err
		}
		return l.view(ctx, "views.publish", "user_id", in.request.User.ID, render.View{Type: "home", Blocks: blocks})
	})
	if err != nil {
		l.log.Warn("the App Home could not be shown", "user", in.request.User.ID, "error", err)
	}
}

// view calls a method that shows a view.
func (a *Adapter) view(ctx context.Context, method, name, value string, v render.View) error {
	body, err := layout.JSON(map[string]any{name: value, "view": v})
	if err != nil {
		return fmt.Errorf("view: %w", err)
	}
	return a.call(ctx, method, jsonBody, body, &refusal{})
}

// viewBlocks are the blocks of a message as a view shows them; the log says when
// a part of it has no room.
func (l *listener) viewBlocks(m chat.Message) ([]slack.Block, error) {
	blocks, all, err := render.ViewBlocks(m)
	if err == nil && !all {
		l.log.Warn("a view has no room for all of a reply", "title", m.Title)
	}
	return blocks, err
}

// askWithin is how long a form may take to be on its way. A trigger is good
// for three seconds.
const askWithin = 2500 * time.Millisecond
