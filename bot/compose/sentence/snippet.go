package sentence

import (
	"strings"
	"unicode"

	"github.com/digestbot/digestbot/bot/chat"
)

// before and behind are how many characters a snippet has around its first hit: together
// two lines of a phone.
const (
	before = 20
	behind = 60
)

// Snippet returns the text around the first occurrence of any of the words, with each of
// them bold; nil if there is none.
func Snippet(text string, words []string) chat.Text {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	at, end := hit(runes, words, 0)
	if at < 0 {
		return nil
	}
	from, to := max(0, at-before), min(len(runes), end+behind)
	for from > 0 && from < at && !edge(runes[from-1], runes[from]) {
		from++
	}
	for to < len(runes) && to > end && !edge(runes[to-1], runes[to]) {
		to--
	}
	for from > 0 && from < at && unicode.IsSpace(runes[from]) {
		from++
	}
	for to < len(runes) && to > end && unicode.IsSpace(runes[to-1]) {
		to--
	}
	var t chat.Text
	add := func(part []rune, style chat.Style) {
		if len(part) > 0 {
			t = append(t, chat.Span{Text: string(part), Style: style})
		}
	}
	if from > 0 {
		add([]rune("…"), 0)
	}
	shown := runes[:to]
	for {
		at, end := hit(shown, words, from)
		if at < 0 {
			break
		}
		add(shown[from:at], 0)
		add(shown[at:end], chat.Bold)
		from = end
	}
	add(shown[from:], 0)
	if to < len(runes) {
		add([]rune("…"), 0)
	}
	return t
}

// hit returns the first position, from a given one on, at which one of the words occurs,
// and its end; the longest if several begin there. It is negative if there is none.
func hit(text []rune, words []string, from int) (at, end int) {
	for i := from; i < len(text); i++ {
		for _, word := range words {
			if n := begins(text[i:], word); n > 0 {
				end = max(end, i+n)
			}
		}
		if end > 0 {
			return i, end
		}
	}
	return -1, -1
}

// begins returns how many characters of a text a word at its beginning takes, ignoring case
// and width; 0 if the text does not begin with it.
func begins(text []rune, word string) (n int) {
	for _, r := range word {
		if n == len(text) || plain(text[n]) != plain(r) {
			return 0
		}
		n++
	}
	return n
}

// plain returns a character in half width and lower case.
func plain(r rune) rune {
	if '！' <= r && r <= '～' {
		r -= '！' - '!'
	}
	return unicode.ToLower(r)
}

// edge reports whether a text may be cut between two characters: at a space, or next to a
// character of a script without spaces.
func edge(a, b rune) bool {
	return unicode.IsSpace(a) || unicode.IsSpace(b) || unspaced(a) && !unicode.IsMark(b) && !unicode.IsPunct(b) || unspaced(b)
}

func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || unicode.IsPunct(r) && r > unicode.MaxLatin1
}
