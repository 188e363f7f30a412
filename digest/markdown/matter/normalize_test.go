package matter

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// The fast path gives the same result as the slow one.
func TestCheck(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		s := "a" + string(r) + "b"
		clean := !unicode.IsControl(r) || r == '\n' || r == '\t'
		if got, _ := check([]byte(s)); got != clean {
			t.Errorf("check %U: got %v, want %v", r, got, clean)
		}
	}
}

func TestCheckGenerated(t *testing.T) {
	piece := rapid.OneOf(rapid.SampledFrom([]string{"a", "\n", "科", "é", "😀", "\xE4", "\xE4\xB8", "?", "\x80", "\xED\xA0\x80", "\xE0\x80\x80", "\xF5", "\xC1\x80"}), rapid.StringN(0, 3, 8))
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), ""))
		if _, got := check(data); got != utf8.Valid(data) {
			t.Errorf("%q: got %v, want %v", data, got, utf8.Valid(data))
		}
	})
}
