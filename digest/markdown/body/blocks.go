package body

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/generator"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Flatten returns the blocks of the body in reading order, and remarks about it.
// variables says that {{ x }} is not literal text. If paged is set, relative links are
// kept.
func Flatten(body []byte, variables, paged bool) ([]*block.Block, Remarks) {
	blocks, odd := parse(body, variables, paged)
	shown := make([]*block.Block, len(blocks))
	for i := range blocks {
		shown[i] = &blocks[i]
	}
	out := block.Promote(block.Number(shown), 2)
	hang(odd.Pictures, out)
	return out, odd
}

// parse parses the body with goldmark.
func parse(body []byte, variables, paged bool) ([]block.Block, Remarks) {
	source, found := takeNotes(generator.Tame(body, variables))
	source, deep := shallow(source)
	f := flattener{source: source, paged: paged}
	ctx := newContext(body, source)
	ctx.Set(notesKey, found)
	root := bodyParser.Parse(text.NewReader(source), parser.WithContext(ctx))
	f.blocks = make([]block.Block, 0, root.ChildCount())
	f.children(root)
	notes, _ := ctx.Get(footnotesKey).(*footnotes)
	f.readFootnotes(notes)
	if deep >= 0 {
		f.tooDeep(deep)
	}
	if n, ok := ctx.Get(crowdedKey).(ast.Node); ok {
		f.Cuts = append(f.Cuts, Cut{n.Lines().At(0).Start, "too many brackets, stars and the like in one paragraph"})
	}
	if p, ok := ctx.Get(referencesKey).(*ast.Paragraph); ok {
		f.Cuts = append(f.Cuts, Cut{p.Lines().At(0).Start, fmt.Sprintf("more than %d lines of link references", maxReferences)})
	}
	return f.blocks, f.Remarks
}

var bodyParser = newParser(inlineParsers())

// children reads the contents of a node. HTML that is opened in it ends with it.
func (f *flattener) children(n ast.Node) {
	outer := f.outer
	f.outer = len(f.open)
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		f.node(c)
	}
	f.close(f.outer)
	f.outer = outer
}

func (f *flattener) node(n ast.Node) {
	if f.full || f.unseen(n) {
		return
	}
	switch n := n.(type) {
	case *ast.Heading:
		b := f.inline(n)
		at := f.place(b, n)
		if f.listed == 0 && f.quotes == 0 { // otherwise it does not divide the document
			b.Kind, b.Level = block.Heading, n.Level
			at = bytes.LastIndexByte(f.source[:at], '\n') + 1
		}
		f.add(b, at)
	case *ast.Paragraph, *ast.TextBlock, *east.DefinitionTerm:
		if f.abbreviations(n) || f.tableOfTitles(n) {
			return
		}
		b := f.inline(n)
		f.add(b, f.place(b, n))
	case *ast.List:
		f.list(n)
	case *ast.Blockquote:
		f.opens = f.opens || f.quotes == 0
		f.quotes++
		f.children(n)
		f.quotes--
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		if n.Kind() == ast.KindCodeBlock && len(f.open) > f.outer {
			f.html(n) // HTML whose lines are indented because it is nested
			return
		}
		words := strings.Trim(generator.Untame(string(n.Lines().Value(f.source))), "\n")
		if words != "" {
			b := block.Block{Kind: block.Code, Level: f.listed, Lines: []block.Line{{Text: digest.Text{{Text: words, Style: digest.Code}}}}}
			f.add(b, f.place(b, n))
		}
	case *ast.ThematicBreak:
		f.add(block.Block{Kind: block.Rule}, max(n.Pos(), 0))
	case *ast.HTMLBlock:
		f.html(n)
	case *east.Table:
		f.table(n)
	case *east.Footnote: // shown at its mark
	default:
		f.children(n)
	}
}

// unseen reports whether a node is within hidden HTML.
func (f *flattener) unseen(n ast.Node) bool {
	if f.hidden == 0 {
		return false
	}
	lines := n.Lines()
	switch {
	case n.Kind() == ast.KindThematicBreak:
		return n.Pos() < f.hidden
	case lines.Len() == 0:
		return false
	case n.Kind() == ast.KindFencedCodeBlock || n.Kind() == ast.KindCodeBlock:
		return lines.At(0).Start < f.hidden
	}
	return lines.At(lines.Len()-1).Stop <= f.hidden
}

// inline returns a block with the inline text of the node.
func (f *flattener) inline(n ast.Node) block.Block {
	w := f.writer(n)
	w.cell = n.Kind() == east.KindTableCell
	w.inside(n)
	w.endLine(false)
	w.lines = withoutMarks(w.lines, f.quotes > 0)
	setFacts(w.lines)
	return block.Block{Lines: w.lines, Level: f.listed, Anchors: w.anchors, Refers: w.refers, Quoted: f.quotes > 0}
}

// place returns the offset at which a block begins.
func (f *flattener) place(b block.Block, n ast.Node) int {
	switch {
	case len(b.Lines) > 0 && b.Lines[0].Offset > 0:
		return b.Lines[0].Offset
	case n.Lines().Len() > 0:
		return n.Lines().At(0).Start
	}
	return max(n.Pos(), 0)
}

// abbreviations reports whether a paragraph only defines abbreviations, which are not
// shown (https://kramdown.gettalong.org/syntax.html#abbreviations).
func (f *flattener) abbreviations(n ast.Node) bool {
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		if !abbreviation.Match(line.Value(f.source)) {
			return false
		}
	}
	return n.Lines().Len() > 0
}

var abbreviation = regexp.MustCompile(`^\*\[[^\]\n]+\]:`)

func (f *flattener) list(n *ast.List) {
	f.listed++
	number := n.Start
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		f.marker = "• "
		if n.IsOrdered() {
			f.marker = fmt.Sprintf("%d. ", number)
			number++
		}
		f.children(c)
	}
	f.listed--
	f.marker = ""
}

// table adds a block for each row.
func (f *flattener) table(n ast.Node) {
	for r := n.FirstChild(); r != nil; r = r.NextSibling() {
		b := block.Block{Level: f.listed, Header: r.Kind() == east.KindTableHeader, Quoted: f.quotes > 0}
		var cells [][]block.Line
		for c := r.FirstChild(); c != nil; c = c.NextSibling() {
			own := f.inline(c)
			cells = append(cells, own.Lines)
			b.Anchors = b.Anchors || own.Anchors
		}
		f.addRow(b, cells)
	}
}

// shallow returns the body with the markers and spaces at the start of each line
// limited to maxDepth characters. deep is the first offset at which that cut markers,
// or -1. The number of lines does not change, nor do the offsets before the first cut.
func shallow(body []byte) (out []byte, deep int) {
	kept := 0
	deep = -1
	for at := 0; at < len(body); {
		n := at + generator.NestingLength(body[at:])
		if n-at > maxDepth && !plain(body[at:n]) {
			if !lexicon.IsBlank(body[at:n]) && deep < 0 {
				deep = at
			}
			out = append(out, body[kept:at+maxDepth]...)
			kept = n
		}
		_, at = lexicon.LineAt(body, n)
	}
	if kept == 0 {
		return body, deep
	}
	return append(out, body[kept:]...), deep
}

// plain reports whether a run at the start of a line is not nesting but a rule, a row
// of stars or the like: one repeated character without spaces.
func plain(run []byte) bool {
	return strings.Trim(string(run), string(run[:1])) == "" && run[0] != '>' && run[0] != ' ' && run[0] != '\t'
}

// readFootnotes reads the texts of the footnotes that have marks.
func (f *flattener) readFootnotes(all *footnotes) {
	if all == nil {
		return
	}
	for _, note := range all.marked {
		own := flattener{source: f.source, Remarks: f.Remarks}
		own.children(note.node)
		blocks := make([]*block.Block, len(own.blocks))
		for i := range own.blocks {
			blocks[i] = &own.blocks[i]
		}
		note.Text = append(digest.Text{{Text: note.Mark() + " "}}, block.Flow(blocks)...)
		note.Marks, note.Wide = block.MarksIn(blocks), block.TextWidth(note.Text) > block.MaxRepeated
		note.Linked = slices.ContainsFunc(note.Text, func(s digest.Span) bool { return s.URL != "" })
		f.Remarks = own.Remarks
	}
}

// tableOfTitles reports whether a paragraph stands for a generated table of contents:
// [TOC], or an item with {:toc} below it
// (https://kramdown.gettalong.org/converter/html.html#toc).
func (f *flattener) tableOfTitles(n ast.Node) bool {
	lines := n.Lines()
	if lines.Len() == 0 || lines.Len() > 2 {
		return false
	}
	last := lines.At(lines.Len() - 1)
	words := bytes.TrimSpace(last.Value(f.source))
	return lines.Len() == 1 && tocLine.Match(words) || bytes.HasPrefix(words, []byte("{:toc")) || bytes.HasPrefix(words, []byte("{: toc"))
}

var tocLine = regexp.MustCompile(`^(?i:@?\[{1,2}_?toc_?\]{1,2}|\$\{toc\})$`)
