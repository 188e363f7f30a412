package body

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/generator"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// maxSpan is the most columns that a cell may span.
const maxSpan = 20

// implied are the elements that a start tag closes implicitly, and those that limit the
// search for them.
var implied = map[string]struct{ ends, within []string }{
	"li":    {[]string{"li"}, []string{"ul", "ol", "menu", "dir", "td", "th", "table"}},
	"dt":    {[]string{"dt", "dd"}, []string{"dl", "td", "th", "table"}},
	"dd":    {[]string{"dt", "dd"}, []string{"dl", "td", "th", "table"}},
	"td":    {cellNames, []string{"tr", "table"}},
	"th":    {cellNames, []string{"tr", "table"}},
	"tr":    {rowNames, tableNames},
	"tbody": {rowNames, tableNames},
	"thead": {rowNames, tableNames},
	"tfoot": {rowNames, tableNames},
}

// htmlReader reads one block of HTML.
type htmlReader struct {
	*flattener
	node ast.Node

	skipped   string // the element that is being skipped
	skippedAt int
	inside    int // where its contents begin
	nested    int // how many more elements of its name are open

	pre   string // the element whose text keeps its spaces
	preAt int
	code  strings.Builder // its text
}

// html reads a block of HTML as the corresponding Markdown blocks. An element that is
// left open continues after the block if its end tag is in a later sibling.
func (f *flattener) html(n ast.Node) {
	if f.leaveInstruction(n) {
		f.closeUnended(n)
		return
	}
	f.words = f.writer(n)
	r := htmlReader{flattener: f, node: n}
	rest, end := f.tokens(n, r.read)
	if r.pre != "" {
		r.endPre()
	}
	switch {
	case r.skipped != "" && f.hide(r.skipped, end):
		f.leaveElement(n, r.skipped, r.skippedAt, f.source[r.inside:f.hidden])
	case r.skipped != "":
		f.leaveOpen(n, "<"+r.skipped+">", "</"+r.skipped+">", r.skippedAt, f.source[min(r.inside, end):end])
	case !lexicon.IsBlank(rest):
		f.leaveTag(n, max(end-len(rest), n.Lines().At(0).Start))
	}
	f.flush()
	f.closeUnended(n)
	f.words = nil
}

// token is a tag, or the text of one line between tags.
type token struct {
	kind html.TokenType
	raw  []byte
	at   int // in the body
	tag
}

// tokens calls do for the tokens of a block that are not hidden. It returns the rest,
// an incomplete tag, and where the block ends.
func (f *flattener) tokens(n ast.Node, do func(token)) (rest []byte, end int) {
	type place struct{ raw, body int }
	var places []place
	add := func(s text.Segment) {
		if end = s.Stop; s.Stop > f.hidden {
			s.Start = max(s.Start, f.hidden)
			places = append(places, place{len(rest), s.Start}, place{len(rest) + s.Padding, s.Start}) // spaces from a tab are not in the source
			rest = append(rest, s.Value(f.source)...)
		}
	}
	for i := range n.Lines().Len() {
		add(n.Lines().At(i))
	}
	block, _ := n.(*ast.HTMLBlock)
	if block != nil && block.HasClosure() {
		add(block.ClosureLine)
	}
	at := 0
	put := func(t token, n int) {
		for len(places) > 1 && places[1].raw <= at {
			places = places[1:]
		}
		t.raw, t.at = rest[:n], places[0].body+at-places[0].raw
		do(t)
		rest, at = rest[n:], at+n
	}
	switch { // these end later than the tokenizer assumes
	case block == nil:
	case block.HTMLBlockType == ast.HTMLBlockType3:
		at = endOf(rest, "?>")
	case block.HTMLBlockType == ast.HTMLBlockType5:
		at = endOf(rest, "]]>")
	}
	rest = rest[at:]
	z := html.NewTokenizer(bytes.NewReader(rest))
	for {
		t := token{kind: z.Next()}
		n := len(z.Raw())
		switch t.kind {
		case html.ErrorToken:
			return rest, end
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			t.tag = tokenTag(z, t.kind)
			if t.empty || t.name == "noscript" {
				z.NextIsNotRawText() // unlike in a browser, which runs scripts
			}
		case html.TextToken:
			for n > 0 {
				line := n
				if i := bytes.IndexByte(rest[:n], '\n'); i >= 0 {
					line = i + 1
				}
				n -= line
				put(t, line)
			}
			continue
		}
		put(t, n)
	}
}

// endOf returns the offset after the first occurrence of what, or the length of raw.
func endOf(raw []byte, what string) int {
	if i := bytes.Index(raw, []byte(what)); i >= 0 {
		return i + len(what)
	}
	return len(raw)
}

func (r *htmlReader) read(t token) {
	isWords := t.kind == html.TextToken
	isComment := !isWords && t.name == ""
	switch {
	case r.skipped != "":
		switch {
		case t.name != r.skipped || t.empty:
		case !t.end:
			r.nested++
		case r.nested > 0:
			r.nested--
		default:
			r.leaveElement(r.node, r.skipped, r.skippedAt, r.source[r.inside:max(t.at, r.inside)])
			r.skipped = ""
		}
	case isComment && bytes.HasPrefix(t.raw, []byte("<!--")):
		switch end := t.at + len(t.raw); {
		case bytes.HasSuffix(t.raw, []byte("->")), bytes.HasSuffix(t.raw, []byte("--!>")):
			r.leaveComment(r.node, t.at, t.raw)
		case r.hide(aComment, end):
			r.leaveComment(r.node, t.at, r.source[t.at:r.hidden])
		default:
			r.leaveOpen(r.node, "the comment <!--", "-->", t.at, behindLine(t.raw))
		}
	case isComment:
	case r.pre != "" && isWords:
		r.code.WriteString(html.UnescapeString(generator.Untame(string(t.raw))))
	case r.pre != "" && t.end && t.name == r.pre:
		r.endPre()
	case r.pre != "" && t.name == "br":
		r.code.WriteByte('\n')
	case isWords:
		r.words.html(t)
	case roles[t.name] != flows && !isTag(t.tag, t.raw, r.source, t.at):
		r.words.literal(t.raw, t.at)
	case unshown(t.name):
		if t.end {
			break
		}
		if t.empty || voids[t.name] {
			r.leaveElement(r.node, t.name, t.at, nil)
		} else {
			r.skipped, r.skippedAt, r.inside = t.name, t.at, t.at+len(t.raw)
		}
	case r.pre != "":
	case t.name == "pre" || t.name == "listing" || t.name == "xmp":
		r.flush()
		if !t.end {
			r.pre, r.preAt = t.name, t.at
		}
	case roles[t.name] != flows:
		r.words.phrase(t.tag, t.at)
	case t.end:
		r.endElement(t.name)
	default:
		r.startElement(t.tag, t.at)
	}
}

// html adds HTML text, in which white space collapses to one space.
func (w *inlineWriter) html(t token) {
	words := bytes.TrimLeft(t.raw, " \t\n")
	if len(words) > 0 {
		w.at(t.at + len(t.raw) - len(words))
	}
	if w.offset >= 0 {
		s := html.UnescapeString(generator.Untame(string(t.raw)))
		if w.style&digest.Code == 0 {
			s = ReplaceShortcodes(s)
		}
		w.put(spaceOut(s))
	}
	if bytes.HasSuffix(t.raw, []byte("\n")) {
		w.endLine(false)
	}
}

// endPre adds the completed code.
func (r *htmlReader) endPre() {
	words := strings.TrimRight(strings.TrimPrefix(r.code.String(), "\n"), " \t\n")
	if words != "" {
		r.add(block.Block{Kind: block.Code, Level: r.listed, Lines: []block.Line{{Text: digest.Text{{Text: words, Style: digest.Code}}}}}, r.preAt)
	}
	r.pre = ""
	r.code.Reset()
}

// aComment is used instead of an element name.
const aComment = "--"

// hide hides the body from an offset up to the end of an element, or of a comment, that
// an empty line has interrupted. It reports whether there is an end.
func (f *flattener) hide(name string, from int) bool {
	if f.endless[name] {
		return false
	}
	from = min(from, len(f.source)) // a block may end with a line break that is not in the source
	end := endTag(name, f.source[from:])
	if name == aComment {
		if end = bytes.Index(f.source[from:], []byte("-->")); end >= 0 {
			end += len("-->")
		}
	}
	if end < 0 {
		if f.endless == nil {
			f.endless = map[string]bool{}
		}
		f.endless[name] = true
		return false
	}
	f.hidden = from + end
	return true
}

// flush adds the completed block.
func (f *flattener) flush() {
	w := f.words
	if w == nil {
		return
	}
	w.endLine(false)
	w.broken = false
	b := block.Block{Lines: w.lines, Level: f.listed, Quoted: f.quotes > 0, Anchors: w.anchors, Refers: w.refers}
	w.lines, w.anchors, w.refers = nil, false, false
	if len(b.Lines) == 0 {
		return
	}
	b.Lines[0].Hard = false
	setFacts(b.Lines)
	at := b.Lines[0].Offset
	if f.headed > 0 && f.listed == 0 && f.quotes == 0 {
		b.Kind, b.Level = block.Heading, f.headed
		if e := f.open[f.innermost(headingNames, nil)]; e.first == len(f.blocks) {
			at = e.at
		}
	}
	f.add(b, at)
}

// startElement opens an element that is not a phrase.
func (f *flattener) startElement(t tag, at int) {
	f.flush()
	if last := len(f.open) - 1; last >= f.outer && f.open[last].name == "p" {
		f.close(last)
	}
	if open := f.innermost(headingNames, scopes); open >= 0 && (len(f.blocks) > f.open[open].first || slices.Contains(headingNames, t.name)) {
		f.close(open)
	}
	if i, ok := implied[t.name]; ok {
		if open := f.innermost(i.ends, i.within); open >= 0 {
			f.close(open)
		}
	}
	table := f.innermost(tableNames, nil)
	switch t.name {
	case "hr":
		f.add(block.Block{Kind: block.Rule}, at)
		return
	case "thead", "tbody", "tfoot":
		if table >= 0 {
			f.open[table].head = t.name == "thead"
		}
		return
	case "tr", "td", "th":
		if table < 0 {
			return
		}
	}
	if t.empty {
		return
	}
	if slices.Contains(cellNames, t.name) && f.innermost(rowNames, tableNames) < 0 {
		f.startElement(tag{name: "tr"}, at)
	}
	if len(f.open) >= maxDepth {
		f.tooDeep(at)
		return
	}
	e := element{name: t.name, at: at, listed: f.listed, quotes: f.quotes, headed: f.headed, first: len(f.blocks), marks: len(f.words.marks)}
	switch t.name {
	case "ul", "menu", "dir":
		f.listed++
	case "ol":
		f.listed++
		e.next = numberOf(t, "start", 1)
	case "li":
		list := f.innermost(listNames, scopes)
		f.marker = "• "
		switch {
		case list < 0:
			f.listed++
		case f.open[list].name == "ol":
			n := numberOf(t, "value", f.open[list].next)
			f.open[list].next = n + 1
			f.marker = fmt.Sprintf("%d. ", n)
		}
	case "blockquote":
		f.quotes++
	case "h1", "h2", "h3", "h4", "h5", "h6":
		f.headed = int(t.name[1] - '0')
	case "table":
		f.marker, f.headed = "", 0
	case "tr":
		e.head = true
		f.open[table].rows++
	case "td", "th":
		row := &f.open[f.innermost(rowNames, tableNames)] // it exists
		row.head = row.head && t.name == "th"
		e.span = min(max(numberOf(t, "colspan", 1), 1), maxSpan)
	case "summary":
		f.words.mark(t, at)
	}
	f.open = append(f.open, e)
}

// numberOf returns the value of a numeric attribute, or the default other.
func numberOf(t tag, key string, other int) int {
	value, _ := t.attr(key)
	if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && n >= 0 && n < 1e9 {
		return n
	}
	return other
}

// endElement closes an element that is not a phrase, if one of that name is open.
func (f *flattener) endElement(name string) {
	f.flush()
	names, within := []string{name}, scopes
	switch name {
	case "td", "th", "tr":
		within = tableNames
	case "thead", "tbody", "tfoot":
		names, within = rowNames, tableNames
	case "table":
		within = nil
	case "h1", "h2", "h3", "h4", "h5", "h6":
		names = headingNames
	}
	if open := f.innermost(names, within); open >= 0 {
		f.close(open)
	}
	if table := f.innermost(tableNames, nil); table >= 0 && name == "thead" {
		f.open[table].head = false
	}
}

// close closes an open element and those within it.
func (f *flattener) close(index int) {
	for len(f.open) > index {
		e := f.open[len(f.open)-1]
		if f.words != nil {
			f.words.unmark(e.marks) // may add text to a link
		}
		f.flush()
		f.open = f.open[:len(f.open)-1]
		switch e.name {
		case "td", "th":
			if row := f.innermost(rowNames, tableNames); row >= 0 {
				f.open[row].cells = append(f.open[row].cells, cell{e.first, len(f.blocks), e.span})
			}
		case "tr":
			f.endRow(e)
		case "li":
			f.marker = ""
		case "h1", "h2", "h3", "h4", "h5", "h6":
			if len(f.blocks) == e.first && f.listed == 0 && f.quotes == 0 {
				f.add(block.Block{Kind: block.Heading, Level: f.headed}, e.at)
			}
		}
		f.listed, f.quotes, f.headed = e.listed, e.quotes, e.headed
	}
}

// endRow turns the blocks in the cells of a row into a row. If the cells contain more
// than paragraphs, the table only serves as a page layout, and the blocks do not
// change.
func (f *flattener) endRow(e element) {
	blocks := f.blocks[e.first:]
	inCells := 0
	for _, c := range e.cells {
		inCells += c.end - c.first
	}
	if inCells < len(blocks) || len(e.cells) == 1 && inCells > 1 || slices.ContainsFunc(blocks, func(b block.Block) bool { return b.Kind != block.Paragraph }) {
		return
	}
	var cells [][]block.Line
	b := block.Block{Level: f.listed, Quoted: f.quotes > 0}
	for _, c := range e.cells {
		var lines []block.Line
		for i := c.first; i < c.end; i++ {
			own := f.blocks[i]
			own.Lines[0].Hard = true
			lines = append(lines, own.Lines...)
			b.Anchors = b.Anchors || own.Anchors
		}
		cells = append(cells, lines)
		cells = append(cells, make([][]block.Line, c.span-1)...)
	}
	if table := f.innermost(tableNames, nil); table >= 0 {
		b.Header = f.open[table].head || e.head && f.open[table].rows == 1
	}
	f.blocks = f.blocks[:e.first]
	f.addRow(b, cells)
}

// closeUnended closes the elements that a block of HTML has left open, except lists,
// quotes and tables that end in a later sibling.
func (f *flattener) closeUnended(n ast.Node) {
	kept := f.outer
	for i := f.outer; i < len(f.open); i++ {
		e := &f.open[i]
		e.marks = 0
		_, within := implied[e.name]
		switch {
		case goesOn(e.name) && !f.endsLater(n.Parent())[e.at]:
			f.close(kept)
			return
		case goesOn(e.name), within && kept > f.outer:
			kept = i + 1
		}
	}
	f.close(kept)
}

// goesOn reports whether Markdown within an element is affected by it.
func goesOn(name string) bool {
	return name == "blockquote" || name == "table" || slices.Contains(listNames, name)
}

// endsLater returns the offsets of such elements in the HTML children of a node that
// have an end tag.
func (f *flattener) endsLater(parent ast.Node) map[int]bool {
	if ended, ok := f.ended[parent]; ok {
		return ended
	}
	if f.ended == nil {
		f.ended = map[ast.Node]map[int]bool{}
	}
	ended := map[int]bool{}
	f.ended[parent] = ended
	defer func(hidden int) { f.hidden = hidden }(f.hidden)
	f.hidden = 0
	open := map[string][]int{} // by name
	for c := parent.FirstChild(); c != nil; c = c.NextSibling() {
		n, ok := c.(*ast.HTMLBlock)
		if !ok {
			continue
		}
		f.tokens(n, func(t token) {
			if !goesOn(t.name) || t.empty {
				return
			}
			places := open[t.name]
			if !t.end {
				open[t.name] = append(places, t.at)
			} else if last := len(places) - 1; last >= 0 {
				ended[places[last]] = true
				open[t.name] = places[:last]
			}
		})
	}
	return ended
}

// leaveInstruction reports whether a block begins with <?, <![CDATA[ or <! and is not
// closed. It adds a remark if so.
func (f *flattener) leaveInstruction(n ast.Node) bool {
	b, ok := n.(*ast.HTMLBlock)
	if !ok || b.HTMLBlockType < ast.HTMLBlockType3 || b.HTMLBlockType > ast.HTMLBlockType5 || b.HasClosure() {
		return false
	}
	raw := b.Lines().Value(f.source)
	opening, closing := blockEnds[b.HTMLBlockType].opening, blockEnds[b.HTMLBlockType].closing
	if bytes.Contains(raw, []byte(closing)) {
		return false
	}
	f.leaveOpen(n, opening, closing, b.Lines().At(0).Start, behindLine(raw))
	return true
}
