package body

import (
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/generator"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/weburl"
)

// flattener converts the nodes of a body to blocks.
type flattener struct {
	source []byte
	paged  bool // relative links are kept
	blocks []block.Block
	listed int    // how many lists contain the next block
	quotes int    // how many quotes contain it
	opens  bool   // the next block is the first one of a quote
	marker string // of an item whose first block is not added yet
	full   bool   // there are maxBlocks already
	Remarks

	// State of the open HTML.
	words   *inlineWriter // writer of the current block
	open    []element
	outer   int             // index of the first one that is within the current parent node
	headed  int             // the level of the heading that contains the next words
	hidden  int             // everything before this offset is hidden
	endless map[string]bool // elements without an end in the rest of the body
	ended   map[ast.Node]map[int]bool
}

// element is an open HTML element. It may contain Markdown.
type element struct {
	name           string
	at             int // offset of its tag in the body
	listed, quotes int // outside of it, like the next two
	headed         int
	marks          int
	first          int  // index of its first block
	next           int  // of an ordered list: the number of the next item
	span           int  // of a cell: how many columns it spans
	rows           int  // of a table: how many rows have begun
	head           bool // of a table: in a thead; of a row: it has only header cells
	cells          []cell
}

// cell is a cell of a table: the range of its blocks, and how many columns it spans.
type cell struct{ first, end, span int }

// inlineWriter collects lines from the inline nodes of a block.
type inlineWriter struct {
	*flattener
	block   ast.Node
	cell    bool         // the block is a cell of a table
	lines   []block.Line // completed lines
	text    block.TextBuilder
	offset  int // of the current line, -1 before its first word
	hard    bool
	noted   []*block.FootnoteMark // in the current line
	style   digest.Style
	raised  bool // the text is superscript
	url     string
	anchors bool // there is a link to a place on the same page
	refers  bool // there is a link whose address is defined in another file

	linked   bool // the text is in a link
	pictured int  // offset of a picture in the link, 0 for none, or worded
	marks    []mark
	broken   bool     // a <br> ended the last line
	unended  []string // elements without an end in the block
}

// mark is an open HTML link or emphasis.
type mark struct {
	name   string
	style  digest.Style // the style that it adds
	raised bool         // outside of it, like the next two
	url    string
	linked bool
}

// writer returns a writer for the text of a block.
func (f *flattener) writer(n ast.Node) *inlineWriter {
	return &inlineWriter{flattener: f, block: n, offset: -1}
}

// endLine completes the line, unless it is empty. hard says whether the break before
// the next line is hard.
func (w *inlineWriter) endLine(hard bool) {
	if t := block.Trim(w.text.Done()); len(t) > 0 {
		w.lines = append(w.lines, block.Line{Text: t, Offset: w.offset, Hard: w.hard, Marks: w.noted})
		w.broken, w.noted = false, nil
	}
	w.text, w.offset, w.hard = block.TextBuilder{}, -1, hard || w.broken
}

// at sets the offset of the line, if it has none yet.
func (w *inlineWriter) at(offset int) {
	if w.offset < 0 {
		w.offset = offset
	}
}

func (w *inlineWriter) put(s string) {
	if s = generator.Untame(s); s != "" {
		if w.raised {
			s = raise(s)
		}
		if w.linked && !block.IsBlank(digest.Span{Text: s}) {
			w.pictured = worded
		}
		w.text.Put(digest.Span{Text: s, URL: w.url, Style: w.style})
	}
}

// linkedPicture adds the text of a picture to the link that contains it.
func (w *inlineWriter) linkedPicture(alt string, at int) {
	if w.pictured == 0 {
		w.pictured = at
	}
	w.at(at)
	w.put(lexicon.Squeeze(alt))
}

// address returns the address of a link if it is on the web. Others are recorded as bad
// links, except fragments, which occur in tables of contents.
func (w *inlineWriter) address(s string, at int) string {
	s = generator.Untame(s)
	if w.paged {
		if url := weburl.Relative(s); url != "" {
			return url
		}
	}
	url, ok := weburl.OfLink(strings.ReplaceAll(s, " ", "%20"))
	if !ok {
		w.Bad = append(w.Bad, BadLink{s, at})
	}
	return url
}

// add appends a block that begins at an offset, unless it is empty. Headings are added
// even without words, because they divide the document.
func (f *flattener) add(b block.Block, at int) {
	if len(f.blocks) == maxBlocks {
		f.full = f.full || f.cutBehind(f.blocks)
		return
	}
	if len(b.Lines) == 0 && b.Kind == block.Paragraph {
		return
	}
	if b.Kind == block.Paragraph && f.marker != "" {
		b.Kind, b.Marker = block.Item, f.marker
	}
	f.marker = ""
	b.Opens, f.opens = f.opens && b.Quoted, false
	b.Offset = at
	f.blocks = append(f.blocks, b)
}

// addRow adds a table row with the given cells, unless all are empty.
func (f *flattener) addRow(b block.Block, cells [][]block.Line) {
	var words block.TextBuilder
	var marks []*block.FootnoteMark
	offset := -1
	for i, lines := range cells {
		if i > 0 {
			words.Put(digest.Span{Text: " | "})
		}
		if offset < 0 && len(lines) > 0 {
			offset = lines[0].Offset
		}
		cell := block.Join(lines)
		words.PutAll(cell)
		b.Cells = append(b.Cells, cell)
		for _, l := range lines {
			marks = append(marks, l.Marks...)
		}
	}
	if offset >= 0 {
		b.Kind, b.Lines = block.Row, []block.Line{{Text: block.Trim(words.Done()), Offset: offset, Marks: marks}}
		f.add(b, offset)
	}
}

// setFacts sets hard breaks so that each fact is on a line of its own.
func setFacts(lines []block.Line) {
	for i := 1; i < len(lines); i++ {
		if label, _, _ := block.FactLabel(lines[i].Text); label != "" {
			lines[i].Hard = true
		}
	}
}

var (
	cellNames    = []string{"td", "th"}
	rowNames     = []string{"tr"}
	tableNames   = []string{"table"}
	listNames    = []string{"ul", "ol", "menu", "dir"}
	headingNames = []string{"h1", "h2", "h3", "h4", "h5", "h6"}
	scopes       = []string{"td", "th", "table"} // elements that most end tags do not close
)

// innermost returns the index of the innermost open element with one of names, or -1 if
// an element in within is nearer or there is none.
func (f *flattener) innermost(names, within []string) int {
	for i := len(f.open) - 1; i >= f.outer; i-- {
		switch {
		case slices.Contains(names, f.open[i].name):
			return i
		case slices.Contains(within, f.open[i].name):
			return -1
		}
	}
	return -1
}
