package render

import (
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
)

// linkable reports whether an address can be that of a link.
func linkable(address string) bool {
	return addressLength(address) <= maxAddress && layout.Link(address)
}

// addressLength counts the characters of an address that is escaped for all its
// readers: what is neither ASCII nor allowed in the address of a mrkdwn link is
// percent-encoded, and an ampersand is an entity. No page says in which of these
// forms Slack counts it.
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
