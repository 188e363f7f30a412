package render

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// shorten returns the beginning of text that appears in full elsewhere.
func shorten(s clean, limit int) clean {
	head, rest := cut(s, limit)
	if rest != "" {
		head += "…"
	}
	return head
}

// cut is layout.Cut with a fast path for text that fits.
func cut(s clean, limit int) (head, rest clean) {
	if utf8.RuneCountInString(string(s)) <= limit {
		return s, ""
	}
	before, after := layout.Cut(string(s), limit)
	return clean(before), clean(after)
}

// length counts the characters of cleaned text as Slack does: escaped.
func length[Text ~string](s Text) (n int) {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '&':
			n += len("&amp;")
		case c == '<', c == '>':
			n += len("&lt;")
		case utf8.RuneStart(c):
			n++
		}
	}
	return n
}

// channelOf returns the Slack channel that a span names, or "".
func channelOf(s chat.Span) string {
	id, ok := s.Channel("slack")
	if !ok || CheckChannel(id) != nil {
		return ""
	}
	return id
}

// size returns the size of text in terms of maxTotal, before it is isolated.
func size(t cleanText) int {
	n := 0
	for _, s := range t {
		n += length(s.Text) + addressLength(s.URL)
	}
	return n
}

// split is layout.Split, except that it does not cut within the words of a time:
// Slack would then show the time twice.
func split(t cleanText, limit int, size func(cleanText) int) []cleanText {
	var times []string
	longest := 0
	for i, s := range t {
		if s.Time.IsZero() {
			continue
		}
		if times == nil {
			t = slices.Clone(t)
		}
		times = append(times, s.Text)
		t[i].Text = "\uFFFC" // the object replacement character, which cannot be split
		longest = max(longest, size(cleanText{s})-size(t[i:i+1]))
	}
	pieces := layout.Split(chat.Text(t), limit, func(t chat.Text) int {
		n := size(cleanText(t))
		for _, s := range t {
			if !s.Time.IsZero() {
				n += longest
			}
		}
		return n
	})
	out := make([]cleanText, len(pieces))
	for n, piece := range pieces {
		out[n] = cleanText(piece)
		for i := range piece {
			if !piece[i].Time.IsZero() {
				piece[i].Text, times = times[0], times[1:]
			}
		}
	}
	return out
}

// shortAddress returns the label of a nameless address: host and path.
func shortAddress(address string) clean {
	u, err := url.Parse(address)
	if err != nil {
		return oneLine(address) // not for addresses accepted by layout.Link
	}
	return shorten(oneLine(strings.TrimPrefix(u.Host, "www.")+strings.TrimSuffix(u.Path, "/")), 60)
}
