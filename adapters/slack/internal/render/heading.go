package render

import (
	"strings"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// header lays out a title.
func header(title clean) []piece {
	title = withoutMentions(title)
	limit := maxHeader
	if s := string(title); layout.Isolate(s) != s {
		limit -= 2 // for the direction marks
	}
	head, rest := cut(title, limit)
	if head == "" {
		return nil
	}
	text := plainText(head)
	pieces := []piece{{slack.NewHeaderBlock(text), length(text.Text) + headerCost}}
	if rest == "" {
		return pieces
	}
	return append(pieces, rich(cleanText{rest.span(chat.Bold, "")})...)
}

// heading lays out the heading of the blocks after it: that of a digest in large
// type, that of a group in bold.
func heading(h chat.Heading) unit {
	title, note := oneLine(h.Title), sanitisedText(h.Note)
	u := unit{heading: true, ruled: true, prose: []fallbackLine{{text: note}}}
	var small smallPrint
	if h.Level > 1 {
		address := ""
		if title != "" && linkable(h.URL) {
			address = h.URL
		} else {
			small.link("", h.URL)
		}
		if title != "" {
			u.pieces = titled(title, address, nil)
		}
	} else {
		u.pieces = header(title)
	}
	if title != "" {
		u.headlines = []fallbackLine{{text: title.text()}}
	}
	small.text(note)
	if h.Level <= 1 {
		label, _, _ := strings.Cut(string(shortAddress(h.URL)), "/")
		small.link(oneLine(label), h.URL)
	}
	u.pieces = append(u.pieces, small.done()...)
	return u
}
