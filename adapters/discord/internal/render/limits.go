package render

import "github.com/digestbot/digestbot/bot/chat"

// Budgets of a message. Characters are code points
// (https://github.com/discord/discord-api-docs/issues/1315).
// https://docs.discord.com/developers/resources/message#create-message
// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
const (
	contentLimit     = 2000 // characters of the text above the embeds
	embedsLimit      = 10   // embeds
	descriptionLimit = 4096 // characters of one description
	footerLimit      = 2048 // characters of one footer
	embedsTextLimit  = 6000 // characters of all embeds together
	linkLimit        = 2048 // characters of an address; a longer one is text, which can be cut
)

// Budgets of buttons.
// https://docs.discord.com/developers/components/reference#button
const (
	labelLimit     = 80
	customIDLimit  = 100
	buttonURLLimit = 512
	rowsLimit      = 5
	rowLimit       = 5
)

// Budgets in bytes that no page of the documentation names. Beyond them
// Discord was seen to answer 500, again and again, to text that is not Latin:
// https://github.com/discord/discord-api-docs/issues/7628 (a description of
// 12000 bytes), 8554 (10170 bytes of text in all) and 6965 (17459 bytes of JSON). 8000 of
// text and 12000 of JSON are safe; there is room left for what Send adds.
const (
	textSize        = 7900  // UTF-8 of everything that is read
	payloadSize     = 11000 // JSON of the whole message
	descriptionSize = 7700  // JSON of one description
)

// Budgets of our own, for the eye and for push notifications.
const (
	titleLimit      = 256  // characters of a title that are set as a title
	headlineLimit   = 300  // characters of a headline that are set as a headline
	leadSize        = 3600 // UTF-8 of the text above the embeds
	headingURLLimit = 200  // characters of the address of a heading that is a link
	teaserLimit     = 60   // characters of a headline among the first headlines
	teaserCount     = 3    // first headlines
	bareLimit       = 100  // bytes of an address that stands in a text for itself
	captionLimit    = 256  // characters under a picture
	buttonsSize     = 5000 // JSON of all buttons
	pieceSize       = 3400 // JSON of a piece of text that had to be cut
	pieceLimit      = 2390 // characters of one
	printSize       = 1200 // JSON of a line of small print
	mentionsLimit   = 25   // roles; Discord notifies up to 100, and the opening line must hold them
)

// threadNameLimit is the most characters of a thread's name.
// https://docs.discord.com/developers/resources/channel#start-thread-from-message
const threadNameLimit = 100

// Budgets of the suggestions for an argument.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-autocomplete
const (
	choicesLimit = 25
	choiceLimit  = 100
)

// Budgets of menus.
// https://docs.discord.com/developers/components/reference#string-select
const (
	menuLimit        = 25 // choices
	menuLabelLimit   = 100
	menuValueLimit   = 100
	placeholderLimit = 150
)

// Costs of the JSON around the texts.
const (
	pageCost   = 320 // braces, names, allowed_mentions, and a button with the page's number
	panelCost  = 80
	buttonCost = 70 + chat.KeyLimit
	menuCost   = 110 + chat.KeyLimit
	choiceCost = 25
	rowCost    = 32
	roleCost   = 24
)
