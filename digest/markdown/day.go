package markdown

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/dates"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/matter"
)

// datesOf returns the entries of the front matter that may give the day, sorted by
// precedence.
func datesOf(m matter.Matter) []matter.Entry {
	var dates []matter.Entry
	for _, e := range m.Entries {
		if e.Value.Kind != matter.Nothing && (e.Value.Kind != matter.Scalar || e.Value.Text != "") && matter.DateRank(e.Key) > 0 {
			dates = append(dates, e)
		}
	}
	slices.SortStableFunc(dates, func(a, b matter.Entry) int { return cmp.Compare(matter.DateRank(a.Key), matter.DateRank(b.Key)) })
	return dates
}

// settleDate takes the day from the front matter, else from the path, else from the
// title, the first heading or a first line with nothing else in it, else from a week or
// a month in the path. If there is none, Date stays zero.
func (r *matterReader) settleDate() {
	d := r.digest
	for _, e := range datesOf(r.Matter) {
		at := matter.PositionOf(r.Line, e.Value)
		w, ok := dates.Parse(e.Value.Text, e.Value.Bare)
		if !ok {
			if !matter.LooseDateKeys.Words[lexicon.Lower(e.Key)] {
				if d.DateAt == (digest.Position{}) {
					d.DateAt = at
				}
				r.problem(int(at.Line), int(at.Column), digest.Error, CodeDate, "the date %q cannot be understood; write it as 2006-01-02", e.Value.Text)
			}
			continue
		}
		d.DateAt = at
		if w.Ambiguous() {
			d.Named = true
			if named, ok := dates.FromPath(d.File); ok {
				w = w.Like(named.Day)
			}
		}
		r.takeDate(w, at)
		return
	}
	d.Named = true
	if named, ok := dates.FromPath(d.File); ok {
		r.takeDate(named, digest.Position{})
		return
	}
	if strings.HasPrefix(strings.ToLower(path.Base(d.File)), "changelog") {
		return // its headings are versions
	}
	if w, ok := dates.FromTitle(d.Title); ok {
		r.takeDate(w, digest.Position{})
		return
	}
	if r.heading != nil {
		if w, ok := dates.FromTitle(lexicon.Squeeze(block.WordsOf(block.Join(r.heading.Lines)))); ok {
			r.takeDate(w, r.position(r.heading.Offset))
			return
		}
	}
	if r.opening != nil {
		if w, ok := dates.FromLine(lexicon.Squeeze(block.WordsOf(block.Join(r.opening.Lines)))); ok {
			r.takeDate(w, r.position(r.opening.Offset))
			return
		}
	}
	if day, ok := dates.CoarseFromPath(d.File); ok {
		d.Date = day
	}
}

// takeDate takes a day written at a position, and reports a problem if it is ambiguous.
func (r *matterReader) takeDate(w dates.Written, at digest.Position) {
	r.digest.Date, r.digest.Clock = w.Day, w.Clock
	if w.Ambiguous() {
		const plain = "2 January 2006"
		r.problem(int(at.Line), int(at.Column), digest.Warning, CodeDate, "the date is read as %s, but may be %s; write it as %s",
			w.Day.Format(plain), w.Other.Format(plain), w.Day.Format(time.DateOnly))
	}
}
