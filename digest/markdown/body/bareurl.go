package body

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/digestbot/digestbot/digest/markdown/weburl"
)

// bareURL parses http:// and https:// addresses in running text, whatever precedes
// them. goldmark calls parsers only at punctuation, so this one is triggered by the
// colon, and takes the scheme from the text before it.
type bareURL struct{}

func (bareURL) Trigger() []byte { return []byte{':'} }

func (bareURL) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, segment := block.PeekLine()
	if !bytes.HasPrefix(line, []byte("://")) || pc.IsInLinkLabel() {
		return nil
	}
	before, ok := parent.LastChild().(*ast.Text)
	if !ok || before.Segment.Stop != segment.Start {
		return nil
	}
	scheme := weburl.SchemeBefore(before.Segment.Value(block.Source()))
	rest := weburl.Length(line[3:])
	if scheme == 0 || rest == 0 {
		return nil
	}
	start := segment.Start - scheme
	if before.Segment = before.Segment.WithStop(start); before.Segment.IsEmpty() {
		parent.RemoveChild(parent, before)
	}
	block.Advance(3 + rest)
	link := ast.NewAutoLink(ast.AutoLinkURL, ast.NewTextSegment(text.NewSegment(start, segment.Start+3+rest)))
	link.SetPos(start)
	return link
}
