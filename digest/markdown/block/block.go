package block

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Block is one piece of a document that reads from top to bottom.
type Block struct {
	Kind Kind

	// Level is 1 to 6 of a heading, and BoldLine of a line that serves as one;
	// of all else it is the number of list items that the block stands in.
	Level   int
	Marker  string // of an item: "• " or "1. "
	Quoted  bool
	Opens   bool // it is the first of a quote
	Anchors bool // it has links to places within the page
	Refers  bool // it has links whose address is in another file
	Header  bool // of a row: it names the columns
	Cells   []digest.Text
	Lines   []Line // of a row: all cells
	Offset  int    // in the body
	// Pictures have their captions below the text of the block.
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

// BoldLine is the level of a heading that is a line in bold.
const BoldLine = 7

// Line is a line of inline text. It is hard if the writer broke it on purpose.
type Line struct {
	Text   digest.Text
	Offset int // in the body
	Hard   bool
	Marks  []*FootnoteMark
	cited  *cited // what the text says about sources, once that was asked
	Recurs bool   // it begins with a label that others of the file begin with
}

// SetText gives the line another text.
func (l *Line) SetText(t digest.Text) { l.Text, l.cited = t, nil }

// SetRecurring notes that the label of the line recurs in the file, so that the
// writer broke the line before it on purpose.
func (l *Line) SetRecurring() { l.Recurs, l.Hard, l.cited = true, true, nil }

// Join makes one text of lines. A soft break is a space, or nothing between
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

// Picture is an image of the body that is on the web and no link.
type Picture struct {
	digest.Image
	Offset int // in the body
}

// AnyLinks reports whether there is a link in any of the blocks.
func AnyLinks(blocks []*Block) bool { return slices.ContainsFunc(blocks, (*Block).Links) }

// Links reports whether there is a link in the block or its footnotes, be its
// address known or not.
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

// With is the block with other lines.
func (b *Block) With(lines []Line) *Block {
	own := *b
	own.Lines = lines
	return &own
}

// Without is the block without some of its lines.
func (b *Block) Without(leftOut func(*Line) bool) *Block {
	if b.Kind == Row || !slices.ContainsFunc(b.Lines, func(l Line) bool { return leftOut(&l) }) {
		return b
	}
	return b.With(slices.DeleteFunc(slices.Clone(b.Lines), func(l Line) bool { return leftOut(&l) }))
}

// Citation says what a line tells about sources.
type Citation struct {
	Sources  []digest.Source
	Labelled bool   // it begins with a label
	known    bool   // which is one of a source
	Name     string // behind a label, without an address
}

// cited is a citation, and whether the line is a source line.
type cited struct {
	Citation
	ok bool
}

// FootnoteMark is the mark of a footnote in a text.
type FootnoteMark struct {
	*Footnote
	First bool // no mark of the footnote stands before it
}

// Footnote is a note that Markdown knows by a name: [^go] stands for it, and
// [^go]: begins its text. As on a page, those that are used are numbered in the
// order of their first marks.
type Footnote struct {
	Number int             // 0 without a mark
	Text   digest.Text     // with its number
	Marks  []*FootnoteMark // in the text
	Wide   bool            // it is wider than MaxRepeated
	Linked bool            // it has a link
}

// Mark is the mark of the footnote as a reader sees it: [1].
func (f *Footnote) Mark() string { return fmt.Sprintf("[%d]", f.Number) }

// IsRule reports whether the block is a rule.
func (b *Block) IsRule() bool { return b.Kind == Rule }
