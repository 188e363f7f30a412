package story

import (
	"slices"

	"github.com/digestbot/digestbot/digest/markdown/block"
)

// FirstLine returns the first line of a block, or nil if it has none.
func FirstLine(b *block.Block) *block.Line {
	if len(b.Lines) == 0 {
		return nil
	}
	return &b.Lines[0]
}

// Explainer reports what the blocks of a document were taken for.
type Explainer struct {
	Told map[int]bool // by the offsets of the stories
	Say  func(b *block.Block, l *block.Line, as, rule string)
}

// Head explains the headline of a story, unless it was dropped.
func (e *Explainer) Head(b *block.Block, within []*block.Block, rule string) {
	as := "headline"
	if !e.Told[b.Offset] {
		as, rule = "left out", "the story is repeated at greater length"
		if slices.ContainsFunc(within, func(b *block.Block) bool { return e.Told[b.Offset] }) {
			as, rule = "group", "the stories in it have headlines of their own"
		}
	}
	e.Say(b, FirstLine(b), as, rule)
}

// All explains blocks that have the same role.
func (e *Explainer) All(all []*block.Block, as, rule string) {
	for _, b := range all {
		if !b.IsRule() {
			e.Say(b, FirstLine(b), as, rule)
		}
	}
}

// ExplainLine returns what a line in a story is, and why, if no layout applies.
func ExplainLine(b *block.Block, l *block.Line) (as, rule string) {
	switch c, ok := l.Cite(); {
	case b.Kind == block.Heading:
		return "heading in the story", "it is below the headline"
	case ok && c.Labelled:
		return "source", "its label precedes sources"
	case ok:
		return "source", "it has only links"
	case b.Kind != block.Row && b.Kind != block.Code && new(facts).fact(l.Text):
		return "fact", "it is tags or a score"
	case b.Kind != block.Row && b.Kind != block.Code && l.IsFact(b.Kind == block.Item):
		return "fact", "it is short and not a sentence"
	}
	return "text of the story", "it is below the headline"
}
