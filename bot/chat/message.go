package chat

import (
	"strings"
	"time"
)

// Message is what a post or a reply means. Adapters decide how it looks; they
// may lay a block out differently, or split a message into several payloads,
// but they lose none of its words and URLs.
type Message struct {
	// Language is the BCP 47 tag of the words, for screen readers and fonts;
	// empty when it is not known.
	Language string
	// Mention are the platform's ids of the roles or user groups that are
	// notified, and named in the opening line. Nothing else in a message ever
	// notifies anybody.
	Mention []string
	// Title is plain text; URL, if any, is where it leads.
	Title string
	URL   string
	// Note is small print right under the title: that the message was
	// corrected, what was left out.
	Note Text
	// Picture is shown under the title if its URL is not empty.
	Picture Picture
	// Blocks are in reading order.
	Blocks []Block
	// Footer is plain text in small print.
	Footer string
}

// Block is one of Heading, Paragraph, Story, List, Fold, Notice, Buttons and
// Select.
type Block interface{ block() }

// Heading is the title of the blocks behind it, up to the next one.
type Heading struct {
	// Level is 1 for a digest among several, 2 for a group of stories.
	Level int
	// Title is plain text; URL, if any, is where it leads.
	Title string
	URL   string
	// Note is small print right under the title.
	Note Text
}

// Paragraph is running text, under a heading of its own if Title is not empty.
type Paragraph struct {
	Title string
	Text  Text
}

// Story is one piece of news. The first source is where the headline leads.
type Story struct {
	Headline string
	Summary  Text
	Sources  []Link
	// Note is small print about the story, for example that it is a repeat.
	Note Text
}

// List is a heading, which may be empty, and items, each a line or a few.
type List struct {
	Title string
	Items []Text
}

// Fold is what a reader opens. A platform that can fold shows it closed, under
// its Title; one that cannot leaves it out, since the answer to Line tells all of
// it, which a button of the message says.
type Fold struct {
	Title  string
	Blocks []Block
	Line   string
}

// Notice is a remark of the bot itself.
type Notice struct {
	Level Level
	Text  Text
}

// Buttons are offered together, in the order of their importance.
type Buttons []Button

// Select lets a reader choose one of many: who chooses says the Line of the
// choice.
type Select struct {
	// Label says what is chosen.
	Label   string
	Choices []Choice
	// Brief says that a label which a menu has no room for may be shortened: it
	// stands whole elsewhere in the message, or in what the choice is answered.
	Brief bool
	// Line, if it is not empty, begins the lines of more choices than these:
	// Handler.Suggest has them for it and what the reader types behind it.
	Line string
}

func (Heading) block()   {}
func (Paragraph) block() {}
func (Story) block()     {}
func (List) block()      {}
func (Fold) block()      {}
func (Notice) block()    {}
func (Buttons) block()   {}
func (Select) block()    {}

// Level says how a Notice is meant.
type Level uint8

// The levels of a Notice.
const (
	Info Level = iota
	Warning
	Failure
)

// Link is a named address. Title is empty when the address has no name.
type Link struct {
	Title string
	URL   string
}

// Picture is an image that is on the web, over https.
type Picture struct {
	URL string
	// Alt says in words what it shows.
	Alt string
}

// Button is a command line waiting to be pressed, or a link.
type Button struct {
	Label string
	// Line is what the one who presses it says, for example "/digest tag AI".
	Line string
	// URL is where a button without a Line leads.
	URL string
}

// Text is inline text: spans one after another. A newline within a span is a
// line break and an empty line separates paragraphs. It carries meaning and
// never markup: escaping is the adapter's.
type Text []Span

// Span is a run of text of one style, and a link if URL is not empty.
type Span struct {
	Text  string
	URL   string
	Style Style
	// Place says that Text is a channel, as Channel.String writes it. A platform
	// that writes the names of its own channels, as links to them, does that
	// instead.
	Place bool
	// Time, if it is not zero, is the instant that Text tells. A platform that
	// writes times in each reader's own zone and language does that instead.
	Time time.Time
}

// Channel is the id of the channel of an adapter that the span is in Place of; ok
// is false when it is none.
func (s Span) Channel(adapter string) (id string, ok bool) {
	if !s.Place || s.URL != "" {
		return "", false
	}
	c, err := ParseChannel(s.Text)
	return c.ID, err == nil && c.Adapter == adapter
}

// Style is a set of ways to mark text.
type Style uint8

// The styles.
const (
	Bold Style = 1 << iota
	Italic
	Strike
	Code
)

// Has reports whether every style of t is in s.
func (s Style) Has(t Style) bool { return s&t == t }

// Plain is text of one unmarked span; no span at all when s is empty.
func Plain(s string) Text {
	if s == "" {
		return nil
	}
	return Text{{Text: s}}
}

// String is the words alone.
func (t Text) String() string {
	var b strings.Builder
	for _, s := range t {
		b.WriteString(s.Text)
	}
	return b.String()
}
