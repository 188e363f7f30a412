package compose

import (
	"slices"

	"github.com/digestbot/digestbot/bot/chat"
)

// linked removes redundant links from a message: links to its page or its post if the
// digest's own words have the same link, and duplicates. Buttons take precedence over
// headings, headings over small print, and the title is the first to lose its link.
func linked(m chat.Message) chat.Message {
	seen := map[string]bool{"": true}
	addresses(m.Blocks, seen)
	again := func(url string) bool {
		known := seen[url]
		seen[url] = true
		return known
	}
	blocks := make([]chat.Block, 0, len(m.Blocks))
	for _, b := range m.Blocks {
		if buttons, ok := b.(chat.Buttons); ok {
			kept := slices.DeleteFunc(slices.Clone(buttons), func(b chat.Button) bool { return b.Line == "" && again(b.URL) })
			if len(kept) == 0 {
				continue
			}
			b = kept
		}
		blocks = append(blocks, b)
	}
	for i, b := range blocks {
		if h, ok := b.(chat.Heading); ok && again(h.URL) {
			h.URL = ""
			blocks[i] = h
		}
	}
	m.Blocks, m.Note = blocks, slices.Clone(m.Note)
	for i, span := range m.Note {
		if again(span.URL) {
			m.Note[i].URL = ""
		}
	}
	if again(m.URL) {
		m.URL = ""
	}
	return m
}

// addresses collects the links in blocks. It ignores the small print of a story, which
// links to an earlier post.
func addresses(blocks []chat.Block, seen map[string]bool) {
	text := func(t chat.Text) {
		for _, s := range t {
			seen[s.URL] = true
		}
	}
	for _, b := range blocks {
		switch x := b.(type) {
		case chat.Paragraph:
			text(x.Text)
		case chat.Story:
			text(x.Summary)
			for _, s := range x.Sources {
				seen[s.URL] = true
			}
		case chat.List:
			for _, item := range x.Items {
				text(item)
			}
		case chat.Fold:
			addresses(x.Blocks, seen)
		}
	}
}
