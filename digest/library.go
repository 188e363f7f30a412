package digest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Library is an immutable index of digests, safe for concurrent use. The slices that it
// returns are its own: the caller must not change them.
type Library struct {
	digests    []*Card // newest first
	byID       []*Card // the same, sorted by ID
	byCategory map[string][]*Card
	tags       []Tag // by count, then by recency
	byTag      map[string]*Tagged
	copies     []Copy // digests that are left out, sorted by ID
}

// Rules are what a library is told beyond its files. The zero value adds nothing.
type Rules struct {
	// Aliases merges tags.
	Aliases Aliases
	// Title returns a title for a digest that has none; if it is nil, no digest gets
	// one.
	Title func(*Card) string
}

// Name returns the title that the rules give to a digest without one. It is empty for a
// digest that has a title.
func (r Rules) Name(c *Card) string {
	if r.Title == nil || c.Title != "" {
		return ""
	}
	return r.Title(c)
}

// NewLibrary files the digests. It leaves out a second digest with the same ID, and one
// that is the Same as another.
func (r Rules) NewLibrary(digests []*Card) *Library {
	l := inOrder(digests, nil)
	l.file(r.Aliases)
	return l
}

// Renew files the digests as NewLibrary does. It is faster if they are those of old, a
// library with the same rules, except for a few whose files have changed.
func (r Rules) Renew(old *Library, digests []*Card) *Library {
	l := inOrder(digests, old)
	if c, ok := changed(old.digests, l.digests); ok {
		l.byCategory, l.tags, l.byTag = c.categories(old.byCategory), c.tags(old.tags), c.lookUps(old.byTag)
	} else {
		l.file(r.Aliases)
	}
	return l
}

// inOrder returns a library that is sorted and has no copies, but in which nothing is
// filed yet. old may be nil.
func inOrder(digests []*Card, old *Library) *Library {
	l := &Library{byID: slices.Clone(digests)}
	if !slices.IsSortedFunc(l.byID, idOrder) {
		slices.SortStableFunc(l.byID, idOrder)
	}
	different := l.byID[:0]
	for _, d := range l.byID {
		if n := len(different); n > 0 && different[n-1].ID == d.ID {
			l.copies = append(l.copies, Copy{d, different[n-1]})
		} else {
			different = append(different, d)
		}
	}
	l.byID = different
	l.digests = slices.Clone(l.byID)
	slices.SortFunc(l.digests, newestFirst)
	if copies := l.findCopies(old); len(copies) > 0 {
		out := make(map[*Card]bool, len(copies))
		for _, c := range copies {
			out[c.Digest] = true
		}
		is := func(d *Card) bool { return out[d] }
		l.byID, l.digests = slices.DeleteFunc(l.byID, is), slices.DeleteFunc(l.digests, is)
		l.copies = append(l.copies, copies...)
		slices.SortStableFunc(l.copies, func(a, b Copy) int { return idOrder(a.Digest, b.Digest) })
	}
	return l
}

func idOrder(a, b *Card) int { return strings.Compare(a.ID, b.ID) }

// newestFirst is the order of a library. Digests of the same time are ordered by the
// rank of their library, then by ID. No two digests of a library are equal.
func newestFirst(a, b *Card) int {
	return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(a.rank(), b.rank()), HigherFirst(a.ID, b.ID))
}

func (l *Library) file(aliases Aliases) {
	l.byCategory = fileCategories(l.digests)
	l.tags, l.byTag = fileTags(l.digests, aliases)
}

// fileCategories files the digests, which are sorted, by category.
func fileCategories(digests []*Card) map[string][]*Card {
	in := map[string][]*Card{}
	for _, d := range digests {
		for _, name := range d.Categories {
			key := Fold(name)
			if so := in[key]; len(so) == 0 || so[len(so)-1] != d {
				in[key] = append(so, d)
			}
		}
	}
	return in
}

// Copies returns the digests that are left out, sorted by ID.
func (l *Library) Copies() []Copy { return slices.Clip(l.copies) }

// Len returns the number of digests.
func (l *Library) Len() int { return len(l.digests) }

// All returns the digests, newest first.
func (l *Library) All() []*Card { return slices.Clip(l.digests) }

// Newest returns the newest digest, or nil if there is none.
func (l *Library) Newest() *Card { return l.at(0) }

// ByID returns the digest with that ID, or nil if there is none.
func (l *Library) ByID(id string) *Card {
	i, ok := slices.BinarySearchFunc(l.byID, id, func(d *Card, id string) int { return strings.Compare(d.ID, id) })
	if !ok {
		return nil
	}
	return l.byID[i]
}

// Next returns the next newer digest after the one with that ID, or nil if there is
// none.
func (l *Library) Next(id string) *Card { return l.near(id, -1) }

// Previous returns the next older digest before the one with that ID, or nil if there
// is none.
func (l *Library) Previous(id string) *Card { return l.near(id, 1) }

func (l *Library) near(id string, away int) *Card {
	rank, ok := l.rank(id)
	if !ok {
		return nil
	}
	return l.at(rank + away)
}

// rank returns the index of the digest with that ID, newest first.
func (l *Library) rank(id string) (rank int, ok bool) {
	d := l.ByID(id)
	if d == nil {
		return 0, false
	}
	return slices.BinarySearchFunc(l.digests, d, newestFirst)
}

func (l *Library) at(rank int) *Card {
	if rank < 0 || rank >= len(l.digests) {
		return nil
	}
	return l.digests[rank]
}

// OnDay returns the digests about the day that t shows on its clock, newest first. Each
// digest has its own clock, so the same moment may fall on different days.
func (l *Library) OnDay(t time.Time) []*Card {
	year, month, day := t.Date()
	noon := time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
	var on []*Card
	from, _ := slices.BinarySearchFunc(l.digests, noon.AddDate(0, 0, 2), func(d *Card, t time.Time) int { return t.Compare(d.Date) })
	for _, d := range l.digests[from:] {
		if d.Date.Before(noon.AddDate(0, 0, -2)) {
			break
		}
		if y, m, n := d.Date.Date(); y == year && m == month && n == day {
			on = append(on, d)
		}
	}
	return on
}

// InCategory returns the digests of a category, newest first. Spellings are folded like
// those of tags.
func (l *Library) InCategory(name string) []*Card {
	return slices.Clip(l.byCategory[Fold(name)])
}

// Tags returns all tags, the most used first.
func (l *Library) Tags() []Tag { return l.tags }

// Popular returns how many digests have exactly this tag.
func (l *Library) Popular(tag string) int {
	t, _ := l.Tag(tag)
	return t.Exact
}

// Tag looks up what a reader typed, regardless of case, width, hyphens and spaces: the
// tag of that name or alias, and every tag that contains it as a word.
func (l *Library) Tag(words string) (Tagged, bool) {
	var room [64]byte
	key, ok := appendFold(room[:0], words)
	if !ok {
		key = append(room[:0], foldAny(words)...)
	}
	if t := l.byTag[string(key)]; t != nil {
		return *t, true
	}
	return Tagged{}, false
}
