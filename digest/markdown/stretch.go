package markdown

import (
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// stretch reads words at once up to the next character that means something to
// another inline parser. goldmark looks at each byte instead, which takes half
// of its time on prose, and comes to the same text.
type stretch struct {
	stops *[256]bool
}

// withStretch adds a stretch to inline parsers.
func withStretch(parsers []util.PrioritizedValue) []util.PrioritizedValue {
	stops := &[256]bool{'\n': true, '\\': true}
	for _, p := range parsers {
		for _, c := range p.Value.(parser.InlineParser).Trigger() {
			stops[c] = true
		}
	}
	return append(parsers, util.Prioritized(stretch{stops}, 1000))
}

// Trigger is what goldmark calls the beginning of a line, and spaces.
func (stretch) Trigger() []byte { return []byte{' '} }

func (s stretch) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, at := block.PeekLine()
	if at.Padding > 0 || at.Start > 0 && block.Source()[at.Start-1] == '\\' {
		return nil // indentation and escapes are goldmark's
	}
	if len(line) < 2 || util.IsSpace(line[0]) && util.IsSpace(line[1]) {
		return nil // so that a row of spaces is not read again from each of them
	}
	n := 0
	for n < len(line) && !s.stops[line[n]] {
		n++
	}
	if n == len(line)-1 && line[n] == '\n' && !util.IsSpace(line[n-1]) {
		block.AdvanceLine()
		words := ast.NewTextSegment(at.WithStop(at.Start + n))
		words.SetSoftLineBreak(true)
		return words
	}
	if n == len(line) || line[n] == '\n' {
		// goldmark decides about spaces at the end of a line, which may be a
		// break, if something is left in front of them.
		n -= util.TrimRightSpaceLength(line[:n])
		_, size := utf8.DecodeLastRune(line[:n])
		n -= size
	}
	if n == 0 {
		return nil
	}
	block.Advance(n)
	return ast.NewTextSegment(at.WithStop(at.Start + n))
}
