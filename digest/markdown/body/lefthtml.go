package body

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/yuin/goldmark/ast"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// leave records that something in a node is left out, once for each severity.
func (r *Remarks) leave(n ast.Node, at int, severity digest.Severity, format string, args ...any) {
	for i := len(r.Left) - 1; i >= 0 && n.Lines().Len() > 0 && r.Left[i].Offset >= n.Lines().At(0).Start; i-- {
		if r.Left[i].Severity == severity {
			return
		}
	}
	r.Left = append(r.Left, LeftHTML{at, severity, fmt.Sprintf(format, args...)})
}

// leaveElement records that an element is left out with its contents. Scripts, styles
// and titles are never reported, and other elements that a page does not show only if
// they contain a heading or a link.
func (r *Remarks) leaveElement(n ast.Node, name string, at int, inside []byte) {
	switch {
	case name == "script" || name == "style" || name == "title":
	case holdsNews(inside):
		r.leave(n, at, digest.Error, "<%s> is left out with the headings and links inside it; move them out of it", name)
	case roles[name] == leftOut:
		r.leave(n, at, digest.Warning, "<%s> is left out; link to what it shows", name)
	}
}

// leaveOpen records that something is not closed and hides what follows.
func (r *Remarks) leaveOpen(n ast.Node, opening, closing string, at int, behind []byte) {
	if lexicon.IsBlank(behind) {
		r.leave(n, at, digest.Warning, "%s is not closed; write %s behind it", opening, closing)
		return
	}
	r.leave(n, at, digest.Error, "%s is not closed, and what stands behind it is left out; write %s where it ends", opening, closing)
}

// leaveTag records an incomplete tag, such as one whose quote is not closed.
func (r *Remarks) leaveTag(n ast.Node, at int) {
	r.leave(n, at, digest.Error, "a tag is not closed, and it is left out with what stands behind it; write the missing quote or >")
}

// leaveComment records a comment that ends only where a later one does, so that the
// headings and links between them are lost.
func (r *Remarks) leaveComment(n ast.Node, at int, comment []byte) {
	if !bytes.HasPrefix(comment, []byte("<!--")) {
		return
	}
	if first, _, again := bytes.Cut(comment[len("<!--"):], []byte("<!--")); again && holdsNews(first) {
		r.leave(n, at, digest.Error, "the comment <!-- is not closed before the next one begins, and what stands between them is left out; write --> where it ends")
	}
}

// behindLine returns everything after the first line.
func behindLine(raw []byte) []byte {
	_, behind, _ := bytes.Cut(raw, []byte("\n"))
	return behind
}

// holdsNews reports whether HTML or Markdown contains a heading or a link.
func holdsNews(raw []byte) bool { return len(raw) > 0 && telling.Match(raw) }

var telling = regexp.MustCompile(`(?im)^[ \t>]*#{1,6}[ \t]+\S|<h[1-6][\s>]|<a\s[^>]*href|\]\(|(?:^|[\s(<])https?://`)
