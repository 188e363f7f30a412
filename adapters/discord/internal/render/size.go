package render

import (
	"strings"
	"unicode/utf8"
)

// size is the size of a text.
type size struct {
	runes int // code points
	bytes int // of UTF-8
	json  int // bytes as a JSON string, without the quotes
}

func (s size) plus(o size) size { return size{s.runes + o.runes, s.bytes + o.bytes, s.json + o.json} }

func (s size) within() bool {
	return s.runes <= embedsTextLimit && s.bytes <= textSize && s.json <= payloadSize
}

func (s size) inPanel() bool { return s.runes <= descriptionLimit && s.json <= descriptionSize }

// ofPiece returns the size relative to a piece's two limits, whichever is closer.
func (s size) ofPiece() int { return max(s.json, s.runes*pieceSize/pieceLimit) }

// sizeOf measures a text that has passed through layout.Clean and therefore has
// no other characters that JSON escapes.
func sizeOf[S ~string](s S) size {
	escapes := strings.Count(string(s), `"`) + strings.Count(string(s), `\`) + strings.Count(string(s), "\n")
	return size{runes: utf8.RuneCountInString(string(s)), bytes: len(s), json: len(s) + escapes}
}

// Limits of what is above a piece, including marks and address, so that
// heading, headline and piece fit into one description.
var (
	headingSize = size{runes: 560, json: 1800}
	linkedSize  = size{runes: 1130, json: 2400}
)
