package render

import (
	"cmp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// clean is text of others that was sanitised: it has no control characters, no
// invalid UTF-8, and no marks that turn the text around it. Words are shown only if
// they are clean, so that no raw text reaches a payload by accident. The fields of a
// message become clean by the functions of this file alone, where its title, its
// blocks and its footer are read; other files cut and join what is clean already.
type clean string

// cleanText is inline text that was sanitised, by sanitisedText or out of spans of
// clean words.
type cleanText chat.Text

// markup is clean text that is escaped for mrkdwn.
type markup string

// span has clean words as a span of a text, with the address that they lead to, if
// any.
func (c clean) span(style chat.Style, url string) chat.Span {
	return chat.Span{Text: string(c), Style: style, URL: url}
}

// text has clean words as a text; nil if there are none.
func (c clean) text() cleanText { return cleanText(chat.Plain(string(c))) }

// String is the words alone.
func (t cleanText) String() string { return chat.Text(t).String() }

// sanitised is text that may have several lines.
func sanitised(s string) clean { return clean(layout.Clean(s)) }

// oneLine is sanitised text for places that have only one line.
func oneLine(s string) clean {
	return clean(strings.TrimSpace(strings.ReplaceAll(layout.Clean(s), "\n", " ")))
}

// maxTime is the most words that a time has. Text that has more is no time, and may
// have to be cut.
const maxTime = 100

// sanitisedText drops what layout.Clean drops, and spans without text, and writes out
// the addresses of links that cannot be followed.
func sanitisedText(t chat.Text) cleanText {
	out := make(cleanText, 0, len(t))
	blank := true
	for _, s := range t {
		if s.Text == "" {
			continue
		}
		s.Text = layout.Clean(s.Text)
		if s.URL != "" && !linkable(s.URL) {
			s.Text, s.URL = string(unlinked(clean(s.Text), s.URL)), ""
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

// unlinked is a label with an address that is no link.
func unlinked(label clean, url string) clean {
	switch address := sanitised(url); {
	case address == "" || address == label:
		return label
	case label == "":
		return address
	default:
		return label + " (" + address + ")"
	}
}
