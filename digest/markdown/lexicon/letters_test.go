package lexicon

import (
	"strings"
	"testing"
	"unicode"
)

// The fast paths give the same results as the slow ones.
func TestLetters(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		s := "a" + string(r) + "b"
		if got, want := Lower(s), strings.ToLower(s); got != want {
			t.Errorf("Lower %U: got %q, want %q", r, got, want)
		}
		if got, want := IsLetter(r), unicode.IsLetter(r); got != want {
			t.Errorf("IsLetter %U: got %v, want %v", r, got, want)
		}
		for _, s := range []string{string(r), "a" + string(r) + "b", "a " + string(r)} {
			if got, want := Squeeze(s), strings.Join(strings.Fields(s), " "); got != want {
				t.Errorf("Squeeze %q: got %q, want %q", s, got, want)
			}
		}
	}
}
