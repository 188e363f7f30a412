package shelf

import (
	"strings"
	"sync"
)

// mostWords is how many words an interner knows.
const mostWords = 100_000

// interner keeps words that many digests share once. Any number of goroutines may use it.
type interner struct {
	mu    sync.Mutex
	known map[string]string
}

// once is a word, kept once.
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
			clear(in.known) // whoever has them keeps them
		}
		known = strings.Clone(word)
		in.known[known] = known
	}
	return known
}

// lines are the lines of a column.
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

// all are words, each kept once.
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
