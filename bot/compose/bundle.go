package compose

import (
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// Bundle composes several digests as one post: a list of their titles, and
// then each. There is one of posts for each digest.
func Bundle(ds []*digest.Digest, posts []Post) chat.Message {
	if len(ds) == 1 {
		return Digest(ds[0], posts[0])
	}
	var m chat.Message
	var list chat.List
	for i, d := range ds {
		whole := Digest(d, posts[i])
		list.Items = append(list.Items, chat.Text{{Text: whole.Title, URL: whole.URL}})
		m.Blocks = append(m.Blocks, chat.Paragraph{Title: whole.Title})
		m.Blocks = append(m.Blocks, whole.Blocks...)
	}
	m.Blocks = append([]chat.Block{list}, m.Blocks...)
	return m
}
