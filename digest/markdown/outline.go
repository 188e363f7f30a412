package markdown

import (
	"regexp"
	"strings"

	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// part is a heading with what stands below it, up to the next heading of its
// level. The root is the document, without a heading.
type part struct {
	title   string
	key     string // the title, folded
	head    *block.Block
	blocks  []*block.Block // up to the first part
	parts   []*part
	verdict verdict
	rule    string // that the verdict is by
	silent  bool   // it says that there is no news
	led     bool   // a story of it begins where a paragraph begins with a link
	listed  bool   // of a group: there are stories above its parts
	each    bool   // each of its paragraphs is a story
}

// outline divides blocks at their headings.
func outline(blocks []*block.Block) *part {
	headings := 0
	for _, b := range blocks {
		if b.Kind == block.Heading {
			headings++
		}
	}
	parts := make([]part, 1, 1+headings)
	root := &parts[0]
	root.head = &block.Block{}
	path := append(make([]*part, 0, 4), root)
	start := 0 // of the blocks of the last part
	for i, b := range blocks {
		if b.Kind != block.Heading {
			continue
		}
		path[len(path)-1].blocks = blocks[start:i:i]
		start = i + 1
		for len(path) > 1 && path[len(path)-1].head.Level >= b.Level {
			path = path[:len(path)-1]
		}
		parent := path[len(path)-1]
		title := block.WordsOf(block.Join(b.Lines))
		parts = append(parts, part{title: title, key: lexicon.Fold(title), head: b})
		p := &parts[len(parts)-1]
		parent.parts = append(parent.parts, p)
		path = append(path, p)
	}
	path[len(path)-1].blocks = blocks[start:len(blocks):len(blocks)]
	return root
}

// all are the blocks of a part and of its parts, headings included.
func (p *part) all() []*block.Block {
	blocks := p.blocks
	for _, q := range p.parts {
		blocks = append(append(blocks[:len(blocks):len(blocks)], q.head), q.all()...)
	}
	return blocks
}

// cleanHeadline is a headline without its ordinal, the marks of its sources and
// brackets around all of it.
func cleanHeadline(s string) string {
	s = lexicon.StripOrdinal(lexicon.Squeeze(s))
	if strings.HasSuffix(s, "]") {
		s = strings.TrimSpace(withoutCites(s))
		if len(s) > 2 && s[0] == '[' && strings.IndexAny(s[1:], "[]") == len(s)-2 {
			s = strings.TrimSpace(s[1 : len(s)-1])
		}
	}
	return s
}

// withoutCites is text without the numbers of notes at its end.
func withoutCites(s string) string {
	if !strings.HasSuffix(s, "]") {
		return s // as most is
	}
	return citeMarks.ReplaceAllString(s, "")
}

var citeMarks = regexp.MustCompile(`(?:\s*\[\d{1,3}\])+$`)
