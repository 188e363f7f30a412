package story

import (
	"strings"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Unit is a piece of text that may be a story by itself: a list item with its nested
// items, a table row, a paragraph.
type Unit struct {
	Head    *block.Block
	Body    []*block.Block
	Columns []Column // of a row: the columns of its table
}

// Cites reports whether the unit contains a link.
func (u Unit) Cites() bool { return u.Head.Links() || block.AnyLinks(u.Body) }

// Column describes the cells of a table column.
type Column struct {
	use     columnUse // according to its name
	tags    bool      // its name is a tag label
	scores  bool      // its name is a score label
	repeats bool      // several of its cells are equal
}

type columnUse uint8

const (
	anyUse columnUse = iota
	headlines
	summaries
	addresses
	figures // also names, dates and kinds
)

// NamedColumns returns the columns of a table with these names.
func NamedColumns(names []digest.Text) []Column {
	columns := make([]Column, len(names))
	for i, name := range names {
		words := block.WordsOf(name)
		columns[i] = Column{use: useOf(words), tags: TagLabels.Has(words), scores: scoreColumn(words)}
	}
	return columns
}

// useOf returns the use of a column with that name.
func useOf(name string) columnUse {
	switch {
	case lexicon.SourceLabels.Has(name):
		return addresses
	case lexicon.HeadlineColumns.Has(name):
		return headlines
	case lexicon.SummaryLabels.Has(name), lexicon.SummaryColumns.Has(name):
		return summaries
	case lexicon.FigureColumns.Has(name):
		return figures
	}
	if cut := lexicon.CutTitle(name); cut != name {
		return useOf(cut)
	}
	if cut := strings.IndexAny(name, "/／、"); cut > 0 {
		return useOf(name[:cut])
	}
	for _, e := range lexicon.SummaryEndings {
		if strings.HasSuffix(name, e) {
			return summaries
		}
	}
	return anyUse
}

// NoteColumns records what the rows of a table have in common. If no column has the
// name of headlines, and one of two summary columns has no sentences while the other
// does, the first one has the headlines: What | So what.
func NoteColumns(columns []Column, us []Unit) {
	heads, texts, named := -1, -1, false
	for i := range columns {
		seen := make(map[string]bool, len(us))
		sentences := 0
		for _, u := range us {
			if i < len(u.Head.Cells) {
				if words := block.WordsOf(u.Head.Cells[i]); words != "" {
					columns[i].repeats = columns[i].repeats || seen[words]
					seen[words] = true
					if block.EndsSentence(words) {
						sentences++
					}
				}
			}
		}
		switch use := columns[i].use; {
		case use == headlines:
			named = true
		case sentences*2 > len(us) && (use == anyUse || use == summaries):
			texts = i
		case sentences == 0 && len(seen) == len(us) && use == summaries:
			heads = i
		}
	}
	if !named && heads >= 0 && texts >= 0 {
		columns[heads].use, columns[texts].use = headlines, summaries
	}
}
