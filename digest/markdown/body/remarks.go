package body

import (
	"fmt"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/weburl"
)

// Remarks say what is odd about a body, and which pictures it has.
type Remarks struct {
	Bad      []BadLink
	Cuts     []Cut
	Pictures []block.Picture
	Left     []LeftHTML // out of the digest
	deep     bool       // one of the cuts is for the depth
}

// tooDeep notes that something is nested too deeply, once.
func (r *Remarks) tooDeep(at int) {
	if !r.deep {
		r.deep = true
		r.Cuts = append(r.Cuts, Cut{at, fmt.Sprintf("more than %d levels of lists and quotes", maxDepth)})
	}
}

// cutBehind notes that there are more blocks than these, and is true.
func (r *Remarks) cutBehind(blocks []block.Block) bool {
	r.Cuts = append(r.Cuts, Cut{blocks[len(blocks)-1].Offset, fmt.Sprintf("more than %d paragraphs, items and rows", len(blocks))})
	return true
}

// Cut is a place from which on there was too much of something to read all.
type Cut struct {
	Offset int    // in the body
	What   string // "more than 64 levels of lists and quotes"
}

// BadLink is a link that leads nowhere from a channel.
type BadLink struct {
	Address string
	Offset  int // in the body
}

// LeftHTML is HTML that is left out of the digest.
type LeftHTML struct {
	Offset   int // in the body
	Severity digest.Severity
	Message  string
}

// picture notes an image. One whose address is not on the web shows nothing in
// a channel.
func (r *Remarks) picture(alt, address string, offset int) {
	if address = weburl.Absolute(address); address != "" {
		r.Pictures = append(r.Pictures, block.Picture{Image: digest.Image{Alt: lexicon.Squeeze(alt), URL: address}, Offset: offset})
	}
}
