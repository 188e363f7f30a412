package block

import (
	"slices"
	"strings"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

var noteMark = lexicon.Pattern(`^(?:\[\d{1,3}\])+$`)

// IsNoteMark reports whether a text is nothing but marks: [1][2].
func IsNoteMark(s string) bool { return strings.HasPrefix(s, "[") && noteMark().MatchString(s) }

// NoteSources are the sources that marks in a text stand for.
func NoteSources(t digest.Text) []digest.Source {
	var sources []digest.Source
	for _, s := range t {
		if s.URL != "" && IsNoteMark(s.Text) {
			sources = append(sources, digest.Source{URL: s.URL})
		}
	}
	return sources
}

// MarksIn are the marks of footnotes in blocks.
func MarksIn(blocks []*Block) (found []*FootnoteMark) {
	for _, b := range blocks {
		for _, l := range b.Lines {
			found = append(found, l.Marks...)
		}
	}
	return found
}

// MaxRepeated is how wide a footnote is that is shown for each of its marks, so that
// a digest is not much longer than its file. A wider one is shown for its first.
const MaxRepeated = 300

// FootnotesOf are the footnotes whose marks are in blocks and in these footnotes,
// by their numbers.
func FootnotesOf(blocks []*Block) []*Footnote {
	more := MarksIn(blocks)
	if len(more) == 0 {
		return nil // as in most texts
	}
	var notes []*Footnote
	seen := map[*Footnote]bool{}
	for ; len(more) > 0; more = more[1:] {
		m := more[0]
		if !m.First && m.Wide {
			continue
		}
		if !seen[m.Footnote] {
			seen[m.Footnote], notes = true, append(notes, m.Footnote)
		}
		if m.First {
			more = append(more, m.Marks...)
		}
	}
	slices.SortFunc(notes, func(a, b *Footnote) int { return a.Number - b.Number })
	return notes
}

// WithFootnotes adds footnotes to a text.
func WithFootnotes(text digest.Text, notes []*Footnote) digest.Text {
	if len(notes) == 0 {
		return text
	}
	var out TextBuilder
	out.PutAll(text)
	for i, n := range notes {
		switch {
		case i > 0:
			out.Put(digest.Span{Text: "\n"})
		case len(text) > 0:
			out.Put(digest.Span{Text: "\n\n"})
		}
		out.PutAll(n.Text)
	}
	return out.Done()
}
