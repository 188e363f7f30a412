package lexicon

import (
	"unicode"
	"unicode/utf8"
)

// Script is the writing system of a character.
type Script uint8

// The scripts that are distinguished.
const (
	Elsewhere Script = iota // including characters without a script
	Han
	Kana
	Hangul
)

// ScriptOf decides the large blocks of Unicode by comparison, and looks up the rest,
// because it is called several times for nearly every character of a digest.
func ScriptOf(r rune) Script {
	switch {
	case r < 0x1100, r >= 0x3000 && r < 0x3005, r >= 0x3008 && r < 0x3021, r >= 0xFF00 && r < 0xFF66:
		return Elsewhere // Western letters, punctuation and full-width signs
	case r >= 0x4E00 && r < 0xA000:
		return Han
	case r >= 0xAC00 && r < 0xD7A4:
		return Hangul
	case unicode.Is(unicode.Han, r):
		return Han
	case unicode.In(r, unicode.Hiragana, unicode.Katakana):
		return Kana
	case unicode.Is(unicode.Hangul, r):
		return Hangul
	default:
		return Elsewhere
	}
}

// IsCJK reports whether r is written without spaces around it: ideographs, kana,
// Hangul and their punctuation.
func IsCJK(r rune) bool {
	return ScriptOf(r) != Elsewhere || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF
}

// enoughToTell is how many bytes of a body are enough to detect its language.
const enoughToTell = 1 << 10

// DetectLanguage distinguishes Chinese, Japanese, Korean and everything else, which it
// calls English, by their scripts.
func DetectLanguage(title string, body []byte) string {
	var of [Hangul + 1]int
	letters := 0 // of other scripts
	for _, text := range [][]byte{[]byte(title), body[:min(len(body), enoughToTell)]} {
		for i := 0; i < len(text); {
			c := text[i]
			switch {
			case c < utf8.RuneSelf:
				if IsASCIILetter(c) {
					letters++
				}
				i++
				continue
			case i+2 < len(text) && (c >= 0xE5 && c <= 0xE9 || c == 0xE4 && text[i+1] >= 0xB8): // U+4E00 to U+9FFF
				of[Han]++
				i += 3
				continue
			}
			r, size := utf8.DecodeRune(text[i:])
			i += size
			if s := ScriptOf(r); s != Elsewhere {
				of[s]++
			} else if r < 0x2000 && unicode.IsLetter(r) {
				letters++ // in other blocks there are few letters and many punctuation marks
			}
		}
	}
	letters += of[Han] + of[Kana] + of[Hangul]
	switch {
	case of[Kana]*10 > of[Han]+of[Kana] && of[Kana]*20 > letters:
		return "ja"
	case of[Hangul]*5 > letters:
		return "ko"
	case of[Han]*6 > letters:
		return "zh"
	default:
		return "en"
	}
}
