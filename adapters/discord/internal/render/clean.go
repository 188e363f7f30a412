package render

import (
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
)

// traits are properties of a text that determine how it is written.
type traits uint8

const (
	// wild text has control characters, right-to-left letters, invisible
	// characters that could change the direction of the text around them, or
	// invalid UTF-8.
	wild traits = 1 << iota
	// marked text has characters with a meaning in Markdown.
	marked
	// pinging text has an @.
	pinging
	// linked text has addresses.
	linked
	// broken text has line ends.
	broken
	// spaced text has white space other than single spaces between words.
	spaced
)

// ascii maps each ASCII character to its traits.
var ascii = func() (table [utf8.RuneSelf]traits) {
	for c := range table {
		if c < ' ' || c == 0x7F {
			table[c] = wild
		}
	}
	for _, c := range []byte("\\*_~`|<>[]") {
		table[c] = marked
	}
	table['\n'], table['@'], table[':'], table[' '] = broken, pinging, linked, spaced
	return table
}()

// traitsOf finds the traits of a text in one pass.
func traitsOf(s string) (found traits) {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			t := ascii[c]
			switch {
			case t&(linked|spaced) == 0:
			case c == ':' && startsEmoji(s[i:]):
				t = marked
			case c == ':' && !strings.HasPrefix(s[i:], "://"), c == ' ' && i > 0 && i+1 < len(s) && s[i+1] != ' ':
				t = 0
			}
			found |= t
			i++
			continue
		}
		// Chinese, Japanese and Korean characters begin with these bytes and are
		// harmless, except for the ideographic space.
		if 0xE3 <= c && c <= 0xEC && i+2 < len(s) && s[i+1]&0xC0 == 0x80 && s[i+2]&0xC0 == 0x80 {
			if c == 0xE3 && s[i+1] == 0x80 && s[i+2] == 0x80 {
				found |= spaced
			}
			i += 3
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r < 0x00A0, r == utf8.RuneError, // controls
			0x0590 <= r && r <= 0x08FF,                             // Hebrew to Arabic
			0x200B <= r && r <= 0x200F, 0x2028 <= r && r <= 0x206F, // joiners, marks, separators, isolates
			0xFB1D <= r && r <= 0xFDFF, 0xFE70 <= r && r <= 0xFEFF, // presentation forms
			0x10800 <= r && r <= 0x10FFF, 0x1E800 <= r && r <= 0x1EFFF:
			found |= wild
		case r == 0x00A0, r == 0x1680, 0x2000 <= r && r <= 0x200A:
			found |= spaced
		}
		i += n
	}
	return found
}

// longestEmoji is larger than the length in bytes of any emoji name with its colons.
const longestEmoji = 80

// startsEmoji reports whether clients draw an emoji for the colon that s begins with
// and the characters after it: :ok:, as in repo:ok:1, or the face :/, as in ::/48.
func startsEmoji(s string) bool {
	if len(s) > 1 && strings.IndexByte("/()", s[1]) >= 0 {
		return !strings.HasPrefix(s, "://")
	}
	n := 1
	for n < min(len(s), longestEmoji) && (wordByte(s[n]) || s[n] == '+' || s[n] == '-' || s[n] == '~') {
		n++
	}
	return n > 1 && n < len(s) && s[n] == ':'
}

func wordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

func pingsAll(s string) bool {
	return strings.HasPrefix(s, "@everyone") || strings.HasPrefix(s, "@here")
}

// clean is layout.Clean with a fast path for most text, which it would not change.
func clean(s string) string {
	if traitsOf(s)&wild == 0 {
		return s
	}
	return layout.Clean(s)
}

// oneLine returns text without line ends, for headlines and labels.
func oneLine(s string) string {
	switch found := traitsOf(s); {
	case found&(wild|broken|spaced) == 0:
		return s
	case found&wild != 0:
		s = layout.Clean(s)
	}
	return strings.Join(strings.Fields(s), " ")
}

// Label returns text on one line of at most limit characters, for choices,
// fields and commands.
func Label(s string, limit int) string {
	head, _ := layout.Cut(oneLine(s), limit)
	return head
}
