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

// flattener makes blocks of the nodes of a body.
type flattener struct {
	source []byte
	paged  bool // relative links stay
	blocks []block.Block
	listed int    // how many lists the next block is in
	quotes int    // how many quotes
	opens  bool   // nothing of the quote is there yet
	marker string // of an item whose first block is not there yet
	full   bool   // there are maxBlocks
	Remarks

	// The HTML that is open.
	words   *inlineWriter // of the block that is read
	open    []element
	outer   int             // the first of them that is within the node around it
	headed  int             // the level of the heading that the next words are in
	hidden  int             // what stands before this offset is not shown
	endless map[string]bool // what has no end in the rest of the body
	ended   map[ast.Node]map[int]bool
}

// element is an element of HTML that is open. Markdown may stand within it.
type element struct {
	name           string
	at             int // where its tag is in the body
	listed, quotes int // around it, as are the next two
	headed         int
	marks          int
	first          int  // where its blocks begin
	next           int  // of an ordered list: the number of the next item
	span           int  // of a cell: how many columns it takes
	rows           int  // of a table: how many have begun
	head           bool // of a table: its rows name the columns; of a row: it has header cells only
	cells          []cell
}

// cell is a cell of a table: its blocks, and how many columns it takes.
type cell struct{ first, end, span int }

// inlineWriter gathers lines from the inline nodes of a block.
type inlineWriter struct {
	*flattener
	block   ast.Node
	cell    bool         // it is a cell of a table
	lines   []block.Line // those that are complete
	text    block.TextBuilder
	offset  int // of the line that is being written, -1 before its first word
	hard    bool
	noted   []*block.FootnoteMark // in the line
	style   digest.Style
	raised  bool // the words are superscript
	url     string
	anchors bool // a link leads to a place within the page
	refers  bool // a link leads to an address that another file has

	linked   bool // the words are those of a link
	pictured int  // where a picture is in it, 0 before one, or worded
	marks    []mark
	broken   bool     // a <br> ended the last line
	unended  []string // elements that have no end in the block
}

// mark is a link or an emphasis of HTML that is open.
type mark struct {
	name   string
	style  digest.Style // that it adds
	raised bool         // around it, as are the next two
	url    string
	linked bool
}

// writer writes the words of a block.
func (f *flattener) writer(n ast.Node) *inlineWriter {
	return &inlineWriter{flattener: f, block: n, offset: -1}
}

// endLine completes the line, unless it is empty, and says of which kind the
// break is that the next one begins with.
func (w *inlineWriter) endLine(hard bool) {
	if t := block.Trim(w.text.Done()); len(t) > 0 {
		w.lines = append(w.lines, block.Line{Text: t, Offset: w.offset, Hard: w.hard, Marks: w.noted})
		w.broken, w.noted = false, nil
	}
	w.text, w.offset, w.hard = block.TextBuilder{}, -1, hard || w.broken
}

// at notes where the line begins.
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

// linkedPicture gives a link the words of a picture in it.
func (w *inlineWriter) linkedPicture(alt string, at int) {
	if w.pictured == 0 {
		w.pictured = at
	}
	w.at(at)
	w.put(lexicon.Squeeze(alt))
}

// address is that of a link if it is on the web. Any other is noted, but for a
// place within the page: contents have such.
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

// add appends a block that begins there unless it is empty: headings divide even
// without words.
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

// addRow adds the row of a table that has these cells, unless all are empty.
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

// setFacts breaks the lines of a block so that a fact stands on a line of its own.
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
	scopes       = []string{"td", "th", "table"} // elements out of which most end tags do not reach
)

// innermost is the index of the innermost element with one of the names, or -1 if
// there is none within the others.
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
