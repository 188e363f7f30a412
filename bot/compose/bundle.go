package compose

import (
	"cmp"
	"slices"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// Bundle composes one or more digests as one post, each under its title. posts has one Post
// for each; the language and Popular are taken from the first.
func Bundle(ds []*digest.Digest, posts []Post) chat.Message {
	if len(ds) == 1 {
		return Digest(ds[0], posts[0])
	}
	w, first := in(posts[0].Language, ds[0].Language), posts[0]
	m := chat.Message{Title: w.Say("%d digests", len(ds)), Language: languageOf(&ds[0].Card, w)}
	days := each(ds, func(d *digest.Digest) string { return w.dayOf(&d.Card) })
	sameDay := len(unique(days)) == 1
	if sameDay {
		m.Title = join(m.Title, days[0])
	}
	var (
		choose           = chat.Select{Label: w.Say("Open a digest"), Brief: true}
		tags, by, topics []string
		told, hidden     int
	)
	wanted := make([]int, len(ds))
	for i, d := range ds {
		wanted[i] = len(d.Stories)
	}
	shown := share(wanted, max(len(ds), cmp.Or(first.Shown, StoriesShown)))
	for i, d := range ds {
		p, heading := posts[i], title(&d.Card)
		if !sameDay {
			heading = join(days[i], heading)
		}
		p.Shown = shown[i]
		b := w.body(d, p)
		told, hidden = told+b.told, hidden+b.hidden
		above := chat.Heading{Level: 1, Title: heading, URL: cmp.Or(d.URL, ownSource(d))}
		if b.rest > 0 {
			above.Note = chat.Plain(b.size)
		}
		m.Blocks = append(m.Blocks, above)
		m.Blocks = append(m.Blocks, withoutOnlyGroup(b.blocks)...)
		if p.hasButton(d) || p.Most > 0 && len(d.Stories) > 0 || b.less && p.Details != Thread {
			choose.Choices = append(choose.Choices, chat.Choice{Label: heading, Value: d.ID, Line: wholeLine(d)})
		}
		tags = append(tags, d.Tags...)
		by = append(by, d.Author, sourceName(&d.Card))
		topics = append(topics, d.Categories...)
		m.Mention = append(m.Mention, p.Mention...)
		if m.Picture.URL == "" {
			m.Picture = picture(d, p)
		}
		if p.Corrected.After(first.Corrected) {
			first.Corrected = p.Corrected
		}
		if m.Language != languageOf(&d.Card, w) {
			m.Language = "" // with several languages no single tag is right
		}
	}
	size := ""
	if first.Style.current() == Brief {
		size = capital(w.Say("%d stories", told))
	}
	m.Mention = unique(m.Mention)
	m.Note = w.note(size, first.Corrected, first.Zone, hidden)
	if len(choose.Choices) > 0 {
		m.Blocks = append(m.Blocks, choose)
	}
	some, menu := w.tags(tags, first.Popular)
	m.Blocks = append(offer(m.Blocks, some), menu...)
	m.Footer = join(unique(append(by, topics...))...)
	return linked(m)
}

// withoutOnlyGroup removes the heading of the only group of a digest in a bundle, which
// says no more than the heading of the digest.
func withoutOnlyGroup(blocks []chat.Block) []chat.Block {
	names := map[string]bool{}
	each := func(all []chat.Block) {
		for _, b := range all {
			if h, ok := b.(chat.Heading); ok {
				names[h.Title] = true
			}
		}
	}
	each(blocks)
	for _, b := range blocks {
		if f, ok := b.(chat.Fold); ok {
			each(f.Blocks)
		}
	}
	if len(names) != 1 {
		return blocks
	}
	isHeading := func(b chat.Block) bool { _, ok := b.(chat.Heading); return ok }
	kept := slices.DeleteFunc(blocks, isHeading)
	for i, b := range kept {
		if f, ok := b.(chat.Fold); ok {
			f.Blocks = slices.DeleteFunc(f.Blocks, isHeading)
			kept[i] = f
		}
	}
	return kept
}

func each[T any](all []T, tell func(T) string) []string {
	out := make([]string, len(all))
	for i, x := range all {
		out[i] = tell(x)
	}
	return out
}

// unique removes duplicates, keeping the order.
func unique(words []string) (out []string) {
	seen := make(map[string]bool, len(words))
	for _, w := range words {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}
