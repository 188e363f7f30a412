package render

import (
	"strings"

	"github.com/digestbot/digestbot/adapters/layout"
)

// escaped escapes plain text so that Discord shows it unchanged.
func escaped(s string) markup {
	s = clean(s)
	var b strings.Builder
	escape(&b, s, traitsOf(s), false)
	return markup(b.String())
}

// escape writes plain text with the given traits so that Discord shows it
// unchanged, and isolates its direction. Addresses in it remain links, but are
// put between angle brackets so that they have no preview.
func escape(b *strings.Builder, s string, found traits, lineStart bool) {
	if found&wild != 0 {
		s = layout.Isolate(s)
	}
	if found&(marked|pinging|linked|broken) == 0 && (!lineStart || lineMark(s) < 0) {
		b.WriteString(s)
		return
	}
	done := 0
	// After something that is not an address, the characters in it are searched
	// again, but only addressTries times.
	tries, run := 0, 0
	flush := func(to int) { b.WriteString(s[done:to]); done = to }
	for i := 0; i < len(s); i++ {
		if lineStart {
			if mark := lineMark(s[i:]); mark >= 0 {
				flush(i + mark)
				b.WriteByte('\\')
			}
			lineStart = false
		}
		switch c := s[i]; c {
		case '\n':
			lineStart = true
		case '\\', '*', '_', '~', '`', '|', '<', '[', ']':
			flush(i)
			b.WriteByte('\\')
		case '@':
			if pingsAll(s[i:]) {
				flush(i)
				b.WriteByte('\\')
			}
		case ':':
			if startsEmoji(s[i:]) {
				flush(i)
				b.WriteByte('\\')
			}
		case 'h', 'H':
			if i >= run {
				tries = 0
			} else if tries == addressTries {
				continue
			}
			n, end := address(s[i:])
			if n == 0 {
				if end > 0 {
					tries, run = tries+1, i+end
				}
				continue
			}
			flush(i)
			b.WriteByte('<')
			flush(i + n)
			b.WriteByte('>')
			i += n - 1
		}
	}
	flush(len(s))
}

// lineMark returns the position of the character that would turn the line
// that s begins with into a heading, a quote or a list item. It is negative
// if there is none.
func lineMark(s string) int {
	i := 0
	for i < len(s) {
		if s[i] == ' ' || s[i] == '\t' {
			i++
		} else if strings.HasPrefix(s[i:], "\u3000") {
			i += len("\u3000")
		} else {
			break
		}
	}
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	at := i
	rest := s[i:]
	switch {
	case rest == "":
		return -1
	case strings.HasPrefix(rest, "-#"):
		rest = rest[2:]
	case rest[0] == '#', rest[0] == '>':
		n := 0
		for n < 3 && n < len(rest) && rest[n] == rest[0] {
			n++
		}
		rest = rest[n:]
	case strings.IndexByte("-+.)", rest[0]) >= 0:
		rest = rest[1:]
	default:
		return -1
	}
	if rest == "" || rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n' || strings.HasPrefix(rest, "\u3000") {
		return at
	}
	return -1
}
