package block

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Block is one piece of a document. Blocks are in reading order.
type Block struct {
	Kind Kind

	// Level is 1 to 6 for a heading, or BoldLine for a bold line that serves as one.
	// For other kinds it is the number of list items that contain the block.
	Level   int
	Marker  string // of an item: "• " or "1. "
	Quoted  bool
	Opens   bool // it is the first block of a quote
	Anchors bool // it has links to places on the same page
	Refers  bool // it has links whose address is defined in another file
	Header  bool // of a row: its cells are the names of the columns
	Cells   []digest.Text
	Lines   []Line // of a row: one with all cells
	Offset  int    // in the body
	// Pictures are shown as captions below the text of the block.
	Pictures []Picture
}

// Kind is the kind of a block.
type Kind uint8

// The kinds of block.
const (
	Paragraph Kind = iota
	Heading
	Item
	Row // of a table
	Code
	Rule
)

// BoldLine is the level of a bold line that serves as a heading.
const BoldLine = 7

// Line is a line of inline text. It is hard if the author broke the line before it on
// purpose.
type Line struct {
	Text   digest.Text
	Offset int // in the body
	Hard   bool
	Marks  []*FootnoteMark
	cited  *cited // cached result of Cite
	Recurs bool   // it begins with a label that recurs in the file
}

// SetText replaces the text of the line.
func (l *Line) SetText(t digest.Text) { l.Text, l.cited = t, nil }

// SetRecurring records that the label of the line recurs in the file, which means that
// the author broke the line before it on purpose.
func (l *Line) SetRecurring() { l.Recurs, l.Hard, l.cited = true, true, nil }

// Join joins lines to one text. A soft break becomes a space, or nothing between
// characters that are written without spaces.
func Join(lines []Line) digest.Text {
	if len(lines) == 1 {
		return lines[0].Text
	}
	var b TextBuilder
	var last rune
	for i, l := range lines {
		first, _ := utf8.DecodeRuneInString(l.Text[0].Text)
		switch {
		case i == 0:
		case l.Hard:
			b.Put(digest.Span{Text: "\n"})
		case !lexicon.IsCJK(last) || !lexicon.IsCJK(first):
			b.Put(digest.Span{Text: " "})
		}
		b.PutAll(l.Text)
		last, _ = utf8.DecodeLastRuneInString(l.Text[len(l.Text)-1].Text)
	}
	return b.Done()
}

// Picture is an image in the body that has a web address and is not in a link.
type Picture struct {
	digest.Image
	Offset int // in the body
}

// AnyLinks reports whether there is a link in any of the blocks.
func AnyLinks(blocks []*Block) bool { return slices.ContainsFunc(blocks, (*Block).Links) }

// Links reports whether the block or its footnotes have a link, even one whose address
// is unknown.
func (b *Block) Links() bool {
	if b.Refers {
		return true
	}
	for _, l := range b.Lines {
		for _, s := range l.Text {
			if s.URL != "" {
				return true
			}
		}
		if slices.ContainsFunc(l.Marks, func(m *FootnoteMark) bool { return m.Linked }) {
			return true
		}
	}
	return false
}

// With returns a copy of the block with other lines.
func (b *Block) With(lines []Line) *Block {
	own := *b
	own.Lines = lines
	return &own
}

// Without returns the block without some of its lines.
func (b *Block) Without(leftOut func(*Line) bool) *Block {
	if b.Kind == Row || !slices.ContainsFunc(b.Lines, func(l Line) bool { return leftOut(&l) }) {
		return b
	}
	return b.With(slices.DeleteFunc(slices.Clone(b.Lines), func(l Line) bool { return leftOut(&l) }))
}

// Citation is what a line says about sources.
type Citation struct {
	Sources  []digest.Source
	Labelled bool   // it begins with a label
	known    bool   // the label is that of a source
	Name     string // the text after a label, if it has no address
}

// cited is a Citation, and whether the line is a source line.
type cited struct {
	Citation
	ok bool
}

// FootnoteMark is the mark of a footnote in a text.
type FootnoteMark struct {
	*Footnote
	First bool // it is the first mark of the footnote
}

// Footnote is a Markdown footnote with a name: [^go] refers to it, and [^go]: begins
// its text. As on a page, footnotes in use are numbered in the order of their first
// marks.
type Footnote struct {
	Number int             // 0 if there is no mark
	Text   digest.Text     // with its number
	Marks  []*FootnoteMark // in its text
	Wide   bool            // it is wider than MaxRepeated
	Linked bool            // it has a link
}

// Mark returns the mark of the footnote as a reader sees it: [1].
func (f *Footnote) Mark() string { return fmt.Sprintf("[%d]", f.Number) }

// IsRule reports whether the block is a rule (a thematic break).
func (b *Block) IsRule() bool { return b.Kind == Rule }
