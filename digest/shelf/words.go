package shelf

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
)

// border separates the texts of one column, so that no phrase extends from one into the
// next. A query cannot contain its token.
const (
	border      = "\x1f"
	borderToken = "."
)

// maxTokens limits how many tokens of a query are used. It is far more than anyone
// types, and the tokens cut off could only narrow the result.
const maxTokens = 64

// script separates words that have nothing between them.
type script uint8

const (
	nothing script = iota // spaces and punctuation
	letters               // of a script that separates words
	digits
	symbol // + and # after a word, as in C++ and C#; each is a word
	dense  // characters that are written without spaces
)

// word is a folded run of one script.
type word struct {
	text   string
	script script
}

// wordsOf splits text into words. It calls between for each border.
func wordsOf(text string, found func(word), between func()) {
	start := -1
	flush := func(end int) {
		if start >= 0 {
			wordsOfRun(text[start:end], found)
			start = -1
		}
	}
	for i, r := range text {
		switch {
		case isWord(r) && start < 0:
			start = i
		case isWord(r), start >= 0 && isSign(r), isIgnorable(r):
		default:
			flush(i)
			if r == '\x1f' {
				between()
			}
		}
	}
	flush(len(text))
}

// wordsOfRun folds a run without spaces and punctuation, and splits it where the script
// changes.
func wordsOfRun(run string, found func(word)) {
	run = fold(run)
	start, last := 0, nothing
	for i, r := range run {
		s := scriptOf(r, last)
		if i > start && (s != last || s == symbol) {
			if last != nothing {
				found(word{run[start:i], last})
			}
			start = i
		}
		last = s
	}
	if last != nothing {
		found(word{run[start:], last})
	}
}

// fold makes spellings equal that differ only in case, width or other compatibility
// forms.
func fold(run string) string {
	if isPlain(run) {
		return strings.ToLower(run)
	}
	return digest.Fold(strings.Map(func(r rune) rune {
		if isIgnorable(r) {
			return -1
		}
		return r
	}, run))
}

// isPlain reports whether folding can only lower the case. That is true of nearly all
// Chinese and English.
func isPlain(run string) bool {
	for _, r := range run {
		if r >= utf8.RuneSelf && (r < 0x4e00 || r > 0x9fff) {
			return false
		}
	}
	return true
}

// scriptOf returns the script of a rune of a folded run; last is the script of the rune
// before.
func scriptOf(r rune, last script) script {
	switch {
	case 'a' <= r && r <= 'z':
		return letters
	case '0' <= r && r <= '9':
		return digits
	case r == '+' || r == '#':
		return symbol
	case isDense(r):
		return dense
	case unicode.IsMark(r) && (last == letters || last == dense):
		return last
	case unicode.IsLetter(r), unicode.IsMark(r):
		return letters
	case unicode.IsNumber(r):
		return digits
	}
	return nothing // other parts of a compatibility form, such as the ⁄ of ½
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

func isSign(r rune) bool { return r == '+' || r == '#' || r == '＋' || r == '＃' }

// isIgnorable reports whether a rune changes only how a word looks.
func isIgnorable(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r)
}

func isDense(r rune) bool {
	return 0x4e00 <= r && r <= 0x9fff ||
		r >= 0x1100 && (r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul))
}

// tokens returns text as FTS5 reads it: tokens separated by spaces.
func tokens(text string) string {
	var b strings.Builder
	b.Grow(2 * len(text))
	wordsOf(text, func(w word) {
		appendTokens(&b, w)
	}, func() {
		b.WriteString(borderToken + " ")
	})
	return b.String()
}

// appendTokens writes the tokens of a word, each followed by a space.
func appendTokens(b *strings.Builder, w word) {
	if w.script != dense {
		b.WriteString(w.text)
		b.WriteByte(' ')
		return
	}
	for i := 0; i < len(w.text); {
		_, first := utf8.DecodeRuneInString(w.text[i:])
		_, second := utf8.DecodeRuneInString(w.text[i+first:])
		b.WriteString(w.text[i : i+first+second])
		b.WriteByte(' ')
		i += first
	}
}

// query translates what a user types for FTS5. It returns "" if there are no words. The
// words become nothing but quoted tokens.
func query(words string) string {
	var phrases []string
	room := maxTokens
	add := func(words []word) {
		if room > 0 && len(words) > 0 {
			phrase := phraseOf(words, &room)
			for _, known := range phrases {
				if known == phrase {
					return
				}
			}
			phrases = append(phrases, phrase)
		}
	}
	for quoted := false; ; quoted = !quoted {
		end := strings.IndexFunc(words, isQuote)
		part := words
		if end >= 0 {
			part = words[:end]
		}
		if quoted {
			add(phraseWords(part))
		} else {
			for _, field := range strings.Fields(part) {
				addByScript(phraseWords(field), add)
			}
		}
		if end < 0 {
			break
		}
		_, size := utf8.DecodeRuneInString(words[end:])
		words = words[end+size:]
	}
	switch len(phrases) {
	case 0:
		return ""
	case 1:
		return own + phrases[0]
	}
	return strings.Join(phrases, " AND ") + " AND " + own + "(" + strings.Join(phrases, " OR ") + ")"
}

// own restricts where at least one of the words must be.
const own = "{headline text sources} : "

func isQuote(r rune) bool { return strings.ContainsRune("\"“”„‟＂「」『』«»", r) }

func phraseWords(part string) (words []word) {
	wordsOf(part, func(w word) { words = append(words, w) }, func() {})
	return words
}

// addByScript adds words that are separated only by their scripts. A dense word becomes
// a phrase of its own, because people who type OpenAI发布 do not mean a quotation.
func addByScript(words []word, add func([]word)) {
	start := 0
	for i, w := range words {
		if w.script == dense {
			add(words[start:i])
			add(words[i : i+1])
			start = i + 1
		}
	}
	add(words[start:])
}

// phraseOf returns a phrase of the words, and subtracts its tokens from room.
func phraseOf(words []word, room *int) string {
	var b strings.Builder
	for _, w := range words {
		appendTokens(&b, w)
	}
	list := strings.Fields(b.String())
	last := words[len(words)-1]
	// More characters may follow in the text, so the last one is only a prefix of its
	// token.
	begins := last.script == dense
	if begins && utf8.RuneCountInString(last.text) > 1 {
		list, begins = list[:len(list)-1], false
	}
	if len(list) > *room {
		list, begins = list[:*room], false
	}
	*room -= len(list)
	phrase := `"` + strings.Join(list, " ") + `"`
	if begins {
		phrase += " *"
	}
	return phrase
}
