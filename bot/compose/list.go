package compose

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose/sentence"
	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/digest"
)

// Listed is how many stories a page of an answer has: two screens of a phone.
const Listed = 8

// Asked describes the question that an answer is for.
type Asked struct {
	// Language of our words.
	Language string
	// Line is the question, without the page and the sharing. If it is empty, no button
	// repeats it.
	Line string
	// Page is the requested page, from 1.
	Page int
	// SharedBy is the name of the person who shares the answer with the channel; empty if
	// only the person who asked reads it.
	SharedBy string
}

// Found is a story that answers a question.
type Found struct {
	Digest *digest.Digest
	// Story is its index in the digest; a negative one means the digest itself.
	Story int
	// Post links to its message in the reader's channel; empty if there is none.
	Post string
	// Of is how many stories of the digest match; 0 means all, a negative number none.
	Of int
	// Words are the words of the search.
	Words []string
}

// story returns the story in its usual form.
func (f Found) story() chat.Story {
	if f.Story < 0 {
		return chat.Story{Headline: title(&f.Digest.Card)}
	}
	s := f.Digest.Stories[f.Story]
	return chat.Story{Headline: s.Headline, Summary: text(s.Summary), Sources: links(s.Sources)}
}

// listing adds a page of stories: each under the name of its digest, with a way to open
// each story and digest, and buttons to the adjacent pages. The day of each digest is added
// if day is true.
func (w words) listing(m *chat.Message, found []Found, day, more bool, a Asked) {
	choose := chat.Select{Label: w.Say("Open a digest or a story"), Brief: true}
	add := func(label, ref string) {
		choose.Choices = append(choose.Choices, chat.Choice{Label: label, Value: ref, Line: refs.StoryLine(ref)})
	}
	for len(found) > 0 {
		d := found[0].Digest
		n := slices.IndexFunc(found, func(f Found) bool { return f.Digest != d })
		if n < 0 {
			n = len(found)
		}
		m.Blocks = append(m.Blocks, w.named(found[:n], day))
		add(title(&d.Card), refs.Story(d, -1))
		list, seen := chat.List{}, map[string]bool{}
		for _, f := range found[:n] {
			if f.Story >= 0 {
				list.Items = append(list.Items, f.item(w, seen))
				add(name(f.story()), refs.Story(d, f.Story))
			}
		}
		m.Blocks = append(m.Blocks, someOf(list)...)
		found = found[n:]
	}
	m.Blocks = append(m.Blocks, choose)
	a.turns(w, m, w.Say("← Newer"), w.Say("Older →"), more)
}

// named returns a digest as a heading: its title, with its day, how many of its stories
// match, and where it was posted, unless one of its stories links there.
func (w words) named(found []Found, day bool) chat.Paragraph {
	f, d := found[0], found[0].Digest
	leadsThere := slices.ContainsFunc(found, func(f Found) bool {
		sources := f.story().Sources
		return len(sources) > 0 && sources[0].URL == d.URL
	})
	p := chat.Paragraph{Title: title(&d.Card)}
	add := func(span chat.Span) {
		if span.Text == "" {
			return
		}
		if len(p.Text) > 0 {
			p.Text = append(p.Text, chat.Span{Text: " · "})
		}
		p.Text = append(p.Text, span)
	}
	if day {
		add(chat.Span{Text: w.dayOf(&d.Card)})
	}
	if n := cmp.Or(f.Of, len(d.Stories)); n > 0 {
		size := w.Say("%d stories", n)
		if len(p.Text) == 0 {
			size = capital(size)
		}
		add(chat.Span{Text: size})
	}
	switch {
	case f.Post != "":
		add(chat.Span{Text: w.Say("posted here"), URL: f.Post})
	case d.URL != "" && !leadsThere:
		add(chat.Span{Text: w.Say("on the site"), URL: d.URL})
	}
	return p
}

// items adds stories of one digest, with a way to open each.
func (w words) items(m *chat.Message, found []Found) {
	list, seen := chat.List{}, map[string]bool{}
	choose := chat.Select{Label: w.Say("Open a story"), Brief: true}
	for _, f := range found {
		list.Items = append(list.Items, f.item(w, seen))
		ref := refs.Story(f.Digest, f.Story)
		choose.Choices = append(choose.Choices, chat.Choice{Label: name(f.story()), Value: ref, Line: refs.StoryLine(ref)})
	}
	m.Blocks = append(m.Blocks, list, choose)
}

// aside appends the names of sites in brackets, so that no line begins or ends with a
// separator. The brackets have the width of the letters before them.
func aside(text, sites chat.Text) chat.Text {
	if len(text) == 0 || len(sites) == 0 {
		return append(text, sites...)
	}
	left, right := " (", ")"
	if last, _ := utf8.DecodeLastRuneInString(text.String()); wide(last) {
		left, right = "（", "）"
	}
	return append(append(append(text, chat.Span{Text: left}), sites...), chat.Span{Text: right})
}

// wide reports whether a character is full-width.
func wide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || 0x3000 <= r && r <= 0x303F || 0xFF01 <= r && r <= 0xFF60
}

// item returns a story as an item of a list: its headline and, below it, its source and the
// text around the search words. It links to its source, unless an earlier story of its
// digest does.
func (f Found) item(w words, seen map[string]bool) chat.Text {
	s := f.story()
	item := chat.Text{{Text: name(s), Style: chat.Bold}}
	if len(s.Sources) > 0 {
		if url := s.Sources[0].URL; !seen[url] {
			item[0].URL, seen[url] = url, true
		}
		item = aside(item, chat.Plain(site(s.Sources[0])))
	}
	if around := sentence.Snippet(s.Summary.String(), f.Words); len(around) > 0 && s.Headline != "" {
		item = append(append(item, chat.Span{Text: "\n"}), around...)
	}
	return item
}

// turns adds buttons for the previous and next pages, and for sharing this one.
func (a Asked) turns(w words, m *chat.Message, back, on string, more bool) {
	var buttons chat.Buttons
	turn := func(label string, page int) {
		if line := chat.With(a.Line, chat.Page, strconv.Itoa(page)); a.Line != "" && len(line) <= refs.LineLimit {
			buttons = append(buttons, chat.Button{Label: label, Line: line})
		}
	}
	if a.SharedBy == "" && a.Page > 1 {
		turn(back, a.Page-1)
	}
	if a.SharedBy == "" && more {
		turn(on, a.Page+1)
	}
	m.Blocks = offer(m.Blocks, buttons, a.share(w))
	m.Note = a.sharedBy(w, m.Note)
}

// share returns a button for sharing an answer with the channel.
func (a Asked) share(w words) (b chat.Buttons) {
	line := a.Line
	if a.Page > 1 {
		line = chat.With(line, chat.Page, strconv.Itoa(a.Page))
	}
	line = chat.With(line, chat.Share, "here")
	if a.Line == "" || a.SharedBy != "" || len(line) > refs.LineLimit {
		return nil
	}
	return chat.Buttons{{Label: w.Say("Share here"), Line: line}}
}

// Shareable adds a button for sharing an answer, or says who shared it.
func Shareable(m chat.Message, a Asked) chat.Message {
	w := in(a.Language)
	m.Blocks, m.Note = offer(m.Blocks, a.share(w)), a.sharedBy(w, m.Note)
	return m
}

// sharedBy returns the small print of an answer, with the person who shares it.
func (a Asked) sharedBy(w words, note chat.Text) chat.Text {
	if a.SharedBy == "" {
		return note
	}
	if len(note) > 0 {
		note = append(note, chat.Span{Text: " · "})
	}
	return append(note, chat.Span{Text: w.Say("shared by %s", a.SharedBy)})
}

// page says on which page of an answer with total stories the reader is.
func (a Asked) page(w words, total int) string {
	if total <= Listed {
		return ""
	}
	return w.Say("Page %[1]s of %[2]s", w.Count(a.Page), w.Count((total+Listed-1)/Listed))
}

// Tagged answers with a page of the stories of the digests that have tags; t is the result
// for all tags together.
func Tagged(t digest.Tagged, found []Found, total int, a Asked) chat.Message {
	w := in(a.Language)
	m := w.message(w.Say("%[2]s: %[1]d digests", len(t.Digests), t.Name))
	if total > len(t.Digests) {
		m.Note = chat.Plain(capital(w.Say("%d stories", total)))
	}
	related := names(t.Related[:min(tagsAsButtons, len(t.Related))])
	if len(related) > 0 && a.Page == 1 {
		says := w.Say("No digest has exactly this tag. These tags contain it:")
		if t.Exact > 0 {
			says = w.Say("%d with exactly this tag, %d with related tags:", t.Exact, len(t.Digests)-t.Exact)
		}
		m.Blocks = append(m.Blocks, chat.Paragraph{Text: chat.Plain(says)}, tagButtons(related, nil))
	}
	w.listing(&m, found, true, a.Page*Listed < total, a)
	m.Footer = a.page(w, total)
	return m
}

// FromHost answers with the stories from a host.
func FromHost(host string, found []Found, total int, a Asked) chat.Message {
	w := in(a.Language)
	m := w.message(w.Say("%[2]s: %[1]d stories", total, host))
	w.listing(&m, found, true, a.Page*Listed < total, a)
	m.Footer = a.page(w, total)
	return m
}

// Searched answers with a page of search results. total is their number; more says that
// there are further ones.
func Searched(words string, found []Found, total int, more bool, a Asked) chat.Message {
	w := in(a.Language)
	m := w.message(w.Say("“%[2]s”: %[1]d results", total, words))
	if more {
		m.Title = w.Say("“%[2]s”: more than %[1]d results", total, words)
	}
	w.listing(&m, found, true, a.Page*Listed < total, a)
	m.Footer = a.page(w, total)
	return m
}

// SearchedFor puts a remark before search results: the words are not a tag, and these tags
// may have been meant.
func SearchedFor(m chat.Message, words string, near []Instead, lang string) chat.Message {
	w := in(lang)
	return w.after(w.remark(chat.Info, w.Say("No digest has the tag “%s”. These stories contain it.", words)), near, m)
}

// SearchedInstead puts a remark before search results: the words do not begin with a
// command, and these lines may have been meant.
func SearchedInstead(m chat.Message, words string, near []Instead, lang string) chat.Message {
	w := in(lang)
	return w.after(w.remark(chat.Info, w.Say("“%s” is not a command, so the bot searched for it.", chat.MaskValue(words))), near, m)
}

// after puts a remark and alternatives before an answer.
func (w words) after(remark chat.Message, near []Instead, m chat.Message) chat.Message {
	m.Blocks = slices.Concat(w.orElse(remark, near).Blocks, m.Blocks)
	return m
}

// OfDay answers with the stories of a day's digests. The menu opens each digest, including
// those of the other pages.
func OfDay(day time.Time, digests []*digest.Card, found []Found, total int, a Asked) chat.Message {
	w := in(a.Language)
	m := w.message(w.Say("%[2]s: %[1]d digests", len(digests), w.Date(day)))
	w.listing(&m, found, false, a.Page*Listed < total, a)
	for i, b := range m.Blocks {
		choose, ok := b.(chat.Select)
		if !ok {
			continue
		}
		for _, d := range digests {
			if ref := refs.Whole(d.ID); len(choose.Choices) < menuMost && !slices.ContainsFunc(choose.Choices, func(c chat.Choice) bool { return c.Value == ref }) {
				choose.Choices = append(choose.Choices, chat.Choice{Label: title(d), Value: ref, Line: refs.StoryLine(ref)})
			}
		}
		m.Blocks[i] = choose
	}
	m.Footer = a.page(w, total)
	return m
}

// menuMost is the maximum length of a menu on all platforms.
const menuMost = 25

// OneStory answers with one story, and where it was posted.
func OneStory(f Found, popular func(string) int, a Asked) chat.Message {
	w := in(a.Language, f.Digest.Language)
	story := []groupedStory{{Story: f.story()}}
	once(story)
	m := chat.Message{
		Language: languageOf(&f.Digest.Card, w),
		Title:    title(&f.Digest.Card),
		URL:      cmp.Or(f.Digest.URL, ownSource(f.Digest)),
		Blocks:   []chat.Block{story[0].Story},
		Footer:   w.footer(&f.Digest.Card),
	}
	whole := chat.Buttons{{Label: w.Say("The whole digest"), Line: refs.StoryLine(refs.Story(f.Digest, -1))}}
	own := f.Digest.Stories[f.Story].Tags
	tags := append(tagButtons(own, popular), tagButtons(slices.DeleteFunc(slices.Clone(f.Digest.Tags), func(tag string) bool {
		return slices.ContainsFunc(own, func(o string) bool { return digest.Fold(o) == digest.Fold(tag) })
	}), popular)...)
	if f.Post != "" {
		m.Note = chat.Text{{Text: w.Say("posted here"), URL: f.Post}}
	}
	m.Note = a.sharedBy(w, m.Note)
	m.Blocks = offer(m.Blocks, whole, a.share(w), tags[:min(storyTags, len(tags))])
	return linked(m)
}

// storyTags is how many tags are offered with a story, its own before those of its digest.
const storyTags = 5

// NoStory answers that a digest no longer has a story.
func NoStory(d *digest.Digest, found []Found, a Asked) chat.Message {
	w := in(a.Language)
	m := w.remark(chat.Warning, w.Say("“%s” no longer has that story. It has these:", title(&d.Card)))
	w.items(&m, found)
	m.Note = a.sharedBy(w, m.Note)
	return m
}

// NothingOn answers that a day has no digests, and offers nearby days that have some.
func NothingOn(day time.Time, near []time.Time, lang string) chat.Message {
	w := in(lang)
	m := w.remark(chat.Info, w.Say("There is no digest for %s.", w.Date(day)))
	return w.orDays(m, near)
}

// NoneToday answers that today's digest does not exist yet, and which is the newest.
func NoneToday(newest *digest.Card, lang string) chat.Message {
	w := in(lang)
	m := w.remark(chat.Info, w.Say("There is no digest yet today. The newest is “%[1]s” of %[2]s.", title(newest), w.Date(newest.Date)))
	m.Blocks = append(m.Blocks, chat.Buttons{{Label: w.Say("The whole digest"), Line: refs.StoryLine(refs.Whole(newest.ID))}})
	return m
}

// NoDay answers that the words cannot be read as a day.
func NoDay(words string, near []time.Time, lang string) chat.Message {
	w := in(lang)
	m := w.remark(chat.Warning, w.Say("I cannot read “%s” as a day. Write 2026-01-21, yesterday or last Friday.", words))
	return w.orDays(m, near)
}

// orDays offers days.
func (w words) orDays(m chat.Message, days []time.Time) chat.Message {
	var b chat.Buttons
	for _, day := range days {
		b = append(b, chat.Button{Label: w.Date(day), Line: chat.Line("digest", "date", day.Format(time.DateOnly))})
	}
	if len(b) > 0 {
		m.Blocks = append(m.Blocks, chat.Paragraph{Text: chat.Plain(w.Say("These days have digests:"))}, b)
	}
	return m
}

// Instead is an alternative line that may have been meant.
type Instead struct{ Label, Line string }

// orElse offers alternatives.
func (w words) orElse(m chat.Message, near []Instead) chat.Message {
	return w.offering(m, w.Say("Did you mean one of these?"), near)
}

// orTags offers alternatives, else the most used tags.
func (w words) orTags(m chat.Message, near []Instead, used []digest.Tag) chat.Message {
	if len(near) > 0 {
		return w.orElse(m, near)
	}
	for _, t := range used[:min(len(used), tagsAsButtons)] {
		near = append(near, Instead{TagLabel(t.Name, len(t.Digests), w.Tag()), TagLine(t.Name)})
	}
	return w.offering(m, w.Say("The most used tags:"), near)
}

// orSearch offers to search the stories for the words, unless a line cannot express them
// unchanged.
func (w words) orSearch(m chat.Message, words string) chat.Message {
	line := chat.Line("digest", "search", words)
	if len(line) <= refs.LineLimit && digest.Fold(words) != "" && !strings.Contains(words, `"`) {
		m.Blocks = append(m.Blocks, chat.Buttons{{Label: w.Say("Search for “%s”", words), Line: line}})
	}
	return m
}

func (w words) offering(m chat.Message, heading string, offers []Instead) chat.Message {
	var b chat.Buttons
	for _, o := range offers {
		b = append(b, chat.Button{Label: o.Label, Line: o.Line})
	}
	if len(b) > 0 {
		m.Blocks = append(m.Blocks, chat.Paragraph{Text: chat.Plain(heading)}, b)
	}
	return m
}

// NoTag answers that no digest has the tag and, if a search was made, that no story has the
// words.
func NoTag(words string, searched bool, near []Instead, used []digest.Tag, lang string) chat.Message {
	w := in(lang)
	if searched {
		return w.orTags(w.remark(chat.Info, w.Say("No digest has the tag “%s”, and no story contains it.", words)), near, used)
	}
	return w.orSearch(w.orTags(w.remark(chat.Info, w.Say("No digest has the tag “%s”.", words)), near, used), words)
}

// NoneWithAll answers that no digest has all the tags together.
func NoneWithAll(name string, near []Instead, lang string) chat.Message {
	w := in(lang)
	return w.orElse(w.remark(chat.Info, w.Say("No digest has all of these: %s.", name)), near)
}

// NoCategory answers that no digest is in a category.
func NoCategory(words string, near []Instead, lang string) chat.Message {
	w := in(lang)
	return w.orElse(w.remark(chat.Info, w.Say("No digest is in the category “%s”.", words)), near)
}

// NoHost answers that no story comes from a host.
func NoHost(words string, near []Instead, used []digest.Tag, lang string) chat.Message {
	w := in(lang)
	return w.orSearch(w.orTags(w.remark(chat.Info, w.Say("No story comes from “%s”.", words)), near, used), words)
}

// NothingFound answers that no story has the words.
func NothingFound(words string, near []Instead, used []digest.Tag, lang string) chat.Message {
	w := in(lang)
	return w.orTags(w.remark(chat.Info, w.Say("No story contains “%s”.", words)), near, used)
}

// NoSearch answers that the search has no index yet.
func NoSearch(near []Instead, lang string) chat.Message {
	w := in(lang)
	return w.orElse(w.remark(chat.Info, w.Say("The search is not ready yet. Ask again in a moment.")), near)
}

// Secret answers a line that contains what looks like a secret, without repeating it.
func Secret(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Warning, w.Say("That looks like a token, a password or a webhook address, so nothing was done. If it is one, revoke it: anyone who saw it can use it. Put the new one into a file or the bot's environment."))
}

// TooFast answers a user who exceeds the rate limit.
func TooFast(lang string) chat.Message {
	w := in(lang)
	return w.remark(chat.Info, w.Say("That is a lot at once. Wait a few seconds and ask again."))
}
