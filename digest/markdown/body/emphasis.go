package body

import (
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// emphasis is goldmark's parser of * and _ with one change: next to a CJK character a
// delimiter can open and close as if there were a space, and CJK punctuation counts as
// a letter. Text without CJK characters is parsed as before. See
// https://github.com/commonmark/commonmark-spec/issues/650.
type emphasis struct{}

func (emphasis) Trigger() []byte { return []byte{'*', '_'} }

func (emphasis) IsDelimiter(b byte) bool { return b == '*' || b == '_' }

func (emphasis) CanOpenCloser(opener, closer *parser.Delimiter) bool {
	return opener.Char == closer.Char
}

func (emphasis) OnMatch(consumes int) ast.Node { return ast.NewEmphasis(consumes) }

func (e emphasis) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, segment := block.PeekLine()
	d := parser.ScanDelimiter(line, before, 1, e)
	if d == nil {
		return nil
	}
	after := ' '
	if d.OriginalLength < len(line) {
		after = util.ToRune(line, d.OriginalLength)
	}
	d.CanOpen, d.CanClose = flanks(d.Char, before, after)
	d.Segment = segment.WithStop(segment.Start + d.OriginalLength)
	block.Advance(d.OriginalLength)
	pc.PushDelimiter(d)
	return d
}

// flanks reports whether a delimiter between two characters can open and close
// emphasis.
func flanks(delimiter byte, before, after rune) (opens, closes bool) {
	left := !util.IsSpaceRune(after) && (!punct(after) || util.IsSpaceRune(before) || punct(before) || lexicon.IsCJK(before))
	right := !util.IsSpaceRune(before) && (!punct(before) || util.IsSpaceRune(after) || punct(after) || lexicon.IsCJK(after))
	if delimiter == '_' {
		return left && (!right || util.IsPunctRune(before)), right && (!left || util.IsPunctRune(after))
	}
	return left, right
}

func punct(r rune) bool { return util.IsPunctRune(r) && !lexicon.IsCJK(r) }
