package block

import (
	"slices"
	"strings"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

var noteMark = lexicon.Pattern(`^(?:\[\d{1,3}\])+$`)

// IsNoteMark reports whether a text consists only of marks: [1][2].
func IsNoteMark(s string) bool { return strings.HasPrefix(s, "[") && noteMark().MatchString(s) }

// NoteSources returns the sources that the marks in a text refer to.
func NoteSources(t digest.Text) []digest.Source {
	var sources []digest.Source
	for _, s := range t {
		if s.URL != "" && IsNoteMark(s.Text) {
			sources = append(sources, digest.Source{URL: s.URL})
		}
	}
	return sources
}

// MarksIn returns the marks of footnotes in blocks.
func MarksIn(blocks []*Block) (found []*FootnoteMark) {
	for _, b := range blocks {
		for _, l := range b.Lines {
			found = append(found, l.Marks...)
		}
	}
	return found
}

// MaxRepeated is the greatest width of a footnote that is shown with each of its marks.
// A wider one is shown only with its first mark, so that a digest is not much longer
// than its file.
const MaxRepeated = 300

// FootnotesOf returns the footnotes whose marks are in blocks or in these footnotes,
// sorted by number.
func FootnotesOf(blocks []*Block) []*Footnote {
	more := MarksIn(blocks)
	if len(more) == 0 {
		return nil // the usual case
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

// WithFootnotes appends footnotes to a text.
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
