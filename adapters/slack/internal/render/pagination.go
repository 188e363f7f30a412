package render

import (
	"slices"

	"github.com/slack-go/slack"
)

// part is what one payload shows.
type part struct {
	blocks           []slack.Block
	size             int
	headlines, prose []fallbackLine
	// afterText says that a rule may follow: above is more than a heading.
	afterText bool
}

// paginate fills parts with units in order: whole units, and whole groups of them
// that stay together. Anything no part has room for is broken up at its pieces.
// Rules part stories, or else headings from what stands above them, unless
// that takes a message more.
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

// rules are where rules part units.
type rules uint8

const (
	nowhere rules = iota
	overHeadings
	everywhere
)

// paginator is one run of paginate.
type paginator struct {
	rules rules
	// most is the blocks that a part may have, room what they may take.
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
			p.tryAdd(rest) // one piece always has room
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

// ruledOff reports whether a rule parts a unit from what stands above it.
func (p *paginator) ruledOff(u unit, afterText bool) bool {
	return u.ruled && afterText && (p.rules == everywhere || p.rules == overHeadings && u.heading)
}

// tryAdd adds units if there is room for all of them.
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
