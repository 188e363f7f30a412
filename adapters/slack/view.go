package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Limits of views (https://docs.slack.dev/reference/views/modal-views) and of
// what forms are made of
// (https://docs.slack.dev/reference/block-kit/blocks/input-block,
// https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element).
const (
	maxViewTitle  = 24
	maxViewBlocks = 100
	maxMetadata   = 3000
	maxInputLabel = 2000
	maxInput      = 3000
	// maxView leaves room in the 250 KB that a view may have.
	maxView = 200_000
	// maxViewText bounds the text of a view's blocks. Slack publishes no limit
	// but that of maxView, which Chinese text, three bytes a character, keeps
	// with its frame.
	maxViewText = 40_000
	// askWithin is how long a form may take to be on its way. A trigger is good
	// for three seconds.
	askWithin = 2500 * time.Millisecond
)

// hadValue is the action of a field that was filled already: to empty it means
// something.
const (
	hadValue = "had"
	noValue  = "new"
)

// pending is what a view shows until the reply is there, in every language.
var pending = []slack.Block{slack.NewContextBlock("", plain("…"))}

// modal is a view as Slack takes it.
type modal struct {
	Type     string                 `json:"type"`
	Title    *slack.TextBlockObject `json:"title,omitempty"`
	Submit   *slack.TextBlockObject `json:"submit,omitempty"`
	Close    *slack.TextBlockObject `json:"close,omitempty"`
	Blocks   []slack.Block          `json:"blocks"`
	Metadata string                 `json:"private_metadata,omitempty"`
}

// named is a modal with a name and notes.
func named(title string, n notes, blocks []slack.Block) modal {
	data, _ := layout.JSON(n) // texts always marshal
	return modal{Type: "modal", Title: short(cmp.Or(title, "/digest")), Blocks: blocks, Metadata: string(data)}
}

// short is text of a modal's frame; nil if there is none.
func short(s string) *slack.TextBlockObject {
	if s = shorten(harmless(oneLine(s)), maxViewTitle-3); s == "" {
		return nil
	}
	return plain(s)
}

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
	v, err := formView(f, in.request.Channel.ID)
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

// formView is a form as a modal. The id of each block is the argument that it
// asks for.
func formView(f chat.Form, channel string) (modal, error) {
	var blocks []slack.Block
	for _, field := range f.Fields {
		var element slack.BlockElement
		action := noValue
		if field.Value != "" {
			action = hadValue
		}
		if len(field.Choices) > 0 {
			e := &slack.SelectBlockElement{Type: slack.OptTypeStatic, ActionID: action}
			for _, c := range field.Choices {
				o := option(shorten(harmless(oneLine(cmp.Or(c.Label, c.Value))), maxOption-3), c.Value)
				if o == nil || len(e.Options) == maxOptions {
					return modal{}, fmt.Errorf("form: field %s: the choice %q has no room", field.Arg, c.Label)
				}
				e.Options = append(e.Options, o)
				if c.Value == field.Value {
					e.InitialOption = o
				}
			}
			element = e
		} else {
			if utf8.RuneCountInString(field.Value) > maxInput {
				return modal{}, fmt.Errorf("form: field %s: the value has no room", field.Arg)
			}
			element = &slack.PlainTextInputBlockElement{Type: slack.METPlainTextInput, ActionID: action, InitialValue: field.Value}
		}
		label := plain(shorten(harmless(oneLine(cmp.Or(field.Label, field.Arg))), maxInputLabel-3))
		var hint *slack.TextBlockObject
		if s := shorten(harmless(oneLine(field.Hint)), maxInputLabel-3); s != "" {
			hint = plain(s)
		}
		b := slack.NewInputBlock(field.Arg, label, hint, element)
		b.Optional = !field.Required
		blocks = append(blocks, b)
	}
	v := named(f.Title, notes{Channel: channel, Words: f.Words}, blocks)
	v.Submit, v.Close = short(f.Submit), short(f.Cancel)
	switch {
	case len(blocks) == 0 || len(blocks) > maxViewBlocks:
		return modal{}, fmt.Errorf("form: %d fields have no room", len(blocks))
	case utf8.RuneCountInString(v.Metadata) > maxMetadata:
		return modal{}, errors.New("form: the line has no room")
	case v.Submit == nil:
		return modal{}, errors.New("form: nothing says how to submit it")
	}
	return v, nil
}

// submit answers a filled form, which holds a slot, with the view that shows the
// reply in the place of the form. When that takes long, or more than
// most bytes, it comes later.
func (l *listener) submit(in incoming, most int, send acknowledge) {
	n := notes{Channel: in.view.notes().Channel}
	update := func(blocks []slack.Block) []byte {
		data, _ := layout.JSON(map[string]any{"response_action": "update", "view": named(in.view.Title.Text, n, blocks)})
		return data
	}
	late := update(pending)
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
			return l.view(ctx, "views.update", "view_id", in.view.ID, named(in.view.Title.Text, n, blocks))
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
	n := notes{Channel: in.request.Channel.ID}
	if in.view.Type == "modal" {
		return l.view(ctx, "views.update", "view_id", in.view.ID, named(in.view.Title.Text, n, blocks))
	}
	opening, cancel := context.WithDeadline(ctx, in.at.Add(askWithin))
	defer cancel()
	if in.trigger != "" && l.view(opening, "views.open", "trigger_id", in.trigger, named("", n, blocks)) == nil {
		return nil
	}
	bodies, err := layOut(m)
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
	payload
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
		return l.view(ctx, "views.publish", "user_id", in.request.User.ID, modal{Type: "home", Blocks: blocks})
	})
	if err != nil {
		l.log.Warn("the App Home could not be shown", "user", in.request.User.ID, "error", err)
	}
}

// viewBlocks are the blocks of a message as a view shows them. A view has no
// second part: what it has no room for is left out, and the log says so.
func (l *listener) viewBlocks(m chat.Message) ([]slack.Block, error) {
	_, all, err := unitsOf(m)
	if err != nil {
		return nil, err
	}
	parts := planner{rules: everywhere, most: maxViewBlocks, room: maxViewText}.fill(all)
	switch {
	case len(parts) == 0:
		return pending, nil
	case len(parts) > 1:
		l.log.Warn("a view has no room for all of a reply", "title", m.Title)
	}
	data, err := layout.JSON(parts[0].blocks)
	if err != nil {
		return nil, err
	}
	if len(data) > maxView {
		return nil, fmt.Errorf("view: %d bytes have no room", len(data))
	}
	return parts[0].blocks, nil
}

// view calls a method that shows a view.
func (a *Adapter) view(ctx context.Context, method, name, value string, v modal) error {
	body, err := layout.JSON(map[string]any{name: value, "view": v})
	if err != nil {
		return fmt.Errorf("view: %w", err)
	}
	return a.call(ctx, method, jsonBody, body, &refusal{})
}
