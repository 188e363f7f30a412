package stories

import (
	"slices"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/silence"
	"github.com/digestbot/digestbot/digest/markdown/story"
)

// SilentDocument reports whether a document of that title says that there is no
// news, in the title or in its first prose, and nothing in it is news: it has no
// links but in that prose and about the digest itself.
func (p *Part) SilentDocument(title string) bool {
	return (silence.SaysNone(title) || p.saysNone()) && !slices.ContainsFunc(p.all(), func(b *block.Block) bool {
		return b.Links() && !silence.BlockSaysNone(b) && !housekeeping(&Part{Blocks: []*block.Block{b}})
	})
}

// SilentPart reports the same of a part, but only what it begins with may have
// links. They are looked at first, because most parts have some.
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

// links reports whether there is a link in a part, or below it.
func (p *Part) links() bool {
	return block.AnyLinks(p.Blocks) || slices.ContainsFunc(p.parts, func(q *Part) bool { return q.Head.Links() || q.links() })
}

// silence.SaysNone reports whether the first prose of a part says that there is no news.
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

// UnitIsSilent reports whether a unit only says that there is none of its kind.
func UnitIsSilent(u story.Unit) bool {
	return !u.Cites() && len(u.Body) == 0 && u.Head.Kind != block.Row && silence.IsNone(u.Head)
}

// hush reads a document that says that there is no news: all of it is about that.
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

// firstProse is the number of paragraphs of a part that may say so.
const firstProse = 2
