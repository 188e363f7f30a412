package stories

import (
	"slices"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/silence"
	"github.com/digestbot/digestbot/digest/markdown/story"
)

// SilentDocument reports whether a document with that title says, in the title or in
// its first prose, that there is no news, and contains none: its only links are in that
// prose or about the digest itself.
func (p *Part) SilentDocument(title string) bool {
	return (silence.SaysNone(title) || p.saysNone()) && !slices.ContainsFunc(p.all(), func(b *block.Block) bool {
		return b.Links() && !silence.BlockSaysNone(b) && !housekeeping(&Part{Blocks: []*block.Block{b}})
	})
}

// SilentPart reports the same for a part, except that only its first block may have
// links. It checks links first, because most parts have some.
func (p *Part) SilentPart() bool {
	for i, b := range p.Blocks {
		if b.Links() && (i > 0 || !silence.BlockSaysNone(b)) {
			return false
		}
	}
	for _, q := range p.parts {
		if !q.silent && q.links() {
			return false
		}
	}
	switch {
	case silence.SaysNone(p.Title), p.saysNone():
		return true
	case len(p.parts) > 0:
		return !slices.ContainsFunc(p.parts, func(q *Part) bool { return !q.silent })
	}
	return len(p.Blocks) == 1 && p.Blocks[0].Kind == block.Paragraph && len(p.Blocks[0].Lines) == 1 && !silence.IsLong(p.Blocks[0]) && silence.IsNone(p.Blocks[0])
}

// links reports whether a part or one of its subparts has a link.
func (p *Part) links() bool {
	return block.AnyLinks(p.Blocks) || slices.ContainsFunc(p.parts, func(q *Part) bool { return q.Head.Links() || q.links() })
}

// saysNone reports whether the first prose of a part says that there is no news.
func (p *Part) saysNone() bool {
	prose := 0
	for _, b := range p.Blocks {
		if b.Kind == block.Paragraph && b.Level == 0 {
			if silence.BlockSaysNone(b) {
				return true
			}
			if prose++; prose == firstProse {
				break
			}
		}
	}
	return false
}

// UnitIsSilent reports whether a unit only says that there is nothing of its kind.
func UnitIsSilent(u story.Unit) bool {
	return !u.Cites() && len(u.Body) == 0 && u.Head.Kind != block.Row && silence.IsNone(u.Head)
}

// hush reads a document that says that there is no news: all of its text is about that.
func (f *Finder) hush(root *Part, footer []*block.Block) {
	f.Silent = true
	f.Lead = block.TextOf(root.Blocks)
	for _, p := range root.parts {
		f.section(p)
	}
	if text := block.TextOf(footer); len(text) > 0 {
		f.Sections = append(f.Sections, digest.Section{Text: text})
	}
}

// firstProse is the number of paragraphs in which a part may say that there is no news.
const firstProse = 2
