package markdown

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/digestbot/digestbot/digest"
)

// note is what a mark like [1] or [^go] in a text stands for.
type note struct {
	mark string // [1], as a reader sees it
	url  string
}

// notes are found by the places of their marks in the body.
type notes map[int]note

var notesKey = parser.NewContextKey()

var (
	// noteLine is a line that says what a mark stands for.
	noteLine = regexp.MustCompile(`^ {0,3}(?:[-*] )?(?:\[(\d{1,3}|\^[^\]\s]{1,40})\](:?)|(\d{1,3})[.)])\s+(.*)`)
	noteMark = regexp.MustCompile(`^(?:\[\d{1,3}\])+$`)
	noteUse  = regexp.MustCompile(`\[(\d{1,3}|\^[^\]\s]{1,40})\]`)
)

// takeNotes finds the marks in a body that stand for an address: those of
// footnotes, and the numbers of the next list of addresses below, which may be
// that of one story or of the whole digest. It empties the lines of such a list
// that are marked, and its title if nothing remains below. Everything keeps its
// place.
func takeNotes(body []byte) ([]byte, notes) {
	if !bytes.Contains(body, []byte("[1]")) && !bytes.Contains(body, []byte("[^")) {
		return body, nil
	}
	t := noteTaker{body: body, out: bytes.Clone(body), found: notes{}}
	footnotes := map[string]note{}
	for at := 0; at < len(body); {
		start := at
		var line []byte
		line, at = lineAt(body, at)
		m := noteLine.FindSubmatch(line)
		if m == nil {
			if !blank(line) {
				t.endList()
				name := string(line)
				t.titled, t.title = labels.has(name) || closing.has(name), [2]int{start, start + len(line)}
			}
			continue
		}
		url := firstURL(m[4])
		switch number := string(m[1]) + string(m[3]); {
		case url == "", len(m[3]) > 0 && !t.titled:
			t.endList()
		case number[0] == '^':
			if _, twice := footnotes[number]; !twice {
				footnotes[number] = note{fmt.Sprintf("[%d]", len(footnotes)+1), url}
			}
		default:
			t.list = append(t.list, noteEntry{number, url, start, start + len(line), len(m[2]) == 0})
		}
	}
	t.endList()
	t.mark(0, len(body), footnotes)
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
		if ok && !blank(lineBefore(t.body, at)) && !bytes.HasPrefix(t.body[from+m[1]:], []byte("(")) {
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
