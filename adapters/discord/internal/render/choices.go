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

// Choices converts suggestions to Discord's form, up to Discord's limit.
func Choices(all []chat.Choice) (some []Choice) {
	for _, c := range all {
		label := Label(c.Label, choiceLimit)
		if label == "" {
			label = Label(c.Value, choiceLimit)
		}
		// Shortening a value that is too long would change it.
		if label == "" || c.Value == "" || utf8.RuneCountInString(c.Value) > choiceLimit {
			continue
		}
		if some = append(some, Choice{label, c.Value}); len(some) == choicesLimit {
			break
		}
	}
	return some
}
