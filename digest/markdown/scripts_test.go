package markdown

import (
	"testing"
	"unicode"
)

// What scriptOf knows by heart is what Unicode says.
func TestScriptOf(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		want := elsewhere
		switch {
		case unicode.Is(unicode.Han, r):
			want = han
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			want = kana
		case unicode.Is(unicode.Hangul, r):
			want = hangul
		}
		if got := scriptOf(r); got != want {
			t.Errorf("%U: got %d, want %d", r, got, want)
		}
	}
}
