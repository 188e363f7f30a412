package render

import (
	"fmt"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Payloads lays a message out like a newsletter. The title, small print and as many
// blocks as fit form the text of the message, which push notifications show. The other
// blocks follow in panels, starting at a heading if possible; if there are several
// digests, each has its own panels. A story consists of a linked headline in bold, its
// summary, and its sources in small print. Buttons are at the end. A message
// that does not fit into one payload continues in the next.
func Payloads(m chat.Message) ([]chat.Payload, error) {
	pages := paginated(m, true)
	payloads := make([]chat.Payload, len(pages))
	for i, page := range pages {
		payload, err := layout.JSON(page.message(i+1, len(pages), true))
		if err != nil {
			return nil, fmt.Errorf("discord: %w", err)
		}
		payloads[i] = payload
	}
	return payloads, nil
}

// Reply returns the parts of an answer, at least one. They have nothing that only
// posts have, and name even empty fields, because a part may replace another
// message.
func Reply(m chat.Message) []Message {
	pages := paginated(m, false)
	parts := make([]Message, len(pages))
	for i, page := range pages {
		parts[i] = page.message(i+1, len(pages), false)
	}
	return parts
}

// paginated lays a message out on pages, one per payload. A reply, unlike a post,
// notifies nobody, and has a teaser only if its text would otherwise be empty.
func paginated(m chat.Message, post bool) []*page {
	o := outlineOf(m, post)
	p := paginator{continuation: continuation(m.Title), pages: []*page{o.page}}
	for i, u := range o.units {
		after := size{}
		if i == len(o.units)-1 {
			after = o.end.size()
		}
		p.place(u, after)
	}
	p.finish(o.end)
	if post {
		shareButton(p.pages)
	}
	return p.pages
}
