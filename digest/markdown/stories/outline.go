package stories

import (
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Part is a heading with everything below it, up to the next heading of its level. The
// root is the document, without a heading.
type Part struct {
	Title   string
	key     string // the title, folded
	Head    *block.Block
	Blocks  []*block.Block // up to the first subpart
	parts   []*Part
	verdict verdict
	rule    string // the reason for the verdict
	silent  bool   // it says that there is no news
	led     bool   // its stories begin where a paragraph begins with a link
	listed  bool   // of a group: it has stories above its subparts
	each    bool   // each of its paragraphs is a story
}

// Outline divides blocks at their headings, and returns the root.
func Outline(blocks []*block.Block) *Part {
	headings := 0
	for _, b := range blocks {
		if b.Kind == block.Heading {
			headings++
		}
	}
	parts := make([]Part, 1, 1+headings)
	root := &parts[0]
	root.Head = &block.Block{}
	path := append(make([]*Part, 0, 4), root)
	start := 0 // where the blocks of the current part begin
	for i, b := range blocks {
		if b.Kind != block.Heading {
			continue
		}
		path[len(path)-1].Blocks = blocks[start:i:i]
		start = i + 1
		for len(path) > 1 && path[len(path)-1].Head.Level >= b.Level {
			path = path[:len(path)-1]
		}
		parent := path[len(path)-1]
		title := block.WordsOf(block.Join(b.Lines))
		parts = append(parts, Part{Title: title, key: lexicon.Fold(title), Head: b})
		p := &parts[len(parts)-1]
		parent.parts = append(parent.parts, p)
		path = append(path, p)
	}
	path[len(path)-1].Blocks = blocks[start:len(blocks):len(blocks)]
	return root
}

// all returns the blocks of a part and its subparts, including headings.
func (p *Part) all() []*block.Block {
	blocks := p.Blocks
	for _, q := range p.parts {
		blocks = append(append(blocks[:len(blocks):len(blocks)], q.Head), q.all()...)
	}
	return blocks
}
