package command

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/fuzzy"
	"github.com/digestbot/digestbot/digest"
)

// index is what verbs and suggestions look up in a library. It is made of the
// library alone, each part when it is first wanted, and does not change.
type index struct {
	library    *digest.Library
	tags       []knownTag
	categories func() []string // the most used first
	hosts      func() []host   // the most used first
	byHost     func() map[string]int
	refs       func() map[string]*digest.Card
	headlines  func() []headline
	words      func() []string // of the headlines, the most used first
	ids        func() []string // of all digests, with their titles, in lower case
}

// knownTag is a tag as it is looked for.
type knownTag struct {
	digest.Tag
	fold string
	// words are its words, each behind a space.
	words string
}

// host is a site that stories come from.
type host struct {
	name    string
	stories []place // newest first
}

// place is where in the library a story is.
type place struct {
	digest *digest.Card
	story  int
}

// headline is that of a story among the newest.
type headline struct {
	place
	text, fold, ref string
}

// known are the newest headlines that are suggested.
const known = 2000

// newIndex makes the index of a library; before is that of another one, if there
// is one, which mostly has the same tags.
func newIndex(l *digest.Library, before *index) *index {
	x := &index{library: l, tags: make([]knownTag, len(l.Tags()))}
	for i, t := range l.Tags() {
		if before != nil && i < len(before.tags) && before.tags[i].Name == t.Name {
			x.tags[i] = before.tags[i]
			x.tags[i].Tag = t
		} else {
			x.tags[i] = knownTag{t, digest.Fold(t.Name), spaced(t.Name)}
		}
	}
	x.categories = sync.OnceValue(func() []string { return categoriesOf(l) })
	x.hosts = sync.OnceValue(func() []host { return hostsOf(l) })
	x.byHost = sync.OnceValue(func() map[string]int {
		by := map[string]int{}
		for i, h := range x.hosts() {
			by[h.name] = i
		}
		return by
	})
	x.refs = sync.OnceValue(func() map[string]*digest.Card {
		refs := make(map[string]*digest.Card, l.Len())
		for _, d := range l.All() {
			refs[compose.HashRef(d.ID)] = d
		}
		return refs
	})
	x.headlines = sync.OnceValue(func() (newest []headline) {
		for _, d := range l.All() {
			whole, err := d.Read()
			if err != nil {
				continue // nobody is told while typing
			}
			for i, s := range whole.Stories {
				if len(newest) == known {
					return newest
				}
				if s.Headline != "" {
					newest = append(newest, headline{place{d, i}, s.Headline, digest.Fold(s.Headline), compose.StoryRef(whole, i)})
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

// spaced is a text in lower case with one space before each of its words.
func spaced(s string) string {
	return " " + strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// categoriesOf are the categories of a library.
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

// hostsOf are the hosts that the stories of a library come from.
func hostsOf(l *digest.Library) []host {
	at := map[string]int{}
	var hosts []host
	for _, d := range l.All() {
		for i := range d.Len() {
			for _, name := range d.Sites(i) {
				n, ok := at[name]
				if !ok {
					n = len(hosts)
					at[name] = n
					hosts = append(hosts, host{name: name})
				}
				hosts[n].stories = append(hosts[n].stories, place{d, i})
			}
		}
	}
	slices.SortStableFunc(hosts, func(a, b host) int { return cmp.Compare(len(b.stories), len(a.stories)) })
	return hosts
}

// from are the stories of a host and all below it, newest first.
func (x *index) from(name string) (places []place) {
	hosts := x.hosts()
	i, exact := x.byHost()[name]
	if exact {
		places = hosts[i].stories
	}
	joined := false
	for _, h := range hosts {
		if strings.HasSuffix(h.name, name) && len(h.name) > len(name) && h.name[len(h.name)-len(name)-1] == '.' {
			places, joined = append(slices.Clip(places), h.stories...), true
		}
	}
	if joined {
		slices.SortStableFunc(places, func(a, b place) int {
			return cmp.Or(b.digest.Date.Compare(a.digest.Date), cmp.Compare(a.digest.ID, b.digest.ID), cmp.Compare(a.story, b.story))
		})
		places = slices.Compact(places)
	}
	return places
}

// wordsOf are the words of the headlines that are written with spaces, folded.
func wordsOf(l *digest.Library) (words []string) {
	uses := map[string]int{}
	for _, d := range l.All() {
		whole, err := d.Read()
		if err != nil {
			continue // it is only for what may have been meant
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

// index is the one of the library of this moment.
func (d *Desk) index() *index {
	l := d.Library()
	for {
		x := d.indexed.Load()
		if x != nil && x.library == l {
			return x
		}
		made := newIndex(l, x)
		if d.indexed.CompareAndSwap(x, made) {
			return made
		}
	}
}

// Learn works out what suggestions and look-ups need of the library of this
// moment, so that nobody waits for it who asks.
func (d *Desk) Learn() {
	x := d.index()
	x.byHost()
	x.headlines()
	x.categories()
	x.ids()
}

// nearTags are the tags that the words may have meant.
func (x *index) nearTags(words string) (tags []digest.Tag) {
	for _, i := range fuzzy.MatchFolded(digest.Fold(words), func(yield func(string, int) bool) {
		for i, t := range x.tags {
			if !yield(t.fold, i) {
				return
			}
		}
	}) {
		tags = append(tags, x.tags[i].Tag)
	}
	return tags
}
