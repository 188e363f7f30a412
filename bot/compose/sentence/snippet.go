package sentence

import (
	"strings"
	"unicode"

	"github.com/digestbot/digestbot/bot/chat"
)

// before and behind are how many characters a snippet has around its first hit:
// together what a phone shows in two lines.
const (
	before = 20
	behind = 60
)

// Snippet is what a text says around the first of the words that is in it, with
// each of them bold; nil when none is.
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

// hit is where the first of the words stands at or behind a place of a text, the
// longest of those that begin there; below 0 where none is.
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

// begins is how many characters of a text a word is that it begins with, however
// both are written; 0 when it does not.
func begins(text []rune, word string) (n int) {
	for _, r := range word {
		if n == len(text) || plain(text[n]) != plain(r) {
			return 0
		}
		n++
	}
	return n
}

// plain is a character in half width and lower case.
func plain(r rune) rune {
	if '！' <= r && r <= '～' {
		r -= '！' - '!'
	}
	return unicode.ToLower(r)
}

// edge reports whether a text may be cut between two characters: at a space, and
// around a character of a script without any.
func edge(a, b rune) bool {
	return unicode.IsSpace(a) || unicode.IsSpace(b) || unspaced(a) && !unicode.IsMark(b) && !unicode.IsPunct(b) || unspaced(b)
}

func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || unicode.IsPunct(r) && r > unicode.MaxLatin1
}
