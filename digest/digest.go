package digest

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Card is what a library keeps in memory of a digest: everything but the text, which
// Read loads. It is immutable.
type Card struct {
	// ID identifies the digest as long as its file is not moved: the file's path inside
	// the library, with slashes and without its extension, after the prefix of its
	// Origin. Two files with different IDs can still be the same digest, see Same.
	ID string
	// File is the path as it is printed in problems.
	File string
	// Origin is the library that the digest comes from. It is nil if there is only one
	// library and it has no name.
	Origin *Origin `json:",omitempty"`
	// URL is the address of the digest's page on a website; empty if no site
	// configuration gives one.
	URL string
	// Title is plain text.
	Title string
	// Name is the title that the rules of the library give to a digest without one.
	Name string `json:"-"`
	// Date is the day that the digest is about. Its time of day comes from the front
	// matter; the default is midnight UTC. It is zero if neither the file nor its path
	// has a date. In a library it is never zero.
	Date time.Time
	// Clock says how to read the time of Date; a site places it in its zone.
	Clock Clock `json:",omitzero"`
	// Author, Source and Language come from the front matter. Language is a BCP 47 tag,
	// and is detected from the text if the front matter does not give it.
	Author   string
	Source   string
	Language string
	// Categories and Tags are as written, in order, without duplicates.
	Categories []string
	Tags       []string
	// Hash identifies the bytes of the file: the first bytes of their SHA-256. It is 0
	// if unknown.
	Hash uint64 `json:"-"`
	// Example is set by "example: true". Such a digest ships with the bot.
	Example bool `json:",omitzero"`
	// Guessed is set if Date comes neither from the file nor from its path. It is then
	// the day on which the file first appeared in its repository or changed in its
	// folder.
	Guessed bool `json:",omitzero"`
	// Window limits when a library contains the digest; nil means always.
	Window *Window `json:",omitempty"`
	// Page holds what the front matter says about the page; nil for nothing.
	Page *Page `json:",omitzero"`

	marks marks
	text  Opener
	links LinkResolver // of the site that placed the card; nil for none
}

// Clock says how the time of a date was written.
type Clock uint8

// The kinds of clock.
const (
	// ClockLocal means that no offset is written. The time is in the zone of the site.
	ClockLocal Clock = iota
	// ClockOffset means that an offset is written, or that the zone is UTC.
	ClockOffset
	// ClockRuby means that no offset is written, but that Ruby, and so Jekyll, derives
	// one. It reads a time with seconds and without quotes as UTC, as YAML 1.1 does
	// (https://yaml.org/type/timestamp.html), and knows the names of some zones. Hugo
	// reads such a time as local.
	ClockRuby
)

// Page holds what the front matter says about the page that a site makes of the file.
type Page struct {
	// Slug, Permalink and URL are the front matter entries of these names.
	Slug      string `json:",omitzero"`
	Permalink string `json:",omitzero"`
	URL       string `json:",omitzero"`
	// Title is the title of the page if it differs from that of the digest.
	Title string `json:",omitzero"`
	// Categories are those that Jekyll uses in an address, if they differ from those of
	// the digest: Jekyll does not split a word at commas, and takes a list within a
	// list as one category.
	Categories []string `json:",omitzero"`
	// HugoCategories and HugoTags are those that Hugo sees, if they differ from those
	// of the digest: Hugo knows one key for each, and does not split a word at spaces.
	HugoCategories []string `json:",omitzero"`
	HugoTags       []string `json:",omitzero"`
}

// Opener loads the digest of a card, with its text. It is safe for concurrent use.
type Opener interface{ Open() (*Digest, error) }

// kept is a digest that stays in memory.
type kept struct{ *Digest }

func (k kept) Open() (*Digest, error) { return k.Digest, nil }

// NewCard returns a copy of a card with the marks in from, which Card.Marks returned
// earlier. text loads the digest itself. It returns an error if from is not
// valid.
func NewCard(of Card, from string, text Opener) (*Card, error) {
	of.marks, of.text = marks(from), text
	if err := of.marks.check(); err != nil {
		return nil, err
	}
	return &of, nil
}

// Text returns the Opener of the digest's text.
func (c *Card) Text() Opener { return c.text }

// Digest is one file of news as it was read. It is immutable.
type Digest struct {
	Card
	// DateAt is the position of the date in the file, and TagsAt that of each of Tags.
	// Both may be missing.
	DateAt Position
	TagsAt []Position
	// Fields are the entries of the front matter that digestbot does not use.
	Fields Fields
	// Named is set if something was taken from the name of the file. The same text
	// under another name is then another digest.
	Named bool `json:"-"`
	// Draft is set if the front matter says not to publish the file, as "draft: true"
	// does. A library contains no drafts.
	Draft bool
	// Image is the first image of the body; its URL is empty if there is none.
	Image Image
	// Lead is the opening prose.
	Lead Text
	// Stories and Sections are in the order of the file. Sections are texts about the
	// stories, such as an analysis or a conclusion.
	Stories  []Story
	Sections []Section
	// Problems are what lint reports for the file, in the order of its lines.
	Problems []Problem
}

// Keep returns the card of a digest that stays in memory.
func Keep(d *Digest) *Card {
	d.marks, d.text = marksOf(d), kept{d}
	return &d.Card
}

// KeepAll returns the cards of digests that stay in memory.
func KeepAll(digests []*Digest) []*Card {
	cards := make([]*Card, len(digests))
	for i, d := range digests {
		cards[i] = Keep(d)
	}
	return cards
}

// Reading is the result of reading a file: its card, which is never nil, and its
// problems. The digest itself has only the problems that its reader found.
type Reading struct {
	Card     *Card
	Draft    bool
	Problems []Problem
}

// Digest loads the digest with its text and sets all its problems.
func (r Reading) Digest() (*Digest, error) {
	d, err := r.Card.Read()
	if err != nil {
		return nil, err
	}
	whole := *d
	whole.Draft, whole.Problems = r.Draft, r.Problems
	return &whole, nil
}

// Label returns the name of the digest in lists and records: its title, else Name, else
// the name of its file.
func (c *Card) Label() string { return cmp.Or(c.Title, c.Name, path.Base(c.ID)) }

// Dated returns the card with a guessed day.
func (c *Card) Dated(day time.Time) *Card {
	dated := *c
	dated.Date, dated.Guessed = day, true
	return &dated
}

// LinkResolver knows where links relative to the page of a digest lead.
type LinkResolver interface {
	// ResolveLinks resolves the relative links in the texts of d.
	ResolveLinks(d *Digest)
}

// ResolveWith sets the resolver that is applied to the links of the digest's text each
// time it is read.
func (c *Card) ResolveWith(r LinkResolver) { c.links = r }

// Read loads the digest with its text.
func (c *Card) Read() (*Digest, error) {
	d, err := c.text.Open()
	if err != nil {
		return nil, fmt.Errorf("digest %s: %w", c.ID, err)
	}
	if &d.Card == c {
		return d, nil
	}
	whole := *d
	whole.Card = *c
	if c.links != nil {
		c.links.ResolveLinks(&whole)
	}
	return &whole, nil
}

// ReadAll loads digests with their texts. It stops at the first error.
func ReadAll(cards []*Card) (digests []*Digest, err error) {
	digests = make([]*Digest, len(cards))
	for i, c := range cards {
		if digests[i], err = c.Read(); err != nil {
			return nil, err
		}
	}
	return digests, nil
}

// Len returns the number of stories.
func (c *Card) Len() int { return c.marks.len() }

// Window is the time during which something is published: from Opens until just before
// Closes. A bound is zero if there is none. OpensAt and ClosesAt are their positions in
// the file.
type Window struct {
	Opens, Closes     time.Time
	OpensAt, ClosesAt Position
}

// Has reports whether the window is open at now. A nil window is always open.
func (w *Window) Has(now time.Time) bool {
	return w == nil || !now.Before(w.Opens) && (w.Closes.IsZero() || now.Before(w.Closes))
}

// Bounds returns the times at which the window opens and closes.
func (w *Window) Bounds() (bounds []time.Time) {
	if w != nil {
		bounds = []time.Time{w.Opens, w.Closes}
	}
	return bounds
}

// Fields are entries of front matter, sorted by key. Keys are unique.
type Fields []Field

// Field is an entry of front matter. Its value is text as written, a list of values
// ([]any), more Fields, or nil.
type Field struct {
	Key   string
	Value any
}

// Get returns the value of a key. ok is false if there is none.
func (f Fields) Get(key string) (value any, ok bool) {
	i, ok := slices.BinarySearchFunc(f, key, func(field Field, key string) int { return strings.Compare(field.Key, key) })
	if !ok {
		return nil, false
	}
	return f[i].Value, true
}

// Quiet reports whether the digest is about a day without news: it has no stories, and
// no error in the file can have hidden one.
func (c *Card) Quiet() bool { return c.Len() == 0 && !c.marks.faulty() }

// Story is one piece of news.
type Story struct {
	// Headline is plain text without its ordinal and without emphasis.
	Headline string
	// Group is the heading that the story shares with others, as plain text: the
	// nearest one if groups are nested. It is empty for a story outside all groups.
	Group   string `json:",omitzero"`
	Summary Text
	Sources []Source
	// Tags are the story's own tags, as written, in order, without duplicates.
	Tags []string `json:",omitempty"`
	// Score is how readers or an editor rated the story, as the file puts it: ★ 8.1/10,
	// 312 points.
	Score string `json:",omitzero"`
	// At is where the story begins.
	At Position
}

// Source is where a story comes from. Title is empty if only the address is given.
type Source struct {
	Title string
	URL   string
}

// Image is a picture. Alt describes it in words.
type Image struct {
	Alt string
	URL string
}

// Section is a text about the stories, under its heading.
type Section struct {
	Title string
	Text  Text
}

// Text is inline text, as a sequence of spans. A newline within a span is a line break,
// and an empty line separates paragraphs.
type Text []Span

// Span is a run of text of one style, and a link if URL is not empty.
type Span struct {
	Text  string
	URL   string
	Style Style
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

// String returns the words without styles and links.
func (t Text) String() string {
	if len(t) == 1 {
		return t[0].Text // most texts have no style
	}
	var b strings.Builder
	for _, s := range t {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Position is a place in a file. Line and Column count from 1, columns in Unicode code
// points. Both are 0 if the whole file is meant.
type Position struct{ Line, Column int32 }

// Severity says how bad a problem is.
type Severity uint8

// The severities. An Error means that part of the file could not be used.
const (
	Warning Severity = iota
	Error
)

func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// Problem is an error or a warning about a file.
type Problem struct {
	// Line and Column count from 1; both are 0 if the whole file is meant. Column
	// counts Unicode code points.
	Line, Column int
	Severity     Severity
	// Code names the kind of problem for machines, for example "front-matter".
	Code    string
	Message string
}
