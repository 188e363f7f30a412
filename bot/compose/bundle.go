package compose

import (
	"cmp"
	"slices"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// Bundle composes digests, of which there is at least one, as one post: a list
// of their titles, and then each under its own. There is one of posts for each;
// our words and what is popular are told by the first.
func Bundle(ds []*digest.Digest, posts []Post) chat.Message {
	if len(ds) == 1 {
		return Digest(ds[0], posts[0])
	}
	w, first := in(posts[0].Language, ds[0].Language), posts[0]
	m := chat.Message{Title: w.say("%d digests", len(ds)), Language: languageOf(&ds[0].Card, w)}
	days := each(ds, w.dayOfDigest)
	sameDay := len(unique(days)) == 1
	if sameDay {
		m.Title = join(m.Title, days[0])
	}
	marks := w.marks(ds)
	var (
		contents         chat.List
		blocks           []chat.Block
		details          chat.Buttons
		tags, by, topics []string
		hidden           int
	)
	for i, d := range ds {
		p, heading := posts[i], title(&d.Card)
		if !sameDay {
			heading = join(days[i], heading)
		}
		contents.Items = append(contents.Items, chat.Text{{Text: heading, URL: cmp.Or(d.URL, ownSource(d))}})
		body, left := w.body(d, p, heading)
		blocks = append(blocks, body...)
		hidden += left
		if p.Most > 0 && len(d.Stories) > 0 {
			b := w.storiesButton(d)
			b.Label = join(marks[i], b.Label)
			details = append(details, b)
		}
		if p.hasButton(d) {
			details = append(details, detailsButton(&d.Card, join(marks[i], w.heading(d))))
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
			m.Language = "" // of several languages none is right
		}
	}
	m.Mention = unique(m.Mention)
	m.Note = w.note(first.Corrected, first.Zone, hidden)
	m.Blocks = offer(append([]chat.Block{contents}, blocks...), details, tagButtons(tags, first.Popular))
	m.Footer = join(unique(append(by, topics...))...)
	return m
}

// marks tell digests apart in a word: by category, else by day, else by number.
func (w *words) marks(ds []*digest.Digest) []string {
	for _, marks := range [][]string{each(ds, category), each(ds, w.dayOfDigest)} {
		if len(unique(marks)) == len(ds) && !slices.Contains(marks, "") {
			return marks
		}
	}
	n := 0
	return each(ds, func(*digest.Digest) string { n++; return w.count(n) })
}

// category is the first of a digest, empty when it has none.
func category(d *digest.Digest) string {
	if len(d.Categories) == 0 {
		return ""
	}
	return d.Categories[0]
}

func each[T any](all []T, tell func(T) string) []string {
	out := make([]string, len(all))
	for i, x := range all {
		out[i] = tell(x)
	}
	return out
}

// unique are the words without repetitions, in order.
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
