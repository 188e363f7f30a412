package render

import "github.com/slack-go/slack"

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
	headlines, prose []fallbackLine
}
