package markdown

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// block is one piece of a document that reads from top to bottom.
type block struct {
	kind blockKind
	// level is 1 to 6 of a heading, and boldLine of a line that serves as one;
	// of all else it is the number of list items that the block stands in.
	level   int
	marker  string // of an item: "• " or "1. "
	quoted  bool
	opens   bool // it is the first of a quote
	anchors bool // it has links to places within the page
	refers  bool // it has links whose address is in another file
	header  bool // of a row: it names the columns
	cells   []digest.Text
	lines   []line // of a row: all cells
	offset  int    // in the body
	// pictures have their captions below the text of the block.
	pictures []picture
}

type blockKind uint8

const (
	paragraph blockKind = iota
	heading
	item
	row // of a table
	code
	rule
)

// boldLine is the level of a heading that is a line in bold.
const boldLine = 7

// maxDepth is how deep containers may be nested; deeper indentation is cut
// before goldmark, whose cost is quadratic in it, sees it.
const maxDepth = 64

// maxBlocks is how many blocks are read.
const maxBlocks = 10000

// flatten gives the blocks of the body in reading order, and what is to be said
// about them. variables says that {{ x }} is no text. Relative links stay if the body
// is that of a page.
func flatten(body []byte, variables, paged bool) ([]*block, remarks) {
	blocks, odd := parse(body, variables, paged)
	shown := make([]*block, len(blocks))
	for i := range blocks {
		shown[i] = &blocks[i]
	}
	out := promote(number(shown), 2)
	hang(odd.pictures, out)
	return out, odd
}

// parse reads the body with goldmark.
func parse(body []byte, variables, paged bool) ([]block, remarks) {
	source, found := takeNotes(tame(body, variables))
	source, deep := shallow(source)
	f := flattener{source: source, paged: paged}
	ctx := newContext(body, source)
	ctx.Set(notesKey, found)
	root := bodyParser.Parse(text.NewReader(source), parser.WithContext(ctx))
	f.blocks = make([]block, 0, root.ChildCount())
	f.children(root)
	notes, _ := ctx.Get(footnotesKey).(*footnotes)
	f.readFootnotes(notes)
	if deep >= 0 {
		f.tooDeep(deep)
	}
	if n, ok := ctx.Get(crowdedKey).(ast.Node); ok {
		f.cuts = append(f.cuts, cut{n.Lines().At(0).Start, "too many brackets, stars and the like in one paragraph"})
	}
	if p, ok := ctx.Get(referencesKey).(*ast.Paragraph); ok {
		f.cuts = append(f.cuts, cut{p.Lines().At(0).Start, fmt.Sprintf("more than %d lines of link references", maxReferences)})
	}
	return f.blocks, f.remarks
}

// remarks are what is odd about a body.
type remarks struct {
	bad      []badLink
	cuts     []cut
	pictures []picture
	left     []leftHTML
	deep     bool // one of the cuts is for the depth
}

// tooDeep notes that something is nested too deeply, once.
func (r *remarks) tooDeep(at int) {
	if !r.deep {
		r.deep = true
		r.cuts = append(r.cuts, cut{at, fmt.Sprintf("more than %d levels of lists and quotes", maxDepth)})
	}
}

// cutBehind notes that there are more blocks than these, and is true.
func (r *remarks) cutBehind(blocks []block) bool {
	r.cuts = append(r.cuts, cut{blocks[len(blocks)-1].offset, fmt.Sprintf("more than %d paragraphs, items and rows", len(blocks))})
	return true
}

// cut is a place from which on there was too much of something to read all.
type cut struct {
	offset int // in the body
	what   string
}

var bodyParser = newParser(inlineParsers())

type flattener struct {
	source []byte
	paged  bool // relative links stay
	blocks []block
	listed int    // how many lists the next block is in
	quotes int    // how many quotes
	opens  bool   // nothing of the quote is there yet
	marker string // of an item whose first block is not there yet
	full   bool   // there are maxBlocks
	remarks

	// The HTML that is open.
	words   *inlineWriter // of the block that is read
	open    []element
	outer   int             // the first of them that is within the node around it
	headed  int             // the level of the heading that the next words are in
	hidden  int             // what stands before this offset is not shown
	endless map[string]bool // what has no end in the rest of the body
	ended   map[ast.Node]map[int]bool
}

// children reads what is in a node. HTML that is open does not reach out of it.
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
		if f.listed == 0 && f.quotes == 0 { // else it divides nothing
			b.kind, b.level = heading, n.Level
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
			f.html(n) // whose lines are indented by what they stand in
			return
		}
		words := strings.Trim(untame(string(n.Lines().Value(f.source))), "\n")
		if words != "" {
			b := block{kind: code, level: f.listed, lines: []line{{text: digest.Text{{Text: words, Style: digest.Code}}}}}
			f.add(b, f.place(b, n))
		}
	case *ast.ThematicBreak:
		f.add(block{kind: rule}, max(n.Pos(), 0))
	case *ast.HTMLBlock:
		f.html(n)
	case *east.Table:
		f.table(n)
	case *east.Footnote: // is shown where its mark is
	default:
		f.children(n)
	}
}

// unseen reports whether a node is within HTML that is not shown.
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

// inline is a block with the inline text of the node.
func (f *flattener) inline(n ast.Node) block {
	w := f.writer(n)
	w.cell = n.Kind() == east.KindTableCell
	w.inside(n)
	w.endLine(false)
	w.lines = withoutMarks(w.lines, f.quotes > 0)
	setFacts(w.lines)
	return block{lines: w.lines, level: f.listed, anchors: w.anchors, refers: w.refers, quoted: f.quotes > 0}
}

// writer writes the words of a block.
func (f *flattener) writer(n ast.Node) *inlineWriter {
	return &inlineWriter{flattener: f, block: n, offset: -1}
}

// place is where a block begins.
func (f *flattener) place(b block, n ast.Node) int {
	switch {
	case len(b.lines) > 0 && b.lines[0].offset > 0:
		return b.lines[0].offset
	case n.Lines().Len() > 0:
		return n.Lines().At(0).Start
	}
	return max(n.Pos(), 0)
}

// setFacts breaks the lines of a block so that a fact stands on a line of its own.
func setFacts(lines []line) {
	for i := 1; i < len(lines); i++ {
		if label, _, _ := factLabel(lines[i].text); label != "" {
			lines[i].hard = true
		}
	}
}

// abbreviations reports whether a paragraph says nothing but what abbreviations
// stand for, which no text shows
// (https://kramdown.gettalong.org/syntax.html#abbreviations).
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

// table makes a block of each row.
func (f *flattener) table(n ast.Node) {
	for r := n.FirstChild(); r != nil; r = r.NextSibling() {
		b := block{level: f.listed, header: r.Kind() == east.KindTableHeader, quoted: f.quotes > 0}
		var cells [][]line
		for c := r.FirstChild(); c != nil; c = c.NextSibling() {
			own := f.inline(c)
			cells = append(cells, own.lines)
			b.anchors = b.anchors || own.anchors
		}
		f.addRow(b, cells)
	}
}

// addRow adds the row of a table that has these cells, unless all are empty.
func (f *flattener) addRow(b block, cells [][]line) {
	var words textBuilder
	var marks []*footnoteMark
	offset := -1
	for i, lines := range cells {
		if i > 0 {
			words.put(digest.Span{Text: " | "})
		}
		if offset < 0 && len(lines) > 0 {
			offset = lines[0].offset
		}
		cell := join(lines)
		words.putAll(cell)
		b.cells = append(b.cells, cell)
		for _, l := range lines {
			marks = append(marks, l.marks...)
		}
	}
	if offset >= 0 {
		b.kind, b.lines = row, []line{{text: trim(words.done()), offset: offset, marks: marks}}
		f.add(b, offset)
	}
}

// add appends a block that begins there unless it is empty: headings divide even
// without words.
func (f *flattener) add(b block, at int) {
	if len(f.blocks) == maxBlocks {
		f.full = f.full || f.cutBehind(f.blocks)
		return
	}
	if len(b.lines) == 0 && b.kind == paragraph {
		return
	}
	if b.kind == paragraph && f.marker != "" {
		b.kind, b.marker = item, f.marker
	}
	f.marker = ""
	b.opens, f.opens = f.opens && b.quoted, false
	b.offset = at
	f.blocks = append(f.blocks, b)
}

// shallow returns the body with the markers and spaces in front of each line
// limited to maxDepth characters, and where it first did so, else -1. It keeps
// the number of lines, and the places of everything that is not nested absurdly
// deep.
func shallow(body []byte) (out []byte, deep int) {
	kept := 0
	deep = -1
	for at := 0; at < len(body); {
		n := at + nested(body[at:])
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

// nested is the length of what may open containers at the beginning of a line.
func nested[S string | []byte](line S) int {
	n := 0
	for n < len(line) {
		if strings.IndexByte(" \t>-*+", line[n]) >= 0 {
			n++
			continue
		}
		end := n
		for end < len(line) && end < n+9 && line[end] >= '0' && line[end] <= '9' {
			end++
		}
		if end == n || end+1 >= len(line) || line[end] != '.' && line[end] != ')' || line[end+1] != ' ' && line[end+1] != '\t' {
			break
		}
		n = end + 2
	}
	return n
}

// plain reports whether a run at the beginning of a line is no nesting but a
// rule, a row of stars or the like: one character without spaces.
func plain(run []byte) bool {
	return strings.Trim(string(run), string(run[:1])) == "" && run[0] != '>' && run[0] != ' ' && run[0] != '\t'
}

// flow joins blocks to text: paragraphs are separated by an empty line, the
// items of a list and the rows of a table stand on lines of their own.
func flow(blocks []*block) digest.Text {
	if len(blocks) == 1 && blocks[0].kind == paragraph && len(blocks[0].lines) == 1 {
		return trim(single(merge(blocks[0].lines[0].text)))
	}
	var t textBuilder
	var last blockKind
	for i, b := range blocks {
		if len(b.lines) == 0 {
			continue
		}
		switch {
		case i == 0:
		case last == b.kind && (b.kind == item || b.kind == row):
			t.put(digest.Span{Text: "\n"})
		default:
			t.put(digest.Span{Text: "\n\n"})
		}
		if b.kind == item {
			t.put(digest.Span{Text: strings.Repeat("  ", max(b.level-1, 0)) + b.marker})
		}
		for _, s := range single(join(b.lines)) {
			if b.kind == heading {
				s.Style |= digest.Bold
			}
			t.put(s)
		}
		last = b.kind
	}
	return trim(t.done())
}

// single is a text in which a space follows no other, as where a picture or a
// tag of Liquid stood in a sentence. Code keeps its spaces. The text itself does
// not change: blocks are looked at more than once.
func single(t digest.Text) digest.Text {
	space, own := false, false
	for i := range t {
		s := t[i].Text
		if s == "" {
			continue
		}
		if t[i].Style&digest.Code != 0 {
			space = false
			continue
		}
		if space && s[0] == ' ' || strings.Contains(s, "  ") {
			if !own {
				t, own = slices.Clone(t), true
			}
			var b strings.Builder
			for j := range len(s) {
				if s[j] != ' ' || !space {
					b.WriteByte(s[j])
				}
				space = s[j] == ' '
			}
			t[i].Text = b.String()
		}
		space = s[len(s)-1] == ' '
	}
	if own {
		t = slices.DeleteFunc(t, func(s digest.Span) bool { return s.Text == "" })
	}
	return t
}

// number finds the lines that writers number or mark by themselves, as in
// 1、甲 and • one, and makes items of them. One alone is no list.
func number(blocks []*block) []*block {
	marked := 0
	for _, b := range blocks {
		if b.kind == paragraph && !b.quoted {
			for _, l := range b.lines {
				if ownMarker(l.text) > 0 {
					marked++
				}
			}
		}
	}
	if marked < 2 {
		return blocks
	}
	var out []*block
	bare := "" // the number of the next item, which stood in a paragraph of its own
	open := openNumber{at: -1}
	for _, b := range blocks {
		if b.kind == heading || b.kind == rule {
			open.end(out)
		}
		if b.kind != paragraph || b.quoted {
			out, bare = append(out, b), ""
			continue
		}
		if bare != "" {
			open.next(out, bare)
			named := *b
			named.kind, named.marker, named.level, bare = item, bare, b.level+1, ""
			out = append(out, &named)
			continue
		}
		if words := b.lines[0].text[0].Text; len(b.lines) == 1 && len(b.lines[0].text) == 1 && lexicon.OrdinalLength(words) == len(words) {
			bare = digits.FindString(words) + ". "
			continue
		}
		from := 0
		for i := 0; i <= len(b.lines); i++ {
			if i < len(b.lines) && (i == 0 || ownMarker(b.lines[i].text) == 0) {
				continue
			}
			own := ownItem(*b, b.lines[from:i])
			if own.kind == item && lexicon.OrdinalLength(b.lines[from].text[0].Text) > 0 {
				open.next(out, own.marker)
			}
			out = append(out, own)
			from = i
		}
	}
	open.end(out)
	return out
}

// openNumber is the last item that the writer numbered, which the items of lists
// behind it belong to.
type openNumber struct {
	at    int  // among the blocks that are written, or -1
	nests bool // the one before it has items
}

// next says that an item with a number of the writer's comes behind the blocks.
func (o *openNumber) next(blocks []*block, marker string) {
	if o.at >= 0 && marker != "1. " {
		o.nests = nest(blocks[o.at+1:])
	}
	o.at = len(blocks)
}

// end says that something comes behind the blocks that divides the text.
func (o *openNumber) end(blocks []*block) {
	if behind := blocks[o.at+1:]; o.at >= 0 && (o.nests || introduced(behind)) {
		nest(behind)
	}
	o.at, o.nests = -1, false
}

// introduced reports whether a paragraph with a colon at its end stands before the
// first item of the blocks.
func introduced(blocks []*block) bool {
	for i, b := range blocks {
		if b.kind == item {
			return i > 0 && len(blocks[i-1].lines) > 0 && endsWithColon(join(blocks[i-1].lines))
		}
	}
	return false
}

// endsWithColon reports whether a text introduces what stands below it.
func endsWithColon(t digest.Text) bool {
	words := strings.TrimRight(t.String(), " ")
	return strings.HasSuffix(words, ":") || strings.HasSuffix(words, "：")
}

// nest puts the items of the blocks one level deeper, and reports whether there are
// any.
func nest(blocks []*block) (found bool) {
	for i, b := range blocks {
		if b.kind == item && !b.quoted {
			own := *b
			own.level++
			blocks[i], found = &own, true
		}
	}
	return found
}

// ownMarker is the length of a number or bullet that is no Markdown. A number
// in bold opens a headline instead.
func ownMarker(t digest.Text) int {
	if t[0].Style&digest.Bold != 0 || t[0].URL != "" {
		return 0
	}
	if n := lexicon.OrdinalLength(t[0].Text); n > 0 {
		return n
	}
	if first, _ := utf8.DecodeRuneInString(t[0].Text); first < utf8.RuneSelf || lexicon.ScriptOf(first) != lexicon.Elsewhere {
		return 0
	}
	return len(ownBullet.FindString(t[0].Text))
}

var ownBullet = regexp.MustCompile(`^(?:[•·▪▫►▶●○◆◇■□➤✦]|[🔹🔸🔺👉])\x{FE0F}?\s*`)

// ownItem is an item of the lines if the first of them has a marker.
func ownItem(b block, lines []line) *block {
	b.lines = lines
	if len(lines) == 0 {
		return &b
	}
	b.offset = lines[0].offset
	n := ownMarker(lines[0].text)
	words := trim(cutText(lines[0].text, n))
	if n == 0 || len(words) == 0 {
		return &b
	}
	b.kind, b.marker, b.level = item, "• ", b.level+1
	if d := digits.FindString(lines[0].text[0].Text[:n]); d != "" {
		b.marker = d + ". "
	}
	b.lines = slices.Clone(lines)
	b.lines[0].text, b.lines[0].cited = words, nil
	return &b
}

// unquote reads quotes like other text, for digests that quote all stories.
func unquote(blocks []*block) []*block {
	plain := make([]*block, len(blocks))
	for i, b := range blocks {
		own := *b
		own.quoted = false
		plain[i] = &own
	}
	return promote(number(plain), 2)
}

// cutText is the text without its first n bytes.
func cutText(t digest.Text, n int) digest.Text {
	for i, s := range t {
		if n < len(s.Text) {
			s.Text = s.Text[n:]
			return append(digest.Text{s}, t[i+1:]...)
		}
		n -= len(s.Text)
	}
	return nil
}

// promote makes headings of lines in bold that stand alone or begin a
// paragraph, if there are as many as least: one alone is emphasis to somebody who
// knows nothing but the document. One that is there again is a label.
func promote(blocks []*block, least int) []*block {
	found := 0
	seen := map[string]int{}
	for i, b := range blocks {
		if serves(blocks, i) {
			found++
			seen[lexicon.Fold(wordsOf(b.lines[0].text))]++
		}
	}
	if found < least {
		return blocks
	}
	out := make([]*block, 0, len(blocks)+found)
	for i, b := range blocks {
		if !serves(blocks, i) || seen[lexicon.Fold(wordsOf(b.lines[0].text))] > 1 && !opensLinks(blocks, i) {
			out = append(out, b)
			continue
		}
		head, rest := *b, *b
		head.kind, head.level, head.lines = heading, boldLine, b.lines[:1]
		out = append(out, &head)
		if rest.lines = b.lines[1:]; len(rest.lines) > 0 {
			rest.offset = rest.lines[0].offset
			out = append(out, &rest)
		}
	}
	return out
}

// serves reports whether a block serves as a heading: its first line is in
// bold, and something stands below it.
func serves(blocks []*block, i int) bool {
	b := blocks[i]
	if b.kind != paragraph || b.level > 0 || b.quoted || !allBold(b.lines[0].text) {
		return false
	}
	words := wordsOf(b.lines[0].text)
	if lexicon.SourceLabels.Has(words) || lexicon.Width(words) > maxHeadline {
		return false
	}
	if len(b.lines) > 1 {
		return true
	}
	return i+1 < len(blocks) && blocks[i+1].kind != heading && blocks[i+1].kind != rule
}

// opensLinks reports whether a line opens a list of links, whatever its words.
func opensLinks(blocks []*block, i int) bool {
	return len(blocks[i].lines) == 1 && i+1 < len(blocks) && blocks[i+1].kind == item && blocks[i+1].links()
}

// allBold reports whether all words of the text are in bold.
func allBold(t digest.Text) bool {
	bold := false
	for _, s := range t {
		if s.Style&digest.Bold != 0 {
			bold = true
		} else if wordy(s.Text) {
			return false
		}
	}
	return bold
}

var digits = regexp.MustCompile(`\d+`)
