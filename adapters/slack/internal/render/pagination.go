package render

import (
	"slices"

	"github.com/slack-go/slack"
)

// part is the content of one payload.
type part struct {
	blocks           []slack.Block
	size             int
	headlines, prose []fallbackLine
	// afterText is true if a divider may follow, because there is more than a heading above.
	afterText bool
}

// paginate fills parts with units in order: whole units, and whole groups of
// units that stay together. A unit that does not fit into any part is split into
// its pieces. Dividers separate stories, or else only headings from what is above
// them, unless that would take another message.
func paginate(all []unit) []part {
	parts := paginator{rules: everywhere, most: maxBlocks, room: maxTotal}.fill(all)
	if len(parts) < 2 {
		return parts
	}
	dense := paginator{rules: nowhere, most: maxBlocks, room: maxTotal}.fill(all)
	if len(dense) == len(parts) {
		return parts
	}
	if parts := (paginator{rules: overHeadings, most: maxBlocks, room: maxTotal}).fill(all); len(parts) == len(dense) {
		return parts
	}
	return dense
}

// rules are the places for dividers between units.
type rules uint8

const (
	nowhere rules = iota
	overHeadings
	everywhere
)

// paginator is one run of paginate.
type paginator struct {
	rules rules
	// most is the maximum number of blocks in a part, and room the maximum size of their text.
	most, room int

	parts []part
	part
}

func (p paginator) fill(all []unit) []part {
	for len(all) > 0 {
		n := 1
		for n < len(all) && (all[n-1].heading || all[n].follows) {
			n++
		}
		p.add(all[:n])
		all = all[n:]
	}
	p.endPart()
	return p.parts
}

// add adds a group of units that stay together.
func (p *paginator) add(group []unit) {
	if p.tryAdd(group...) {
		return
	}
	p.endPart()
	if p.tryAdd(group...) {
		return
	}
	for _, u := range group {
		if p.tryAdd(u) {
			continue
		}
		if p.afterText {
			p.endPart()
			if p.tryAdd(u) {
				continue
			}
		}
		p.breakUp(u)
	}
}

// breakUp adds a unit piece by piece.
func (p *paginator) breakUp(u unit) {
	rest := u
	for i := range u.pieces {
		rest.pieces = u.pieces[i : i+1]
		if !p.tryAdd(rest) {
			p.endPart()
			p.tryAdd(rest) // one piece always fits
		}
		rest.ruled, rest.headlines, rest.prose = false, nil, nil
	}
}

// endPart ends a part.
func (p *paginator) endPart() {
	if len(p.blocks) > 0 {
		p.parts = append(p.parts, p.part)
	}
	p.part = part{}
}

// ruledOff reports whether a divider separates a unit from what is above it.
func (p *paginator) ruledOff(u unit, afterText bool) bool {
	return u.ruled && afterText && (p.rules == everywhere || p.rules == overHeadings && u.heading)
}

// tryAdd adds units if all of them fit.
func (p *paginator) tryAdd(units ...unit) bool {
	blocks, size, afterText := len(p.blocks), p.size, p.afterText
	for _, u := range units {
		if p.ruledOff(u, afterText) {
			blocks++
		}
		blocks += len(u.pieces)
		for _, piece := range u.pieces {
			size += piece.size
		}
		afterText = !u.heading
	}
	if blocks > p.most || size > p.room {
		return false
	}
	p.blocks = slices.Grow(p.blocks, blocks-len(p.blocks))
	for _, u := range units {
		if p.ruledOff(u, p.afterText) {
			p.blocks = append(p.blocks, slack.NewDividerBlock())
		}
		for _, piece := range u.pieces {
			p.blocks = append(p.blocks, piece.block)
		}
		p.headlines, p.prose = append(p.headlines, u.headlines...), append(p.prose, u.prose...)
		p.afterText = !u.heading
	}
	p.size = size
	return true
}
