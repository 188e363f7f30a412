package markdown

import (
	"path"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// picture is an image of the body that is on the web and no link.
type picture struct {
	digest.Image
	offset int // in the body
}

// picture notes an image. One whose address is not on the web shows nothing in
// a channel.
func (r *remarks) picture(alt, address string, offset int) {
	if address = webURL(address); address != "" {
		r.pictures = append(r.pictures, picture{digest.Image{Alt: lexicon.Squeeze(alt), URL: address}, offset})
	}
}

// image notes an image that goldmark has read. One in a link gives it words.
func (w *inlineWriter) image(n *ast.Image) {
	alt := inlineWriter{flattener: &flattener{source: w.source, paged: w.paged, hidden: w.hidden}, block: w.block, offset: -1}
	alt.inside(n)
	alt.endLine(false)
	words := join(alt.lines).String()
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

// caption tells what a picture shows, and leads there.
func (p picture) caption() digest.Span {
	words := p.Alt
	if words == "" {
		address, _, _ := strings.Cut(p.URL, "?")
		words = path.Base(address)
	}
	return digest.Span{Text: words, URL: p.URL, Style: digest.Italic}
}

// show is the text of blocks with the captions of their pictures and their
// footnotes below.
func show(blocks []*block) digest.Text {
	return footnoted(captioned(flow(blocks), blocks), footnotesOf(blocks))
}

// captioned adds the captions of the pictures of blocks to their text.
func captioned(text digest.Text, blocks []*block) digest.Text {
	var said []string
	for _, b := range blocks {
		for _, p := range b.pictures {
			if slices.Contains(said, p.URL) {
				continue // the block was divided
			}
			said = append(said, p.URL)
			if len(text) > 0 {
				text = append(text[:len(text):len(text)], digest.Span{Text: "\n"})
			}
			text = append(text, p.caption())
		}
	}
	return text
}

// hang gives each picture to the block that its caption goes below: the text
// that it stands in, else the nearest one under the same heading, else whatever
// stands there.
func hang(pictures []picture, blocks []*block) {
	at := 0 // the block that the picture stands in or behind
	for _, p := range pictures {
		for at+1 < len(blocks) && blocks[at+1].offset <= p.offset {
			at++
		}
		if b := beside(blocks, at); b != nil {
			b.pictures = append(b.pictures, p)
		}
	}
}

// beside is the block at i or near it that has text and not only sources, if
// there is one.
func beside(blocks []*block, i int) *block {
	for j := i; j >= 0 && j < len(blocks) && blocks[j].kind != heading; j-- {
		if blocks[j].prose() {
			return blocks[j]
		}
	}
	for j := i + 1; j < len(blocks) && blocks[j].kind != heading; j++ {
		if blocks[j].prose() {
			return blocks[j]
		}
	}
	for _, j := range []int{i, i + 1} {
		if j < len(blocks) && blocks[j].kind != heading {
			return blocks[j]
		}
	}
	return nil
}

// prose reports whether a block has text that is not only sources.
func (b *block) prose() bool {
	return (b.kind == paragraph || b.kind == item) && len(b.lines) > 0 && !onlyLinks(b.lines)
}
