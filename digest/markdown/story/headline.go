package story

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// undecorated removes what programs append to a headline: the host of its source, the
// word for its discussion, and the score before these.
func (f *facts) undecorated(headline string, sources []digest.Source) string {
	for {
		words := cutTalk(cutHost(headline, sources))
		if words == headline {
			return headline
		}
		headline = f.takeScore(words)
	}
}

const host = `(?:[\pL\pN][\pL\pN-]*\.)+\pL{2,}(?:/[\w.~/-]*)?`

var (
	onlyHost   = lexicon.Pattern(`^\s*` + host + `\s*$`)
	hostBehind = lexicon.Pattern(`\s*(?:[(（\[【]\s?(` + host + `)\s?[)）\]】]|\s[-–—|｜·•@]\s*(` + host + `))$`)
)

// cutHost removes the host of one of the sources from the end of a headline, if it is
// set apart.
func cutHost(headline string, sources []digest.Source) string {
	if !strings.Contains(headline, ".") {
		return headline
	}
	m := hostBehind().FindStringSubmatch(headline)
	if m == nil {
		return headline
	}
	words := headline[:len(headline)-len(m[0])]
	if block.HasWords(words) && slices.ContainsFunc(sources, func(s digest.Source) bool { return hasHost(s.URL, m[1]+m[2]) }) {
		return words
	}
	return headline
}

// cutTalk removes [comments] from the end of a headline. With a number it would be a
// score. In parentheses, the name of a site may belong to the headline: Letters (HN).
func cutTalk(headline string) string {
	last, _ := utf8.DecodeLastRuneInString(headline)
	for open, closing := range brackets {
		if closing != last {
			continue
		}
		at := strings.LastIndex(headline, string(open))
		if at <= 0 || !block.HasWords(headline[:at]) || scored(headline[at:]) {
			continue
		}
		if block.DiscussionPattern().MatchString(headline[at:]) || closing == ']' && block.IsDiscussion(headline[at:]) {
			return strings.TrimRight(headline[:at], " ")
		}
	}
	return headline
}

var hostBefore = lexicon.Pattern(`^\s*[(（\[【]\s?(` + host + `)\s?[)）\]】]`)

// cutHostBefore removes the host of one of the sources, in brackets, from the start of
// the text after a headline.
func cutHostBefore(t digest.Text, sources []digest.Source) digest.Text {
	if len(t) == 0 || t[0].URL != "" {
		return t
	}
	m := hostBefore().FindStringSubmatch(t[0].Text)
	if m == nil || !slices.ContainsFunc(sources, func(s digest.Source) bool { return hasHost(s.URL, m[1]) }) {
		return t
	}
	return block.CutText(t, len(m[0]))
}

// hasHost reports whether an address has that host, or a subdomain of it.
func hasHost(address, host string) bool {
	host, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(host)), "/")
	u, err := url.Parse(address)
	return err == nil && ("."+strings.ToLower(u.Host) == "."+host || strings.HasSuffix(strings.ToLower(u.Host), "."+strings.TrimPrefix(host, "www.")))
}

// withoutHost returns the text of a headline without the host of its link, if that is
// at the end as code.
func withoutHost(t digest.Text) digest.Text {
	last := len(t) - 1
	for last > 0 && !block.HasWords(t[last].Text) {
		last--
	}
	if last < 1 || t[last].Style&digest.Code == 0 || !onlyHost().MatchString(t[last].Text) {
		return t
	}
	if slices.ContainsFunc(t, func(s digest.Span) bool { return hasHost(s.URL, t[last].Text) }) {
		return block.Trim(slices.Clone(t[:last]))
	}
	return t
}

// takeTalk removes the last link of a headline if it leads to a discussion of the link
// before it. If it has a number, that becomes a score.
func (f *facts) takeTalk(t digest.Text) digest.Text {
	last := len(t) - 1
	for last > 0 && (!block.HasWords(t[last].Text) || t[last].URL == "" && isScore(t[last].Text)) {
		last--
	}
	if last < 1 || t[last].URL == "" || !block.IsDiscussion(t[last].Text) || !slices.ContainsFunc(t[:last], func(s digest.Span) bool { return s.URL != "" }) {
		return t
	}
	for _, s := range t[last:] {
		if scored(s.Text) {
			f.putScore(s.Text)
		}
	}
	t = slices.Clone(t[:last])
	t[last-1].Text = strings.TrimRight(t[last-1].Text, " |｜·•–—-:：([（【")
	return block.Trim(t)
}
