package command

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/digest"
)

var tag = verb{
	Command: chat.Command{
		Name: "tag", Summary: "Stories that have a tag, or several", Private: true,
		Args: []chat.Arg{{Name: "tag", Summary: "A tag, for example AI, or several: AI, -Go leaves Go out", Required: true, Rest: true, Suggest: true}, chat.Page, chat.Share},
	},
	answer: func(ctx context.Context, d *Desk, r chat.Request, args map[string]string) (chat.Message, error) {
		x := d.index()
		wanted, unknown := x.parseTags(args["tag"])
		if unknown != "" {
			near, lang := x.insteadOf(args["tag"], unknown), d.language(r)
			return d.orSearched(ctx, r, unknown, func(searched bool) chat.Message {
				return compose.NoTag(unknown, searched, near, x.library.Tags(), lang)
			}, func(m chat.Message) chat.Message {
				return compose.SearchedFor(m, unknown, near, lang)
			})
		}
		t := x.having(wanted)
		if len(t.Digests) == 0 {
			var parts []compose.Instead
			for _, w := range wanted {
				if !w.not {
					parts = append(parts, compose.Instead{Label: compose.TagLabel(w.Name, len(w.Digests), d.language(r)), Line: compose.TagLine(w.Name)})
				}
			}
			return compose.NoneWithAll(t.Name, parts, d.language(r)), nil
		}
		var a compose.Asked
		places, total := someStories(t.Digests, wanted.stories, func(total int) int {
			a = d.asked(r, args, pagesOf(total))
			return a.Page
		})
		a.Line = lineOf(wanted)
		found, err := d.found(ctx, r.Channel, places)
		if err != nil {
			return chat.Message{}, err
		}
		return compose.Tagged(t, found, total, a), nil
	},
}

// wantedTag is a tag that a digest must have, or must not.
type wantedTag struct {
	digest.Tagged
	not bool
}

// wantedTags are all the tags that are asked for together.
type wantedTags []wantedTag

// stories are the indexes of the stories of a digest that are asked for: a story has the
// tags of its digest and its own. whole says that it is the whole digest.
func (wanted wantedTags) stories(d *digest.Card) (some []int, whole bool) {
	if len(wanted) == 1 && !wanted[0].not {
		return wanted[0].Stories(d)
	}
	for i := range max(1, d.Len()) {
		some = append(some, i)
	}
	whole = true
	for _, w := range wanted {
		switch those, all := w.Stories(d); {
		case all && w.not:
			return nil, false
		case !all:
			whole = whole && w.not && len(those) == 0
			some = slices.DeleteFunc(some, func(i int) bool { return slices.Contains(those, i) == w.not })
		}
	}
	return some, whole
}

// tagRun is the most words that are tried as one tag without quotes.
const tagRun = 5

// parseTags reads the tags that a reader writes one after another. Anything that is a tag
// as a whole is that. Commas set several apart. Else each word is a tag, or begins one that has spaces, of
// which the longest is taken; a dash before it leaves its digests out. Unknown
// is what is no tag.
func (x *index) parseTags(text string) (wanted wantedTags, unknown string) {
	whole := strings.TrimSpace(text)
	if _, not := leaveOut(whole); !not {
		if t, ok := x.library.Tag(whole); ok {
			return wantedTags{{Tagged: t}}, ""
		}
	}
	if parts := listOf(whole); len(parts) > 1 || len(parts) == 1 && parts[0] != whole {
		for _, part := range parts {
			of, unknown := x.parseTags(part)
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
			t, ok := x.library.Tag(strings.Join(append([]string{first}, words[1:n]...), " "))
			if ok {
				wanted = append(wanted, wantedTag{t, not})
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

// listOf are the parts of a text that commas set apart, unless quotes hold them
// together.
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

// firstUnknown is the text itself when none of its words is a tag, else the first
// of them that is none.
func (x *index) firstUnknown(words []string) string {
	var first string
	known := false
	for _, w := range words {
		plain, _ := leaveOut(w)
		if _, ok := x.library.Tag(plain); ok {
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

// leaveOut is a word without the dash that leaves its digests out.
func leaveOut(word string) (tag string, not bool) {
	tag = strings.TrimLeftFunc(word, func(r rune) bool { return unicode.Is(unicode.Pd, r) || r == '−' })
	return tag, tag != word
}

// having are the digests that have stories with all tags that are wanted and none of
// those that are not.
func (x *index) having(wanted wantedTags) (t digest.Tagged) {
	if len(wanted) == 1 && !wanted[0].not {
		return wanted[0].Tagged
	}
	var names []string
	digests := x.library.All()
	have := map[*digest.Card]int{}
	most := 0
	for i, w := range slices.SortedStableFunc(slices.Values(wanted), func(a, b wantedTag) int { return cmp.Compare(btoi(a.not), btoi(b.not)) }) {
		mark := " + "
		if w.not {
			mark = " − "
		}
		if i > 0 || w.not {
			names = append(names, strings.TrimLeft(mark, " "[:btoi(i == 0)]))
		}
		names = append(names, w.Name)
		if !w.not {
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
		if some, _ := wanted.stories(d); have[d] == most && len(some) > 0 {
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

// lineOf asks for the tags.
func lineOf(wanted wantedTags) string {
	if len(wanted) == 1 && !wanted[0].not {
		return compose.TagLine(wanted[0].Name)
	}
	line := chat.Line("digest", "tag")
	for _, w := range wanted {
		name := w.Name
		if w.not {
			name = "-" + name
		}
		line += " " + chat.Quote(name)
	}
	return line
}

// insteadOf are the lines that ask for what is near in the place of what is
// unknown.
func (x *index) insteadOf(text, unknown string) []compose.Instead {
	var names []string
	for _, t := range x.nearTags(unknown) {
		names = append(names, t.Name)
	}
	before, after, ok := strings.Cut(text, unknown)
	return insteads(names, func(name string) string {
		if !ok || strings.TrimSpace(before+after) == "" {
			return compose.TagLine(name)
		}
		return chat.Line("digest", "tag") + " " + strings.TrimSpace(before+chat.Quote(name)+after)
	})
}
