package render

// Limits of a message: Slack's limits or, where there is a reason, lower
// ones. They count characters (code points) unless stated otherwise.
const (
	// https://docs.slack.dev/reference/block-kit/blocks
	// One of the 50 blocks is for the line with the number of a part.
	maxBlocks = 50 - 1
	// https://docs.slack.dev/reference/block-kit/blocks/header-block
	maxHeader = 150
	// https://docs.slack.dev/reference/block-kit/blocks/actions-block
	maxButtons = 25
	// https://docs.slack.dev/reference/block-kit/block-elements/button-element
	maxLabel     = 75
	maxLine      = 2000 // the value of a button
	maxButtonURL = 3000
	// https://docs.slack.dev/reference/block-kit/blocks/image-block
	maxPictureURL = 3000
	maxAlt        = 2000
	// https://docs.slack.dev/reference/block-kit/composition-objects/text-object
	// A context block may have ten elements; one is enough for a row.
	maxObject = 3000

	// maxTotal limits the text of all blocks of a message together, escaped and
	// with addresses, except for the line with the number of a part, which has
	// 500. Slack refuses messages above about 11,300 although it publishes no
	// limit, and counts 100 extra for each header
	// (https://github.com/slackapi/bolt-js/issues/2509,
	// https://github.com/slackapi/bolt-js/issues/2867).
	maxTotal   = 9000 - 500
	headerCost = 100
	// maxNumbered is the maximum length of the title in the line with the
	// number of a part; even escaped, it fits in the 500.
	maxNumbered = 80
	// maxRich is the maximum length of text in one rich_text block, counted
	// like maxTotal, so that a block fits with its title and parts can be
	// filled well. Slack publishes no limit.
	maxRich = 2800
	// maxAddress leaves room for the label of a link in small print.
	maxAddress = 2400

	// Slack splits a fallback text of more than about 4,000 characters into
	// several messages, each with all the blocks
	// (https://github.com/slackapi/java-slack-sdk/issues/704), and chat.update
	// accepts 4,000 UTF-8 bytes
	// (https://docs.slack.dev/reference/methods/chat.update).
	maxFallback      = 3000
	maxFallbackBytes = 3800
)
