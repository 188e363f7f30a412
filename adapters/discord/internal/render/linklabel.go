package render

import (
	"strings"
	"unicode"
)

// unsafeLabel reports whether s contains something that the label of a masked link
// cannot hold: markup, because backslashes do not work there, and addresses,
// because they break the link
// (https://github.com/discord/discord-api-docs/issues/6185 and 7721). A single
// tilde is not markup, nor is an underscore without an earlier one to pair with.
func unsafeLabel(s string) bool {
	if traitsOf(s)&(marked|pinging|linked) == 0 {
		return false
	}
	underscores := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '[', ']', '\\', '*', '`', '|', '<':
			return true
		case '~':
			if i > 0 && s[i-1] == '~' {
				return true
			}
		case '_':
			if underscores++; underscores > 1 && (i == len(s)-1 || s[i-1] == '_' || !wordByte(s[i+1])) {
				return true
			}
		case ':':
			if strings.HasPrefix(s[i:], "://") {
				return true
			}
		case '@':
			if pingsAll(s[i:]) {
				return true
			}
		}
	}
	return false
}

// hasEmoji reports whether s may contain an emoji. In the text of a message,
// a label with an emoji is not a link
// (https://github.com/discord/discord-api-docs/issues/6810).
func hasEmoji(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return r >= 0x1F000 || 0x2190 <= r && r <= 0x2BFF || r == 0x200D || r == 0xFE0F || r == 0x20E3
	})
}

// cutEmoji splits a headline into leading emoji, with which it would not be a
// link in the text of a message, and the rest.
func cutEmoji(s string) (before markup, label string) {
	at := strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.In(r, unicode.Ps, unicode.Pi)
	})
	if at > 0 && hasEmoji(s[:at]) && !strings.Contains(s, "\u20E3") && traitsOf(s[:at])&(marked|pinging|linked) == 0 {
		return markup(s[:at]), s[at:]
	}
	return "", s
}
