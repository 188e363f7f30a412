package story

import (
	"strings"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Unit is a piece of a text that might be a story by itself: an item of a list
// with what is nested in it, a row of a table, a paragraph.
type Unit struct {
	Head    *block.Block
	Body    []*block.Block
	Columns []Column // of a row: those of its table
}

// Cites reports whether there is a link in the unit.
func (u Unit) Cites() bool { return u.Head.Links() || block.AnyLinks(u.Body) }

// Column is what the cells of a column of a table are.
type Column struct {
	use     columnUse // as its name says
	tags    bool      // it is called what tags are
	scores  bool      // or what scores are
	repeats bool      // several of its cells have the same words
}

type columnUse uint8

const (
	anyUse columnUse = iota
	headlines
	summaries
	addresses
	figures // and names, dates, kinds
)

// NamedColumns are the columns of a table that are called so.
func NamedColumns(names []digest.Text) []Column {
	columns := make([]Column, len(names))
	for i, name := range names {
		words := block.WordsOf(name)
		columns[i] = Column{use: useOf(words), tags: TagLabels.Has(words), scores: scoreColumn(words)}
	}
	return columns
}

// useOf is what a column is for that is called so.
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

// NoteColumns notes what the rows of a table have in common. Where no column is called
// what headlines are, and one called what summaries are has no sentences beside another
// that has, the headlines are there: What | So what.
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
