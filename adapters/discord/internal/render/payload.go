package render

import "github.com/digestbot/digestbot/bot/chat"

// accent is the colour of the bar on the left of embeds.
const accent = 0x3b82f6

// Message is a message in Discord's format, with the fields that the bot uses.
type Message struct {
	Content         string   `json:"content"`
	Embeds          []Embed  `json:"embeds,omitzero"` // empty means none; nil leaves them unchanged
	Components      []Row    `json:"components"`
	AllowedMentions Mentions `json:"allowed_mentions"`
	Flags           int      `json:"flags,omitempty"`
	Nonce           chat.Key `json:"nonce,omitempty"`
	EnforceNonce    bool     `json:"enforce_nonce,omitempty"`
}

// Embed is a panel below the text of a message.
type Embed struct {
	Description string  `json:"description,omitempty"`
	Color       int     `json:"color"`
	Image       *Image  `json:"image,omitempty"`
	Footer      *Footer `json:"footer,omitempty"`
}

// Image is the image of an embed.
type Image struct {
	URL string `json:"url"`
}

// Footer is the small print of an embed.
type Footer struct {
	Text string `json:"text"`
}

// Mentions restricts notifications to some roles. Discord requires the empty
// list of types.
type Mentions struct {
	Parse []string `json:"parse"`
	Roles []string `json:"roles,omitempty"`
}

// Row is a row of buttons, or of one menu.
type Row struct {
	Type       int         `json:"type"`
	Components []Component `json:"components"`
}

// Component is a button, or a menu, which has choices.
type Component struct {
	Type        int      `json:"type"`
	Style       int      `json:"style,omitempty"`
	Label       string   `json:"label,omitempty"`
	CustomID    string   `json:"custom_id,omitempty"`
	URL         string   `json:"url,omitempty"`
	Placeholder string   `json:"placeholder,omitempty"`
	Options     []Option `json:"options,omitempty"`
}

// Option is an entry in a menu.
type Option struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// KeyEnd separates the two parts of a custom id: the key of the message, which
// Stamp adds, and the command line of the button.
const KeyEnd = "|"

// Types of components.
// https://docs.discord.com/developers/components/reference#component-object-component-types
const (
	rowType       = 1
	buttonType    = 2
	MenuType      = 3 // a menu of texts
	textInputType = 4
	labelType     = 18
)

// Styles of buttons and of text fields.
const (
	secondaryStyle = 2
	linkStyle      = 5
	shortStyle     = 1
)

// newButton returns a button that gives a command.
func newButton(text label, line string) Component {
	return Component{Type: buttonType, Style: secondaryStyle, Label: string(text), CustomID: KeyEnd + line}
}

// newLink returns a link button.
func newLink(text label, address string) Component {
	return Component{Type: buttonType, Style: linkStyle, Label: string(text), URL: address}
}
