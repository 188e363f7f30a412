package markdown

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/digest"
)

// undecorated is a headline without what programs write around it: the host of its
// source, and the score that it has there.
func undecorated(headline string, sources []digest.Source) string {
	for range 4 { // such decorations
		words, _ := cutScore(cutHost(headline, sources))
		if words == headline {
			break
		}
		headline = words
	}
	return headline
}

// A score is a figure that a program or readers gave a story: ⭐ 8.0/10, ★★★, ↑43,
// 120 points.
const (
	amount  = `\d[\d.,]*[kK万]?(?:\s?/\s?\d+)?`
	counted = `(?:points?|pts\.?|upvotes?|votes?|stars?|likes?|comments?|replies|分|赞|星|票|条评论|评论|コメント|ポイント|いいね|점|추천|댓글|punkte|kommentare|puntos|comentarios|commentaires)`
	stars   = `(?:[⭐★☆🌟↑⬆▲]\x{FE0F}?\s?)+(?:` + amount + `(?:\s?` + counted + `)?)?`
	score   = `(?:` + stars + `|[🔥👍❤♥📈💬💯]\x{FE0F}?\s?` + amount + `|\d{1,2}(?:[.,]\d+)?\s?/\s?(?:5|10|100)|` + amount + `\s?` + counted + `)`
	scores  = score + `(?:[\s,，|·/]+` + score + `)*`
)

var (
	scoreBehind = regexp.MustCompile(`(?i)\s*(?:[(（\[【]\s?(` + scores + `)\s?[)）\]】]|\s[-–—|｜·•]\s*(` + scores + `)|(` + stars + `(?:[\s,，|·/]+` + score + `)*))$`)
	scoreBefore = regexp.MustCompile(`(?i)^\s*(?:[(（\[【]\s?(\d{1,2}\.\d|` + scores + `)\s?[)）\]】]|(` + stars + `))\s*[-–—|｜·•:：]?\s*`)
)

// figured are the characters one of which every score has.
const figured = "0123456789⭐★☆🌟"

// cutScore divides a headline from the score that stands at one of its ends.
func cutScore(headline string) (words, score string) {
	if !strings.ContainsAny(headline, figured) {
		return headline, ""
	}
	if m := scoreBehind.FindStringSubmatchIndex(headline); m != nil && wordy(headline[:m[0]]) {
		return headline[:m[0]], submatch(headline, m)
	}
	if m := scoreBefore.FindStringSubmatchIndex(headline); m != nil && wordy(headline[m[1]:]) {
		return headline[m[1]:], submatch(headline, m)
	}
	return headline, ""
}

// submatch is the first group that matched.
func submatch(s string, m []int) string {
	for i := 2; i < len(m); i += 2 {
		if m[i] >= 0 {
			return strings.TrimSpace(s[m[i]:m[i+1]])
		}
	}
	return ""
}

const host = `(?:[\pL\pN][\pL\pN-]*\.)+\pL{2,}(?:/[\w.~/-]*)?`

var (
	onlyHost   = regexp.MustCompile(`^\s*` + host + `\s*$`)
	hostBehind = regexp.MustCompile(`\s*(?:[(（\[【]\s?(` + host + `)\s?[)）\]】]|\s[-–—|｜·•@]\s*(` + host + `))$`)
)

// cutHost drops the host of one of the sources at the end of a headline, where it is
// set apart.
func cutHost(headline string, sources []digest.Source) string {
	if !strings.Contains(headline, ".") {
		return headline
	}
	m := hostBehind.FindStringSubmatchIndex(headline)
	if m == nil || !wordy(headline[:m[0]]) {
		return headline
	}
	named := submatch(headline, m)
	if slices.ContainsFunc(sources, func(s digest.Source) bool { return hasHost(s.URL, named) }) {
		return headline[:m[0]]
	}
	return headline
}

var hostBefore = regexp.MustCompile(`^\s*[(（\[【]\s?(` + host + `)\s?[)）\]】]`)

// cutHostBefore drops the host of one of the sources in brackets at the beginning of
// what follows a headline.
func cutHostBefore(t digest.Text, sources []digest.Source) digest.Text {
	if len(t) == 0 || t[0].URL != "" {
		return t
	}
	m := hostBefore.FindStringSubmatch(t[0].Text)
	if m == nil || !slices.ContainsFunc(sources, func(s digest.Source) bool { return hasHost(s.URL, m[1]) }) {
		return t
	}
	return cutText(t, len(m[0]))
}

// hasHost reports whether an address is one of that host.
func hasHost(address, host string) bool {
	host, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(host)), "/")
	u, err := url.Parse(address)
	return err == nil && ("."+strings.ToLower(u.Host) == "."+host || strings.HasSuffix(strings.ToLower(u.Host), "."+strings.TrimPrefix(host, "www.")))
}

// withoutHost is a text that is a headline without the host of its link at its end,
// if that is set apart as code.
func withoutHost(t digest.Text) digest.Text {
	last := len(t) - 1
	for last > 0 && !wordy(t[last].Text) {
		last--
	}
	if last < 1 || t[last].Style&digest.Code == 0 || !onlyHost.MatchString(t[last].Text) {
		return t
	}
	if slices.ContainsFunc(t, func(s digest.Span) bool { return hasHost(s.URL, t[last].Text) }) {
		return trim(slices.Clone(t[:last]))
	}
	return t
}

// isTalk reports whether the words of a link lead to where a story is discussed:
// Discussion, 120 comments, 340 points.
func isTalk(words string) bool {
	return discussions.has(words) || len(words) < maxFolded && talk.MatchString(words)
}

var talk = regexp.MustCompile(`(?i)^[^\pL\pN]*(?:(?:\d[\d.,]*[kK万]?\s?)?` + counted + `[^\pL\pN]*)+$`)
