package digest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Library is an immutable index of digests, safe for any number of readers.
// The slices that it gives out are its own: the caller must not change them.
type Library struct {
	digests    []*Card // newest first
	byID       []*Card // the same in the order of their IDs
	byCategory map[string][]*Card
	tags       []Tag // by count, then recency
	byTag      map[string]*Tagged
	copies     []Copy // what is left out, in the order of the IDs
}

// Rules are what a library knows beyond its files. The zero value adds nothing.
type Rules struct {
	// Aliases joins tags.
	Aliases Aliases
	// Title names a digest that has no title; nil does not.
	Title func(*Card) string
}

// Name is what a digest without a title is called; empty for one that has one.
func (r Rules) Name(c *Card) string {
	if r.Title == nil || c.Title != "" {
		return ""
	}
	return r.Title(c)
}

// NewLibrary files the digests. A second digest of the same ID is left out, and
// so is one that is the Same as another.
func (r Rules) NewLibrary(digests []*Card) *Library {
	l := inOrder(digests, nil)
	l.file(r.Aliases)
	return l
}

// Renew files the digests as NewLibrary does, in less time where they are those
// of old, a library of the same rules, but for a few that read differently now.
func (r Rules) Renew(old *Library, digests []*Card) *Library {
	l := inOrder(digests, old)
	if c, ok := changed(old.digests, l.digests); ok {
		l.byCategory, l.tags, l.byTag = c.categories(old.byCategory), c.tags(old.tags), c.lookUps(old.byTag)
	} else {
		l.file(r.Aliases)
	}
	return l
}

// inOrder is a library that is in order, but in which nothing is filed. It may
// follow an old one.
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

// newestFirst is the order of a library; of one moment, digests of its first part come
// first. No two of its digests are equal.
func newestFirst(a, b *Card) int {
	return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(a.rank(), b.rank()), HigherFirst(a.ID, b.ID))
}

// file files the digests.
func (l *Library) file(aliases Aliases) {
	l.byCategory = fileCategories(l.digests)
	l.tags, l.byTag = fileTags(l.digests, aliases)
}

// fileCategories files the digests, which are in order, by category.
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

// Copies are the digests that are left out, in the order of their IDs.
func (l *Library) Copies() []Copy { return slices.Clip(l.copies) }

// Len is the number of digests.
func (l *Library) Len() int { return len(l.digests) }

// All are the digests, newest first.
func (l *Library) All() []*Card { return slices.Clip(l.digests) }

// Newest is the newest digest, nil when there is none.
func (l *Library) Newest() *Card { return l.at(0) }

// ByID is the digest of that ID, nil when there is none.
func (l *Library) ByID(id string) *Card {
	i, ok := slices.BinarySearchFunc(l.byID, id, func(d *Card, id string) int { return strings.Compare(d.ID, id) })
	if !ok {
		return nil
	}
	return l.byID[i]
}

// Next is the digest that a reader reads after that of the ID, who begins with
// the oldest; nil when there is none.
func (l *Library) Next(id string) *Card { return l.near(id, -1) }

// Previous is the digest that a reader has read before that of the ID, nil
// when there is none.
func (l *Library) Previous(id string) *Card { return l.near(id, 1) }

func (l *Library) near(id string, away int) *Card {
	rank, ok := l.rank(id)
	if !ok {
		return nil
	}
	return l.at(rank + away)
}

// rank is where among the digests that of the ID is.
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

// OnDay are the digests about the day that t shows on its clock, newest first.
// Each digest has a clock of its own, so what is a moment here may be two days
// there.
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

// InCategory are the digests of a category, newest first. Spellings of it are
// folded as those of tags.
func (l *Library) InCategory(name string) []*Card {
	return slices.Clip(l.byCategory[Fold(name)])
}

// Tags are all tags, the most used first.
func (l *Library) Tags() []Tag { return l.tags }

// Popular is how many digests have exactly this tag.
func (l *Library) Popular(tag string) int {
	t, _ := l.Tag(tag)
	return t.Exact
}

// Tag is what the words of a reader mean, regardless of case, width, hyphens
// and spaces: the tag of that name or alias, and every tag that has it among
// its words.
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
