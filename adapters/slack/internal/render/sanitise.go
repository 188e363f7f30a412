package render

import (
	"cmp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// clean is sanitised text: it has no control characters, no invalid UTF-8, and no
// marks that change the direction of the text around it. Only clean text is shown,
// so that no raw text reaches a payload by accident. Only the functions in this file
// sanitise the fields of a message, when its title, blocks and footer are read;
// other files only cut and join clean text.
type clean string

// cleanText is sanitised inline text, from sanitisedText or composed of clean
// spans.
type cleanText chat.Text

// markup is clean text escaped for mrkdwn.
type markup string

// span returns the text as a span, with a link if url is not empty.
func (c clean) span(style chat.Style, url string) chat.Span {
	return chat.Span{Text: string(c), Style: style, URL: url}
}

// text returns the text as a cleanText, or nil if it is empty.
func (c clean) text() cleanText { return cleanText(chat.Plain(string(c))) }

// String returns only the words.
func (t cleanText) String() string { return chat.Text(t).String() }

// sanitised sanitises text that may have several lines.
func sanitised(s string) clean { return clean(layout.Clean(s)) }

// oneLine sanitises text for a single line.
func oneLine(s string) clean {
	return clean(strings.TrimSpace(strings.ReplaceAll(layout.Clean(s), "\n", " ")))
}

// maxTime is the maximum length of the words of a time. Longer text is not treated
// as a time, because it may have to be split.
const maxTime = 100

// sanitisedText drops spans without text and what layout.Clean drops, and writes out
// addresses that cannot be links.
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

// unlinked returns a label with an address that cannot be a link.
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
