package chat

import (
	"strings"
	"time"
)

// Message is the meaning of a post or a reply. Adapters decide how it looks. They may lay a
// block out differently, or split a message into several payloads, but they keep all of its
// words and URLs.
type Message struct {
	// Language is the BCP 47 tag of the text, for screen readers and fonts; empty if it is
	// not known.
	Language string
	// Mention has the platform's ids of the roles or user groups that are notified, and
	// named in the opening line. Nothing else in a message ever notifies anyone.
	Mention []string
	// Title is plain text; URL, if any, is its link.
	Title string
	URL   string
	// Note is small print directly under the title: that the message was corrected, or what
	// was left out.
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

// Heading is the title of the blocks after it, up to the next Heading.
type Heading struct {
	// Level is 1 for a digest among several, 2 for a group of stories.
	Level int
	// Title is plain text; URL, if any, is its link.
	Title string
	URL   string
	// Note is small print directly under the title.
	Note Text
}

// Paragraph is running text, under a heading of its own if Title is not empty.
type Paragraph struct {
	Title string
	Text  Text
}

// Story is one piece of news. The headline links to the first source.
type Story struct {
	Headline string
	Summary  Text
	Sources  []Link
	// Note is small print about the story, for example that it is a repeat.
	Note Text
}

// List is a heading, which may be empty, and items of one or a few lines each.
type List struct {
	Title string
	Items []Text
}

// Fold is text that the reader can open. A platform that can fold shows it closed, under
// its Title. One that cannot leaves it out, since a button of the message runs Line, whose
// answer contains all of it.
type Fold struct {
	Title  string
	Blocks []Block
	Line   string
}

// Notice is a remark by the bot itself.
type Notice struct {
	Level Level
	Text  Text
}

// Buttons are shown together, in order of importance.
type Buttons []Button

// Select lets a reader choose one of many. Choosing one sends its Line.
type Select struct {
	// Label says what there is to choose.
	Label   string
	Choices []Choice
	// Brief says that a label may be shortened if the menu has no room for it: the whole
	// label is elsewhere in the message, or in the answer to the choice.
	Brief bool
	// Line, if not empty, is the beginning of the lines of further choices: Handler.Suggest
	// returns those for Line and what the reader types after it.
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

// Level says how serious a Notice is.
type Level uint8

// The levels of a Notice.
const (
	Info Level = iota
	Warning
	Failure
)

// Link is an address with a title. Title is empty if the address has none.
type Link struct {
	Title string
	URL   string
}

// Picture is an image on the web, over https.
type Picture struct {
	URL string
	// Alt describes the picture.
	Alt string
}

// Button sends a command line when pressed, or is a link.
type Button struct {
	Label string
	// Line is the command that pressing the button sends, for example "/digest tag AI".
	Line string
	// URL is the link of a button without a Line.
	URL string
}

// Text is inline text: a sequence of spans. A newline within a span is a line break, and an
// empty line separates paragraphs. It carries meaning and never markup: escaping is up to
// the adapter.
type Text []Span

// Span is a run of text in one style, and a link if URL is not empty.
type Span struct {
	Text  string
	URL   string
	Style Style
	// Place says that Text is a channel, as Channel.String writes it. A platform that can
	// write its own channels as links with their names does that instead.
	Place bool
	// Time, if not zero, is the instant that Text states. A platform that can show times in
	// each reader's own zone and language does that instead.
	Time time.Time
}

// Channel returns the id of the channel that the span names as a Place; ok is false if it
// names none of the adapter.
func (s Span) Channel(adapter string) (id string, ok bool) {
	if !s.Place || s.URL != "" {
		return "", false
	}
	c, err := ParseChannel(s.Text)
	return c.ID, err == nil && c.Adapter == adapter
}

// Style is a set of text styles.
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

// Plain returns text of one unstyled span, or no span if s is empty.
func Plain(s string) Text {
	if s == "" {
		return nil
	}
	return Text{{Text: s}}
}

// String returns the text without styles and links.
func (t Text) String() string {
	var b strings.Builder
	for _, s := range t {
		b.WriteString(s.Text)
	}
	return b.String()
}
