package markdown

import (
	"cmp"
	"slices"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/stories"
	"github.com/digestbot/digestbot/digest/markdown/story"
)

// Reason says what a block, or a line of one, was taken for, and why.
type Reason struct {
	At digest.Position
	// Block is the kind of block, as in layouts.
	Block string
	// Words are the words of the line.
	Words string
	// As is what the line was taken for: a headline, the text of a story, a source, ...
	As string
	// Rule is the rule, or the part of the layout, that decided it.
	Rule string
}

// Explain returns, for each block of a file, what ReadAs takes it for.
func Explain(name string, data []byte, how How) []Reason {
	r := newReader(name, how)
	r.explains = true
	r.read(data)
	slices.SortStableFunc(r.reasons, func(a, b Reason) int { return cmp.Compare(a.At.Line, b.At.Line) })
	return r.reasons
}

// explanation collects reasons.
type explanation struct {
	explains bool
	reasons  []Reason
}

// explainer returns an Explainer for a reading that results in these stories.
func (r *reader) explainer(f *stories.Finder) *story.Explainer {
	r.reasons = nil
	told := map[int]bool{}
	for _, s := range f.Stories {
		told[s.Offset] = true
	}
	return &story.Explainer{Told: told, Say: r.explain}
}

// explain records what a block, or a line of it, was taken for.
func (r *reader) explain(b *block.Block, l *block.Line, as, rule string) {
	at := b.Offset
	words := ""
	if l != nil {
		at, words = l.Offset, l.Text.String()
	}
	r.reasons = append(r.reasons, Reason{At: r.position(at), Block: block.NameOf(b), Words: lexicon.Squeeze(words), As: as, Rule: rule})
}

// explainLeft explains the blocks that the operator has excluded.
func (r *reader) explainLeft(out []*block.Block) {
	if !r.explains {
		return
	}
	const rule = "it, or a heading above it, is in library.layout.ignore"
	for _, b := range out {
		if len(b.Lines) == 0 && !b.IsRule() {
			r.explain(b, nil, "left out", rule)
		}
		for i := range b.Lines {
			r.explain(b, &b.Lines[i], "left out", rule)
		}
	}
}
