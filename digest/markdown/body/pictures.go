package body

import (
	"github.com/digestbot/digestbot/digest/markdown/block"
)

// hang assigns each picture to the block that shows its caption: the text that contains
// it, or else the nearest one under the same heading, or else any block there.
func hang(pictures []block.Picture, blocks []*block.Block) {
	at := 0 // the last block that begins before the picture
	for _, p := range pictures {
		for at+1 < len(blocks) && blocks[at+1].Offset <= p.Offset {
			at++
		}
		if b := beside(blocks, at); b != nil {
			b.Pictures = append(b.Pictures, p)
		}
	}
}

// beside returns the block at i, or one near it, that has text other than sources, or
// else any block there; nil if there is none.
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

// prose reports whether a block has text other than sources.
func prose(b *block.Block) bool {
	return (b.Kind == block.Paragraph || b.Kind == block.Item) && len(b.Lines) > 0 && !block.OnlyLinks(b.Lines)
}
