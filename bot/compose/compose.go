// Package compose words what the bot says: a digest, the answer to a question, help, an
// error. It holds our tone; the words of each language are in compose/language. It knows
// nothing of platforms, deliveries or the person who asks.
package compose

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/bot/compose/sentence"
	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/digest"
)

// Style is how much of a digest a message contains.
type Style string

// The styles.
const (
	// Brief has the first sentence of every story, and the rest one press away.
	Brief Style = "brief"
	// Full has the lead and every story with its summary.
	Full Style = "full"
	// Headlines has only the headlines, each a link.
	Headlines Style = "headlines"
)

// Styles are all styles, the default first.
var Styles = []Style{Brief, Full, Headlines}

// FormerStyles maps former names of styles.
var FormerStyles = map[string]string{"compact": string(Brief)}

// current returns the style for a name that may be a former one.
func (s Style) current() Style {
	if now, ok := FormerStyles[string(s)]; ok {
		return Style(now)
	}
	return s
}

// Place is where the sections of a digest go, and whatever does not fit into its first
// message.
type Place string

// The places.
const (
	// Button keeps the sections one press away, in a reply to the person who presses.
	Button Place = "button"
	// Thread puts them into a thread under the post.
	Thread Place = "thread"
	// Inline posts them with the stories.
	Inline Place = "inline"
	// Nowhere leaves the sections out.
	Nowhere Place = "none"
)

// Places are all places, the default first.
var Places = []Place{Button, Thread, Inline, Nowhere}

// StoriesShown is how many stories a brief post shows by default.
const StoriesShown = 7

// Look is how a subscription's digests are presented.
type Look struct {
	Style   Style
	Details Place
	// Language of our own words; empty means each digest's own.
	Language string
	// Zone is the zone for times of day in texts; nil is UTC.
	Zone *time.Location
	// Picture shows the first picture of a digest.
	Picture bool
	// Shown is how many stories are shown in brief; 0 is StoriesShown.
	Shown int
}

// hasButton reports whether the sections of a digest are behind a button.
func (l Look) hasButton(d *digest.Digest) bool {
	return cmp.Or(l.Details, Button) == Button && len(sections(d)) > 0
}

// sections returns the sections of a digest that have text.
func sections(d *digest.Digest) []digest.Section {
	return slices.DeleteFunc(slices.Clone(d.Sections), func(s digest.Section) bool { return strings.TrimSpace(s.Text.String()) == "" })
}

// Post is what composing a post requires besides its digest.
type Post struct {
	Look
	// Mention are the platform's ids of roles or user groups to notify.
	Mention []string
	// Popular returns how many digests have a tag; nil if that is not known.
	Popular func(tag string) int
	// Repeats are the stories that an earlier digest had.
	Repeats []Repeat
	// Corrected is when the post was corrected; zero if it was not.
	Corrected time.Time
	// Asked is the question that the message answers; zero for a message that answers none.
	Asked Asked
	// Most is how many stories the post shows if the whole digest is too long; 0 if it is
	// not. See Abridge.
	Most int
}

// Abridge returns the post of a digest that is too long: the headlines of its first
// stories, at most most of them, and a button to all stories.
func (p Post) Abridge(most int) Post {
	p.Style, p.Details, p.Most = Headlines, Button, most
	return p
}

// Repeat is a story whose source an earlier digest already had.
type Repeat struct {
	Story int // its index in the digest
	// Since is when it was first posted in the channel, else the date of that digest. Its
	// day is formatted on its own clock.
	Since time.Time
	// URL links to the earlier message in the channel; empty if there is none.
	URL string
	// Hide leaves the story out and counts it.
	Hide bool
}

// Digest composes a digest as a post. Our own words are in the language of the look, else
// in the digest's.
func Digest(d *digest.Digest, p Post) chat.Message {
	w := in(p.Language, d.Language)
	body := w.body(d, p)
	var buttons chat.Buttons
	switch {
	case p.Most > 0 && len(d.Stories) > 0:
		buttons = append(buttons, w.storiesButton(d))
	case body.less && p.Details != Thread:
		buttons = append(buttons, chat.Button{Label: body.wholeLabel(w), Line: wholeLine(d)})
	}
	if p.hasButton(d) {
		buttons = append(buttons, detailsButton(&d.Card, w.heading(d)))
	}
	if d.URL != "" {
		buttons = append(buttons, chat.Button{Label: w.Say("Read on the site"), URL: d.URL})
	} else if own := ownSource(d); own != "" {
		buttons = append(buttons, chat.Button{Label: site(chat.Link{URL: own}), URL: own})
	}
	tags, menu := w.tags(d.Tags, p.Popular)
	return linked(chat.Message{
		Language: languageOf(&d.Card, w),
		Mention:  p.Mention,
		Title:    title(&d.Card),
		Note:     p.Asked.sharedBy(w, w.note(body.size, p.Corrected, p.Zone, body.hidden)),
		Picture:  picture(d, p),
		Blocks:   append(offer(body.blocks, buttons, p.Asked.share(w), tags), menu...),
		Footer:   w.footer(&d.Card),
	})
}

// wholeLine returns the line that asks for a whole digest.
func wholeLine(d *digest.Digest) string { return refs.StoryLine(refs.Story(d, -1)) }

// wholeLabel returns the label of the button to what a post leaves out.
func (b body) wholeLabel(w words) string {
	if b.rest > 0 {
		return w.Say("Show all %d", b.told)
	}
	return w.Say("Full text")
}

// body is the part of a post that belongs to one digest.
type body struct {
	blocks []chat.Block
	// told is the number of stories after hiding repeats; rest are those of them that are
	// not shown; hidden is how many repeats are left out.
	told, rest, hidden int
	// less says that the post omits some of the stories' words.
	less bool
	// size says how much there is to read, if the post shows less.
	size string
}

// body composes a digest in the style of a post.
func (w words) body(d *digest.Digest, p Post) body {
	stories, hidden := w.stories(d, p)
	b := body{told: len(stories), hidden: hidden}
	style := p.Style.current()
	switch {
	case len(stories) == 0:
		if style != Brief && style != Headlines || len(d.Stories) == 0 { // without stories the lead is the news
			b.lead(d, p)
		}
	case style == Headlines:
		once(stories)
		b.headlines(w, stories, p.Most)
	case style == Brief:
		b.brief(w, d, stories, p)
	default:
		once(stories)
		b.lead(d, p)
		b.blocks = append(b.blocks, grouped(stories)...)
	}
	if p.Details == Inline {
		for _, s := range sections(d) {
			b.blocks = append(b.blocks, chat.Paragraph{Title: s.Title, Text: text(s.Text)})
		}
	}
	return b
}

// lead adds the opening prose.
func (b *body) lead(d *digest.Digest, p Post) {
	lead := text(d.Lead)
	if p.Most > 0 {
		lead = beginning(lead)
	}
	if len(lead) > 0 {
		b.blocks = append(b.blocks, chat.Paragraph{Text: lead})
	}
}

// capital returns a text with its first letter in upper case, for the beginning of a line.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// brief adds abridged stories: those that are shown, and the rest in a fold, or their
// number if a thread has them.
func (b *body) brief(w words, d *digest.Digest, stories []groupedStory, p Post) {
	b.less = len(d.Lead) > 0
	texts := []string{d.Lead.String()}
	for _, s := range stories {
		texts = append(texts, s.Headline, s.Summary.String())
	}
	b.size = join(capital(w.Say("%d stories", len(stories))), w.Say("%d min", sentence.Minutes(texts...)))
	shown, rest := pick(stories, cmp.Or(p.Shown, StoriesShown))
	inOrder := slices.Concat(shown, rest)
	once(inOrder)
	only := onlySite(inOrder)
	for i := range inOrder {
		var less bool
		inOrder[i].Story, less = brief(inOrder[i].Story, only)
		b.less = b.less || less
	}
	b.blocks = append(b.blocks, grouped(inOrder[:len(shown)])...)
	if b.rest = len(rest); b.rest == 0 {
		return
	}
	b.less = true
	if p.Details == Thread {
		b.blocks = append(b.blocks, chat.Paragraph{Text: chat.Plain(w.Say("… and %d more stories", b.rest))})
		return
	}
	b.blocks = append(b.blocks, chat.Fold{Title: w.Say("%d more stories", b.rest), Blocks: grouped(inOrder[len(shown):]), Line: wholeLine(d)})
}

// headlines adds the headlines of the stories, only the first of them if the post has to be
// short.
func (b *body) headlines(w words, stories []groupedStory, most int) {
	shown := stories
	if most > 0 {
		shown = stories[:min(most, len(stories))]
	}
	for i := 0; i < len(shown); {
		group := shown[i].group
		if group != "" {
			b.blocks = append(b.blocks, chat.Heading{Level: 2, Title: group})
		}
		var list chat.List
		for ; i < len(shown) && shown[i].group == group; i++ {
			item := headline(shown[i].Story)
			if most > 0 {
				item[0].Text = begun(item[0].Text, opening)
			}
			list.Items = append(list.Items, item)
		}
		b.blocks = append(b.blocks, list)
	}
	if b.rest = len(stories) - len(shown); b.rest > 0 {
		b.blocks = append(b.blocks, chat.Paragraph{Text: chat.Plain(w.Say("… and %d more stories", b.rest))})
	}
}

// Replies returns the messages for the thread under a post: the whole text of its stories
// if the post shows less, and the sections.
func Replies(d *digest.Digest, p Post) (messages []chat.Message) {
	w := in(p.Language, d.Language)
	if p.Style.current() == Brief && w.body(d, p).less {
		whole := p
		whole.Style, whole.Details = Full, Nowhere
		b := w.body(d, whole)
		messages = append(messages, linked(chat.Message{
			Language: languageOf(&d.Card, w),
			Title:    w.Say("All %d stories", b.told),
			Note:     chat.Text{{Text: title(&d.Card), URL: d.URL}},
			Blocks:   b.blocks,
		}))
	}
	if details := Details(d, p.Look); len(details.Blocks) > 0 {
		messages = append(messages, details)
	}
	return messages
}

// headline returns a story's headline, as a link to its first source, and its note.
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

// name returns the headline, else the best substitute for it.
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

// note returns the small print under the title: how much there is to read, when a post was
// corrected, and how many of its stories were left out.
func (w words) note(size string, corrected time.Time, zone *time.Location, hidden int) (t chat.Text) {
	add := func(more chat.Text) {
		if len(t) > 0 {
			t = append(t, chat.Span{Text: " · "})
		}
		t = append(t, more...)
	}
	if size != "" {
		add(chat.Plain(size))
	}
	if !corrected.IsZero() {
		add(w.SayOf("✎ corrected %s", w.Instant(corrected, zone)))
	}
	if hidden > 0 {
		add(chat.Plain(w.Say("%d stories that were posted here before are left out", hidden)))
	}
	return t
}

// picture returns the picture of a digest if the look wants one; platforms show only those
// over https. The picture of a story that is left out is left out, too.
func picture(d *digest.Digest, p Post) chat.Picture {
	u, err := url.Parse(d.Image.URL)
	if !p.Picture || err != nil || u.Scheme != "https" || u.Host == "" || onlyHidden(d, p.Repeats) {
		return chat.Picture{}
	}
	return chat.Picture{URL: d.Image.URL, Alt: cmp.Or(d.Image.Alt, title(&d.Card))}
}

// onlyHidden reports whether the picture of a digest occurs in stories that are left out,
// and nowhere else. It is recognised by its caption, which is a link to it.
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

// offer appends buttons, if there are any, to the blocks.
func offer(blocks []chat.Block, buttons ...chat.Buttons) []chat.Block {
	if all := slices.Concat(buttons...); len(all) > 0 {
		return append(blocks, all)
	}
	return blocks
}

// tagButtons returns one button per tag, treating spellings of one tag as one, the most
// popular first if that is known.
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

// tags offers the tags of digests: as buttons if there are few, else in a menu.
func (w words) tags(tags []string, popular func(string) int) (chat.Buttons, []chat.Block) {
	offered := tagButtons(tags, popular)
	if len(offered) <= tagsInARow {
		return offered, nil
	}
	menu := chat.Select{Label: w.Say("Open a tag"), Brief: true}
	for _, b := range offered[:min(len(offered), tagChoices)] {
		menu.Choices = append(menu.Choices, chat.Choice{Label: b.Label, Value: b.Label, Line: b.Line})
	}
	return nil, []chat.Block{menu}
}

const (
	// tagsInARow is the maximum number of tag buttons.
	tagsInARow = 3
	// tagChoices is the maximum length of a menu: the limit of Discord's.
	tagChoices = 25
)

// TagLine returns the line that asks for one tag. It removes a leading dash, which does not
// make it another tag, but would exclude the tag.
func TagLine(tag string) string {
	return chat.Line("digest", "tag", strings.TrimLeftFunc(tag, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '−' }))
}

// title returns the digest's title, else the best substitute for it. File names are for the
// people who maintain the files.
func title(d *digest.Card) string {
	if d.Title != "" || d.Name != "" || d.Date.IsZero() {
		return cmp.Or(d.Title, d.Name, d.ID)
	}
	return in(d.Language).Date(d.Date)
}

// languageOf returns the language of a digest's text, else that of our words.
func languageOf(d *digest.Card, w words) string {
	if tag, ok := language.Canonical(d.Language); ok {
		return tag
	}
	return w.Tag()
}

// ownSource returns the address that the digest gives as its own, unless a story links to
// it anyway.
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

// footer says who made a digest, when, and what it is about.
func (w words) footer(d *digest.Card) string {
	day := w.dayOf(d)
	if day == title(d) {
		day = "" // the title already has it
	}
	return join(append([]string{d.Author, day, sourceName(d)}, d.Categories...)...)
}

// sourceName returns the source of a digest if that is a name and not an address.
func sourceName(d *digest.Card) string {
	if strings.Contains(d.Source, "://") {
		return ""
	}
	return d.Source
}

// dayOf formats the day that a digest is about.
func (w words) dayOf(d *digest.Card) string { return w.Date(d.Date) }

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
