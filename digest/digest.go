package digest

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Card is what a library keeps of a digest in memory: all but its text, which Read
// gives. It does not change.
type Card struct {
	// ID names the digest as long as its file stays where it is: the file's path
	// inside the library, with slashes and without its extension, behind what its Origin
	// says. Two files are one digest if they tell the same, see Same.
	ID string
	// File is the path as problems print it.
	File string
	// Origin is the library that the digest comes from; nil if there is but one, and
	// nobody has named it.
	Origin *Origin `json:",omitempty"`
	// URL is the address of the page that a site has of the digest; empty when
	// no site says where that is.
	URL string
	// Title is plain text.
	Title string
	// Name is what the rules of the library call a digest without a title.
	Name string `json:"-"`
	// Date is the day that the digest is about; its clock is the one that the
	// front matter gives, else midnight UTC. It is zero when nothing in the file
	// or its path says it. In a library it never is.
	Date time.Time
	// Clock says what Date is the time of; a site places it in its zone.
	Clock Clock `json:",omitzero"`
	// Author, Source and Language are what the front matter says; Language is
	// a BCP 47 tag and told from the text when the front matter is silent.
	Author   string
	Source   string
	Language string
	// Categories and Tags are as written, in order, without repetitions.
	Categories []string
	Tags       []string
	// Hash names the bytes of the file: the beginning of their SHA-256. It is 0 where
	// nobody has said it.
	Hash uint64 `json:"-"`
	// Example is set by "example: true": the digest ships with the bot.
	Example bool `json:",omitzero"`
	// Guessed says that Date is not from the file or its path, but from when the file
	// was first seen in its repository or changed in its folder.
	Guessed bool `json:",omitzero"`
	// Window is the time in which a library has the digest; nil is always.
	Window *Window `json:",omitempty"`
	// Page is what the front matter says of the page; nil for nothing.
	Page *Page `json:",omitzero"`

	marks marks
	text  Opener
	links LinkResolver // of the site that has placed it; nil for none
}

// Clock is what the time of a date is the time of.
type Clock uint8

// The clocks.
const (
	// ClockLocal: no offset is written. The time is that of the site's zone.
	ClockLocal Clock = iota
	// ClockOffset: an offset is written, or the zone is UTC.
	ClockOffset
	// ClockRuby: no offset is written, but Ruby, and so Jekyll, knows one: of a time
	// with seconds and without quotes, which is UTC in YAML 1.1
	// (https://yaml.org/type/timestamp.html), and of the names of some zones. To
	// Hugo it is local.
	ClockRuby
)

// Page is what the front matter of a file says of the page that a site makes of
// it.
type Page struct {
	// Slug, Permalink and URL are the entries of these names.
	Slug      string `json:",omitzero"`
	Permalink string `json:",omitzero"`
	URL       string `json:",omitzero"`
	// Title is the title of the page if it is not that of the digest.
	Title string `json:",omitzero"`
	// Categories are those that Jekyll makes an address of, if they are not those of
	// the digest: commas do not divide a word there, and a list in a list is one.
	Categories []string `json:",omitzero"`
	// HugoCategories and HugoTags are those that Hugo has, if they are not those of the
	// digest: it knows one key for each, and spaces do not divide a word there.
	HugoCategories []string `json:",omitzero"`
	HugoTags       []string `json:",omitzero"`
}

// Opener gives the digest of a card, with its text. Any goroutine may call it.
type Opener interface{ Open() (*Digest, error) }

// kept is a digest that stays in memory.
type kept struct{ *Digest }

func (k kept) Open() (*Digest, error) { return k.Digest, nil }

// NewCard is a card with the marks that Marks has given of another one. text gives
// the digest itself.
func NewCard(of Card, from string, text Opener) (*Card, error) {
	of.marks, of.text = marks(from), text
	if err := of.marks.check(); err != nil {
		return nil, err
	}
	return &of, nil
}

// Text is where the text of the digest comes from.
func (c *Card) Text() Opener { return c.text }

// Digest is one file of news as it was read. It does not change after that.
type Digest struct {
	Card
	// DateAt is where the file gives the date, and TagsAt where it gives each
	// of Tags. Both may be missing.
	DateAt Position
	TagsAt []Position
	// Fields are the entries of the front matter that nothing here knows.
	Fields Fields
	// Named says that something was taken from the name of the file, so that the same
	// text under another name is another digest.
	Named bool `json:"-"`
	// Draft is set when the front matter says that the file is not to be published,
	// as "draft: true" does. A library has no drafts.
	Draft bool
	// Image is the first image of the body; its URL is empty when there is none.
	Image Image
	// Lead is the opening prose.
	Lead Text
	// Stories and Sections are in the order of the file. Sections are what is
	// written about the stories: analysis, conclusion.
	Stories  []Story
	Sections []Section
	// Problems are what lint says of the file, in the order of its lines.
	Problems []Problem
}

// Keep is the card of a digest that stays in memory.
func Keep(d *Digest) *Card {
	d.marks, d.text = marksOf(d), kept{d}
	return &d.Card
}

// KeepAll are the cards of digests that stay in memory.
func KeepAll(digests []*Digest) []*Card {
	cards := make([]*Card, len(digests))
	for i, d := range digests {
		cards[i] = Keep(d)
	}
	return cards
}

// Reading is what a file was read as: its card, which is never nil, and its problems,
// of which the digest itself knows only those that its reader found.
type Reading struct {
	Card     *Card
	Draft    bool
	Problems []Problem
}

// Digest gives the digest with its text and all its problems.
func (r Reading) Digest() (*Digest, error) {
	d, err := r.Card.Read()
	if err != nil {
		return nil, err
	}
	whole := *d
	whole.Draft, whole.Problems = r.Draft, r.Problems
	return &whole, nil
}

// Label is what lists and records call the digest: its title, else its name, else
// that of its file.
func (c *Card) Label() string { return cmp.Or(c.Title, c.Name, path.Base(c.ID)) }

// Dated is the card with a day that was guessed.
func (c *Card) Dated(day time.Time) *Card {
	dated := *c
	dated.Date, dated.Guessed = day, true
	return &dated
}

// LinkResolver knows where links that are relative to the page of a digest lead.
type LinkResolver interface {
	// ResolveLinks resolves the relative links in the texts of d.
	ResolveLinks(d *Digest)
}

// ResolveWith has the links in the text of the card's digest resolved whenever it is
// read.
func (c *Card) ResolveWith(r LinkResolver) { c.links = r }

// Read gives the digest with its text.
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

// ReadAll gives digests with their texts.
func ReadAll(cards []*Card) (digests []*Digest, err error) {
	digests = make([]*Digest, len(cards))
	for i, c := range cards {
		if digests[i], err = c.Read(); err != nil {
			return nil, err
		}
	}
	return digests, nil
}

// Len is how many stories the digest has.
func (c *Card) Len() int { return c.marks.len() }

// Window is the time in which something is published: from Opens until just
// before Closes. A bound is zero when there is none. OpensAt and ClosesAt are
// where the file gives them.
type Window struct {
	Opens, Closes     time.Time
	OpensAt, ClosesAt Position
}

// Has reports whether the window is open at that instant.
func (w *Window) Has(now time.Time) bool {
	return w == nil || !now.Before(w.Opens) && (w.Closes.IsZero() || now.Before(w.Closes))
}

// Bounds are the instants at which the window opens or closes.
func (w *Window) Bounds() (bounds []time.Time) {
	if w != nil {
		bounds = []time.Time{w.Opens, w.Closes}
	}
	return bounds
}

// Fields are entries of front matter, in the order of their keys, which differ.
type Fields []Field

// Field is an entry of front matter. Its value is words as they are written, a
// list of values ([]any), more Fields, or nil.
type Field struct {
	Key   string
	Value any
}

// Get is the value of a key. ok is false when there is none.
func (f Fields) Get(key string) (value any, ok bool) {
	i, ok := slices.BinarySearchFunc(f, key, func(field Field, key string) int { return strings.Compare(field.Key, key) })
	if !ok {
		return nil, false
	}
	return f[i].Value, true
}

// Quiet reports whether the digest is of a day without news: it has no stories, and
// there is no error in the file that may have kept one from being read.
func (c *Card) Quiet() bool { return c.Len() == 0 && !c.marks.faulty() }

// Story is one piece of news.
type Story struct {
	// Headline is plain text without ordinal and emphasis.
	Headline string
	// Group is the heading that the story shares with others, as plain text: the
	// nearest above it if groups are within groups. It is empty for a story outside
	// all groups.
	Group   string `json:",omitzero"`
	Summary Text
	Sources []Source
	// Tags are those of the story alone, as written, in order, without repetitions.
	Tags []string `json:",omitempty"`
	// Score is what readers or an editor made of the story, in the words of the file:
	// ★ 8.1/10, 312 points.
	Score string `json:",omitzero"`
	// At is where the story begins.
	At Position
}

// Source is where a story comes from. Title is empty when the address stands alone.
type Source struct {
	Title string
	URL   string
}

// Image is a picture. Alt says in words what it shows.
type Image struct {
	Alt string
	URL string
}

// Section is text about the stories, under its heading.
type Section struct {
	Title string
	Text  Text
}

// Text is inline text: spans one after another. A newline within a span is a
// line break and an empty line separates paragraphs.
type Text []Span

// Span is a run of text of one style, and a link if URL is not empty.
type Span struct {
	Text  string
	URL   string
	Style Style
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

// String is the words alone.
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

// Position is a place in a file. Line and Column count from 1, columns in
// Unicode code points; both are 0 when the whole file is meant.
type Position struct{ Line, Column int32 }

// Severity says how bad a problem is.
type Severity uint8

// The severities. An Error means that something of the file could not be used.
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

// Problem is what could not be made sense of in a file.
type Problem struct {
	// Line and Column count from 1; both are 0 when the whole file is meant.
	// Column counts Unicode code points.
	Line, Column int
	Severity     Severity
	// Code names the kind of problem for machines, for example "front-matter".
	Code    string
	Message string
}
