package render

import (
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
)

// Choice is a suggestion for an argument.
type Choice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Choices are suggestions as Discord takes them, as many as it takes.
func Choices(all []chat.Choice) (some []Choice) {
	for _, c := range all {
		label := Label(c.Label, choiceLimit)
		if label == "" {
			label = Label(c.Value, choiceLimit)
		}
		// A value that is too long cannot be cut: it would be another value.
		if label == "" || c.Value == "" || utf8.RuneCountInString(c.Value) > choiceLimit {
			continue
		}
		if some = append(some, Choice{label, c.Value}); len(some) == choicesLimit {
			break
		}
	}
	return some
}
