package weburl

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// SchemeBefore returns the length of http or https at the end of s.
func SchemeBefore[S string | []byte](s S) int {
	for _, scheme := range []string{"https", "http"} {
		if n := len(scheme); len(s) >= n && strings.EqualFold(string(s[len(s)-n:]), scheme) {
			return n
		}
	}
	return 0
}

// Length returns how many bytes at the start of s belong to an address: letters and
// digits of any script, and ASCII characters except spaces and quotes. Punctuation at
// the end, of any width, does not belong to it, nor does a closing bracket that was not
// opened. Words may follow the host name without a space: https://go.dev发布.
func Length[S string | []byte](s S) int {
	open, end := 0, 0
	host := true
	for i := 0; i < len(s); {
		c := s[i]
		size := 1
		host = host && strings.IndexByte("/?#", c) < 0
		switch {
		case c >= utf8.RuneSelf:
			if size = letterSize(s[i:]); size == 0 || host && i > 0 && s[i-1] < utf8.RuneSelf && s[i-1] != '.' && !hasLabel(s[i:]) {
				return end
			}
			end = i + size
		case c <= ' ' || strings.IndexByte("<>\"`|\\^{}[]*", c) >= 0:
			return end
		case c == '(':
			open++
		case c == ')':
			if open--; open < 0 {
				return end
			}
			end = i + 1
		case strings.IndexByte(".,:;!?'", c) < 0:
			end = i + 1
		}
		i += size
	}
	return end
}

// letterSize returns the size of the letter or digit of any script at the start of s,
// or 0.
func letterSize[S string | []byte](s S) int {
	r, size := utf8.DecodeRuneInString(string(s[:min(len(s), utf8.UTFMax)]))
	if !unicode.In(r, unicode.L, unicode.M, unicode.N) {
		return 0
	}
	return size
}

// maxHost is the greatest length of a host name in bytes
// (https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4).
const maxHost = 253

// hasLabel reports whether s, which begins within a label of a host name, continues
// with another label.
func hasLabel[S string | []byte](s S) bool {
	for i := 0; i < min(len(s), maxHost); {
		size := letterSize(s[i:])
		switch {
		case s[i] == '.':
			return letterSize(s[i+1:]) > 0
		case size == 0 && s[i] != '-':
			return false
		}
		i += max(size, 1)
	}
	return false
}

// Relative returns s if it is an address relative to a page, or begins with a Liquid
// tag for one, otherwise "". A fragment alone is not an address.
func Relative(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || s[0] == '#' || strings.ContainsFunc(s, unicode.IsControl) {
		return ""
	}
	if siteTag.MatchString(s) {
		return s
	}
	s = strings.ReplaceAll(s, " ", "%20")
	if u, err := url.Parse(s); err != nil || u.Scheme != "" || u.User != nil || u.Host == "" && u.Path == "" && u.RawQuery == "" || strings.ContainsAny(s, "{}<>\"") {
		return ""
	}
	return s
}

// siteTag matches an address that begins with tags that a website may resolve.
var siteTag = regexp.MustCompile(`^(?:\{\{-?\s*(?:site\.(?:url|baseurl)|page\.url|["'][^"']*["']\s*\|\s*(?:relative_url|absolute_url|prepend:\s*site\.(?:base)?url))\s*-?\}\}|\{%-?\s*(?:post_url|link)\s+[^{}]+?\s*-?%\})+[^\s{}<>"]*$`)

// OfLink returns the address of a link if it is on the web, otherwise "". ok is false
// for other addresses, except those that are left out on purpose and fragments.
func OfLink(s string) (url string, ok bool) {
	url = Absolute(s)
	return url, url != "" || s == "" || s[0] == '#' || IsWhole(s)
}

// Absolute returns the address if it is absolute and on the web, otherwise "".
func Absolute(s string) string {
	s = strings.TrimSpace(s)
	if host, path, ok := plainURL(s); ok {
		if shares(host, path) {
			return ""
		}
		return s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || shares(u.Host, u.Path) || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return ""
	}
	if strings.ContainsAny(u.Host, `<>"`) { // url.Parse accepts these
		return ""
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return ""
	}
	return s
}

// plainURL splits an address of letters, digits and few other characters. If ok is
// false, s may still be an address.
func plainURL(s string) (host, path string, ok bool) {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	host = rest
	for i := range len(rest) {
		switch c := rest[i]; {
		case lexicon.IsASCIILetter(c), c >= '0' && c <= '9', c == '-', c == '.':
		case c == '/' && path == "":
			host, path = rest[:i], rest[i:]
		case path == "" || strings.IndexByte("/_~+=&?#:,;@!()", c) < 0:
			return "", "", false
		}
	}
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end]
	}
	return host, path, ok && host != ""
}

// IsWhole reports whether s is an address on the web that is left out on purpose.
func IsWhole(s string) bool {
	u, err := url.Parse(strings.TrimSpace(s))
	return err == nil && shares(u.Host, u.Path)
}

// shares reports whether an address only shares the current page.
func shares(host, path string) bool {
	for _, s := range shareLinks[strings.TrimPrefix(strings.ToLower(host), "www.")] {
		if strings.HasPrefix(path, s) {
			return true
		}
	}
	return false
}

// shareLinks are the prefixes of the paths of such addresses, by host.
var shareLinks = map[string][]string{
	"twitter.com": {"/intent/", "/share"}, "x.com": {"/intent/", "/share"}, "bsky.app": {"/intent/"},
	"facebook.com": {"/sharer", "/dialog/share"}, "m.facebook.com": {"/sharer"}, "linkedin.com": {"/shareArticle", "/sharing/"},
	"t.me": {"/share"}, "telegram.me": {"/share"}, "reddit.com": {"/submit"}, "news.ycombinator.com": {"/submitlink"}, "api.whatsapp.com": {"/send"},
	"service.weibo.com": {"/share"}, "pinterest.com": {"/pin/create"}, "getpocket.com": {"/save"}, "b.hatena.ne.jp": {"/entry/add"}, "social-plugins.line.me": {""},
}
