package lexicon

import "strings"

// Set is a set of folded words and phrases. Phrases contain spaces.
type Set struct {
	// Words are the folded words and phrases.
	Words map[string]bool

	longest int
}

// NewSet returns the set of the words in a list, which are separated by spaces, and of
// phrases. All must be folded.
func NewSet(list string, phrases ...string) Set {
	set := Set{Words: map[string]bool{}}
	for _, w := range append(strings.Fields(list), phrases...) {
		set.Words[w] = true
		set.longest = max(set.longest, len(w))
	}
	return set
}

// Has reports whether the set has the words, after folding them.
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

// Fold converts a label to the form used in the tables: without emoji, ordinals and
// punctuation at its ends, in lower case.
func Fold(s string) string {
	if s = TrimToLetters(s); len(s) > MaxFolded {
		return s
	}
	return Lower(s)
}
