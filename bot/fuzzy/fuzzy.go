// Package fuzzy finds the names that a person may have meant who typed a different one. It
// does not know what the names are of.
package fuzzy

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
)

// Most is the maximum number of names that a match returns.
const Most = 8

// Match returns the names that the words may have meant, at most Most of them, the
// likeliest first. names must be sorted, the most wanted first. Case and width do not
// matter.
func Match(words string, names []string) (out []string) {
	for _, i := range MatchFolded(digest.Fold(words), func(yield func(string, int) bool) {
		for i, name := range names {
			if !yield(digest.Fold(name), i) {
				return
			}
		}
	}) {
		out = append(out, names[i])
	}
	return out
}

// MatchFolded returns the names that a person may have meant who typed the words: names
// that begin with them, contain them or are contained in them, or are at most two typing
// errors away. It returns the numbers of at most Most names, the likeliest first. names
// must yield the most wanted first. Names and words are folded (digest.Fold).
func MatchFolded(words string, names func(yield func(folded string, i int) bool)) (picked []int) {
	type candidate struct{ i, distance int }
	var all []candidate
	if words == "" {
		return nil
	}
	slip := 1
	if utf8.RuneCountInString(words) > 4 {
		slip = 2
	}
	typed := []rune(words)
	for folded, i := range names {
		distance := 0
		if !strings.HasPrefix(folded, words) {
			distance = edits(typed, folded, slip)
		}
		if distance > slip {
			if !strings.Contains(folded, words) && (len(folded) < 2 || !strings.Contains(words, folded)) {
				continue
			}
			distance = 3
		}
		all = append(all, candidate{i, distance})
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	for _, c := range all[:min(Most, len(all))] {
		picked = append(picked, c.i)
	}
	return picked
}

// edits returns how many characters have to be changed, added, dropped or swapped with
// their neighbours to turn one text into the other; limit+1 if that is more than limit.
func edits(a []rune, text string, limit int) int {
	n := utf8.RuneCountInString(text)
	if n > len(a)+limit || len(a) > n+limit || len(a) <= limit {
		return limit + 1
	}
	b := []rune(text)
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		least := row[0]
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
			least = min(least, row[j+1])
		}
		if least > limit {
			return limit + 1
		}
	}
	return min(row[len(b)], limit+1)
}
