// Package vocabulary holds the names of a library that people use in chat: its tags,
// categories, hosts, headlines and digests. It finds them by name, completes what is typed
// and offers what may have been meant. It knows nothing of the person who asks, nor of how
// an answer is worded.
package vocabulary

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/digest"
)

// Index is what verbs and suggestions use for lookups in a library. It is derived from the
// library alone, each part when first needed, and is immutable.
type Index struct {
	// Library is the library of the index.
	Library    *digest.Library
	tags       []knownTag
	categories func() []string // the most used first
	hosts      func() []Host   // the most used first
	byHost     func() map[string]int
	refs       func() map[string]*digest.Card
	headlines  func() []Headline
	words      func() []string // words of the headlines, the most used first
	ids        func() []string // of all digests, with their titles, in lower case
}

// knownTag is a tag in the form for lookups.
type knownTag struct {
	digest.Tag
	fold string
	// words are its words, each preceded by a space.
	words string
}

// Host is a site that stories come from.
type Host struct {
	Name    string
	Stories []Place // newest first
}

// Place is the place of a story in a library; a negative Story means the digest itself.
type Place struct {
	Digest *digest.Card
	Story  int
}

// Headline is the headline of a recent story.
type Headline struct {
	Place
	// Text is the headline; Ref is the argument that opens the story.
	Text, Ref string
	fold      string
}

// Newest is how many of the newest headlines are completed.
const Newest = 2000

// New returns the index of a library. before is a previous index, if there is one, which
// mostly has the same tags.
func New(l *digest.Library, before *Index) *Index {
	x := &Index{Library: l, tags: make([]knownTag, len(l.Tags()))}
	for i, t := range l.Tags() {
		if before != nil && i < len(before.tags) && before.tags[i].Name == t.Name {
			x.tags[i] = before.tags[i]
			x.tags[i].Tag = t
		} else {
			x.tags[i] = knownTag{t, digest.Fold(t.Name), spaced(t.Name)}
		}
	}
	x.categories = sync.OnceValue(func() []string { return categoriesOf(l) })
	x.hosts = sync.OnceValue(func() []Host { return hostsOf(l) })
	x.byHost = sync.OnceValue(func() map[string]int {
		by := map[string]int{}
		for i, h := range x.hosts() {
			by[h.Name] = i
		}
		return by
	})
	x.refs = sync.OnceValue(func() map[string]*digest.Card {
		byRef := make(map[string]*digest.Card, l.Len())
		for _, d := range l.All() {
			byRef[refs.Hash(d.ID)] = d
		}
		return byRef
	})
	x.headlines = sync.OnceValue(func() (newest []Headline) {
		for _, d := range l.All() {
			whole, err := d.Read()
			if err != nil {
				continue // not offered while typing
			}
			for i, s := range whole.Stories {
				if len(newest) == Newest {
					return newest
				}
				if s.Headline != "" {
					newest = append(newest, Headline{Place{d, i}, s.Headline, refs.Story(whole, i), digest.Fold(s.Headline)})
				}
			}
		}
		return newest
	})
	x.ids = sync.OnceValue(func() []string {
		ids := make([]string, l.Len())
		for i, d := range l.All() {
			ids[i] = strings.ToLower(d.ID + "\n" + d.Title)
		}
		return ids
	})
	x.words = sync.OnceValue(func() []string { return wordsOf(l) })
	return x
}

// spaced returns a text in lower case with one space before each of its words.
func spaced(s string) string {
	return " " + strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// categoriesOf returns the categories of a library.
func categoriesOf(l *digest.Library) (names []string) {
	uses, spelt := map[string]int{}, map[string]string{}
	for _, d := range l.All() {
		for _, c := range d.Categories {
			f := digest.Fold(c)
			if uses[f]++; uses[f] == 1 && f != "" {
				spelt[f] = c
				names = append(names, f)
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(uses[b], uses[a]) })
	for i, f := range names {
		names[i] = spelt[f]
	}
	return names
}

// hostsOf returns the hosts of the stories of a library.
func hostsOf(l *digest.Library) []Host {
	at := map[string]int{}
	var hosts []Host
	for _, d := range l.All() {
		for i := range d.Len() {
			for _, name := range d.Sites(i) {
				n, ok := at[name]
				if !ok {
					n = len(hosts)
					at[name] = n
					hosts = append(hosts, Host{Name: name})
				}
				hosts[n].Stories = append(hosts[n].Stories, Place{d, i})
			}
		}
	}
	slices.SortStableFunc(hosts, func(a, b Host) int { return cmp.Compare(len(b.Stories), len(a.Stories)) })
	return hosts
}

// StoriesFrom returns the stories of a host and its subdomains, newest first.
func (x *Index) StoriesFrom(name string) (places []Place) {
	hosts := x.hosts()
	i, exact := x.byHost()[name]
	if exact {
		places = hosts[i].Stories
	}
	joined := false
	for _, h := range hosts {
		if strings.HasSuffix(h.Name, name) && len(h.Name) > len(name) && h.Name[len(h.Name)-len(name)-1] == '.' {
			places, joined = append(slices.Clip(places), h.Stories...), true
		}
	}
	if joined {
		slices.SortStableFunc(places, func(a, b Place) int {
			return cmp.Or(b.Digest.Date.Compare(a.Digest.Date), cmp.Compare(a.Digest.ID, b.Digest.ID), cmp.Compare(a.Story, b.Story))
		})
		places = slices.Compact(places)
	}
	return places
}

// wordsOf returns the words of the headlines that are written with spaces, folded.
func wordsOf(l *digest.Library) (words []string) {
	uses := map[string]int{}
	for _, d := range l.All() {
		whole, err := d.Read()
		if err != nil {
			continue // these words are only for suggesting alternatives
		}
		for _, s := range whole.Stories {
			for _, word := range strings.FieldsFunc(strings.ToLower(s.Headline), func(r rune) bool { return (r < 'a' || 'z' < r) && (r < '0' || '9' < r) }) {
				if len(word) < 4 {
					continue
				}
				if uses[word]++; uses[word] == 1 {
					words = append(words, word)
				}
			}
		}
	}
	slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(uses[b], uses[a]) })
	return words
}

// Prepare computes the parts that suggestions and lookups need, so that no one who asks has
// to wait for it.
func (x *Index) Prepare() {
	x.byHost()
	x.headlines()
	x.categories()
	x.ids()
}

// Categories returns the categories of the digests, the most used first.
func (x *Index) Categories() []string { return x.categories() }

// Words returns the words of the headlines that are written with spaces, in lower case, the
// most used first.
func (x *Index) Words() []string { return x.words() }

// Digest returns the digest with an ID or with a button's Ref; nil if there is none.
func (x *Index) Digest(which string) *digest.Card {
	if d := x.Library.ByID(which); d != nil || !refs.IsHash(which) {
		return d
	}
	return x.refs()[which]
}
