package story

import (
	"strings"
	"testing"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// A headline made from a long sentence is no wider than a line.
func TestClauses(t *testing.T) {
	for in, want := range map[string]string{
		strings.Repeat("word ", 40):                             strings.TrimSpace(strings.Repeat("word ", 15)) + "…",
		strings.Repeat("字", 100):                                strings.Repeat("字", 39) + "…",
		strings.Repeat("字", 20) + "，" + strings.Repeat("字", 80): strings.Repeat("字", 20),
		strings.Repeat("x", 200):                                strings.Repeat("x", 79) + "…",
	} {
		got := sentence(block.Join([]block.Line{{Text: digest.Text{{Text: in}}}})).Words
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if n := lexicon.Width(got); n > MaxClause {
			t.Errorf("%q: got %d columns", got, n)
		}
	}
}
