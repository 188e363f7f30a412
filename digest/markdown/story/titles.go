package story

import (
	"strings"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// CleanHeadline returns a headline without its ordinal, the marks of its sources and
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

// withoutCites removes the numbers of notes from the end of a text.
func withoutCites(s string) string {
	if !strings.HasSuffix(s, "]") {
		return s // the usual case
	}
	return citeMarks().ReplaceAllString(s, "")
}

var citeMarks = lexicon.Pattern(`(?:\s*\[\d{1,3}\])+$`)
