package digest

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Library is an immutable index of digests, safe for any number of readers.
type Library struct {
	digests []*Digest // newest first
	byID    map[string]*Digest
	byTag   map[string]*Tag
	tags    []Tag // by count, then recency, then name
}

// Tag is one tag of a library: all its spellings that differ only in case,
// width, hyphens and spaces.
type Tag struct {
	// Name is the spelling that most digests use; the newer one of equals.
	Name string
	// Digests have the tag, newest first.
	Digests []*Digest
}

// NewLibrary files the digests. A second digest of the same ID is left out.
func NewLibrary(digests []*Digest) *Library {
	l := &Library{byID: make(map[string]*Digest, len(digests)), byTag: map[string]*Tag{}}
	for _, d := range digests {
		if l.byID[d.ID] == nil {
			l.byID[d.ID] = d
			l.digests = append(l.digests, d)
		}
	}
	slices.SortFunc(l.digests, func(a, b *Digest) int {
		return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(a.ID, b.ID))
	})
	l.fileTags()
	return l
}

// fileTags indexes the sorted digests by folded tag.
func (l *Library) fileTags() {
	spellings := map[string]map[string]int{}
	var order []string
	for _, d := range l.digests {
		for _, name := range d.Tags {
			f := Fold(name)
			if f == "" {
				continue
			}
			t := l.byTag[f]
			if t == nil {
				t = &Tag{Name: name}
				l.byTag[f], spellings[f] = t, map[string]int{}
				order = append(order, f)
			}
			if n := len(t.Digests); n == 0 || t.Digests[n-1] != d {
				t.Digests = append(t.Digests, d)
			}
			spellings[f][name]++
			if spellings[f][name] > spellings[f][t.Name] {
				t.Name = name
			}
		}
	}
	for _, f := range order {
		l.tags = append(l.tags, *l.byTag[f])
	}
	slices.SortStableFunc(l.tags, func(a, b Tag) int { return cmp.Compare(len(b.Digests), len(a.Digests)) })
}

// Len is the number of digests.
func (l *Library) Len() int { return len(l.digests) }

// All are the digests, newest first. The caller must not change the slice.
func (l *Library) All() []*Digest { return l.digests }

// Newest is the newest digest, nil when there is none.
func (l *Library) Newest() *Digest {
	if len(l.digests) == 0 {
		return nil
	}
	return l.digests[0]
}

// ByID is the digest of that ID, nil when there is none.
func (l *Library) ByID(id string) *Digest { return l.byID[id] }

// Tags are all tags, the most used first. The caller must not change the slice.
func (l *Library) Tags() []Tag { return l.tags }

// Tag is the tag that the words mean, regardless of case, width, hyphens and
// spaces.
func (l *Library) Tag(words string) (Tag, bool) {
	t := l.byTag[Fold(words)]
	if t == nil {
		return Tag{}, false
	}
	return *t, true
}

// Fold brings spellings of one tag together: compatibility forms composed
// (NFKC), case folded, hyphens, underscores, spaces and a leading # dropped.
func Fold(tag string) string {
	tag = strings.TrimPrefix(strings.TrimSpace(cases.Fold().String(norm.NFKC.String(tag))), "#")
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, tag)
}
