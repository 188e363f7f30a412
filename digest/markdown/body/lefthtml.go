package body

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// LeftHTML is HTML that is left out of the digest.
type LeftHTML struct {
	Offset   int // in the body
	Severity digest.Severity
	Message  string
}

// leave notes that something in a node is left out, once for each severity.
func (r *Remarks) leave(n ast.Node, at int, severity digest.Severity, format string, args ...any) {
	for i := len(r.Left) - 1; i >= 0 && n.Lines().Len() > 0 && r.Left[i].Offset >= n.Lines().At(0).Start; i-- {
		if r.Left[i].Severity == severity {
			return
		}
	}
	r.Left = append(r.Left, LeftHTML{at, severity, fmt.Sprintf(format, args...)})
}

// leaveElement notes that an element is left out with what is inside it. Nobody
// misses a script, nor any other element that a page does not show either, unless
// a heading or a link goes with it.
func (r *Remarks) leaveElement(n ast.Node, name string, at int, inside []byte) {
	switch {
	case name == "script" || name == "style" || name == "title":
	case holdsNews(inside):
		r.leave(n, at, digest.Error, "<%s> is left out with the headings and links inside it; move them out of it", name)
	case roles[name] == leftOut:
		r.leave(n, at, digest.Warning, "<%s> is left out; link to what it shows", name)
	}
}

// leaveOpen notes that something is not closed and hides what stands behind it.
func (r *Remarks) leaveOpen(n ast.Node, opening, closing string, at int, behind []byte) {
	if lexicon.IsBlank(behind) {
		r.leave(n, at, digest.Warning, "%s is not closed; write %s behind it", opening, closing)
		return
	}
	r.leave(n, at, digest.Error, "%s is not closed, and what stands behind it is left out; write %s where it ends", opening, closing)
}

// leaveTag notes a tag that has no end, such as one whose quote is not closed.
func (r *Remarks) leaveTag(n ast.Node, at int) {
	r.leave(n, at, digest.Error, "a tag is not closed, and it is left out with what stands behind it; write the missing quote or >")
}

// leaveComment notes a comment that ends where a later one does, so that the
// headings and links between the two are lost.
func (r *Remarks) leaveComment(n ast.Node, at int, comment []byte) {
	if !bytes.HasPrefix(comment, []byte("<!--")) {
		return
	}
	if first, _, again := bytes.Cut(comment[len("<!--"):], []byte("<!--")); again && holdsNews(first) {
		r.leave(n, at, digest.Error, "the comment <!-- is not closed before the next one begins, and what stands between them is left out; write --> where it ends")
	}
}

// leaveInstruction reports whether a block begins with <?, <![CDATA[ or <! and does
// not close it, and notes that.
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

// behindLine is what stands behind the first line.
func behindLine(raw []byte) []byte {
	_, behind, _ := bytes.Cut(raw, []byte("\n"))
	return behind
}

// holdsNews reports whether HTML or Markdown has a heading or a link in it.
func holdsNews(raw []byte) bool { return len(raw) > 0 && telling.Match(raw) }

var telling = regexp.MustCompile(`(?im)^[ \t>]*#{1,6}[ \t]+\S|<h[1-6][\s>]|<a\s[^>]*href|\]\(|(?:^|[\s(<])https?://`)

// blockEnds are how the blocks of HTML begin and end that go on behind an empty
// line, but for those of elements.
var blockEnds = map[ast.HTMLBlockType]struct{ opening, closing string }{
	ast.HTMLBlockType2: {"the comment <!--", "-->"},
	ast.HTMLBlockType3: {"the instruction <?", "?>"},
	ast.HTMLBlockType4: {"the declaration <!", ">"},
	ast.HTMLBlockType5: {"<![CDATA[", "]]>"},
}

var lastEndsKey = parser.NewContextKey()

// neverEnds reports whether nothing from an offset on ends a block that goes on
// behind an empty line. Such a block ends at an empty line or a heading, rather
// than to hide the rest of the body. Only scripts and styles hide it: they must
// not be shown.
func neverEnds(n *ast.HTMLBlock, from int, source []byte, pc parser.Context) bool {
	closing := blockEnds[n.HTMLBlockType].closing
	switch n.HTMLBlockType {
	case ast.HTMLBlockType4:
		return true // a later > is that of a quote
	case ast.HTMLBlockType1:
		first := n.Lines().At(0)
		switch name, _ := cutTagName(bytes.TrimLeft(first.Value(source), " ")); name {
		case "pre", "textarea":
			closing = "</" + name
		}
	}
	if closing == "" {
		return false
	}
	last, _ := pc.Get(lastEndsKey).(map[string]int) // of the whole body, to look for each of them only once
	if last == nil {
		last = map[string]int{}
		pc.Set(lastEndsKey, last)
	}
	at, ok := last[closing]
	if !ok {
		at = bytes.LastIndex(bytes.ToLower(source), []byte(closing))
		last[closing] = at
	}
	return at < from
}
