package lexicon

import "github.com/digestbot/digestbot/digest"

// List is a list of words without duplicates, with their positions.
type List struct {
	Words []string
	At    []digest.Position // of each of Words
	known map[string]bool
}

// Put adds a word with squeezed white space, unless the list has it already.
func (l *List) Put(word string, at digest.Position) {
	l.PutAsWritten(Squeeze(word), at)
}

// PutAsWritten adds a word unless it is empty or the list has it already.
func (l *List) PutAsWritten(word string, at digest.Position) {
	if word == "" || l.known[word] {
		return
	}
	if l.known == nil {
		l.known = map[string]bool{}
	}
	l.known[word] = true
	l.Words, l.At = append(l.Words, word), append(l.At, at)
}

// Add adds the words of another list.
func (l *List) Add(more List) {
	for i, word := range more.Words {
		l.Put(word, more.At[i])
	}
}
