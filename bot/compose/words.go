package compose

import (
	"slices"
	"strings"

	"github.com/digestbot/digestbot/bot/compose/language"
)

// words are the words of one language, with those parts of messages that all of them
// have.
type words struct{ *language.Words }

// in finds the language that fits the first of the wishes that is known to us.
func in(wishes ...string) words { return words{language.In(wishes...)} }

// join puts small print together.
func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}
