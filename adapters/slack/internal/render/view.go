package render

import (
	"cmp"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Limits of views (https://docs.slack.dev/reference/views/modal-views) and of the
// elements of forms (https://docs.slack.dev/reference/block-kit/blocks/input-block,
// https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element).
const (
	maxViewTitle  = 24
	maxViewBlocks = 100
	maxMetadata   = 3000
	maxInputLabel = 2000
	maxInput      = 3000
	// MaxView leaves a margin below the 250 KB that a view may have.
	MaxView = 200_000
	// maxViewText limits the text of a view's blocks. Slack publishes no limit
	// except the total size, and Chinese text, at three bytes a character,
	// stays below MaxView with its JSON.
	maxViewText = 40_000
)

// HadValue is the action id of a prefilled field: clearing it is significant.
const (
	HadValue = "had"
	noValue  = "new"
)

// Pending is what a view shows until the reply is ready, in every language.
var Pending = []slack.Block{slack.NewContextBlock("", plainText("…"))}

// View is a view in Slack's format.
type View struct {
	Type     string                 `json:"type"`
	Title    *slack.TextBlockObject `json:"title,omitempty"`
	Submit   *slack.TextBlockObject `json:"submit,omitempty"`
	Close    *slack.TextBlockObject `json:"close,omitempty"`
	Blocks   []slack.Block          `json:"blocks"`
	Metadata string                 `json:"private_metadata,omitempty"`
}

// NewModal returns a modal with a title and notes.
func NewModal(title string, n Notes, blocks []slack.Block) View {
	data, _ := layout.JSON(n) // texts always marshal
	return View{Type: "modal", Title: short(cmp.Or(title, "/digest")), Blocks: blocks, Metadata: string(data)}
}

// short returns a text of a modal's frame, or nil if it is empty.
func short(s string) *slack.TextBlockObject {
	words := shorten(withoutMentions(oneLine(s)), maxViewTitle-3)
	if words == "" {
		return nil
	}
	return plainText(words)
}

// FormModal converts a form to a modal. The id of each block is the name of
// its argument.
func FormModal(f chat.Form, channel string) (View, error) {
	var blocks []slack.Block
	for _, field := range f.Fields {
		var element slack.BlockElement
		action := noValue
		if field.Value != "" {
			action = HadValue
		}
		if len(field.Choices) > 0 {
			e := &slack.SelectBlockElement{Type: slack.OptTypeStatic, ActionID: action}
			for _, c := range field.Choices {
				o := option(shorten(withoutMentions(oneLine(cmp.Or(c.Label, c.Value))), maxOption-3), c.Value)
				if o == nil || len(e.Options) == maxOptions {
					return View{}, fmt.Errorf("form: field %s: the choice %q does not fit", field.Arg, c.Label)
				}
				e.Options = append(e.Options, o)
				if c.Value == field.Value {
					e.InitialOption = o
				}
			}
			element = e
		} else {
			if utf8.RuneCountInString(field.Value) > maxInput {
				return View{}, fmt.Errorf("form: field %s: the value does not fit", field.Arg)
			}
			element = &slack.PlainTextInputBlockElement{Type: slack.METPlainTextInput, ActionID: action, InitialValue: field.Value}
		}
		label := plainText(shorten(withoutMentions(oneLine(cmp.Or(field.Label, field.Arg))), maxInputLabel-3))
		var hint *slack.TextBlockObject
		if s := shorten(withoutMentions(oneLine(field.Hint)), maxInputLabel-3); s != "" {
			hint = plainText(s)
		}
		b := slack.NewInputBlock(field.Arg, label, hint, element)
		b.Optional = !field.Required
		blocks = append(blocks, b)
	}
	v := NewModal(f.Title, Notes{Channel: channel, Words: f.Words}, blocks)
	v.Submit, v.Close = short(f.Submit), short(f.Cancel)
	switch {
	case len(blocks) == 0 || len(blocks) > maxViewBlocks:
		return View{}, fmt.Errorf("form: %d fields do not fit", len(blocks))
	case utf8.RuneCountInString(v.Metadata) > maxMetadata:
		return View{}, errors.New("form: the line does not fit")
	case v.Submit == nil:
		return View{}, errors.New("form: nothing says how to submit it")
	}
	return v, nil
}

// ViewBlocks returns the blocks of a message for a view. A view has no second part:
// all is false if a part of the message did not fit and was left out.
func ViewBlocks(m chat.Message) (blocks []slack.Block, all bool, err error) {
	_, units, err := unitsOf(m)
	if err != nil {
		return nil, false, err
	}
	parts := paginator{rules: everywhere, most: maxViewBlocks, room: maxViewText}.fill(units)
	if len(parts) == 0 {
		return Pending, true, nil
	}
	data, err := layout.JSON(parts[0].blocks)
	if err != nil {
		return nil, false, err
	}
	if len(data) > MaxView {
		return nil, false, fmt.Errorf("view: %d bytes do not fit", len(data))
	}
	return parts[0].blocks, len(parts) == 1, nil
}

// Notes is the data stored in one of the bot's views: the channel in which
// it was requested, and the words that a form adds to.
type Notes struct {
	Channel string   `json:"channel,omitempty"`
	Words   []string `json:"words,omitempty"`
}
