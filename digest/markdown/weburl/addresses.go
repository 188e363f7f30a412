package weburl

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// SchemeBefore is the length of http or https at the end of s.
func SchemeBefore[S string | []byte](s S) int {
	for _, scheme := range []string{"https", "http"} {
		if n := len(scheme); len(s) >= n && strings.EqualFold(string(s[len(s)-n:]), scheme) {
			return n
		}
	}
	return 0
}

// Length is how many bytes of s belong to an address: letters and digits of any
// script and the signs of ASCII but for spaces and quotes; not the punctuation at
// its end, of whatever width, and no bracket that it does not open itself.
// Behind the name of a host, words without a space begin: https://go.dev发布.
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

// letterSize is the size of the letter or digit of any script that s begins with,
// or 0.
func letterSize[S string | []byte](s S) int {
	r, size := utf8.DecodeRuneInString(string(s[:min(len(s), utf8.UTFMax)]))
	if !unicode.In(r, unicode.L, unicode.M, unicode.N) {
		return 0
	}
	return size
}

// maxHost is how many bytes the name of a host has at most
// (https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4).
const maxHost = 253

// hasLabel reports whether the name of a host goes on with a label behind the one
// that s begins within.
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

// Relative is an address that is relative to a page, or begins with a tag of
// Liquid for one; empty if s is another. A place within the page is none.
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

// OfLink is the address of a link if it is on the web, else empty. Another one
// is not ok, unless it is left out on purpose or a place within the page.
func OfLink(s string) (url string, ok bool) {
	url = Absolute(s)
	return url, url != "" || s == "" || s[0] == '#' || IsWhole(s)
}

// Absolute is the address if it is absolute and on the web, else empty.
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
	if strings.ContainsAny(u.Host, `<>"`) { // which Parse lets through
		return ""
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return ""
	}
	return s
}

// plainURL divides an address of letters, digits and little else. ok is false
// for others, which may be addresses as well.
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

// IsWhole reports whether s is an address on the web that is passed over on purpose.
func IsWhole(s string) bool {
	u, err := url.Parse(strings.TrimSpace(s))
	return err == nil && shares(u.Host, u.Path)
}

// shares reports whether an address shares the page rather than leads anywhere.
func shares(host, path string) bool {
	for _, s := range shareLinks[strings.TrimPrefix(strings.ToLower(host), "www.")] {
		if strings.HasPrefix(path, s) {
			return true
		}
	}
	return false
}

// shareLinks are how the paths of such addresses begin, by host.
var shareLinks = map[string][]string{
	"twitter.com": {"/intent/", "/share"}, "x.com": {"/intent/", "/share"}, "bsky.app": {"/intent/"},
	"facebook.com": {"/sharer", "/dialog/share"}, "m.facebook.com": {"/sharer"}, "linkedin.com": {"/shareArticle", "/sharing/"},
	"t.me": {"/share"}, "telegram.me": {"/share"}, "reddit.com": {"/submit"}, "news.ycombinator.com": {"/submitlink"}, "api.whatsapp.com": {"/send"},
	"service.weibo.com": {"/share"}, "pinterest.com": {"/pin/create"}, "getpocket.com": {"/save"}, "b.hatena.ne.jp": {"/entry/add"}, "social-plugins.line.me": {""},
}
