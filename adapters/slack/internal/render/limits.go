package render

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
