package block

import (
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Unquote treats quotes as normal text, for digests in which all stories are quoted.
func Unquote(blocks []*Block) []*Block {
	plain := make([]*Block, len(blocks))
	for i, b := range blocks {
		own := *b
		own.Quoted = false
		plain[i] = &own
	}
	return Promote(Number(plain), 2)
}

// Promote turns bold lines that stand alone or begin a paragraph into headings, if
// there are at least as many as least: without knowing other documents, a single one
// could be emphasis. A bold line that occurs again is a label.
func Promote(blocks []*Block, least int) []*Block {
	found := 0
	seen := map[string]int{}
	for i, b := range blocks {
		if serves(blocks, i) {
			found++
			seen[lexicon.Fold(WordsOf(b.Lines[0].Text))]++
		}
	}
	if found < least {
		return blocks
	}
	out := make([]*Block, 0, len(blocks)+found)
	for i, b := range blocks {
		if !serves(blocks, i) || seen[lexicon.Fold(WordsOf(b.Lines[0].Text))] > 1 && !opensLinks(blocks, i) {
			out = append(out, b)
			continue
		}
		head, rest := *b, *b
		head.Kind, head.Level, head.Lines = Heading, BoldLine, b.Lines[:1]
		out = append(out, &head)
		if rest.Lines = b.Lines[1:]; len(rest.Lines) > 0 {
			rest.Offset = rest.Lines[0].Offset
			out = append(out, &rest)
		}
	}
	return out
}

// serves reports whether the first line of a block serves as a heading: it is bold and
// has text below it.
func serves(blocks []*Block, i int) bool {
	b := blocks[i]
	if b.Kind != Paragraph || b.Level > 0 || b.Quoted || !AllBold(b.Lines[0].Text) {
		return false
	}
	words := WordsOf(b.Lines[0].Text)
	if lexicon.SourceLabels.Has(words) || lexicon.Width(words) > MaxHeadline {
		return false
	}
	if len(b.Lines) > 1 {
		return true
	}
	return i+1 < len(blocks) && blocks[i+1].Kind != Heading && blocks[i+1].Kind != Rule
}

// opensLinks reports whether a line precedes a list of links.
func opensLinks(blocks []*Block, i int) bool {
	return len(blocks[i].Lines) == 1 && i+1 < len(blocks) && blocks[i+1].Kind == Item && blocks[i+1].Links()
}
