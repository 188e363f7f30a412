package lexicon

import (
	"testing"
	"unicode"
)

// ScriptOf agrees with the scripts of Unicode.
func TestScriptOf(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		want := Elsewhere
		switch {
		case unicode.Is(unicode.Han, r):
			want = Han
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			want = Kana
		case unicode.Is(unicode.Hangul, r):
			want = Hangul
		}
		if got := ScriptOf(r); got != want {
			t.Errorf("%U: got %d, want %d", r, got, want)
		}
	}
}
