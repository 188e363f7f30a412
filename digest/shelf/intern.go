package shelf

import (
	"strings"
	"sync"
)

// mostWords is the most words that an interner holds.
const mostWords = 100_000

// interner stores words that many digests share only once. It is safe for concurrent
// use.
type interner struct {
	mu    sync.Mutex
	known map[string]string
}

// once returns the stored copy of a word.
func (in *interner) once(word string) string {
	if word == "" {
		return ""
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.known == nil {
		in.known = map[string]string{}
	}
	known, ok := in.known[word]
	if !ok {
		if len(in.known) >= mostWords {
			clear(in.known) // strings already returned stay valid
		}
		known = strings.Clone(word)
		in.known[known] = known
	}
	return known
}

// lines returns the lines of a column.
func (in *interner) lines(column string) []string {
	if column == "" {
		return nil
	}
	lines := strings.Split(column, "\n")
	for i, line := range lines {
		lines[i] = in.once(line)
	}
	return lines
}

// all returns the stored copies of words.
func (in *interner) all(words []string) []string {
	if len(words) == 0 {
		return nil
	}
	once := make([]string, len(words))
	for i, word := range words {
		once[i] = in.once(word)
	}
	return once
}
