package render

import (
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
)

// linkable reports whether an address can be a link.
func linkable(address string) bool {
	return addressLength(address) <= maxAddress && layout.Link(address)
}

// addressLength counts the characters of an address, escaped for any reader:
// characters that are not ASCII, or not allowed in the address of a mrkdwn link,
// are percent-encoded, and an ampersand is an entity. The documentation does not
// say which of these forms Slack counts.
func addressLength(address string) (n int) {
	for i := range len(address) {
		switch c := address[i]; {
		case c == '&':
			n += len("&amp;")
		case c >= utf8.RuneSelf, strings.IndexByte("<>|^ ", c) >= 0:
			n += len("%20")
		default:
			n++
		}
	}
	return n
}
