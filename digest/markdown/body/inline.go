package body

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/weburl"
)

func (w *inlineWriter) inside(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		w.node(c)
	}
}

func (w *inlineWriter) node(n ast.Node) {
	if w.hidden > 0 && w.isHidden(n) {
		return
	}
	switch n := n.(type) {
	case *ast.Text:
		w.at(n.Segment.Start)
		w.put(unescape(n.Segment.Value(w.source)))
		if n.SoftLineBreak() || n.HardLineBreak() {
			w.endLine(n.HardLineBreak())
		}
	case *ast.String:
		w.put(string(n.Value))
	case *reworded:
		words := n.shown
		if w.style&digest.Code != 0 { // in an HTML code element
			words = n.written
		}
		if words != "" {
			w.at(n.Pos())
			w.put(words)
		}
	case *ast.CodeSpan:
		w.styled(n, digest.Code)
	case *ast.Emphasis:
		style := digest.Italic
		if n.Level > 1 {
			style = digest.Bold
		}
		w.styled(n, style)
	case *east.Strikethrough:
		w.styled(n, digest.Strike)
	case *ast.Link:
		w.refers = w.refers || len(n.Destination) == 0 && n.FirstChild() != nil
		w.anchors = w.anchors || len(n.Destination) > 0 && n.Destination[0] == '#'
		w.link(w.address(unescape(n.Destination), n.Pos()), func() {
			if mark, ok := n.FirstChild().(*ast.Text); ok && n.ChildCount() == 1 && citeMark(string(mark.Segment.Value(w.source))) {
				w.at(n.Pos())
				w.put("[" + string(mark.Segment.Value(w.source)) + "]") // brackets, because the number is not a word of the sentence
				return
			}
			w.inside(n)
			w.labelPicture()
		})
	case *ast.AutoLink:
		w.at(n.Pos())
		label := string(n.Label(w.source))
		w.link(weburl.Absolute(label), func() { w.put(label) })
	case *ast.RawHTML:
		w.tag(n)
	case *footnoteNode:
		w.put(n.mark.Mark())
		w.noted = append(w.noted, &n.mark)
	case *ast.Image:
		w.image(n)
	case *east.TaskCheckBox:
		if n.IsChecked {
			w.put("☑ ")
		} else {
			w.put("☐ ")
		}
	default:
		w.inside(n)
	}
}

// isHidden reports whether a node begins within hidden HTML.
func (w *inlineWriter) isHidden(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Text:
		if n.Segment.Start < w.hidden && n.Segment.Stop > w.hidden {
			n.Segment = n.Segment.WithStart(w.hidden)
		}
		return n.Segment.Start < w.hidden
	case *ast.RawHTML, *ast.AutoLink, *ast.Link, *ast.Image, *reworded:
		return n.Pos() < w.hidden
	}
	return false
}

// citeMark reports whether the text of a link is the number of a source.
func citeMark(s string) bool {
	return len(s) > 0 && len(s) <= 3 && strings.Trim(s, "0123456789") == ""
}

func (w *inlineWriter) styled(n ast.Node, s digest.Style) {
	added := s &^ w.style
	w.style |= s
	if s == digest.Code {
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if t, ok := c.(*ast.Text); ok && t.Segment.Start >= w.hidden {
				w.at(t.Segment.Start)
				w.put(strings.ReplaceAll(string(t.Segment.Value(w.source)), "\n", " "))
			}
		}
	} else {
		w.inside(n)
	}
	w.style &^= added
}

func (w *inlineWriter) link(url string, label func()) {
	before, linked, marks := w.url, w.linked, len(w.marks)
	w.url, w.linked, w.pictured = url, true, 0
	label()
	w.unmark(marks)
	w.url, w.linked = before, linked
}

// unescape resolves entities and backslash escapes.
func unescape(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 && bytes.IndexByte(b, '&') < 0 {
		return string(b)
	}
	var s strings.Builder
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '\\' && i+1 < len(b) && util.IsPunct(b[i+1]):
			i++
			s.WriteByte(b[i])
		case b[i] == '&':
			end := bytes.IndexByte(b[i:min(i+40, len(b))], ';')
			if end < 0 {
				s.WriteByte('&')
				continue
			}
			entity := string(b[i : i+end+1])
			if c := html.UnescapeString(entity); !strings.HasSuffix(c, ";") || entity == "&semi;" {
				entity = c // but not &notit;, of which HTML would read a prefix
			}
			s.WriteString(entity)
			i += end
		default:
			s.WriteByte(b[i])
		}
	}
	return s.String()
}

// image records an image that goldmark has parsed. In a link, it adds its text to the
// link.
func (w *inlineWriter) image(n *ast.Image) {
	alt := inlineWriter{flattener: &flattener{source: w.source, paged: w.paged, hidden: w.hidden}, block: w.block, offset: -1}
	alt.inside(n)
	alt.endLine(false)
	words := block.Join(alt.lines).String()
	if w.linked {
		w.linkedPicture(words, n.Pos())
		return
	}
	w.picture(words, unescape(n.Destination), n.Pos())
}
