package render

import "github.com/slack-go/slack"

// piece is a block with its size in terms of maxTotal.
type piece struct {
	block slack.Block
	size  int
}

// unit is something that should stay together in one part, such as a story with its
// sources.
type unit struct {
	pieces []piece
	// heading means that the unit stays together with the one below, without a
	// divider; follows means that it stays together with the one above.
	heading, follows bool
	// ruled means that a divider separates the unit from the one above.
	story, ruled bool
	// fold means that the unit is left out if it would take another message.
	fold bool
	// The fallback text has first all headlines, and then all prose.
	headlines, prose []fallbackLine
}
