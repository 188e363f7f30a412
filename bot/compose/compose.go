// Package compose words what the bot says: a digest, the answer to a look-up,
// help, what went wrong. It holds our tone, our languages and our way of
// writing dates. It never knows a platform, a delivery or who asks.
//
// A language is one file in languages/, by its BCP 47 tag.
package compose

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// Style is how much of a digest a message carries.
type Style string

// The styles.
const (
	// Full has the lead and every story with its summary.
	Full Style = "full"
	// Compact has one line and the sites of its sources for every story.
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

// hasButton reports whether the sections of a digest are behind a button.
func (l Look) hasButton(d *digest.Digest) bool {
	return cmp.Or(l.Details, Button) == Button && len(d.Sections) > 0
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
	// Asked is the question that it answers; zero for what nobody asked.
	Asked Asked
	// Most is how many stories of the digest the post shows when the whole of it
	// would be too long; 0 when it is not. See Abridge.
	Most int
}

// Abridge is the post of a digest that is too long: the headlines of its first
// stories, at most so many, and a button to all of them.
func (p Post) Abridge(most int) Post {
	p.Style, p.Details, p.Most = Headlines, Button, most
	return p
}

// Repeat is a story whose source an earlier digest had already.
type Repeat struct {
	Story int // its index in the digest
	// Since is when the channel saw it first, else the date of that digest. The
	// day is told that it shows on its own clock.
	Since time.Time
	// URL leads to the earlier message in the channel; empty when there is none.
	URL string
	// Hide leaves the story out and counts it.
	Hide bool
}

// Digest composes a digest as a post. Our own words are in the language of the
// look, else in the digest's.
func Digest(d *digest.Digest, p Post) chat.Message {
	w := in(p.Language, d.Language)
	blocks, hidden := w.body(d, p, "")
	var buttons chat.Buttons
	if p.Most > 0 && len(d.Stories) > 0 {
		buttons = append(buttons, w.storiesButton(d))
	}
	if p.hasButton(d) {
		buttons = append(buttons, detailsButton(&d.Card, w.heading(d)))
	}
	if d.URL != "" {
		buttons = append(buttons, chat.Button{Label: w.say("Read on the site"), URL: d.URL})
	}
	return chat.Message{
		Language: languageOf(&d.Card, w),
		Mention:  p.Mention,
		Title:    title(&d.Card),
		URL:      cmp.Or(d.URL, ownSource(d)),
		Note:     w.sharedBy(w.note(p.Corrected, p.Zone, hidden), p.Asked),
		Picture:  picture(d, p),
		Blocks:   offer(blocks, buttons, w.share(p.Asked), tagButtons(d.Tags, p.Popular)),
		Footer:   w.footer(&d.Card),
	}
}

// body is what a digest says in the style of a post, under a heading if that is
// not empty, and how many repeats it leaves out.
func (w *words) body(d *digest.Digest, p Post, heading string) (blocks []chat.Block, hidden int) {
	stories, hidden := w.stories(d, p)
	full := p.Style != Compact && p.Style != Headlines
	if full || len(stories) == 0 {
		opening := chat.Paragraph{Title: heading}
		if full || len(d.Stories) == 0 { // without stories the lead is the news
			opening.Text = text(d.Lead)
		}
		if p.Most > 0 {
			opening.Text = beginning(opening.Text)
		}
		if heading != "" || len(opening.Text) > 0 {
			blocks = append(blocks, opening)
		}
		for _, s := range stories {
			blocks = append(blocks, s)
		}
	} else {
		list := chat.List{Title: heading}
		shown := stories
		if p.Most > 0 {
			shown = stories[:min(p.Most, len(stories))]
		}
		for _, s := range shown {
			item := headline(s)
			if p.Style == Compact {
				item = compact(s)
			} else if p.Most > 0 {
				item[0].Text = begun(item[0].Text, opening)
			}
			list.Items = append(list.Items, item)
		}
		blocks = append(blocks, list)
		if more := len(stories) - len(shown); more > 0 {
			blocks = append(blocks, chat.Paragraph{Text: chat.Plain(w.say("… and %d more stories", more))})
		}
	}
	if p.Details == Inline {
		for _, s := range d.Sections {
			blocks = append(blocks, chat.Paragraph{Title: s.Title, Text: text(s.Text)})
		}
	}
	return blocks, hidden
}

// stories are the stories of a digest but for the repeats that are to be
// hidden, which are counted.
func (w *words) stories(d *digest.Digest, p Post) (stories []chat.Story, hidden int) {
	repeats := make(map[int]Repeat, len(p.Repeats))
	for _, r := range p.Repeats {
		repeats[r.Story] = r
	}
	stories = make([]chat.Story, 0, len(d.Stories))
	for i, s := range d.Stories {
		told := chat.Story{Headline: s.Headline, Summary: text(s.Summary), Sources: links(s.Sources)}
		if r, ok := repeats[i]; ok {
			if r.Hide {
				hidden++
				continue
			}
			told.Note = chat.Text{{Text: w.since(r.Since, d.Date), URL: r.URL}}
		}
		stories = append(stories, told)
	}
	return stories, hidden
}

// compact is a story as a line in bold, with the sites that it comes from and
// its note under it.
func compact(s chat.Story) chat.Text {
	item := chat.Text{{Text: name(s), Style: chat.Bold}}
	between := "\n"
	add := func(span chat.Span) {
		item = append(item, chat.Span{Text: between}, span)
		between = " · "
	}
	sites := make(map[string]bool, len(s.Sources))
	for _, source := range s.Sources {
		label := site(source)
		if sites[label] {
			label = cmp.Or(source.Title, label) // a second page of one site
		}
		sites[label] = true
		add(chat.Span{Text: label, URL: source.URL})
	}
	for _, span := range s.Note {
		add(span)
	}
	return item
}

// headline is a story as its headline, which leads to its first source, and its
// note.
func headline(s chat.Story) chat.Text {
	item := chat.Text{{Text: name(s)}}
	if len(s.Sources) > 0 {
		item[0].URL = s.Sources[0].URL
	}
	for _, span := range s.Note {
		item = append(item, chat.Span{Text: " · "}, span)
	}
	return item
}

// name is the headline, else what names the story as well as can be.
func name(s chat.Story) string {
	switch {
	case s.Headline != "":
		return s.Headline
	case len(s.Sources) > 0:
		return cmp.Or(s.Sources[0].Title, s.Sources[0].URL)
	default:
		return s.Summary.String()
	}
}

// site is where a source stands, in short: the host of its address.
func site(source chat.Link) string {
	if u, err := url.Parse(source.URL); err == nil && u.Host != "" {
		return strings.TrimPrefix(u.Host, "www.")
	}
	return cmp.Or(source.Title, source.URL)
}

// note is the small print under the title: when a post was corrected, and how
// many of its stories were left out.
func (w *words) note(corrected time.Time, zone *time.Location, hidden int) (t chat.Text) {
	if !corrected.IsZero() {
		t = w.sayOf("✎ corrected %s", w.instant(corrected, zone))
	}
	if hidden > 0 {
		if len(t) > 0 {
			t = append(t, chat.Span{Text: " · "})
		}
		t = append(t, chat.Span{Text: w.say("%d stories that stood here before are left out", hidden)})
	}
	return t
}

// instant is a moment, told in words in the zone for platforms that cannot
// tell it to each reader in the reader's own.
func (w *words) instant(t time.Time, zone *time.Location) chat.Span {
	if zone == nil {
		return chat.Span{Text: w.moment(t.UTC()) + " UTC", Time: t}
	}
	return chat.Span{Text: w.moment(t.In(zone)), Time: t}
}

// picture is the picture of a digest if the look wants one; platforms show
// those over https only. That of a story which is left out goes with it.
func picture(d *digest.Digest, p Post) chat.Picture {
	u, err := url.Parse(d.Image.URL)
	if !p.Picture || err != nil || u.Scheme != "https" || u.Host == "" || onlyHidden(d, p.Repeats) {
		return chat.Picture{}
	}
	return chat.Picture{URL: d.Image.URL, Alt: cmp.Or(d.Image.Alt, title(&d.Card))}
}

// onlyHidden reports whether the picture of a digest stands in stories that are
// left out, and nowhere else. Its caption leads to it where it stands.
func onlyHidden(d *digest.Digest, repeats []Repeat) bool {
	stands := func(t digest.Text) bool {
		return slices.ContainsFunc(t, func(s digest.Span) bool { return s.URL == d.Image.URL })
	}
	left := make(map[int]bool, len(repeats))
	for _, r := range repeats {
		left[r.Story] = left[r.Story] || r.Hide
	}
	hidden := false
	for i, s := range d.Stories {
		if !stands(s.Summary) {
			continue
		}
		if !left[i] {
			return false
		}
		hidden = true
	}
	return hidden && !stands(d.Lead) && !slices.ContainsFunc(d.Sections, func(s digest.Section) bool { return stands(s.Text) })
}

// offer puts buttons, if there are any, under the blocks.
func offer(blocks []chat.Block, buttons ...chat.Buttons) []chat.Block {
	if all := slices.Concat(buttons...); len(all) > 0 {
		return append(blocks, all)
	}
	return blocks
}

// tagButtons are one button per tag, spellings of one tag together, the most
// popular first if it is known which are.
func tagButtons(tags []string, popular func(tag string) int) (b chat.Buttons) {
	seen := map[string]bool{}
	for _, tag := range tags {
		if f := digest.Fold(tag); f != "" && !seen[f] {
			seen[f] = true
			b = append(b, chat.Button{Label: tag, Line: TagLine(tag)})
		}
	}
	if popular != nil {
		slices.SortStableFunc(b, func(x, y chat.Button) int { return popular(y.Label) - popular(x.Label) })
	}
	return b
}

// TagLine asks for one tag. A dash in front, which makes no other tag of it,
// would ask for all but the tag.
func TagLine(tag string) string {
	return chat.Line("digest", "tag", strings.TrimLeftFunc(tag, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '−' }))
}

// title is the digest's title, else what names it as well as can be.
func title(d *digest.Card) string { return cmp.Or(d.Title, d.ID) }

// languageOf is the language of a digest's words, else that of ours.
func languageOf(d *digest.Card, w *words) string {
	if tag, err := language.Parse(d.Language); err == nil {
		return tag.String()
	}
	return w.tag.String()
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

// footer is who made a digest, when, and what it is about.
func (w *words) footer(d *digest.Card) string {
	return join(append([]string{d.Author, w.dayOf(d), sourceName(d)}, d.Categories...)...)
}

// sourceName is the source of a digest if that is a name and no address.
func sourceName(d *digest.Card) string {
	if strings.Contains(d.Source, "://") {
		return ""
	}
	return d.Source
}

// dayOf is the day that a digest is about.
func (w *words) dayOf(d *digest.Card) string { return w.date(d.Date) }

func (w *words) dayOfDigest(d *digest.Digest) string { return w.dayOf(&d.Card) }

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
