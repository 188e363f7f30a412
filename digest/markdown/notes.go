package markdown

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
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// note is what a mark like [1] in a text stands for.
type note struct {
	mark string // [1], as a reader sees it
	url  string
}

// notes are found by the places of their marks in the body.
type notes map[int]note

var notesKey = parser.NewContextKey()

var (
	// noteLine is a line that says what a mark stands for.
	noteLine = regexp.MustCompile(`^ {0,3}(?:[-*] )?(?:\[(\d{1,3})\](:?)|(\d{1,3})[.)])\s+(.*)`)
	noteMark = regexp.MustCompile(`^(?:\[\d{1,3}\])+$`)
	noteUse  = regexp.MustCompile(`\[(\d{1,3})\]`)
)

// takeNotes finds the marks in a body that stand for an address: the numbers of the
// next list of addresses below, which may be that of one story or of the whole
// digest. It empties the lines of such a list that are marked, and its title if
// nothing remains below. Everything keeps its place.
func takeNotes(body []byte) ([]byte, notes) {
	if !bytes.Contains(body, []byte("[1]")) {
		return body, nil
	}
	t := noteTaker{body: body, out: bytes.Clone(body), found: notes{}}
	for at := 0; at < len(body); {
		start := at
		var line []byte
		line, at = lexicon.LineAt(body, at)
		m := noteLine.FindSubmatch(line)
		if m == nil {
			if !lexicon.IsBlank(line) {
				t.endList()
				name := string(line)
				t.titled, t.title = lexicon.SourceLabels.Has(name) || lexicon.ClosingTitles.Has(name), [2]int{start, start + len(line)}
			}
			continue
		}
		url := firstURL(m[4])
		switch number := string(m[1]) + string(m[3]); {
		case url == "", len(m[3]) > 0 && !t.titled:
			t.endList()
		default:
			t.list = append(t.list, noteEntry{number, url, start, start + len(line), len(m[2]) == 0})
		}
	}
	t.endList()
	return t.out, t.found
}

// noteTaker is the search of a body for notes.
type noteTaker struct {
	body, out []byte
	found     notes
	list      []noteEntry // which has not ended
	text      int         // where the text begins that the next list is about
	title     [2]int      // from where to where the last line that is of no list is
	titled    bool        // it says that sources follow
}

// noteEntry is an entry of a numbered list of addresses.
type noteEntry struct {
	number, url string
	start, end  int
	plain       bool // without the colon by which Markdown knows it
}

// endList marks the text above the list with what it says.
func (t *noteTaker) endList() {
	if len(t.list) == 0 {
		return
	}
	known := map[string]note{}
	for _, e := range t.list {
		known[e.number] = note{"[" + e.number + "]", e.url}
	}
	used := t.mark(t.text, t.list[0].start, known)
	remains := !t.titled
	for _, e := range t.list {
		switch {
		case !used[e.number]:
			remains = true
		case e.plain:
			fill(t.out[e.start:e.end], ' ')
		}
		t.text = e.end
	}
	if !remains {
		fill(t.out[t.title[0]:t.title[1]], ' ')
	}
	t.list = nil
}

// mark notes where in a stretch of the body there are marks of what is known.
// What begins a line is none, and neither is the label of a link.
func (t *noteTaker) mark(from, to int, known map[string]note) (used map[string]bool) {
	used = map[string]bool{}
	for _, m := range noteUse.FindAllSubmatchIndex(t.body[from:to], -1) {
		at, number := from+m[0], string(t.body[from+m[2]:from+m[3]])
		n, ok := known[number]
		if ok && !lexicon.IsBlank(lineBefore(t.body, at)) && !bytes.HasPrefix(t.body[from+m[1]:], []byte("(")) {
			t.found[at], used[number] = n, true
		}
	}
	return used
}

// firstURL is the first address in a line, or empty.
func firstURL(line []byte) string {
	at := bytes.Index(line, []byte("://"))
	if at < 0 {
		return ""
	}
	start := at - schemeBefore(line[:at])
	return webURL(string(line[start : at+3+urlLength(line[at+3:])]))
}

// marks reads the marks of notes: each is a link.
type marks struct{}

func (marks) Trigger() []byte { return []byte{'['} }

func (marks) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	found, _ := pc.Get(notesKey).(notes)
	line, segment := block.PeekLine()
	known, ok := found[segment.Start]
	if !ok || pc.IsInLinkLabel() {
		return nil
	}
	n := bytes.IndexByte(line, ']')
	if n < 0 {
		return nil
	}
	block.Advance(n + 1)
	link := ast.NewLink()
	link.Destination = []byte(known.url)
	link.SetPos(segment.Start)
	link.AppendChild(link, ast.NewString([]byte(known.mark)))
	return link
}

// isNoteMark reports whether a text is nothing but marks: [1][2].
func isNoteMark(s string) bool { return strings.HasPrefix(s, "[") && noteMark.MatchString(s) }

// marked are the sources that marks in a text stand for.
func marked(t digest.Text) []digest.Source {
	var sources []digest.Source
	for _, s := range t {
		if s.URL != "" && isNoteMark(s.Text) {
			sources = append(sources, digest.Source{URL: s.URL})
		}
	}
	return sources
}

// footnote is a note that Markdown knows by a name: [^go] stands for it, and
// [^go]: begins its text. As on a page, those that are used are numbered in the
// order of their first marks.
type footnote struct {
	node   *east.Footnote
	number int             // 0 without a mark
	text   digest.Text     // with its number
	marks  []*footnoteMark // in the text
	wide   bool            // it is wider than maxRepeated
	linked bool            // it has a link
}

// footnotes are those of a document.
type footnotes struct {
	named  map[string]*footnote
	marked []*footnote
}

var footnotesKey = parser.NewContextKey()

// footnoteBlocks is goldmark's parser of the texts of footnotes, but each stays
// where it stands, and is found by its name whatever their number.
type footnoteBlocks struct{ parser.BlockParser }

// Close notes a footnote whose text is complete.
func (footnoteBlocks) Close(n ast.Node, _ text.Reader, pc parser.Context) {
	all, _ := pc.Get(footnotesKey).(*footnotes)
	if all == nil {
		all = &footnotes{named: map[string]*footnote{}}
		pc.Set(footnotesKey, all)
	}
	node := n.(*east.Footnote)
	if name := string(node.Ref); all.named[name] == nil {
		all.named[name] = &footnote{node: node}
	}
}

// footnoteMark is the mark of a footnote in a text.
type footnoteMark struct {
	ast.BaseInline
	*footnote
	first bool
}

var kindFootnoteMark = ast.NewNodeKind("FootnoteMark")

func (*footnoteMark) Kind() ast.NodeKind { return kindFootnoteMark }

// Dump prints the mark as goldmark prints its nodes.
func (m *footnoteMark) Dump(source []byte, level int) {
	ast.DumpHelper(m, source, level, map[string]string{"Mark": m.mark()}, nil)
}

func (f *footnote) mark() string { return fmt.Sprintf("[%d]", f.number) }

// footnoteMarks reads the marks of the footnotes that are there.
type footnoteMarks struct{}

func (footnoteMarks) Trigger() []byte { return []byte{'['} }

func (footnoteMarks) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	all, _ := pc.Get(footnotesKey).(*footnotes)
	line, _ := block.PeekLine()
	if all == nil || !bytes.HasPrefix(line, []byte("[^")) {
		return nil
	}
	n := bytes.IndexByte(line[:min(len(line), maxFootnoteName)], ']')
	if n < 0 {
		return nil
	}
	note := all.named[string(line[2:n])]
	if note == nil {
		return nil
	}
	first := note.number == 0
	if first {
		all.marked = append(all.marked, note)
		note.number = len(all.marked)
	}
	block.Advance(n + 1)
	return &footnoteMark{footnote: note, first: first}
}

// maxFootnoteName is how many bytes the mark of a footnote has at most.
const maxFootnoteName = 200

// readFootnotes reads the texts of the footnotes that have marks.
func (f *flattener) readFootnotes(all *footnotes) {
	if all == nil {
		return
	}
	for _, note := range all.marked {
		own := flattener{source: f.source, remarks: f.remarks}
		own.children(note.node)
		blocks := make([]*block, len(own.blocks))
		for i := range own.blocks {
			blocks[i] = &own.blocks[i]
		}
		note.text = append(digest.Text{{Text: note.mark() + " "}}, flow(blocks)...)
		note.marks, note.wide = marksIn(blocks), textWidth(note.text) > maxRepeated
		note.linked = slices.ContainsFunc(note.text, func(s digest.Span) bool { return s.URL != "" })
		f.remarks = own.remarks
	}
}

// marksIn are the marks of footnotes in blocks.
func marksIn(blocks []*block) (found []*footnoteMark) {
	for _, b := range blocks {
		for _, l := range b.lines {
			found = append(found, l.marks...)
		}
	}
	return found
}

// maxRepeated is how wide a footnote is that is shown for each of its marks, so that
// a digest is not much longer than its file. A wider one is shown for its first.
const maxRepeated = 300

// footnotesOf are the footnotes whose marks are in blocks and in these footnotes,
// by their numbers.
func footnotesOf(blocks []*block) []*footnote {
	more := marksIn(blocks)
	if len(more) == 0 {
		return nil // as in most texts
	}
	var notes []*footnote
	seen := map[*footnote]bool{}
	for ; len(more) > 0; more = more[1:] {
		m := more[0]
		if !m.first && m.wide {
			continue
		}
		if !seen[m.footnote] {
			seen[m.footnote], notes = true, append(notes, m.footnote)
		}
		if m.first {
			more = append(more, m.marks...)
		}
	}
	slices.SortFunc(notes, func(a, b *footnote) int { return a.number - b.number })
	return notes
}

// footnoted adds footnotes to a text.
func footnoted(text digest.Text, notes []*footnote) digest.Text {
	if len(notes) == 0 {
		return text
	}
	var out textBuilder
	out.putAll(text)
	for i, n := range notes {
		switch {
		case i > 0:
			out.put(digest.Span{Text: "\n"})
		case len(text) > 0:
			out.put(digest.Span{Text: "\n\n"})
		}
		out.putAll(n.text)
	}
	return out.done()
}
