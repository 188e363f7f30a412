package digest

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unseemly reports whether a character is invisible and controls the display: a control
// character, or one that changes the direction of the text around it
// (https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings).
func Unseemly(r rune) bool {
	return unicode.IsControl(r) || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' || r == '\u2028' || r == '\u2029'
}

// Escape returns text in which unseemly characters, except newlines and tabs, and bytes
// that are not valid UTF-8 are escaped as in Go: \x1b, \u202e.
func Escape(text string) string {
	return escape(text, func(r rune) bool { return r != '\n' && r != '\t' && Unseemly(r) })
}

// Printable returns the name of a file in a visible form, on one line: unchanged, or
// quoted and escaped if it contains anything invisible or not valid UTF-8. The joiners
// used in emoji and Persian count as visible.
func Printable(name string) string {
	escaped := escape(name, func(r rune) bool {
		return !unicode.IsGraphic(r) && r != '\u200c' && r != '\u200d' && r != '\ufe0f' || r == '\u2028' || r == '\u2029'
	})
	if escaped == name {
		return name
	}
	return `"` + escaped + `"`
}

func escape(text string, hide func(rune) bool) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, hide) {
		return text
	}
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, text[0])
		case !hide(r):
			out.WriteString(text[:size])
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case r == '\r':
			out.WriteString(`\r`)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&out, `\x%02x`, r)
		case r > 0xffff:
			fmt.Fprintf(&out, `\U%08x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out.String()
}
