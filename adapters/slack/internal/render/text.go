package render

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// maxTime is the most words that a time has. Text that has more is no time, and may
// have to be cut.
const maxTime = 100

// clean drops what layout.Clean drops, and spans without text, and writes out
// the addresses of links that cannot be followed.
func clean(t chat.Text) chat.Text {
	out := make(chat.Text, 0, len(t))
	blank := true
	for _, s := range t {
		if s.Text == "" {
			continue
		}
		s.Text = layout.Clean(s.Text)
		if s.URL != "" && !linkable(s.URL) {
			s.Text, s.URL = unlinked(s.Text, s.URL), ""
		}
		s.Text = cmp.Or(s.Text, s.URL)
		if !s.Time.IsZero() && utf8.RuneCountInString(s.Text) > maxTime {
			s.Time = time.Time{}
		}
		if s.Text != "" {
			out = append(out, s)
			blank = blank && strings.TrimSpace(s.Text) == ""
		}
	}
	if blank {
		return nil
	}
	return out
}

// oneLine is text for places that have only one line.
func oneLine(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(layout.Clean(s), "\n", " "))
}

// shorten is the beginning of text that stands elsewhere as a whole.
func shorten(s string, limit int) string {
	head, rest := cut(s, limit)
	if rest != "" {
		head += "…"
	}
	return head
}

// cut is layout.Cut, which looks at all of a text that fits.
func cut(s string, limit int) (head, rest string) {
	if utf8.RuneCountInString(s) <= limit {
		return s, ""
	}
	return layout.Cut(s, limit)
}

// linkable reports whether an address can be that of a link.
func linkable(address string) bool {
	return spelled(address) <= maxAddress && layout.Link(address)
}

// spelled counts the characters of an address that is escaped for all its
// readers: what is neither ASCII nor allowed in the address of a mrkdwn link is
// percent-encoded, and an ampersand is an entity. No page says in which of these
// forms Slack counts it.
func spelled(address string) (n int) {
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

// unlinked is a label with an address that is no link.
func unlinked(label, address string) string {
	switch address = layout.Clean(address); {
	case address == "" || address == label:
		return label
	case label == "":
		return address
	}
	return label + " (" + address + ")"
}

// shortAddress is how an address without a name is shown: host and path.
func shortAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // layout.Link knows none
	}
	return shorten(oneLine(strings.TrimPrefix(u.Host, "www.")+strings.TrimSuffix(u.Path, "/")), 60)
}

// length counts the characters of cleaned text the way Slack does: escaped.
func length(s string) (n int) {
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

// place is the channel of Slack that a span names, else empty.
func place(s chat.Span) string {
	id, ok := s.Channel("slack")
	if !ok || CheckChannel(id) != nil {
		return ""
	}
	return id
}

// size is how much text takes of maxTotal before it is isolated.
func size(t chat.Text) int {
	n := 0
	for _, s := range t {
		n += length(s.Text) + spelled(s.URL)
	}
	return n
}

// split is layout.Split, which may cut in the words of a time, where Slack would
// tell the time twice.
func split(t chat.Text, limit int, size func(chat.Text) int) []chat.Text {
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
		t[i].Text = "\uFFFC" // stands for an object, and is not cut
		longest = max(longest, size(chat.Text{s})-size(t[i:i+1]))
	}
	pieces := layout.Split(t, limit, func(t chat.Text) int {
		n := size(t)
		for _, s := range t {
			if !s.Time.IsZero() {
				n += longest
			}
		}
		return n
	})
	for _, piece := range pieces {
		for i := range piece {
			if !piece[i].Time.IsZero() {
				piece[i].Text, times = times[0], times[1:]
			}
		}
	}
	return pieces
}
