package discord

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
)

// Limits of modals and of what is in them
// (https://docs.discord.com/developers/components/reference#label,
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal).
const (
	modalTitle  = 45
	modalFields = 5
	nameLimit   = 45
	hintLimit   = 100
	inputLimit  = 4000
	// askWithin is how long a form may take to be on its way: it can only be the
	// first answer, for which there are three seconds.
	askWithin = 2 * time.Second
)

// modal is a form as Discord takes it. The custom id of each field is the argument
// that it asks for, behind hadValue if it was filled already: to empty it means
// something.
type modal struct {
	Title      string     `json:"title"`
	CustomID   string     `json:"custom_id"`
	Components []fieldset `json:"components"`
}

const hadValue = "!"

// The types of components that a modal has and discordgo does not know.
const labelType = 18

// fieldset is a field with its label.
type fieldset struct {
	Type        int    `json:"type"`
	Label       string `json:"label,omitempty"`
	Description string `json:"description,omitempty"`
	Component   field  `json:"component"`
}

// field is a menu, or a line of text; or what somebody has chosen or typed.
type field struct {
	Type     discordgo.ComponentType `json:"type"`
	CustomID string                  `json:"custom_id"`
	Style    int                     `json:"style,omitempty"`
	Value    string                  `json:"value,omitempty"`
	Required bool                    `json:"required"`
	Most     int                     `json:"max_length,omitempty"`
	Least    *int                    `json:"min_values,omitempty"`
	Options  []fieldOption           `json:"options,omitempty"`
	Values   []string                `json:"values,omitempty"`
}

type fieldOption struct {
	Label   string `json:"label"`
	Value   string `json:"value"`
	Default bool   `json:"default,omitempty"`
}

// asks is the form for a command that came without what it needs; nil when there is
// none, or none in time. Then the handler has an answer in words.
func (l *listener) asks(ctx context.Context, i *interaction, id uint64, q question) (m *modal) {
	call, err := l.root.Parse(q.Line)
	if i.Type != discordgo.InteractionApplicationCommand || err != nil || !call.Bare() || time.Since(snowflake.Time(id)) > askWithin {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	_ = panics.Contain(l.log, "ask by a form", func() error {
		if f, ok := l.handler.Form(ctx, q.Request); ok && ctx.Err() == nil {
			m = modalOf(f)
		}
		return nil
	}, "adapter", l.name, "request", q.ID)
	return m
}

// modalOf is a form as a modal, as many of its first fields as there is room for:
// the others are given in words. It is nil if a form has no room.
func modalOf(f chat.Form) *modal {
	title, _ := layout.Cut(line(f.Title), modalTitle)
	m := &modal{Title: cmp.Or(title, "/digest"), CustomID: keyEnd + chat.Line(f.Words...)}
	for _, x := range f.Fields {
		label, _ := layout.Cut(line(cmp.Or(x.Label, x.Arg)), nameLimit)
		hint, _ := layout.Cut(line(x.Hint), hintLimit)
		c := field{CustomID: x.Arg, Required: x.Required}
		if x.Value != "" {
			c.CustomID = hadValue + x.Arg
		}
		if len(x.Choices) > 0 {
			c.Type, c.Least = discordgo.SelectMenuComponent, new(0)
			for _, choice := range x.Choices {
				name, _ := layout.Cut(line(cmp.Or(choice.Label, choice.Value)), choiceLimit)
				c.Options = append(c.Options, fieldOption{Label: name, Value: choice.Value, Default: choice.Value == x.Value})
			}
		} else {
			c.Type, c.Style, c.Value, c.Most = discordgo.TextInputComponent, int(discordgo.TextInputShort), x.Value, inputLimit
		}
		if utf8.RuneCountInString(c.CustomID) > customIDLimit || utf8.RuneCountInString(x.Value) > inputLimit || len(c.Options) > choicesLimit {
			continue // it is given in words
		}
		if m.Components = append(m.Components, fieldset{Type: labelType, Label: label, Description: hint, Component: c}); len(m.Components) == modalFields {
			break
		}
	}
	if len(m.Components) == 0 || utf8.RuneCountInString(m.CustomID) > customIDLimit {
		return nil
	}
	return m
}

// filled is the line that a filled form means.
func filled(id string, fields []fieldset) string {
	_, begins, _ := strings.Cut(id, keyEnd)
	f, values := chat.Form{Words: chat.Words(strings.TrimPrefix(begins, "/"))}, map[string]string{}
	for _, x := range fields {
		arg, had := strings.CutPrefix(x.Component.CustomID, hadValue)
		of := chat.Field{Arg: arg}
		if had {
			of.Value = hadValue
		}
		f.Fields = append(f.Fields, of)
		values[arg] = x.Component.Value + strings.Join(x.Component.Values, "")
	}
	return f.Line(values)
}
