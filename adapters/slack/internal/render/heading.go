package render

import (
	"strings"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// header is a title.
func header(title string) []piece {
	title = harmless(title)
	limit := maxHeader
	if layout.Isolate(title) != title {
		limit -= 2 // for the marks around it
	}
	head, rest := cut(title, limit)
	if head == "" {
		return nil
	}
	text := plain(head)
	pieces := []piece{{slack.NewHeaderBlock(text), length(text.Text) + headerCost}}
	if rest == "" {
		return pieces
	}
	return append(pieces, rich(chat.Text{{Text: rest, Style: chat.Bold}})...)
}

// heading is the title of what stands behind it: of a digest in large type, of a
// group in bold.
func heading(h chat.Heading) unit {
	title, note := oneLine(h.Title), clean(h.Note)
	u := unit{heading: true, ruled: true, prose: []spoken{{text: note}}}
	var small smallPrint
	if h.Level > 1 {
		as := chat.Span{}
		if title != "" && linkable(h.URL) {
			as.URL = h.URL
		} else {
			small.link(chat.Link{URL: h.URL})
		}
		if title != "" {
			u.pieces = titled(title, as, nil)
		}
	} else {
		u.pieces = header(title)
	}
	if title != "" {
		u.headlines = []spoken{{text: chat.Plain(title)}}
	}
	small.text(note)
	if h.Level <= 1 {
		label, _, _ := strings.Cut(shortAddress(h.URL), "/")
		small.link(chat.Link{Title: label, URL: h.URL})
	}
	u.pieces = append(u.pieces, small.done()...)
	return u
}
