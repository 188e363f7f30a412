package digest

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Library is an immutable index of digests, safe for any number of readers.
// The slices that it gives out are its own: the caller must not change them.
type Library struct {
	digests    []*Digest // newest first
	rank       map[string]int
	byDay      map[date][]*Digest
	byCategory map[string][]*Digest
	tags       []Tag // by count, then recency
	byTag      map[string]*Tagged
}

// date is a day of the calendar.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) (d date) {
	d.year, d.month, d.day = t.Date()
	return d
}

// Rules are what a library knows beyond its files. The zero value adds nothing.
type Rules struct {
	// Aliases joins tags.
	Aliases Aliases
	// Permalink gives digests their addresses as they are read; nil gives none.
	Permalink *Permalink
}

// NewLibrary files the digests without any rules.
func NewLibrary(digests []*Digest) *Library { return Rules{}.NewLibrary(digests) }

// NewLibrary files the digests. A second digest of the same ID is left out.
func (r Rules) NewLibrary(digests []*Digest) *Library {
	l := &Library{
		digests: make([]*Digest, 0, len(digests)), rank: make(map[string]int, len(digests)),
		byDay: make(map[date][]*Digest, len(digests)), byCategory: map[string][]*Digest{},
	}
	for _, d := range digests {
		if _, taken := l.rank[d.ID]; !taken {
			l.rank[d.ID] = 0
			l.digests = append(l.digests, d)
		}
	}
	slices.SortFunc(l.digests, func(a, b *Digest) int {
		return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(a.ID, b.ID))
	})
	var tags sync.WaitGroup // filing them takes as long as all else
	tags.Go(func() { l.tags, l.byTag = fileTags(l.digests, r.Aliases) })
	for rank, d := range l.digests {
		l.rank[d.ID] = rank
		if !d.Date.IsZero() {
			day := dateOf(d.Date)
			l.byDay[day] = append(l.byDay[day], d)
		}
		for _, name := range d.Categories {
			key := Fold(name)
			if in := l.byCategory[key]; len(in) == 0 || in[len(in)-1] != d {
				l.byCategory[key] = append(in, d)
			}
		}
	}
	tags.Wait()
	return l
}

// Len is the number of digests.
func (l *Library) Len() int { return len(l.digests) }

// All are the digests, newest first.
func (l *Library) All() []*Digest { return slices.Clip(l.digests) }

// Newest is the newest digest, nil when there is none.
func (l *Library) Newest() *Digest { return l.at(0) }

// ByID is the digest of that ID, nil when there is none.
func (l *Library) ByID(id string) *Digest { return l.near(id, 0) }

// Next is the digest that a reader reads after that of the ID, who begins with
// the oldest; nil when there is none.
func (l *Library) Next(id string) *Digest { return l.near(id, -1) }

// Previous is the digest that a reader has read before that of the ID, nil
// when there is none.
func (l *Library) Previous(id string) *Digest { return l.near(id, 1) }

func (l *Library) near(id string, away int) *Digest {
	rank, ok := l.rank[id]
	if !ok {
		return nil
	}
	return l.at(rank + away)
}

func (l *Library) at(rank int) *Digest {
	if rank < 0 || rank >= len(l.digests) {
		return nil
	}
	return l.digests[rank]
}

// OnDay are the digests about the day that t shows on its clock, newest first.
func (l *Library) OnDay(t time.Time) []*Digest { return slices.Clip(l.byDay[dateOf(t)]) }

// InCategory are the digests of a category, newest first. Spellings of it are
// folded as those of tags.
func (l *Library) InCategory(name string) []*Digest {
	return slices.Clip(l.byCategory[Fold(name)])
}

// Tags are all tags, the most used first.
func (l *Library) Tags() []Tag { return l.tags }

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
