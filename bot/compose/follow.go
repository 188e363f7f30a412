package compose

import (
	"slices"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// Followed tells a user that a digest has tags that they follow: its headlines, and a link
// to the post.
func Followed(d *digest.Digest, tags []string, url, lang string) chat.Message {
	w := in(lang, d.Language)
	m := chat.Message{Language: languageOf(&d.Card, w), Title: title(&d.Card), URL: url}
	var l chat.List
	stories, _ := w.stories(d, Post{})
	once(stories)
	for _, s := range stories {
		l.Items = append(l.Items, headline(s.Story))
	}
	if len(l.Items) > 0 {
		m.Blocks = append(m.Blocks, l)
	}
	m.Blocks = append(m.Blocks, chat.Paragraph{Text: chat.Plain(w.Say("You get this because you follow %s.", w.List(slices.Compact(tags))))})
	if url != "" {
		m.Blocks = append(m.Blocks, chat.Buttons{{Label: w.Say("Go to the post"), URL: url}})
	}
	m.Footer = w.footer(&d.Card)
	return linked(m)
}
