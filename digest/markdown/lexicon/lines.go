package lexicon

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Position is the line and the column of an offset, both from 1. Columns count
// code points.
func Position(data []byte, offset int) (line, column int) {
	offset = min(offset, len(data))
	start := bytes.LastIndexByte(data[:offset], '\n') + 1
	return 1 + bytes.Count(data[:start], []byte("\n")), 1 + utf8.RuneCount(data[start:offset])
}

// IsSeparator reports whether r stands between the words of a list that is
// written as one word.
func IsSeparator(r rune) bool { return strings.ContainsRune(",，、;；", r) }

// Squeeze makes one space of all white space between words.
func Squeeze(s string) string {
	if squeezed(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// squeezed reports whether there is surely nothing to squeeze.
func squeezed(s string) bool {
	space := true
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ' && space, c < ' ', c == 0xC2, c == 0xE1, c == 0xE2, c == 0xE3 && strings.HasPrefix(s[i:], "\u3000"):
			return false // the bytes are those that other white space begins with
		default:
			space = c == ' '
		}
	}
	return s == "" || !space
}

// LineAt is the line at the offset without spaces at its end, and the offset
// of the next one.
func LineAt(data []byte, at int) (line []byte, next int) {
	next = len(data)
	if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
		next = at + i + 1
	}
	return bytes.TrimRight(data[at:next], " \t\n"), next
}

// IsBlank reports whether b has nothing but white space.
func IsBlank(b []byte) bool { return len(bytes.TrimSpace(b)) == 0 }
