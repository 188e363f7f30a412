package body

import (
	"bytes"
	"regexp"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/generator"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/weburl"
)

// note is the target of a mark like [1] in a text.
type note struct {
	mark string // [1], as a reader sees it
	url  string
}

// notes maps the offsets of marks in the body to their notes.
type notes map[int]note

var notesKey = parser.NewContextKey()

var (
	// noteLine matches a line that defines a mark.
	noteLine = regexp.MustCompile(`^ {0,3}(?:[-*] )?(?:\[(\d{1,3})\](:?)|(\d{1,3})[.)])\s+(.*)`)
	noteUse  = regexp.MustCompile(`\[(\d{1,3})\]`)
)

// takeNotes finds the marks in a body that stand for an address: the numbers in the
// next list of addresses below them. That list may belong to one story or to the whole
// digest. takeNotes blanks out the lines of such a list that have marks, and its title
// if no lines remain. Offsets do not change.
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

// noteTaker searches a body for notes.
type noteTaker struct {
	body, out []byte
	found     notes
	list      []noteEntry // the current list
	text      int         // where the text begins that the next list refers to
	title     [2]int      // the range of the last line outside a list
	titled    bool        // that line says that sources follow
}

// noteEntry is an entry of a numbered list of addresses.
type noteEntry struct {
	number, url string
	start, end  int
	plain       bool // without the colon that makes it a Markdown definition
}

// endList finds the marks for the list in the text above it.
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
			generator.Overwrite(t.out[e.start:e.end], ' ')
		}
		t.text = e.end
	}
	if !remains {
		generator.Overwrite(t.out[t.title[0]:t.title[1]], ' ')
	}
	t.list = nil
}

// mark records the offsets of known marks in a range of the body. A mark at the start
// of a line does not count, nor does the label of a link.
func (t *noteTaker) mark(from, to int, known map[string]note) (used map[string]bool) {
	used = map[string]bool{}
	for _, m := range noteUse.FindAllSubmatchIndex(t.body[from:to], -1) {
		at, number := from+m[0], string(t.body[from+m[2]:from+m[3]])
		n, ok := known[number]
		if ok && !lexicon.IsBlank(generator.LineBefore(t.body, at)) && !bytes.HasPrefix(t.body[from+m[1]:], []byte("(")) {
			t.found[at], used[number] = n, true
		}
	}
	return used
}

// firstURL returns the first address in a line, or "".
func firstURL(line []byte) string {
	at := bytes.Index(line, []byte("://"))
	if at < 0 {
		return ""
	}
	start := at - weburl.SchemeBefore(line[:at])
	return weburl.Absolute(string(line[start : at+3+weburl.Length(line[at+3:])]))
}

// marks parses the marks of notes as links.
type marks struct{}

func (marks) Trigger() []byte { return []byte{'['} }

func (marks) Parse(_ ast.Node, in text.Reader, pc parser.Context) ast.Node {
	found, _ := pc.Get(notesKey).(notes)
	line, segment := in.PeekLine()
	known, ok := found[segment.Start]
	if !ok || pc.IsInLinkLabel() {
		return nil
	}
	n := bytes.IndexByte(line, ']')
	if n < 0 {
		return nil
	}
	in.Advance(n + 1)
	link := ast.NewLink()
	link.Destination = []byte(known.url)
	link.SetPos(segment.Start)
	link.AppendChild(link, ast.NewString([]byte(known.mark)))
	return link
}

// namedFootnote is a footnote with the node that has its text.
type namedFootnote struct {
	block.Footnote
	node *east.Footnote
}

// footnotes are the footnotes of a document.
type footnotes struct {
	named  map[string]*namedFootnote
	marked []*namedFootnote
}

var footnotesKey = parser.NewContextKey()

// footnoteBlocks is goldmark's parser of footnote texts, except that each remains in
// its place, and is found by its name in constant time.
type footnoteBlocks struct{ parser.BlockParser }

// Close records a completed footnote.
func (footnoteBlocks) Close(n ast.Node, _ text.Reader, pc parser.Context) {
	all, _ := pc.Get(footnotesKey).(*footnotes)
	if all == nil {
		all = &footnotes{named: map[string]*namedFootnote{}}
		pc.Set(footnotesKey, all)
	}
	node := n.(*east.Footnote)
	if name := string(node.Ref); all.named[name] == nil {
		all.named[name] = &namedFootnote{node: node}
	}
}

// footnoteNode is the mark of a footnote in a text.
type footnoteNode struct {
	ast.BaseInline
	mark block.FootnoteMark
}

var kindFootnoteMark = ast.NewNodeKind("FootnoteMark")

func (*footnoteNode) Kind() ast.NodeKind { return kindFootnoteMark }

// Dump prints the node in goldmark's format.
func (m *footnoteNode) Dump(source []byte, level int) {
	ast.DumpHelper(m, source, level, map[string]string{"Mark": m.mark.Mark()}, nil)
}

// footnoteMarks parses the marks of defined footnotes.
type footnoteMarks struct{}

func (footnoteMarks) Trigger() []byte { return []byte{'['} }

func (footnoteMarks) Parse(_ ast.Node, in text.Reader, pc parser.Context) ast.Node {
	all, _ := pc.Get(footnotesKey).(*footnotes)
	line, _ := in.PeekLine()
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
	first := note.Number == 0
	if first {
		all.marked = append(all.marked, note)
		note.Number = len(all.marked)
	}
	in.Advance(n + 1)
	return &footnoteNode{mark: block.FootnoteMark{Footnote: &note.Footnote, First: first}}
}

// maxFootnoteName is the greatest length of a footnote mark in bytes.
const maxFootnoteName = 200
