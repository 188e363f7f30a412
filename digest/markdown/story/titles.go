package story

import (
	"strings"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// CleanHeadline is a headline without its ordinal, the marks of its sources and
// brackets around all of it.
func CleanHeadline(s string) string {
	s = lexicon.StripOrdinal(lexicon.Squeeze(s))
	if strings.HasSuffix(s, "]") {
		s = strings.TrimSpace(withoutCites(s))
		if len(s) > 2 && s[0] == '[' && strings.IndexAny(s[1:], "[]") == len(s)-2 {
			s = strings.TrimSpace(s[1 : len(s)-1])
		}
	}
	return s
}

// withoutCites is text without the numbers of notes at its end.
func withoutCites(s string) string {
	if !strings.HasSuffix(s, "]") {
		return s // as most is
	}
	return citeMarks().ReplaceAllString(s, "")
}

var citeMarks = lexicon.Pattern(`(?:\s*\[\d{1,3}\])+$`)
