package vocabulary

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// Term is a tag that a story must have, or must not have.
type Term struct {
	digest.Tagged
	Not bool
}

// TagQuery is a combination of tags.
type TagQuery []Term

// Stories returns the indexes of the stories of a digest that match: a story has the tags
// of its digest and its own. whole says that the whole digest matches.
func (wanted TagQuery) Stories(d *digest.Card) (some []int, whole bool) {
	if len(wanted) == 1 && !wanted[0].Not {
		return wanted[0].Stories(d)
	}
	for i := range max(1, d.Len()) {
		some = append(some, i)
	}
	whole = true
	for _, w := range wanted {
		switch those, all := w.Stories(d); {
		case all && w.Not:
			return nil, false
		case !all:
			whole = whole && w.Not && len(those) == 0
			some = slices.DeleteFunc(some, func(i int) bool { return slices.Contains(those, i) == w.Not })
		}
	}
	return some, whole
}

// tagRun is the maximum number of words that are tried as one unquoted tag.
const tagRun = 5

// ParseTags reads a sequence of tags. If the text as a whole is a tag, it is that tag.
// Commas separate tags. Otherwise each word is a tag, or begins a tag with spaces, of which
// the longest is taken; a leading dash excludes the tag. unknown is the part that is not a
// tag.
func (x *Index) ParseTags(text string) (wanted TagQuery, unknown string) {
	whole := strings.TrimSpace(text)
	if _, not := leaveOut(whole); !not {
		if t, ok := x.Library.Tag(whole); ok {
			return TagQuery{{Tagged: t}}, ""
		}
	}
	if parts := listOf(whole); len(parts) > 1 || len(parts) == 1 && parts[0] != whole {
		for _, part := range parts {
			of, unknown := x.ParseTags(part)
			if unknown != "" {
				return nil, unknown
			}
			wanted = append(wanted, of...)
		}
		return wanted, ""
	}
	words := chat.Words(text)
	for len(words) > 0 {
		first, not := leaveOut(words[0])
		for n := min(tagRun, len(words)); ; n-- {
			if n == 0 {
				if len(words) > 1 && len(wanted) == 0 && !not {
					return nil, cmp.Or(x.firstUnknown(words), whole)
				}
				return nil, cmp.Or(first, whole)
			}
			t, ok := x.Library.Tag(strings.Join(append([]string{first}, words[1:n]...), " "))
			if ok {
				wanted = append(wanted, Term{t, not})
				words = words[n:]
				break
			}
		}
	}
	if len(wanted) == 0 {
		return nil, cmp.Or(whole, text)
	}
	return wanted, ""
}

// listOf splits a text at the commas that are not in quotes.
func listOf(text string) (parts []string) {
	quoted, from := false, 0
	add := func(part string) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	for i, r := range text {
		switch r {
		case '"', '“', '”':
			quoted = !quoted
		case ',', '，', '、':
			if !quoted {
				add(text[from:i])
				from = i + utf8.RuneLen(r)
			}
		}
	}
	add(text[from:])
	return parts
}

// firstUnknown returns the text itself if none of its words is a tag, else the first word
// that is not.
func (x *Index) firstUnknown(words []string) string {
	var first string
	known := false
	for _, w := range words {
		plain, _ := leaveOut(w)
		if _, ok := x.Library.Tag(plain); ok {
			known = true
		} else {
			first = cmp.Or(first, plain)
		}
	}
	if !known {
		return ""
	}
	return first
}

// leaveOut returns a word without the dash that excludes it.
func leaveOut(word string) (tag string, not bool) {
	tag = strings.TrimLeftFunc(word, func(r rune) bool { return unicode.Is(unicode.Pd, r) || r == '−' })
	return tag, tag != word
}

// Having returns the digests that have stories with all tags that are wanted and none of
// those that are excluded.
func (x *Index) Having(wanted TagQuery) (t digest.Tagged) {
	if len(wanted) == 1 && !wanted[0].Not {
		return wanted[0].Tagged
	}
	var names []string
	digests := x.Library.All()
	have := map[*digest.Card]int{}
	most := 0
	for i, w := range slices.SortedStableFunc(slices.Values(wanted), func(a, b Term) int { return cmp.Compare(btoi(a.Not), btoi(b.Not)) }) {
		mark := " + "
		if w.Not {
			mark = " − "
		}
		if i > 0 || w.Not {
			names = append(names, strings.TrimLeft(mark, " "[:btoi(i == 0)]))
		}
		names = append(names, w.Name)
		if !w.Not {
			for _, d := range w.Digests {
				have[d]++
			}
			most++
			if most == 1 || len(w.Digests) < len(digests) {
				digests = w.Digests
			}
		}
	}
	t.Name = strings.Join(names, "")
	for _, d := range digests {
		if some, _ := wanted.Stories(d); have[d] == most && len(some) > 0 {
			t.Digests = append(t.Digests, d)
		}
	}
	slices.SortStableFunc(t.Digests, func(a, b *digest.Card) int { return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(a.ID, b.ID)) })
	t.Exact = len(t.Digests)
	return t
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
