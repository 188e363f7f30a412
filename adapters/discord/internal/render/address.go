package render

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
)

// isLink is layout.Link with a fast path for ordinary addresses.
func isLink(address string) bool {
	rest, ok := strings.CutPrefix(address, "https://")
	if !ok {
		return layout.Link(address)
	}
	end := 0
	for end < len(rest) && (rest[end] == '.' || rest[end] == '-' || wordByte(rest[end])) {
		end++
	}
	if end == 0 || end < len(rest) && rest[end] != '/' {
		return layout.Link(address)
	}
	for _, c := range []byte(rest[end:]) {
		if c <= ' ' || c >= 0x7F || c == '%' {
			return layout.Link(address)
		}
	}
	return true
}

// fits reports whether an address, percent-encoded for any reader including
// Discord, has at most limit characters. The limits apply to the address as
// sent, and the documentation does not say in which form Discord counts
// non-ASCII addresses.
func fits(address string, limit int) bool {
	if len(address) > limit {
		return false
	}
	n := 0
	for i := range len(address) {
		switch c := address[i]; {
		case c >= utf8.RuneSelf, strings.IndexByte("()<> \"`\\|", c) >= 0:
			n += len("%20")
		default:
			n++
		}
	}
	return n <= limit
}

// encode percent-encodes characters that would end the address of a masked link.
func encode(address string) string {
	for i := range len(address) {
		switch address[i] {
		case '(', ')', '<', '>', ' ', '"', '`', '\\', '|':
			return encoder.Replace(address)
		}
	}
	return address
}

var encoder = strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20", `"`, "%22", "`", "%60", `\`, "%5C", "|", "%7C")

// Host returns the name of an address's site.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || unsafeLabel(u.Hostname()) {
		return "link"
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// addressTries is the maximum number of places to look for an address in a run
// of characters that may all belong to one.
const addressTries = 8

// address returns the length of the address that s begins with, or 0 if there is
// none, and the length of all characters that might have belonged to it.
func address(s string) (n, end int) {
	const secure, open = "https://", "http://"
	switch {
	case len(s) > len(secure) && strings.EqualFold(s[:len(secure)], secure):
		end = len(secure)
	case len(s) > len(open) && strings.EqualFold(s[:len(open)], open):
		end = len(open)
	default:
		return 0, 0
	}
	for end < len(s) {
		size := 1
		if s[end] >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[end:]); !unicode.In(r, unicode.L, unicode.M, unicode.N) {
				break
			}
		} else if !wordByte(s[end]) && strings.IndexByte("!#$%&'()*+,./:;=?@[]~-", s[end]) < 0 {
			break
		}
		end += size
	}
	if found := trimAddress(s[:end]); isLink(found) {
		return len(found), end
	}
	return 0, end
}

// trimAddress removes trailing characters that belong to the sentence around an address.
func trimAddress(s string) string {
	open, closed := strings.Count(s, "("), strings.Count(s, ")")
	for {
		s = strings.TrimRight(s, ".,:;!?'*_~]")
		if closed <= open || !strings.HasSuffix(s, ")") {
			return s
		}
		s, closed = s[:len(s)-1], closed-1
	}
}
