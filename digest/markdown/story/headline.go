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

// undecorated is a headline without the host of its source, the word for where it is
// discussed, and the score that stood before them: programs write these behind a
// headline.
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

// cutHost drops the host of one of the sources at the end of a headline, where it is
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

// cutTalk drops [comments] at the end of a headline. With a number it is a score. In
// parentheses, the name of a site may be a word of the headline: Letters (HN).
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

// cutHostBefore drops the host of one of the sources in brackets at the beginning of
// what follows a headline.
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

// takeTalk takes the link that ends a headline off if it leads to where the link before
// it is discussed, as a score if it counts.
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
