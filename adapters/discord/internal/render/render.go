package render

import (
	"fmt"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Payloads lays a message out like a newsletter. Title, small print and as many blocks
// as have room are the text of the message, which push notifications show. Others
// stand below in panels: from a heading on where there is one, and each of several
// digests in its own. A story is a linked headline in bold, its summary, and its
// sources in small print. Buttons stand at the end. Anything that does not fit into
// one payload goes on in the next.
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

// Reply is the parts of an answer, at least one. They have nothing that belongs
// to posts, and name what they do not have: a part may take the place of a message.
func Reply(m chat.Message) []Message {
	pages := paginated(m, false)
	parts := make([]Message, len(pages))
	for i, page := range pages {
		parts[i] = page.message(i+1, len(pages), false)
	}
	return parts
}

// paginated is a message on pages, one for each payload. A page that is no post but a
// reply notifies nobody, and does not begin with headlines that stand below.
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
