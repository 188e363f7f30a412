package stories

import (
	"strings"
	"unicode"

	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// RaiseListed raises the heading of a table of contents to the level of the headings
// that it lists, if they are below it, because they are not part of it.
func RaiseListed(blocks []*block.Block) {
	for i, b := range blocks {
		if b.Kind != block.Heading {
			continue
		}
		named := map[string]bool{}
		at := i + 1
		for ; at < len(blocks) && blocks[at].Kind != block.Heading; at++ {
			if blocks[at].Kind == block.Item && !blocks[at].Links() {
				named[HeadlineKey(lexicon.StripOrdinal(block.WordsOf(block.Join(blocks[at].Lines))))] = true
			}
		}
		title := block.WordsOf(block.Join(b.Lines))
		if len(named) < 2 || at == len(blocks) || blocks[at].Level <= b.Level || !lexicon.IsAside(title) || lexicon.FrontTitles.Has(title) {
			continue
		}
		told := 0
		for _, below := range blocks[at:] {
			if below.Kind != block.Heading {
				continue
			}
			if below.Level <= b.Level {
				break
			}
			if named[HeadlineKey(lexicon.StripOrdinal(block.WordsOf(block.Join(below.Lines))))] {
				told++
			}
		}
		if told*2 > len(named) {
			b.Level = blocks[at].Level
		}
	}
}

// HeadlineKey returns a key that is equal for headlines of the same story.
func HeadlineKey(s string) string {
	var key strings.Builder
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			key.WriteRune(unicode.ToLower(r))
			if n++; n == 24 {
				break
			}
		}
	}
	return key.String()
}
