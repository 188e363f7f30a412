package digest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Tag is one tag of a library, with its aliases and all spellings that differ only in
// case, width, hyphens and spaces.
type Tag struct {
	// Name is the spelling that most digests use; of equally common ones, the newer. A
	// tag with aliases is spelled as in the table of aliases.
	Name string
	// Digests are those that have the tag themselves or in a story, newest first. The
	// caller must not change the slice.
	Digests []*Card
}

// Tagged is the result of looking up a reader's words: the digests that have exactly
// that tag, then those that have it as a word of another tag. A digest has the tags of
// its stories as well; Stories tells which stories are meant.
type Tagged struct {
	// Name is the name of the tag, or the word as spelled in the most used of the
	// related tags.
	Name string
	// Digests are the exact matches, newest first, and then the others, newest first.
	// The caller must not change the slice.
	Digests []*Card
	// Exact is how many of Digests, from the front, have the tag itself.
	Exact int
	// Related are the tags of the other digests, the most used first.
	Related []Tag

	folds []string // all matching tags, folded
}

// Stories returns the indexes of the stories of d that have a matching tag. whole is
// true if the digest itself has one, which covers all its stories.
func (t Tagged) Stories(d *Card) (stories []int, whole bool) {
	for i, tag := range d.eachTag() {
		switch n := len(stories); {
		case n > 0 && stories[n-1] == i || !slices.Contains(t.folds, Fold(tag)):
		case i < 0:
			return nil, true
		default:
			stories = append(stories, i)
		}
	}
	return stories, false
}

// Aliases are alternative names of tags. The zero value has none. It must not be
// changed once it is in use.
type Aliases struct {
	tag   map[string]string   // of an alias; both folded
	name  map[string]string   // of a tag that has aliases, as written
	other map[string][]string // the aliases of a tag, as written
}

// Add makes alias another name of tag. An alias has exactly one tag, and that tag
// cannot be an alias.
func (a *Aliases) Add(alias, tag string) error {
	from, to := Fold(alias), Fold(tag)
	switch {
	case from == "" || to == "":
		return fmt.Errorf("alias %q = %q: there is no tag without a letter: write for example \"人工智能\" = \"AI\"", alias, tag)
	case from == to:
		return fmt.Errorf("alias %q = %q: these are one tag without an alias: leave it out", alias, tag)
	case a.tag[from] != "":
		return fmt.Errorf("alias %q: it is an alias of %q already: leave one of them out", alias, a.name[a.tag[from]])
	case a.tag[to] == from:
		return fmt.Errorf("alias %q = %q: each is the alias of the other: leave one of them out", alias, tag)
	case a.tag[to] != "":
		return fmt.Errorf("alias %q = %q: %q is an alias itself: write %q", alias, tag, tag, a.name[a.tag[to]])
	case a.name[from] != "":
		return fmt.Errorf("alias %q = %q: %q has aliases itself: write %q for them too", alias, tag, alias, tag)
	}
	if a.tag == nil {
		a.tag, a.name, a.other = map[string]string{}, map[string]string{}, map[string][]string{}
	}
	a.tag[from] = to
	if a.name[to] == "" {
		a.name[to] = tag
	}
	a.other[to] = append(a.other[to], alias)
	return nil
}

// Names returns the tags, each followed by all its other names.
func (a *Aliases) Names(tags []string) []string {
	var out []string
	for _, tag := range tags {
		out = append(out, tag)
		key := a.key(Fold(tag))
		if name := a.name[key]; name != "" {
			out = append(append(out, name), a.other[key]...)
		}
	}
	return out
}

// Unused returns the tags with aliases, as written and sorted, that no digest of a
// library uses under any name.
func (a *Aliases) Unused(l *Library) (tags []string) {
	for _, name := range a.name {
		if l.Popular(name) == 0 {
			tags = append(tags, name)
		}
	}
	slices.Sort(tags)
	return tags
}

// key returns the folded tag for a folded name.
func (a *Aliases) key(fold string) string {
	if tag := a.tag[fold]; tag != "" {
		return tag
	}
	return fold
}

// topic is a tag while it is being filed.
type topic struct {
	key   string  // folded
	ranks []int32 // of its digests
	forms []form  // one for the tag itself and one for each alias in use
	Tag
}

// form is a folded tag with its most used spelling.
type form struct {
	fold string
	*spelling
}

// spelling is a tag as written in digests.
type spelling struct {
	text  string
	uses  int
	topic *topic
}

// fileTags files the digests, which are sorted, by tag: as a list of all tags, the most
// used first, and as a map from every folded word that can be looked up.
func fileTags(digests []*Card, aliases Aliases) ([]Tag, map[string]*Tagged) {
	topics := topicsOf(digests, aliases)
	byKey := make(map[string]*topic, len(topics))
	tags := make([]Tag, len(topics))
	for i, t := range topics {
		byKey[t.key], tags[i] = t, t.Tag
	}
	known := func(fold string) bool { return aliases.tag[fold] != "" || byKey[fold] != nil }

	type word struct {
		text string
		in   []*topic
	}
	words := make(map[string]*word, len(topics))
	for _, t := range topics {
		for _, f := range t.forms {
			for _, text := range partsOf(f.text, known) {
				key := aliases.key(Fold(text))
				if key == "" || key == t.key {
					continue
				}
				w := words[key]
				if w == nil {
					w = &word{text: cmp.Or(aliases.name[key], text)}
					words[key] = w
				}
				if n := len(w.in); n == 0 || w.in[n-1] != t {
					w.in = append(w.in, t)
				}
			}
		}
	}

	found := make(map[string]*Tagged, len(topics)+len(words))
	m := merger{digests: digests, seen: make([]int32, len(digests))}
	for key, w := range words {
		t := byKey[key]
		if t == nil {
			t = &topic{Tag: Tag{Name: w.text}}
		}
		found[key] = m.merge(t, w.in)
	}
	for _, t := range topics {
		if found[t.key] == nil {
			found[t.key] = &Tagged{Name: t.Name, Digests: t.Digests, Exact: len(t.Digests), folds: t.folds()}
		}
	}
	for alias, tag := range aliases.tag {
		if t := found[tag]; t != nil {
			found[alias] = t
		}
	}
	return tags, found
}

// topicsOf collects the tags, the most used first; of equally used tags, the newer
// comes first.
func topicsOf(digests []*Card, aliases Aliases) []*topic {
	var topics []*topic
	var spellings []*spelling // in the order of their newest use
	byKey, byText := map[string]*topic{}, map[string]*spelling{}
	for rank, d := range digests {
		for _, text := range d.eachTag() {
			s := byText[text]
			if s == nil {
				s = &spelling{text: text}
				byText[text] = s
				key := aliases.key(Fold(text))
				if key == "" {
					continue
				}
				if byKey[key] == nil {
					byKey[key] = &topic{key: key}
					topics = append(topics, byKey[key])
				}
				s.topic = byKey[key]
				spellings = append(spellings, s)
			}
			t := s.topic
			if t == nil {
				continue
			}
			s.uses++
			if n := len(t.ranks); n == 0 || t.ranks[n-1] != int32(rank) {
				t.ranks = append(t.ranks, int32(rank))
			}
		}
	}
	for _, s := range spellings {
		s.topic.learn(s)
	}
	for _, t := range topics {
		t.Name = aliases.name[t.key]
		if t.Name == "" {
			t.Name = t.forms[0].text
		}
		t.Digests = pick(digests, t.ranks)
	}
	slices.SortStableFunc(topics, func(a, b *topic) int { return cmp.Compare(len(b.ranks), len(a.ranks)) })
	return topics
}

// learn records a spelling, and keeps the most used one of each form.
func (t *topic) learn(s *spelling) {
	fold := Fold(s.text)
	i := slices.IndexFunc(t.forms, func(f form) bool { return f.fold == fold })
	switch {
	case i < 0:
		t.forms = append(t.forms, form{fold, s})
	case s.uses > t.forms[i].uses:
		t.forms[i].spelling = s
	}
}

// folds returns all its forms, folded.
func (t *topic) folds() []string {
	folds := make([]string, len(t.forms))
	for i, f := range t.forms {
		folds[i] = f.fold
	}
	return folds
}

// merger joins the digests of related tags. seen holds, for each digest, the number of
// the last merge that took it, negated if it was taken for a related tag.
type merger struct {
	digests []*Card
	seen    []int32
	number  int32
}

// merge returns the result of looking up the topic. It shares the topic's slices if
// there is nothing to join.
func (m *merger) merge(t *topic, related []*topic) *Tagged {
	out := &Tagged{Name: t.Name, Exact: len(t.ranks), folds: t.folds()}
	m.number++
	for _, rank := range t.ranks {
		m.seen[rank] = m.number
	}
	var others []int32
	for _, r := range related {
		out.folds = append(out.folds, r.folds()...)
		joins := false
		for _, rank := range r.ranks {
			joins = joins || m.seen[rank] != m.number
			if m.seen[rank] != m.number && m.seen[rank] != -m.number {
				m.seen[rank] = -m.number
				others = append(others, rank)
			}
		}
		if joins {
			out.Related = append(out.Related, r.Tag)
		}
	}
	switch {
	case len(others) == 0:
		out.Digests = t.Digests
	case out.Exact == 0 && len(related) == 1:
		out.Digests = related[0].Digests
	default:
		slices.Sort(others)
		out.Digests = slices.Concat(t.Digests, pick(m.digests, others))
	}
	return out
}

func pick(digests []*Card, ranks []int32) []*Card {
	out := make([]*Card, len(ranks))
	for i, rank := range ranks {
		out[i] = digests[rank]
	}
	return out
}

const (
	// runWords is the greatest number of words of a compound that are found together,
	// and tagWords the greatest number considered: anything longer is a sentence.
	runWords = 4
	tagWords = 16
	// hanWord is the longest Chinese word that is searched for tags.
	hanWord = 24
)

// partsOf returns the parts of a tag by which it can be found: the words of a compound,
// and up to four of them in a row. Chinese is written without spaces, so the library is
// the dictionary: within a word, other tags are found at its beginning and end. Those
// of three or more characters are found anywhere; two characters may meet by chance (京东
// in 北京东城).
//
// A change of case does not separate words, because as many names as compounds are
// written that way: OpenAI is not about AI, nor JavaScript about Java.
func partsOf(tag string, known func(fold string) bool) (parts []string) {
	tag = norm.NFKC.String(tag)
	words := wordsOf(tag)
	for i, w := range words {
		for j := i; j < min(i+runWords, len(words)); j++ {
			if j-i+1 < len(words) {
				parts = append(parts, tag[w.from:words[j].to])
			}
		}
		parts = appendHan(parts, tag[w.from:w.to], known)
	}
	return parts
}

// appendHan appends the tags inside a word.
func appendHan(parts []string, word string, known func(string) bool) []string {
	if r, _ := utf8.DecodeRuneInString(word); !isCJK(r) {
		return parts
	}
	runes := []rune(word)
	if len(runes) > hanWord {
		return parts
	}
	for i := range runes {
		for j := i + 1; j <= len(runes) && unicode.Is(unicode.Han, runes[j-1]); j++ {
			part := string(runes[i:j])
			inside := i > 0 && j < len(runes)
			if n := j - i; n > 1 && n < len(runes) && (n > 2 || !inside) && known(part) {
				parts = append(parts, part)
			}
		}
	}
	return parts
}

// span is a range of a text, in bytes.
type span struct{ from, to int }

// wordsOf returns the words of a tag, split at hyphens, underscores, spaces and
// slashes, and between CJK and other letters.
func wordsOf(tag string) (words []span) {
	from := -1 // start of the current word, or -1
	var before rune
	for i, r := range tag {
		switch {
		case unicode.Is(unicode.M, r) || invisible(r):
			continue
		case separates(r) || r == '+' && isLetter(before) && isLetter(after(tag, i)):
			if from >= 0 {
				words = append(words, span{from, i})
			}
			from = -1
		case from < 0:
			from = i
		case isCJK(r) != isCJK(before):
			words = append(words, span{from, i})
			from = i
		}
		if before = r; len(words) == tagWords {
			return words
		}
	}
	if from >= 0 {
		words = append(words, span{from, len(tag)})
	}
	return words
}

// separates reports whether a character separates words. A dot does not: Node.js and
// GPT-5.2 contain one.
func separates(r rune) bool {
	return isGap(r) || strings.ContainsRune("/:|,;·、()", r)
}

// after returns the character after the one at i.
func after(s string, i int) rune {
	_, size := utf8.DecodeRuneInString(s[i:])
	r, _ := utf8.DecodeRuneInString(s[i+size:])
	return r
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// isCJK reports whether a letter is of a script that is written without spaces, next to
// words of other scripts.
func isCJK(r rune) bool {
	return r >= 0x1100 && (r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul))
}

// isGap reports whether folding drops a character.
func isGap(r rune) bool {
	return unicode.IsSpace(r) || r == '_' || unicode.Is(unicode.Pd, r)
}

// invisible reports whether a character is invisible: a zero width space or joiner, a
// soft hyphen, a byte order mark, a direction mark, a variation selector.
// https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
func invisible(r rune) bool {
	return r >= 0xAD && unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// Fold makes spellings of a tag equal: it composes compatibility forms (NFKC), folds
// case, and drops hyphens, underscores, spaces, a leading # and invisible characters.
func Fold(tag string) string {
	var room [64]byte
	fold, ok := appendFold(room[:0], tag)
	switch {
	case !ok:
		return foldAny(tag)
	case string(fold) == tag:
		return tag
	default:
		return string(fold)
	}
}

// appendFold folds ASCII, its full-width forms and the plain characters of Chinese,
// Japanese and Korean without any table. For anything else it returns false.
func appendFold(fold []byte, tag string) (_ []byte, ok bool) {
	led := false // whether a # would no longer be leading
	for _, r := range tag {
		switch {
		case r == '\u3000': // the full-width space
			r = ' '
		case '！' <= r && r <= '～':
			r -= '！' - '!'
		}
		switch {
		case r == ' ' || '\t' <= r && r <= '\r':
			continue // a # may still lead
		case r == '-' || r == '_':
		case r == '#' && !led:
		case 'A' <= r && r <= 'Z':
			fold = append(fold, byte(r)+'a'-'A')
		case r < utf8.RuneSelf:
			fold = append(fold, byte(r))
		case isPlain(r):
			fold = utf8.AppendRune(fold, r)
		default:
			return nil, false
		}
		led = true
	}
	return fold, true
}

// isPlain reports whether a character is changed neither by composing, next to other
// plain characters, nor by case folding.
func isPlain(r rune) bool {
	return 0x4E00 <= r && r <= 0x9FFF || // Chinese
		0x3041 <= r && r <= 0x3096 || 0x30A1 <= r && r <= 0x30FA || r == 'ー' ||
		0xAC00 <= r && r <= 0xD7A3 // Korean
}

func foldAny(tag string) string {
	// The tables ignore the neighbors of an incomplete character.
	tag = strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(tag, "\uFFFD"))
	tag = norm.NFKC.String(tag)
	tag = strings.ToLower(cases.Fold().String(tag)) // folding swaps the cases of Cherokee
	tag = strings.TrimPrefix(strings.TrimSpace(tag), "#")
	tag = strings.Map(func(r rune) rune {
		if isGap(r) {
			return -1
		}
		return r
	}, tag)
	return norm.NFKC.String(tag) // dropping gaps may have joined characters that compose
}
