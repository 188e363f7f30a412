package lexicon

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Position returns the line and the column of an offset, both from 1. Columns count
// code points.
func Position(data []byte, offset int) (line, column int) {
	offset = min(offset, len(data))
	start := bytes.LastIndexByte(data[:offset], '\n') + 1
	return 1 + bytes.Count(data[:start], []byte("\n")), 1 + utf8.RuneCount(data[start:offset])
}

// IsSeparator reports whether r separates the words of a list that is written as one
// string.
func IsSeparator(r rune) bool { return strings.ContainsRune(",，、;；", r) }

// Squeeze replaces each run of white space between words by one space, and trims the
// ends.
func Squeeze(s string) string {
	if squeezed(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// squeezed reports whether there is certainly nothing to squeeze.
func squeezed(s string) bool {
	space := true
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ' && space, c < ' ', c == 0xC2, c == 0xE1, c == 0xE2, c == 0xE3 && strings.HasPrefix(s[i:], "\u3000"):
			return false // these bytes begin other white space
		default:
			space = c == ' '
		}
	}
	return s == "" || !space
}

// LineAt returns the line at an offset, without trailing spaces, and the offset of the
// next line.
func LineAt(data []byte, at int) (line []byte, next int) {
	next = len(data)
	if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
		next = at + i + 1
	}
	return bytes.TrimRight(data[at:next], " \t\n"), next
}

// IsBlank reports whether b has only white space.
func IsBlank(b []byte) bool { return len(bytes.TrimSpace(b)) == 0 }
