// Package compose words what the bot says: a digest, the answer to a look-up,
// help, what went wrong. It holds our tone, our languages and our way of
// writing dates. It never knows a platform, a delivery or who asks.
//
// A language is one file with one value of type words; see en.go.
package compose

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// Style is how much of a digest a message carries.
type Style string

// The styles.
const (
	// Full has the lead, every story with its summary, and the sections.
	Full Style = "full"
	// Compact has one line and its sources for every story.
	Compact Style = "compact"
	// Headlines has the headlines alone, each a link.
	Headlines Style = "headlines"
)

// Styles are all styles, the default first.
var Styles = []Style{Full, Compact, Headlines}

// Place is where the sections of a digest go, and what does not fit into its
// first message.
type Place string

// The places.
const (
	// Button keeps the sections one press away, in a reply to the one who presses.
	Button Place = "button"
	// Thread hangs them under the post.
	Thread Place = "thread"
	// Inline posts them with the stories.
	Inline Place = "inline"
	// Nowhere leaves the sections out.
	Nowhere Place = "none"
)

// Places are all places, the default first.
var Places = []Place{Button, Thread, Inline, Nowhere}

// Look is how a subscription wants its digests.
type Look struct {
	Style   Style
	Details Place
	// Language of our own words; empty means each digest's own.
	Language string
	// Zone is where times of day are told in words; nil is UTC.
	Zone *time.Location
	// Picture shows the first picture of a digest.
	Picture bool
}

// Post is what there is to know of a post beside its digest.
type Post struct {
	Look
	// Mention are the platform's ids of roles or user groups to notify.
	Mention []string
	// Popular is how many digests have a tag; nil when nobody has counted.
	Popular func(tag string) int
	// Repeats are the stories that an earlier digest had.
	Repeats []Repeat
	// Corrected is when a post was corrected; zero for one that was not.
	Corrected time.Time
}

// Repeat is a story whose source an earlier digest had already.
type Repeat struct {
	Story int // its index in the digest
	// Since is when the channel saw it first, else the day of that digest.
	Since time.Time
	// URL leads to the earlier message in the channel; empty when there is none.
	URL string
	// Hide leaves the story out and counts it.
	Hide bool
}

// words are what the bot says in one language.
type words struct {
	tag  language.Tag
	day  string // layout of a date
	join string // between items of small print

	tagged    func(tag string, n int) string
	related   func(exact, others int) string
	firstOf   func(shown, n int) string
	tags      string
	manyTags  func(n int) string
	help      string
	helpHint  string
	findHint  string
	adminOnly string

	noDigests   string
	noTag       func(tag string) string
	near        string
	unknownVerb func(verb string) string
	missing     func(verb, arg string) string
	tooMuch     func(verb, extra string) string
	admins      string
	failed      string
	noDigest    func(id string) string
	resending   func(title string) string
	resendTwice string
	summaries   map[string]string // of verbs, by name; the command's own when missing
}

// all are the languages, the fallback first.
var all = []*words{&english, &chinese}

var matcher = language.NewMatcher(func() (tags []language.Tag) {
	for _, w := range all {
		tags = append(tags, w.tag)
	}
	return tags
}())

// in finds the language that fits the first of the wishes that is known to us.
func in(wishes ...string) *words {
	for _, wish := range wishes {
		tag, err := language.Parse(wish)
		if wish == "" || err != nil {
			continue
		}
		if _, i, confidence := matcher.Match(tag); confidence > language.No {
			return all[i]
		}
	}
	return all[0]
}

// CheckLanguage reports in words when there are no words of ours in a language.
func CheckLanguage(tag string) error {
	parsed, err := language.Parse(tag)
	if err != nil {
		return fmt.Errorf("language %q: write a tag such as en or zh", tag)
	}
	if _, _, confidence := matcher.Match(parsed); confidence == language.No {
		return fmt.Errorf("language %q: there are no words in it yet; write en or zh", tag)
	}
	return nil
}

// Digest composes a digest as a post. Our own words are in the language of the
// look, else in the digest's.
func Digest(d *digest.Digest, p Post) chat.Message {
	w := in(p.Language, d.Language)
	m := chat.Message{Title: title(d), URL: cmp.Or(d.URL, ownSource(d)), Footer: w.footer(d)}
	switch p.Style {
	case Compact:
		m.Blocks = append(m.Blocks, compact(d))
	case Headlines:
		m.Blocks = append(m.Blocks, chat.List{Items: headlines(d)})
	default:
		m.Blocks = append(m.Blocks, full(d)...)
	}
	if b := tagButtons(d.Tags); len(b) > 0 {
		m.Blocks = append(m.Blocks, b)
	}
	return m
}

func full(d *digest.Digest) (blocks []chat.Block) {
	if len(d.Lead) > 0 {
		blocks = append(blocks, chat.Paragraph{Text: text(d.Lead)})
	}
	for _, s := range d.Stories {
		blocks = append(blocks, chat.Story{Headline: s.Headline, Summary: text(s.Summary), Sources: links(s.Sources)})
	}
	for _, s := range d.Sections {
		blocks = append(blocks, chat.Paragraph{Title: s.Title, Text: text(s.Text)})
	}
	return blocks
}

// compact is a list of headlines in bold, each with its sources under it.
func compact(d *digest.Digest) chat.List {
	var l chat.List
	for _, s := range d.Stories {
		item := chat.Text{{Text: s.Headline, Style: chat.Bold}}
		for i, source := range links(s.Sources) {
			between := "\n"
			if i > 0 {
				between = " · "
			}
			name := source.Title
			if name == "" {
				name = source.URL
			}
			item = append(item, chat.Span{Text: between}, chat.Span{Text: name, URL: source.URL})
		}
		l.Items = append(l.Items, item)
	}
	return l
}

// headlines are the headlines, each leading to its first source.
func headlines(d *digest.Digest) (items []chat.Text) {
	for _, s := range d.Stories {
		span := chat.Span{Text: s.Headline}
		if len(s.Sources) > 0 {
			span.URL = s.Sources[0].URL
		}
		items = append(items, chat.Text{span})
	}
	return items
}

// tagButtons are one button per tag, spellings of one tag together.
func tagButtons(tags []string) (b chat.Buttons) {
	seen := map[string]bool{}
	for _, tag := range tags {
		if f := digest.Fold(tag); f != "" && !seen[f] {
			seen[f] = true
			b = append(b, chat.Button{Label: tag, Line: chat.Line("digest", "tag", tag)})
		}
	}
	return b
}

// title is the digest's title, else what names it as well as can be.
func title(d *digest.Digest) string {
	if d.Title != "" {
		return d.Title
	}
	return d.ID
}

// ownSource is the address that the digest gives as its own, unless a story
// leads there anyway.
func ownSource(d *digest.Digest) string {
	if !strings.HasPrefix(d.Source, "http://") && !strings.HasPrefix(d.Source, "https://") {
		return ""
	}
	for _, s := range d.Stories {
		for _, source := range s.Sources {
			if source.URL == d.Source {
				return ""
			}
		}
	}
	return d.Source
}

// footer is author, date, the name of the source and categories.
func (w *words) footer(d *digest.Digest) string {
	var parts []string
	if d.Author != "" {
		parts = append(parts, d.Author)
	}
	if !d.Date.IsZero() {
		parts = append(parts, w.date(d.Date))
	}
	if d.Source != "" && !strings.Contains(d.Source, "://") {
		parts = append(parts, d.Source)
	}
	return strings.Join(append(parts, d.Categories...), w.join)
}

// date writes a calendar date.
func (w *words) date(t time.Time) string { return t.Format(w.day) }

func text(t digest.Text) chat.Text {
	out := make(chat.Text, len(t))
	for i, s := range t {
		out[i] = chat.Span{Text: s.Text, URL: s.URL, Style: chat.Style(s.Style)}
	}
	return out
}

func links(sources []digest.Source) []chat.Link {
	out := make([]chat.Link, len(sources))
	for i, s := range sources {
		out[i] = chat.Link{Title: s.Title, URL: s.URL}
	}
	return out
}
