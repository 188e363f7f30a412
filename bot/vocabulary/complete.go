package vocabulary

import (
	"slices"
	"strings"
	"unicode"

	"github.com/digestbot/digestbot/digest"
)

// MaxCompletions is the maximum number of names that a completion returns, which is
// Discord's limit
// (https://docs.discord.com/developers/interactions/application-commands#autocomplete).
const MaxCompletions = 25

// ranked selects from n names, in their order: first those that begin with what is typed,
// then those that have a word that does, then those that contain it. rank returns how well
// a name fits: 0 best, 3 not at all.
func ranked(n int, rank func(i int) int) []int {
	var fits [3][]int
	for i := range n {
		if r := rank(i); r < len(fits) && len(fits[r]) < MaxCompletions {
			if fits[r] = append(fits[r], i); r == 0 && len(fits[0]) == MaxCompletions {
				break
			}
		}
	}
	all := slices.Concat(fits[:]...)
	return all[:min(MaxCompletions, len(all))]
}

// pick returns the elements of a list at the given indexes.
func pick[T any](list []T, numbers []int) []T {
	var picked []T
	for _, i := range numbers {
		picked = append(picked, list[i])
	}
	return picked
}

// fit returns the rank of a name, given folded and in words, for what is typed.
func fit(fold, words, typedFold, typedWords string) int {
	switch {
	case strings.HasPrefix(fold, typedFold):
		return 0
	case typedWords != " " && strings.Contains(words, typedWords):
		return 1
	case strings.Contains(fold, typedFold):
		return 2
	default:
		return 3
	}
}

// Complete returns the names that match what is typed, in their order.
func Complete(names []string, typed string) []string {
	f, w := digest.Fold(typed), spaced(typed)
	return pick(names, ranked(len(names), func(i int) int { return fit(digest.Fold(names[i]), spaced(names[i]), f, w) }))
}

// CompleteDigests returns the digests whose IDs or titles match, the newest first.
func (x *Index) CompleteDigests(typed string) []*digest.Card {
	all, ids := x.Library.All(), x.ids()
	typed = strings.ToLower(typed)
	return pick(all, ranked(len(all), func(i int) int {
		switch at := strings.Index(ids[i], typed); {
		case at < 0:
			return 3
		case at > len(all[i].ID): // in the title
			return 2
		default:
			return min(at, 1)
		}
	}))
}

// CompleteQuery returns tags for the word that is being typed, and the text before it: the
// tags that are already there and the dash that excludes one.
func (x *Index) CompleteQuery(typed string) (before string, tags []string) {
	if _, not := leaveOut(strings.TrimSpace(typed)); !not {
		if all := x.CompleteTag(typed); len(all) > 0 || strings.TrimSpace(typed) == "" {
			return "", all
		}
	}
	// The word being typed is the longest end of the text that begins a tag.
	typed = strings.TrimLeft(typed, " \u3000")
	if words := strings.FieldsFunc(typed, unicode.IsSpace); len(words) > tagRun {
		at := strings.LastIndex(typed, strings.Join(words[len(words)-tagRun:], " "))
		before, typed = typed[:max(at, 0)], typed[max(at, 0):]
	}
	for range tagRun {
		word, not := leaveOut(typed)
		if not {
			before += typed[:len(typed)-len(word)]
			typed = word
		}
		if all := x.CompleteTag(typed); len(all) > 0 {
			return before, all
		}
		at := strings.IndexFunc(typed, unicode.IsSpace)
		if at < 0 {
			return "", nil
		}
		rest := strings.TrimLeftFunc(typed[at:], unicode.IsSpace)
		before, typed = before+typed[:len(typed)-len(rest)], rest
		if typed == "" {
			return before, x.CompleteTag("")
		}
	}
	return "", nil
}

// CompleteTag returns the names of the tags that match.
func (x *Index) CompleteTag(typed string) (tags []string) {
	typed = strings.Trim(typed, ` "“”「」`)
	f, w := digest.Fold(typed), spaced(typed)
	for _, i := range ranked(len(x.tags), func(i int) int { return fit(x.tags[i].fold, x.tags[i].words, f, w) }) {
		tags = append(tags, x.tags[i].Name)
	}
	// An alias leads to its tag.
	if t, ok := x.Library.Tag(typed); ok && t.Exact > 0 && f != "" && !slices.Contains(tags, t.Name) {
		tags = slices.Insert(tags, 0, t.Name)
	}
	return tags[:min(MaxCompletions, len(tags))]
}

// CompleteHosts returns the hosts that match, the most used first.
func (x *Index) CompleteHosts(typed string) []Host {
	hosts, typed := x.hosts(), digest.Site(typed)
	return pick(hosts, ranked(len(hosts), func(i int) int {
		switch at := strings.Index(hosts[i].Name, typed); {
		case at < 0:
			return 3
		case at == 0:
			return 0
		case hosts[i].Name[at-1] == '.' || hosts[i].Name[at-1] == '-':
			return 1
		default:
			return 2
		}
	}))
}

// CompleteHeadlines returns the newest headlines that match.
func (x *Index) CompleteHeadlines(typed string) []Headline {
	all, fits := x.headlines(), headlineFit(typed)
	return pick(all, ranked(len(all), func(i int) int { return fits(&all[i]) }))
}

// TagsBeginning returns the tags that begin with a prefix, the most used first.
func (x *Index) TagsBeginning(prefix string) (tags []digest.Tag) {
	f := digest.Fold(prefix)
	for _, t := range x.tags {
		if strings.HasPrefix(t.fold, f) {
			tags = append(tags, t.Tag)
		}
	}
	return tags
}

// headlineFit returns the rank function of headlines for what is typed: a headline begins
// with it, or has all its words, as beginnings of words or anywhere.
func headlineFit(typed string) func(h *Headline) int {
	begins, words := digest.Fold(typed), strings.FieldsFunc(typed, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 { // an emoji
		words = []string{typed}
	}
	folded := make([]string, len(words))
	for i, word := range words {
		folded[i] = digest.Fold(word)
	}
	return func(h *Headline) int {
		if strings.HasPrefix(h.fold, begins) {
			return 0
		}
		rank := 1
		for i, word := range folded {
			if !strings.Contains(h.fold, word) {
				return 3
			}
			if !hasWord(h.Text, words[i]) {
				rank = 2
			}
		}
		return rank
	}
}

// hasWord reports whether a word of a text begins with another, ignoring case.
func hasWord(text, begins string) bool {
	inside := false
	for i, r := range text {
		if letter := unicode.IsLetter(r) || unicode.IsDigit(r); !letter {
			inside = false
			continue
		}
		if !inside && len(text)-i >= len(begins) && strings.EqualFold(text[i:i+len(begins)], begins) {
			return true
		}
		inside = true
	}
	return false
}

// Headlined returns the newest stories whose headlines match what a person typed; if some
// match exactly, only the newest of those.
func (x *Index) Headlined(called string) (found []Headline) {
	fold, fits := digest.Fold(called), headlineFit(called)
	if fold == "" {
		return nil
	}
	for _, h := range x.headlines() {
		if h.fold == fold {
			return []Headline{h}
		}
		if fits(&h) < 3 {
			found = append(found, h)
		}
	}
	return found
}
