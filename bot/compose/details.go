package compose

import (
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// Details composes the sections of a digest alone. The message has no blocks
// when the digest has no sections.
func Details(d *digest.Digest, _ Look) chat.Message {
	m := chat.Message{Title: title(d), URL: d.URL}
	for _, s := range d.Sections {
		m.Blocks = append(m.Blocks, chat.Paragraph{Title: s.Title, Text: text(s.Text)})
	}
	return m
}
