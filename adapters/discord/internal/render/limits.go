package render

import "github.com/digestbot/digestbot/bot/chat"

// Limits of a message. Characters are code points
// (https://github.com/discord/discord-api-docs/issues/1315).
// https://docs.discord.com/developers/resources/message#create-message
// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
const (
	contentLimit     = 2000 // characters of the text above the embeds
	embedsLimit      = 10   // embeds
	descriptionLimit = 4096 // characters of one description
	footerLimit      = 2048 // characters of one footer
	embedsTextLimit  = 6000 // characters of all embeds together
	linkLimit        = 2048 // characters of an address; a longer one becomes text, which can be split
)

// Limits of buttons.
// https://docs.discord.com/developers/components/reference#button
const (
	labelLimit     = 80
	customIDLimit  = 100
	buttonURLLimit = 512
	rowsLimit      = 5
	rowLimit       = 5
)

// Undocumented limits in bytes. Beyond them, Discord has been seen to answer 500
// repeatedly to non-Latin text: https://github.com/discord/discord-api-docs/issues/7628
// (a description of 12000 bytes), 8554 (10170 bytes of text in all) and 6965 (17459 bytes
// of JSON). 8000 of text and 12000 of JSON are safe; the limits leave room for what Send
// adds.
const (
	textSize        = 7900  // UTF-8 of all visible text
	payloadSize     = 11000 // JSON of the whole message
	descriptionSize = 7700  // JSON of one description
)

// Our own limits, for readability and push notifications.
const (
	titleLimit      = 256  // characters of a title formatted as a title
	headlineLimit   = 300  // characters of a headline formatted as a headline
	leadSize        = 3600 // UTF-8 of the text above the embeds
	headingURLLimit = 200  // characters of the address of a heading that is a link
	teaserLimit     = 60   // characters of a headline in the teaser
	teaserCount     = 3    // headlines in the teaser
	bareLimit       = 100  // bytes of an address shown in full in a text
	captionLimit    = 256  // characters under a picture
	buttonsSize     = 5000 // JSON of all buttons
	pieceSize       = 3400 // JSON of a piece of text that had to be split
	pieceLimit      = 2390 // characters of a piece
	printSize       = 1200 // JSON of a line of small print
	mentionsLimit   = 25   // roles; Discord notifies up to 100, and the opening line must hold them
)

// threadNameLimit is the maximum number of characters in a thread's name.
// https://docs.discord.com/developers/resources/channel#start-thread-from-message
const threadNameLimit = 100

// Limits of the suggestions for an argument.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-autocomplete
const (
	choicesLimit = 25
	choiceLimit  = 100
)

// Limits of menus.
// https://docs.discord.com/developers/components/reference#string-select
const (
	menuLimit        = 25 // choices
	menuLabelLimit   = 100
	menuValueLimit   = 100
	placeholderLimit = 150
)

// Overhead of the JSON around the texts.
const (
	pageCost   = 320 // braces, names, allowed_mentions, and a button with the page number
	panelCost  = 80
	buttonCost = 70 + chat.KeyLimit
	menuCost   = 110 + chat.KeyLimit
	choiceCost = 25
	rowCost    = 32
	roleCost   = 24
)
