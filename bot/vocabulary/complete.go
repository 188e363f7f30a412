package vocabulary

import (
	"slices"
	"strings"
	"unicode"

	"github.com/digestbot/digestbot/digest"
)

// MaxCompletions is the most names that a completion gives, which is what Discord
// takes (https://docs.discord.com/developers/interactions/application-commands#autocomplete).
const MaxCompletions = 25

// ranked picks from n names, in their order: those that begin with what is typed,
// then those that have a word that does, then those that have it inside. How
// well a name fits says rank: 0 best, 3 not at all.
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

// pick gives those of a list that have the numbers.
func pick[T any](list []T, numbers []int) []T {
	var picked []T
	for _, i := range numbers {
		picked = append(picked, list[i])
	}
	return picked
}

// fit is the rank of a name, given folded and in words, for what is typed.
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

// Complete are those of some names that fit what is typed, the first first.
func Complete(names []string, typed string) []string {
	f, w := digest.Fold(typed), spaced(typed)
	return pick(names, ranked(len(names), func(i int) int { return fit(digest.Fold(names[i]), spaced(names[i]), f, w) }))
}

// CompleteDigests are the digests whose IDs or titles fit, the newest first.
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

// CompleteQuery are tags for the word that is typed, and what stands before it: the tags
// that are there already and the dash that leaves one out.
func (x *Index) CompleteQuery(typed string) (before string, tags []string) {
	if _, not := leaveOut(strings.TrimSpace(typed)); !not {
		if all := x.CompleteTag(typed); len(all) > 0 || strings.TrimSpace(typed) == "" {
			return "", all
		}
	}
	// The longest end of it that begins a tag is the one that is typed.
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

// CompleteTag are the names of the tags that fit.
func (x *Index) CompleteTag(typed string) (tags []string) {
	typed = strings.Trim(typed, ` "“”「」`)
	f, w := digest.Fold(typed), spaced(typed)
	for _, i := range ranked(len(x.tags), func(i int) int { return fit(x.tags[i].fold, x.tags[i].words, f, w) }) {
		tags = append(tags, x.tags[i].Name)
	}
	// Another name of a tag leads to it.
	if t, ok := x.Library.Tag(typed); ok && t.Exact > 0 && f != "" && !slices.Contains(tags, t.Name) {
		tags = slices.Insert(tags, 0, t.Name)
	}
	return tags[:min(MaxCompletions, len(tags))]
}

// CompleteHosts are the hosts that fit, the most used first.
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

// CompleteHeadlines are those of the newest headlines that fit.
func (x *Index) CompleteHeadlines(typed string) []Headline {
	all, fits := x.headlines(), headlineFit(typed)
	return pick(all, ranked(len(all), func(i int) int { return fits(&all[i]) }))
}

// TagsBeginning are the tags that begin with a prefix, the most used first.
func (x *Index) TagsBeginning(prefix string) (tags []digest.Tag) {
	f := digest.Fold(prefix)
	for _, t := range x.tags {
		if strings.HasPrefix(t.fold, f) {
			tags = append(tags, t.Tag)
		}
	}
	return tags
}

// headlineFit is the rank of a headline for what is typed: that it begins with
// it, or has all words of it, as beginnings of its own or anywhere.
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

// hasWord reports whether a word of a text begins with another, whatever their
// case.
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

// Headlined are the newest stories whose headlines fit what somebody calls one:
// only the newest of those that are called just so.
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
