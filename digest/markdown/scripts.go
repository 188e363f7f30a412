package markdown

import (
	"unicode"
	"unicode/utf8"
)

// script is the writing that a character belongs to.
type script uint8

const (
	elsewhere script = iota // including what belongs to none
	han
	kana
	hangul
)

// scriptOf knows the large blocks of Unicode by heart and looks up the rest.
// Nearly every character of a digest passes here several times.
func scriptOf(r rune) script {
	switch {
	case r < 0x1100, r >= 0x3000 && r < 0x3005, r >= 0x3008 && r < 0x3021, r >= 0xFF00 && r < 0xFF66:
		return elsewhere // letters of the West, punctuation and signs of full width
	case r >= 0x4E00 && r < 0xA000:
		return han
	case r >= 0xAC00 && r < 0xD7A4:
		return hangul
	case unicode.Is(unicode.Han, r):
		return han
	case unicode.In(r, unicode.Hiragana, unicode.Katakana):
		return kana
	case unicode.Is(unicode.Hangul, r):
		return hangul
	default:
		return elsewhere
	}
}

// cjk reports whether r is written without spaces around it: ideographs, kana,
// Hangul and their punctuation.
func cjk(r rune) bool {
	return scriptOf(r) != elsewhere || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF
}

// enoughToTell is how much of a body tells its language.
const enoughToTell = 1 << 10

// tellLanguage tells Chinese, Japanese, Korean and everything else, called
// English, apart by their scripts.
func tellLanguage(title string, body []byte) string {
	var of [hangul + 1]int
	letters := 0 // of none of these
	for _, text := range [][]byte{[]byte(title), body[:min(len(body), enoughToTell)]} {
		for i := 0; i < len(text); {
			c := text[i]
			switch {
			case c < utf8.RuneSelf:
				if letter(c) {
					letters++
				}
				i++
				continue
			case i+2 < len(text) && (c >= 0xE5 && c <= 0xE9 || c == 0xE4 && text[i+1] >= 0xB8): // U+4E00 to U+9FFF
				of[han]++
				i += 3
				continue
			}
			r, size := utf8.DecodeRune(text[i:])
			i += size
			if s := scriptOf(r); s != elsewhere {
				of[s]++
			} else if r < 0x2000 && unicode.IsLetter(r) {
				letters++ // beyond there are few letters and much punctuation
			}
		}
	}
	letters += of[han] + of[kana] + of[hangul]
	switch {
	case of[kana]*10 > of[han]+of[kana] && of[kana]*20 > letters:
		return "ja"
	case of[hangul]*5 > letters:
		return "ko"
	case of[han]*6 > letters:
		return "zh"
	default:
		return "en"
	}
}
