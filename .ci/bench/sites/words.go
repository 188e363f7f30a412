package main

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// inline are the elements that do not separate words.
var inline = []atom.Atom{
	atom.A, atom.Abbr, atom.B, atom.Bdi, atom.Bdo, atom.Big, atom.Cite, atom.Code, atom.Data, atom.Del, atom.Dfn, atom.Em, atom.Font,
	atom.I, atom.Ins, atom.Kbd, atom.Label, atom.Mark, atom.Q, atom.Ruby, atom.S, atom.Samp, atom.Small, atom.Span, atom.Strike,
	atom.Strong, atom.Sub, atom.Sup, atom.Time, atom.Tt, atom.U, atom.Var, atom.Wbr, atom.Rt, atom.Rp, atom.Output,
}

// words returns the visible words below a node, with white space collapsed. In scripts
// without spaces, each letter is a word.
func words(n *html.Node) []string {
	var b strings.Builder
	visible(&b, n)
	return split(b.String())
}

func visible(b *strings.Builder, n *html.Node) {
	switch {
	case n.Type == html.TextNode:
		b.WriteString(n.Data)
		return
	case n.Type == html.CommentNode, n.DataAtom == atom.Script, n.DataAtom == atom.Style, n.DataAtom == atom.Head:
		return
	}
	// Browsers treat an unknown element as inline.
	block := n.Type == html.ElementNode && n.DataAtom != 0 && !slices.Contains(inline, n.DataAtom)
	if block {
		b.WriteByte(' ')
	}
	b.WriteString(drawn(n))
	for c := range n.ChildNodes() {
		visible(b, c)
	}
	if n.DataAtom == atom.Q {
		b.WriteString("”")
	}
	if block {
		b.WriteByte(' ')
	}
}

// drawn returns what a browser shows before the words of an element.
func drawn(n *html.Node) string {
	switch n.DataAtom {
	case atom.Q:
		return "“"
	case atom.Li:
		if n.Parent.DataAtom != atom.Ol {
			return "• "
		}
		number := 1
		for before := range n.Parent.ChildNodes() {
			if before == n {
				break
			}
			if before.DataAtom == atom.Li {
				number++
			}
		}
		return strconv.Itoa(number) + ". "
	case atom.Input:
		if checked := func(a html.Attribute) bool { return a.Key == "checked" }; slices.ContainsFunc(n.Attr, checked) {
			return "☑ "
		}
		return "☐ "
	}
	return ""
}

func split(text string) (all []string) {
	var b strings.Builder
	end := func() {
		if b.Len() > 0 {
			all = append(all, b.String())
			b.Reset()
		}
	}
	for _, r := range text {
		switch {
		case unicode.IsSpace(r), r == '\u200b', r == '\u2060', r == '\u200e', r == '\u200f', '\u2066' <= r && r <= '\u2069':
			end()
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana), 0x3000 <= r && r < 0x3040, 0xff00 <= r && r < 0xff60:
			end()
			all = append(all, string(r))
		default:
			b.WriteRune(r)
		}
	}
	end()
	return all
}

// between returns the words between two markers that each occur once.
func between(all []string, begin, end string) (in []string, ok bool) {
	i := slices.Index(all, begin)
	if i < 0 {
		return nil, false
	}
	all = all[i+1:]
	j := slices.Index(all, end)
	if j < 0 {
		return nil, false
	}
	return all[:j], true
}

// links returns the URLs that a node links to, in readable form. Those of a page are
// resolved against its URL.
func links(n *html.Node, page string) (all []string) {
	at, err := url.Parse(page)
	if err != nil {
		return nil
	}
	for d := range n.Descendants() {
		if d.DataAtom != atom.A || attribute(d, "href") == "" || strings.HasPrefix(attribute(d, "href"), "#") {
			continue
		}
		to, err := at.Parse(attribute(d, "href"))
		if err != nil {
			continue
		}
		readable, err := url.PathUnescape(to.String())
		if err == nil {
			all = append(all, readable)
		}
	}
	return all
}
