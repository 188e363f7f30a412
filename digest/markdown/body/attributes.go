package body

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/digestbot/digestbot/digest/markdown/generator"
)

// dropped parses what is not shown: Liquid tags, and kramdown attributes at the start
// of a line or directly after a link, code or emphasis
// (https://kramdown.gettalong.org/syntax.html#inline-attribute-lists).
type dropped struct{}

func (dropped) Trigger() []byte { return []byte{'{'} }

func (dropped) Parse(parent ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	for _, m := range droppedMarks {
		if !bytes.HasPrefix(line, []byte(m.open)) {
			continue
		}
		inside := line[2:min(len(line), 2+m.atMost)]
		n := bytes.Index(inside, []byte(m.close))
		if n <= 0 {
			return nil
		}
		if m.open == "{:" {
			before := generator.LineBefore(block.Source(), segment.Start)
			if _, behindText := parent.LastChild().(*ast.Text); behindText && generator.NestingLength(before) < len(before) {
				return nil
			}
		}
		block.Advance(2 + n + len(m.close))
		return ast.NewString(nil)
	}
	return nil
}

var droppedMarks = []struct {
	open, close string
	atMost      int
}{{"{%", "%}", 2000}, {"{{", "}}", 2000}, {"{:", "}", 200}}
