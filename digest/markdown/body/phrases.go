package body

import (
	"net/url"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/digestbot/digestbot/digest/markdown/generator"
)

// tag reads a tag, or a comment, within a paragraph.
func (w *inlineWriter) tag(n *ast.RawHTML) {
	raw, at := n.Segments.Value(w.source), n.Segments.At(0).Start
	t, _, ok := parseTag(raw)
	switch name, _ := cutTagName(raw); {
	case !ok && name != "": // the end of the tag is missing
		w.leaveTag(w.block, at)
	case !ok:
		w.leaveComment(w.block, at, raw)
	case !isTag(t, raw, w.source, at):
		w.literal(raw, at)
	case unshown(t.name):
		if !t.end {
			w.passOver(t, at, n.Segments.At(n.Segments.Len()-1).Stop)
		}
	case roles[t.name] == flows:
		if w.endLine(true); t.name == "li" && !t.end {
			w.at(at)
			w.put("• ")
		}
	default:
		w.phrase(t, at)
	}
}

// literal adds text that looks like a tag but is not one.
func (w *inlineWriter) literal(raw []byte, at int) {
	w.at(at)
	w.put(spaceOut(generator.Untame(string(raw))))
}

// passOver hides an element up to its end. A script without an end hides the rest of
// its paragraph, as on a page.
func (w *inlineWriter) passOver(t tag, at, inside int) {
	if t.empty || voids[t.name] {
		w.leaveElement(w.block, t.name, at, nil)
		return
	}
	stop := at
	if n := w.block.Lines().Len(); n > 0 {
		stop = w.block.Lines().At(n - 1).Stop
	}
	end := -1
	if !slices.Contains(w.unended, t.name) {
		end = endTag(t.name, w.source[at:max(stop, at)])
	}
	switch {
	case end >= 0:
		w.leaveElement(w.block, t.name, at, w.source[inside:max(at+end, inside)])
		w.hidden = at + end
	case roles[t.name] == unseen:
		w.leaveOpen(w.block, "<"+t.name+">", "</"+t.name+">", at, w.source[inside:max(stop, inside)])
		w.hidden = stop
	default:
		w.leaveElement(w.block, t.name, at, nil)
		w.unended = append(w.unended, t.name)
	}
}

// phrase reads a tag within a line. It ignores tags without meaning.
func (w *inlineWriter) phrase(t tag, at int) {
	switch {
	case t.name == "br":
		w.endLine(true)
		w.broken = true
	case t.name == "img":
		src, _ := t.attr("src")
		alt, _ := t.attr("alt")
		if width, _ := t.attr("width"); width == "0" || width == "1" {
			return // a tracking pixel, often within <noscript>
		}
		if w.linked {
			w.linkedPicture(alt, at)
		} else {
			w.picture(alt, src, at)
		}
	case t.name == "q" && t.end:
		w.put("”")
	case t.name == "q":
		w.at(at)
		w.put("“")
	case t.end:
		for i := len(w.marks) - 1; i >= 0; i-- {
			if w.marks[i].name == t.name {
				w.unmark(i)
				break
			}
		}
	case !t.empty:
		w.mark(t, at)
	}
}

// mark opens a link or an emphasis.
func (w *inlineWriter) mark(t tag, at int) {
	style := styles[t.name]
	if style == 0 && t.name != "a" && t.name != "sup" {
		return
	}
	if t.name == "a" { // it closes an open one
		w.phrase(tag{name: "a", end: true}, at)
	}
	if len(w.marks) >= maxDepth {
		return
	}
	w.marks = append(w.marks, mark{t.name, style &^ w.style, w.raised, w.url, w.linked})
	w.style |= style
	w.raised = w.raised || t.name == "sup"
	if href, ok := t.attr("href"); ok && t.name == "a" {
		href = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(href, "\n", ""), "\t", ""))
		w.refers = w.refers || href == ""
		w.anchors = w.anchors || strings.HasPrefix(href, "#")
		w.url, w.linked, w.pictured = w.address(href, at), true, 0
	}
}

// unmark closes all marks except the first kept ones.
func (w *inlineWriter) unmark(kept int) {
	for len(w.marks) > kept {
		m := w.marks[len(w.marks)-1]
		w.marks = w.marks[:len(w.marks)-1]
		w.style &^= m.style
		w.raised = m.raised
		if m.name == "a" {
			w.labelPicture()
			w.url, w.linked = m.url, m.linked
		}
	}
}

// labelPicture gives a link text if it contains only a picture without any: the host it
// leads to, or a symbol in the cell of a table.
func (w *inlineWriter) labelPicture() {
	if w.pictured > 0 && w.url != "" {
		words := hostOf(w.url)
		if w.cell || w.innermost(cellNames, nil) >= 0 {
			words = "🔗"
		}
		at := w.pictured // its line may have ended before the link
		if last := len(w.blocks) - 1; last >= 0 {
			at = max(at, w.blocks[last].Offset) // a block without words may begin after it
		}
		w.at(at)
		w.put(words)
	}
	w.pictured = 0
}

// hostOf returns the host of a web address.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// spaceOut replaces each run of white space by one space.
func spaceOut(s string) string {
	if !strings.ContainsAny(s, "\t\n") && !strings.Contains(s, "  ") {
		return s
	}
	var b strings.Builder
	space := false
	for i := range len(s) {
		isSpace := s[i] == ' ' || s[i] == '\t' || s[i] == '\n'
		switch {
		case !isSpace:
			b.WriteByte(s[i])
		case !space:
			b.WriteByte(' ')
		}
		space = isSpace
	}
	return b.String()
}
