package body

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"
)

// htmlBlocks is goldmark's parser of HTML blocks with one change: Markdown resumes
// after the end of all elements, even without an empty line. So <hr> or a picture does
// not swallow the text below it.
type htmlBlocks struct{ parser.BlockParser }

// Open also accepts a line that begins with inline tags around a block element, like
// <a> around an <h3>.
func (p htmlBlocks) Open(parent ast.Node, r text.Reader, pc parser.Context) (ast.Node, parser.State) {
	n, state := p.BlockParser.Open(parent, r, pc)
	if n != nil || ast.IsParagraph(pc.LastOpenedBlock().Node) {
		return n, state
	}
	line, segment := r.PeekLine()
	rest := bytes.TrimLeft(line[:min(len(line), maxTag)], " ")
	for {
		t, length, ok := parseTag(rest)
		switch {
		case !ok || t.end || roles[t.name] == unknown || unshown(t.name):
			return nil, parser.NoChildren
		case roles[t.name] == flows:
			r.AdvanceToEOL()
			n := ast.NewHTMLBlock(ast.HTMLBlockType6)
			n.Lines().Append(segment)
			return n, parser.NoChildren
		}
		rest = bytes.TrimLeft(rest[length:], " ")
	}
}

// openHTML tracks the open elements of a block while it is parsed.
type openHTML struct {
	block ast.Node
	lines int // how many have been read
	names []string
	rest  []byte // an incomplete tag
	lost  bool   // the incomplete tag is too long
}

func (p htmlBlocks) Continue(n ast.Node, r text.Reader, pc parser.Context) parser.State {
	line, segment := r.PeekLine()
	words := bytes.TrimLeft(line, " ")
	if (util.IsBlank(line) || beginsHeading(words)) && neverEnds(n.(*ast.HTMLBlock), segment.Start, r.Source(), pc) {
		return parser.Close
	}
	if t := n.(*ast.HTMLBlock).HTMLBlockType; t >= ast.HTMLBlockType6 && len(line)-len(words) < 4 && !util.IsBlank(line) && words[0] != '<' && words[0] != '\t' {
		open, _ := pc.Get(openHTMLKey).(*openHTML)
		if open == nil || open.block != n {
			open = &openHTML{block: n}
			pc.Set(openHTMLKey, open)
		}
		if open.read(r.Source()); len(open.names) == 0 && len(open.rest) == 0 && !open.lost {
			return parser.Close
		}
	}
	return p.BlockParser.Continue(n, r, pc)
}

// beginsHeading reports whether a line without indentation begins a heading
// (https://spec.commonmark.org/0.31.2/#atx-headings).
func beginsHeading(line []byte) bool {
	behind := bytes.TrimLeft(line, "#")
	n := len(line) - len(behind)
	return n > 0 && n <= 6 && (len(behind) == 0 || util.IsSpace(behind[0]))
}

// read reads the lines added to the block since the last call.
func (o *openHTML) read(source []byte) {
	lines := o.block.Lines()
	for ; o.lines < lines.Len(); o.lines++ {
		s := lines.At(o.lines)
		o.rest = append(o.rest, s.Value(source)...)
	}
	if o.lost {
		return
	}
	if bytes.IndexByte(o.rest, '<') < 0 {
		o.rest = o.rest[:0]
		return
	}
	within := ""
	if last := len(o.names) - 1; last >= 0 {
		within = o.names[last]
	}
	z := html.NewTokenizerFragment(bytes.NewReader(o.rest), within)
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		raw := z.Raw()
		o.rest = o.rest[len(raw):]
		if kind == html.CommentToken && !bytes.HasSuffix(raw, []byte(">")) {
			o.lost = true
			return
		}
		name, _ := z.TagName()
		switch {
		case kind == html.SelfClosingTagToken, string(name) == "noscript":
			z.NextIsNotRawText()
		case kind == html.StartTagToken && roles[string(name)] != unknown && !voids[string(name)]:
			if len(o.names) == maxDepth {
				o.lost = true
				return
			}
			o.names = append(o.names, string(name))
		case kind == html.EndTagToken:
			for i := len(o.names) - 1; i >= 0; i-- {
				if o.names[i] == string(name) {
					o.names = o.names[:i]
					break
				}
			}
		}
	}
	o.lost = len(o.rest) > maxTag
}

var openHTMLKey = parser.NewContextKey()

// neverEnds reports whether nothing from an offset on closes a block that continues
// after an empty line. Such a block ends at an empty line or a heading, so that it does
// not hide the rest of the body. Only scripts and styles do that, because they must not
// be shown.
func neverEnds(n *ast.HTMLBlock, from int, source []byte, pc parser.Context) bool {
	closing := blockEnds[n.HTMLBlockType].closing
	switch n.HTMLBlockType {
	case ast.HTMLBlockType4:
		return true // a later > belongs to a quote
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
	last, _ := pc.Get(lastEndsKey).(map[string]int) // of the whole body, so that each is searched only once
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

// blockEnds are the delimiters of HTML blocks that continue after an empty line, except
// those of elements.
var blockEnds = map[ast.HTMLBlockType]struct{ opening, closing string }{
	ast.HTMLBlockType2: {"the comment <!--", "-->"},
	ast.HTMLBlockType3: {"the instruction <?", "?>"},
	ast.HTMLBlockType4: {"the declaration <!", ">"},
	ast.HTMLBlockType5: {"<![CDATA[", "]]>"},
}

var lastEndsKey = parser.NewContextKey()
