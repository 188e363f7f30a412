package markdown

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"github.com/digestbot/digestbot/digest"
)

// block is one piece of a document that reads from top to bottom.
type block struct {
	kind   blockKind
	level  int    // of a heading: 1 to 6; of an item: how deep it is nested
	marker string // of an item: "• " or "1. "
	lines  []line
	offset int // in the body
}

type blockKind uint8

const (
	paragraph blockKind = iota
	heading
	item
	code
	rule
	htmlBlock // only those with words
)

// maxDepth is how deep containers may be nested; deeper indentation is cut
// before goldmark, whose cost is quadratic in it, sees it.
const maxDepth = 64

// flatten parses the body and gives its blocks in reading order.
func flatten(body []byte) []block {
	f := flattener{source: shallow(body)}
	f.children(bodyParser.Parse(text.NewReader(f.source)), 0)
	return f.blocks
}

var bodyParser = newParser()

type flattener struct {
	source []byte
	blocks []block
}

func (f *flattener) children(n ast.Node, depth int) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		f.node(c, depth)
	}
}

func (f *flattener) node(n ast.Node, depth int) {
	switch n := n.(type) {
	case *ast.Heading:
		// Headings inside lists and quotes divide nothing.
		if b := (block{kind: heading, level: n.Level, lines: inlineLines(n, f.source)}); n.Parent().Kind() == ast.KindDocument {
			f.add(b, n)
		} else {
			b.kind = paragraph
			f.add(b, n)
		}
	case *ast.Paragraph, *ast.TextBlock:
		f.add(block{lines: inlineLines(n, f.source)}, n)
	case *ast.List:
		f.list(n, depth)
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		words := strings.TrimRight(string(n.Lines().Value(f.source)), "\n")
		if words != "" {
			f.add(block{kind: code, lines: []line{{text: digest.Text{{Text: words, Style: digest.Code}}}}}, n)
		}
	case *ast.ThematicBreak:
		f.add(block{kind: rule}, n)
	case *ast.HTMLBlock:
		if words := markup.ReplaceAll(n.Lines().Value(f.source), nil); !blank(words) {
			f.add(block{kind: htmlBlock}, n)
		}
	case *east.Table:
		f.table(n)
	default:
		f.children(n, depth)
	}
}

// markup is what has no words in a block of HTML.
var markup = regexp.MustCompile(`(?s)<!--.*?(?:-->|$)|<[^>]*>`)

func (f *flattener) list(n *ast.List, depth int) {
	number := n.Start
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		marker := "• "
		if n.IsOrdered() {
			marker = fmt.Sprintf("%d. ", number)
			number++
		}
		first := len(f.blocks)
		f.children(c, depth+1)
		if len(f.blocks) > first && f.blocks[first].kind == paragraph {
			b := &f.blocks[first]
			b.kind, b.level, b.marker = item, depth+1, marker
		}
	}
}

// table makes a line of each row.
func (f *flattener) table(n ast.Node) {
	b := block{}
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		var text textBuilder
		offset := -1
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			if cell != row.FirstChild() {
				text.put(digest.Span{Text: " | "})
			}
			lines := inlineLines(cell, f.source)
			if offset < 0 && len(lines) > 0 {
				offset = lines[0].offset
			}
			text.putAll(join(lines))
		}
		if offset >= 0 {
			b.lines = append(b.lines, line{trim(text.done()), offset, true})
		}
	}
	f.add(b, n)
}

// add appends a block unless it is empty: headings divide even without words.
func (f *flattener) add(b block, n ast.Node) {
	if len(b.lines) == 0 && (b.kind == paragraph || b.kind == item) {
		return
	}
	switch {
	case len(b.lines) > 0 && b.lines[0].offset > 0:
		b.offset = b.lines[0].offset
	case n.Lines().Len() > 0:
		b.offset = n.Lines().At(0).Start
	default:
		b.offset = max(n.Pos(), 0)
	}
	if b.kind == heading {
		// The heading begins where its line does.
		b.offset = bytes.LastIndexByte(f.source[:b.offset], '\n') + 1
	}
	f.blocks = append(f.blocks, b)
}

// shallow returns the body with the markers and spaces in front of each line
// limited to maxDepth characters. It keeps the number of lines, and the places
// of everything that is not nested absurdly deep.
func shallow(body []byte) []byte {
	var out []byte
	kept := 0
	for at := 0; at < len(body); {
		n := at
		for n < len(body) && strings.IndexByte(" \t>-*+", body[n]) >= 0 {
			n++
		}
		if n-at > maxDepth && !plain(body[at:n]) {
			out = append(out, body[kept:at+maxDepth]...)
			kept = n
		}
		_, at = lineAt(body, n)
	}
	if kept == 0 {
		return body
	}
	return append(out, body[kept:]...)
}

// plain reports whether a run at the beginning of a line is no nesting but a
// rule, a row of stars or the like: one character without spaces.
func plain(run []byte) bool {
	return strings.Trim(string(run), string(run[:1])) == "" && run[0] != '>' && run[0] != ' ' && run[0] != '\t'
}

// flow joins blocks to text: paragraphs are separated by an empty line, the
// items of a list stand on lines of their own.
func flow(blocks []block) digest.Text {
	var t textBuilder
	inList := false
	for i, b := range blocks {
		if len(b.lines) == 0 {
			continue
		}
		switch {
		case i == 0:
		case inList && b.kind == item:
			t.put(digest.Span{Text: "\n"})
		default:
			t.put(digest.Span{Text: "\n\n"})
		}
		if b.kind == item {
			t.put(digest.Span{Text: strings.Repeat("  ", b.level-1) + b.marker})
		}
		for _, s := range join(b.lines) {
			if b.kind == heading {
				s.Style |= digest.Bold
			}
			t.put(s)
		}
		inList = b.kind == item
	}
	return trim(t.done())
}
