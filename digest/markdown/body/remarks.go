package body

import (
	"fmt"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/weburl"
)

// Remarks are the problems found in a body, and its pictures.
type Remarks struct {
	Bad      []BadLink
	Cuts     []Cut
	Pictures []block.Picture
	Left     []LeftHTML // out of the digest
	deep     bool       // one of the cuts is because of the depth
}

// tooDeep records, once, that something is nested too deeply.
func (r *Remarks) tooDeep(at int) {
	if !r.deep {
		r.deep = true
		r.Cuts = append(r.Cuts, Cut{at, fmt.Sprintf("more than %d levels of lists and quotes", maxDepth)})
	}
}

// cutBehind records that there are more blocks than these, and returns true.
func (r *Remarks) cutBehind(blocks []block.Block) bool {
	r.Cuts = append(r.Cuts, Cut{blocks[len(blocks)-1].Offset, fmt.Sprintf("more than %d paragraphs, items and rows", len(blocks))})
	return true
}

// Cut is a place where reading stopped because a limit was exceeded.
type Cut struct {
	Offset int    // in the body
	What   string // "more than 64 levels of lists and quotes"
}

// BadLink is a link that cannot be followed from a channel.
type BadLink struct {
	Address string
	Offset  int // in the body
}

// LeftHTML is HTML that was left out of the digest.
type LeftHTML struct {
	Offset   int // in the body
	Severity digest.Severity
	Message  string
}

// picture records an image. It ignores images without a web address, because a channel
// cannot show them.
func (r *Remarks) picture(alt, address string, offset int) {
	if address = weburl.Absolute(address); address != "" {
		r.Pictures = append(r.Pictures, block.Picture{Image: digest.Image{Alt: lexicon.Squeeze(alt), URL: address}, Offset: offset})
	}
}
