package lexicon

import "strings"

// Set is a set of folded words, and of phrases, which have spaces within.
type Set struct {
	// Words are the folded words and phrases.
	Words map[string]bool

	longest int
}

// NewSet is the set of the words of a list, which spaces divide, and of phrases. All
// are folded.
func NewSet(list string, phrases ...string) Set {
	set := Set{Words: map[string]bool{}}
	for _, w := range append(strings.Fields(list), phrases...) {
		set.Words[w] = true
		set.longest = max(set.longest, len(w))
	}
	return set
}

// Has reports whether the words are in the set when they are folded.
func (set *Set) Has(words string) bool {
	words = TrimToLetters(words)
	if words == "" || len(words) > set.longest {
		return false
	}
	if _, others := Capitals(words); others {
		return set.Words[strings.ToLower(words)]
	}
	var room [MaxFolded]byte
	return set.Words[string(AppendLower(room[:0], words))]
}

// Fold brings a label to the form in which the tables have it: without emoji,
// ordinals and punctuation at its ends, in lower case.
func Fold(s string) string {
	if s = TrimToLetters(s); len(s) > MaxFolded {
		return s
	}
	return Lower(s)
}
