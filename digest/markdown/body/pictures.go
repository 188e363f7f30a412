package body

import (
	"github.com/yuin/goldmark/ast"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// picture notes an image. One whose address is not on the web shows nothing in
// a channel.
func (r *Remarks) picture(alt, address string, offset int) {
	if address = WebURL(address); address != "" {
		r.Pictures = append(r.Pictures, block.Picture{Image: digest.Image{Alt: lexicon.Squeeze(alt), URL: address}, Offset: offset})
	}
}

// image notes an image that goldmark has read. One in a link gives it words.
func (w *inlineWriter) image(n *ast.Image) {
	alt := inlineWriter{flattener: &flattener{source: w.source, paged: w.paged, hidden: w.hidden}, block: w.block, offset: -1}
	alt.inside(n)
	alt.endLine(false)
	words := block.Join(alt.lines).String()
	if w.linked {
		w.linkedPicture(words, n.Pos())
		return
	}
	w.picture(words, unescape(n.Destination), n.Pos())
}

// linkedPicture gives a link the words of a picture in it.
func (w *inlineWriter) linkedPicture(alt string, at int) {
	if w.pictured == 0 {
		w.pictured = at
	}
	w.at(at)
	w.put(lexicon.Squeeze(alt))
}

// hang gives each picture to the block that its caption goes below: the text
// that it stands in, else the nearest one under the same heading, else whatever
// stands there.
func hang(pictures []block.Picture, blocks []*block.Block) {
	at := 0 // the block that the picture stands in or behind
	for _, p := range pictures {
		for at+1 < len(blocks) && blocks[at+1].Offset <= p.Offset {
			at++
		}
		if b := beside(blocks, at); b != nil {
			b.Pictures = append(b.Pictures, p)
		}
	}
}

// beside is the block at i or near it that has text and not only sources, if
// there is one.
func beside(blocks []*block.Block, i int) *block.Block {
	for j := i; j >= 0 && j < len(blocks) && blocks[j].Kind != block.Heading; j-- {
		if prose(blocks[j]) {
			return blocks[j]
		}
	}
	for j := i + 1; j < len(blocks) && blocks[j].Kind != block.Heading; j++ {
		if prose(blocks[j]) {
			return blocks[j]
		}
	}
	for _, j := range []int{i, i + 1} {
		if j < len(blocks) && blocks[j].Kind != block.Heading {
			return blocks[j]
		}
	}
	return nil
}

// prose reports whether a block has text that is not only sources.
func prose(b *block.Block) bool {
	return (b.Kind == block.Paragraph || b.Kind == block.Item) && len(b.Lines) > 0 && !block.OnlyLinks(b.Lines)
}
