package render

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/digestbot/digestbot/adapters/layout"
)

// TestLook compares the fast paths with the functions that they replace.
func TestLook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.SampledFrom([]rune("ab 1.*_:/@\n\t\x00\x7f\u0085\u00a0é中。\u3000，“\u200b\u200d\u202e\u2066\u2028אب\ufe0f😀\ufffd\ufb1d")), 0, 12, -1).Draw(t, "s")
		if rapid.Bool().Draw(t, "broken") {
			s += "\xff\xe4\xb8"
		}
		if got, want := clean(s), layout.Clean(s); got != want {
			t.Errorf("clean(%q) = %q, want %q", s, got, want)
		}
		if got, want := oneLine(s), strings.Join(strings.Fields(layout.Clean(s)), " "); got != want {
			t.Errorf("line(%q) = %q, want %q", s, got, want)
		}
		if got := layout.Isolate(s); traitsOf(s)&wild == 0 && got != s {
			t.Errorf("%q is isolated as %q, and look finds nothing in it", s, got)
		}
		address := rapid.StringMatching(`https?://[a-z.:\[%-]{0,5}[/?#]?[ -~é]{0,6}`).Draw(t, "address")
		if got, want := isLink(address), layout.Link(address); got != want {
			t.Errorf("linkable(%q) = %v, want %v", address, got, want)
		}
	})
}
