package block

import (
	"path"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/digest"
)

// Flow joins blocks to one text: paragraphs are separated by an empty line, and the
// items of a list and the rows of a table each begin a new line.
func Flow(blocks []*Block) digest.Text {
	if len(blocks) == 1 && blocks[0].Kind == Paragraph && len(blocks[0].Lines) == 1 {
		return Trim(SingleSpaced(merge(blocks[0].Lines[0].Text)))
	}
	var t TextBuilder
	var last Kind
	for i, b := range blocks {
		if len(b.Lines) == 0 {
			continue
		}
		switch {
		case i == 0:
		case last == b.Kind && (b.Kind == Item || b.Kind == Row):
			t.Put(digest.Span{Text: "\n"})
		default:
			t.Put(digest.Span{Text: "\n\n"})
		}
		if b.Kind == Item {
			t.Put(digest.Span{Text: strings.Repeat("  ", max(b.Level-1, 0)) + b.Marker})
		}
		for _, s := range SingleSpaced(Join(b.Lines)) {
			if b.Kind == Heading {
				s.Style |= digest.Bold
			}
			t.Put(s)
		}
		last = b.Kind
	}
	return Trim(t.Done())
}

// caption returns a description of the picture, linked to it.
func (p Picture) caption() digest.Span {
	words := p.Alt
	if words == "" {
		address, _, _ := strings.Cut(p.URL, "?")
		words = path.Base(address)
	}
	return digest.Span{Text: words, URL: p.URL, Style: digest.Italic}
}

// TextOf returns the text of blocks, followed by the captions of their pictures and
// their footnotes.
func TextOf(blocks []*Block) digest.Text {
	return WithFootnotes(WithCaptions(Flow(blocks), blocks), FootnotesOf(blocks))
}

// WithCaptions adds the captions of the pictures of blocks to their text.
func WithCaptions(text digest.Text, blocks []*Block) digest.Text {
	var said []string
	for _, b := range blocks {
		for _, p := range b.Pictures {
			if slices.Contains(said, p.URL) {
				continue // the block was split
			}
			said = append(said, p.URL)
			if len(text) > 0 {
				text = append(text[:len(text):len(text)], digest.Span{Text: "\n"})
			}
			text = append(text, p.caption())
		}
	}
	return text
}

// TotalWidth returns the width of all lines of blocks, in columns.
func TotalWidth(blocks []*Block) int {
	n := 0
	for _, b := range blocks {
		for _, l := range b.Lines {
			n += TextWidth(l.Text)
		}
	}
	return n
}
