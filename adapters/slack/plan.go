package slack

import (
	"slices"

	"github.com/slack-go/slack"
)

// Budgets of a message: Slack's limits, and where there is reason to stay
// below one, ours. They count characters (code points) unless said otherwise.
const (
	// https://docs.slack.dev/reference/block-kit/blocks
	// One of the 50 blocks is for the line that numbers a part.
	maxBlocks = 50 - 1
	// https://docs.slack.dev/reference/block-kit/blocks/header-block
	maxHeader = 150
	// https://docs.slack.dev/reference/block-kit/blocks/actions-block
	maxButtons = 25
	// https://docs.slack.dev/reference/block-kit/block-elements/button-element
	maxLabel     = 75
	maxLine      = 2000 // its value
	maxButtonURL = 3000
	// https://docs.slack.dev/reference/block-kit/blocks/image-block
	maxPictureURL = 3000
	maxAlt        = 2000
	// https://docs.slack.dev/reference/block-kit/composition-objects/text-object
	// A context block may have ten of these; one is enough for a row.
	maxObject = 3000

	// maxTotal bounds the text of all blocks of a message together, escaped
	// and with addresses, but for the line that numbers a part, which has 500.
	// Slack refuses messages from about 11,300 on without a published limit,
	// and counts each header as 100 more
	// (https://github.com/slackapi/bolt-js/issues/2509,
	// https://github.com/slackapi/bolt-js/issues/2867).
	maxTotal   = 9000 - 500
	headerCost = 100
	// maxNumbered is the most of the title in the line that numbers a part; it
	// has room in the 500 when it is escaped.
	maxNumbered = 80
	// maxRich is the most text that is cut for one block of rich_text, counted
	// like maxTotal, so that a block has room with its title and a part can be
	// filled well. Slack publishes none.
	maxRich = 2800
	// maxAddress leaves room for a label beside the address of a link in small
	// print.
	maxAddress = 2400

	// Slack makes several messages of a fallback text of more than about 4,000
	// characters, each with all the blocks
	// (https://github.com/slackapi/java-slack-sdk/issues/704), and chat.update
	// takes 4,000 UTF-8 bytes
	// (https://docs.slack.dev/reference/methods/chat.update).
	maxFallback      = 3000
	maxFallbackBytes = 3800
)

// piece is a block, and how much it takes of maxTotal.
type piece struct {
	block slack.Block
	size  int
}

// unit is what stays together in one part if it can: a story with its sources.
type unit struct {
	pieces []piece
	// heading says that it stays with what stands under it and that no rule
	// parts the two; follows that it stays with what stands above it.
	heading, follows bool
	// ruled says that a rule parts it from what stands above it.
	story, ruled bool
	// fold says that it is left out where it would take a message more.
	fold bool
	// The fallback text has headlines, and then prose.
	headlines, prose []said
}

// part is what one payload shows.
type part struct {
	blocks           []slack.Block
	size             int
	headlines, prose []said
	// afterText says that a rule may follow: above is more than a heading.
	afterText bool
}

// plan fills parts with units in order: whole units, and whole groups of them
// that stay together. Anything no part has room for is broken up at its pieces.
// Rules part stories, or else headings from what stands above them, unless
// that takes a message more.
func plan(all []unit) []part {
	parts := planner{rules: everywhere, most: maxBlocks, room: maxTotal}.fill(all)
	if len(parts) < 2 {
		return parts
	}
	dense := planner{rules: nowhere, most: maxBlocks, room: maxTotal}.fill(all)
	if len(dense) == len(parts) {
		return parts
	}
	if parts := (planner{rules: overHeadings, most: maxBlocks, room: maxTotal}).fill(all); len(parts) == len(dense) {
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

// planner is one run of plan.
type planner struct {
	rules rules
	// most is the blocks that a part may have, room what they may take.
	most, room int

	parts []part
	part
}

func (p planner) fill(all []unit) []part {
	for len(all) > 0 {
		n := 1
		for n < len(all) && (all[n-1].heading || all[n].follows) {
			n++
		}
		p.add(all[:n])
		all = all[n:]
	}
	p.turn()
	return p.parts
}

// add adds a group of units that stay together.
func (p *planner) add(group []unit) {
	if p.try(group...) {
		return
	}
	p.turn()
	if p.try(group...) {
		return
	}
	for _, u := range group {
		if p.try(u) {
			continue
		}
		if p.afterText {
			p.turn()
			if p.try(u) {
				continue
			}
		}
		p.breakUp(u)
	}
}

// breakUp adds a unit piece by piece.
func (p *planner) breakUp(u unit) {
	rest := u
	for i := range u.pieces {
		rest.pieces = u.pieces[i : i+1]
		if !p.try(rest) {
			p.turn()
			p.try(rest) // one piece always has room
		}
		rest.ruled, rest.headlines, rest.prose = false, nil, nil
	}
}

// turn ends a part.
func (p *planner) turn() {
	if len(p.blocks) > 0 {
		p.parts = append(p.parts, p.part)
	}
	p.part = part{}
}

// parted reports whether a rule parts a unit from what stands above it.
func (p *planner) parted(u unit, afterText bool) bool {
	return u.ruled && afterText && (p.rules == everywhere || p.rules == overHeadings && u.heading)
}

// try adds units if there is room for all of them.
func (p *planner) try(units ...unit) bool {
	blocks, size, afterText := len(p.blocks), p.size, p.afterText
	for _, u := range units {
		if p.parted(u, afterText) {
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
		if p.parted(u, p.afterText) {
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
