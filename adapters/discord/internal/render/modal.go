package render

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
)

// Limits of modals and of their fields
// (https://docs.discord.com/developers/components/reference#label,
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal).
const (
	modalTitle  = 45
	modalFields = 5
	nameLimit   = 45
	hintLimit   = 100
	inputLimit  = 4000
)

// Modal is a form in Discord's format. The custom id of each field is the name of
// its argument, after hadValue if the field was prefilled: clearing such a field
// is significant.
type Modal struct {
	Title      string     `json:"title"`
	CustomID   string     `json:"custom_id"`
	Components []Fieldset `json:"components"`
}

const hadValue = "!"

// Fieldset is a field with its label.
type Fieldset struct {
	Type        int    `json:"type"`
	Label       string `json:"label,omitempty"`
	Description string `json:"description,omitempty"`
	Component   Field  `json:"component"`
}

// Field is a menu or a line of text. When submitted, it contains what the user has chosen
// or typed.
type Field struct {
	Type     int           `json:"type"`
	CustomID string        `json:"custom_id"`
	Style    int           `json:"style,omitempty"`
	Value    string        `json:"value,omitempty"`
	Required bool          `json:"required"`
	Most     int           `json:"max_length,omitempty"`
	Least    *int          `json:"min_values,omitempty"`
	Options  []FieldOption `json:"options,omitempty"`
	Values   []string      `json:"values,omitempty"`
}

// FieldOption is an option of a menu in a form.
type FieldOption struct {
	Label   string `json:"label"`
	Value   string `json:"value"`
	Default bool   `json:"default,omitempty"`
}

// NewModal converts a form to a modal, with as many of the first fields as fit;
// the others are left to the command line. It returns nil if the form does not
// fit.
func NewModal(f chat.Form) *Modal {
	m := &Modal{Title: cmp.Or(Label(f.Title, modalTitle), "/digest"), CustomID: KeyEnd + chat.Line(f.Words...)}
	for _, x := range f.Fields {
		label, hint := Label(cmp.Or(x.Label, x.Arg), nameLimit), Label(x.Hint, hintLimit)
		c := Field{CustomID: x.Arg, Required: x.Required}
		if x.Value != "" {
			c.CustomID = hadValue + x.Arg
		}
		if len(x.Choices) > 0 {
			c.Type, c.Least = MenuType, new(0)
			for _, choice := range x.Choices {
				c.Options = append(c.Options, FieldOption{Label: Label(cmp.Or(choice.Label, choice.Value), choiceLimit), Value: choice.Value, Default: choice.Value == x.Value})
			}
		} else {
			c.Type, c.Style, c.Value, c.Most = textInputType, shortStyle, x.Value, inputLimit
		}
		if utf8.RuneCountInString(c.CustomID) > customIDLimit || utf8.RuneCountInString(x.Value) > inputLimit || len(c.Options) > choicesLimit {
			continue // left to the command line
		}
		if m.Components = append(m.Components, Fieldset{Type: labelType, Label: label, Description: hint, Component: c}); len(m.Components) == modalFields {
			break
		}
	}
	if len(m.Components) == 0 || utf8.RuneCountInString(m.CustomID) > customIDLimit {
		return nil
	}
	return m
}

// FormLine returns the command line equivalent to a submitted form.
func FormLine(id string, fields []Fieldset) string {
	_, begins, _ := strings.Cut(id, KeyEnd)
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
