package render

import (
	"slices"

	"github.com/digestbot/digestbot/bot/chat"
)

// leads lays out the first n blocks, which fit in the text of the message. If not
// all fit, the text ends above a heading, or else after the top story. If there
// are several digests, each of them goes into a panel instead, so that they all
// look alike.
func leads(blocks []chat.Block, used size) (n int, lines []markup, news bool) {
	const (
		room   = contentLimit - len("\n-# 100/100")
		teased = room - teaserCount*(2*teaserLimit+len(" · ")) // limit while a teaser may follow
	)
	var heading []markup                   // waiting for the block that it belongs to
	endBlock, endLine, whole := 0, 0, true // where the text may end
	for i, b := range blocks {
		above, more, ok := leadLines(b)
		if whole = ok; !ok {
			break
		}
		if above != nil && heading == nil && news {
			endBlock, endLine = n, len(lines)
		}
		heading = append(heading, above...)
		if more == nil && i < len(blocks)-1 || more == nil && heading == nil {
			if heading == nil {
				n = i + 1
			}
			continue
		}
		if heading == nil && lines != nil && standsApart(b) {
			more = append([]markup{""}, more...)
		}
		more = append(heading, more...)
		all := used
		for _, s := range more {
			all = all.plus(sizeOf(s)).plus(size{1, 1, 2})
		}
		hasNews, limit := news || hasHeadlines(b), teased
		if hasNews {
			limit = room
		}
		if whole = all.runes <= limit && all.bytes <= leadSize; !whole {
			break
		}
		if hasNews && !news {
			endBlock, endLine = i+1, len(lines)+len(more)
		}
		n, lines, used, news, heading = i+1, append(lines, more...), all, hasNews, nil
	}
	switch {
	case whole:
		return len(blocks), lines, news
	case severalDigests(blocks):
		return 0, nil, false
	case endBlock > 0:
		return endBlock, lines[:endLine], true
	default:
		return n, lines, news
	}
}

// leadLines returns the lines of a block and those of the heading above it. ok is
// false if the block belongs in a panel. Buttons, menus and folds have no lines.
func leadLines(b chat.Block) (above, lines []markup, ok bool) {
	switch b := b.(type) {
	case chat.Buttons, chat.Select, chat.Fold:
		return nil, nil, true
	case chat.Heading:
		_, label := cutEmoji(oneLine(b.Title))
		return headingLines(b), nil, (b.URL == "" || !hasEmoji(label)) && !hasEmojiLink(b.Note)
	case chat.Story:
		if ok = !hasEmojiHeadline(b) && !hasEmojiLink(b.Summary) && !hasEmojiLink(b.Note) && minLength(b.Summary, b.Note) <= leadSize; ok {
			lines = storyParts(b)
		}
	case chat.Paragraph:
		if ok = !hasEmojiLink(b.Text) && minLength(b.Text) <= leadSize; ok {
			above, lines = titleLines(b.Title), pieces(b.Text)
		}
	case chat.Notice:
		if ok = !hasEmojiLink(b.Text) && minLength(b.Text) <= leadSize; ok {
			lines = noticeLines(b)
		}
	case chat.List:
		if ok = !slices.ContainsFunc(b.Items, hasEmojiLink) && minLength(b.Items...) <= leadSize; ok {
			above = titleLines(b.Title)
			for _, item := range b.Items {
				lines = append(lines, listItem(pieces(item))...)
			}
		}
	}
	return above, lines, ok
}

// standsApart reports whether an empty line separates a block from the text above it.
func standsApart(b chat.Block) bool {
	switch b.(type) {
	case chat.Paragraph, chat.Story:
		return true
	default:
		return false
	}
}

// hasHeadlines reports whether a block has headlines.
func hasHeadlines(b chat.Block) bool {
	switch b.(type) {
	case chat.List, chat.Story:
		return true
	default:
		return false
	}
}
