package compose

import (
	"slices"
	"strings"

	"github.com/digestbot/digestbot/bot/compose/language"
)

// words are the words of one language, and the parts that all messages have.
type words struct{ *language.Words }

// in returns the words of the first of the wishes that we have.
func in(wishes ...string) words { return words{language.In(wishes...)} }

// join joins small print.
func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}
