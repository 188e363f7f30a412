package matter

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Broken front matter of which something is lost is an error: with a warning, nothing
// is lost.
func TestWarningsLoseNothing(t *testing.T) {
	for _, c := range []struct {
		in      string
		lenient bool
	}{
		{"title: \"word1 \"word2\" word3\"\nword4: word5\n", true},
		{"title: word1: word2\ntags: [word3]\n", true},
		{"title: word1: word2\n\n# a comment\ntags: [word3]\n", true},
		{"title: *word1 word2\ndate: word3\n", false},
		{"title: [word1] word2\ndate: word3\n", false},
		{"title: word1: word2\n  word3\n", false},
		{"title: word1\nword2\ndate: word3\n", false},
		{"word1\ntitle: word2: word3\n", false},
		{"title: word1: x\ntags:\n- word2\n- \"word3\" word4\n", false},
		{"title: word1: x\nsummary: |\n  word2\nword3\n", false},
		{"title: word1: x\nTitle: word2\n", true},
	} {
		entries, err := decode([]byte(c.in), yamlFormat)
		if err == nil || err.Lenient != c.lenient {
			t.Errorf("%q: got %+v and %+v, want an error with lenient %t", c.in, entries, err, c.lenient)
		}
	}
	line := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{
			"title: W", "title: \"W \"W\" W\"", "date: W: W", "tags: [W, W]", "tags: [W, W", "tags:\n- W\n- W: W", "tags:\n  - \"W\" W", "list:\n- W\n- - W", "W", "  W", "- W",
			"text: |\n  W\n  W", "text: >-\n  W\nW", "key: 'W' W", "key: 'W", "key: {W: W}", "key: {W: W", "a b: W: W", "key: &a W", "key: *W", "key: !t W", "key: @W", "key: `W`", "key: %W",
			"key: - W", "key: W\n  W", "key: W: W\n  W", "key:\n  W: W\n  W: W", "key:\n  W: W: W", "? W", "\tW: W", "key:\tW", "“W”: W", "[W]: W", "{W", "W]", "\"W\": W", "key：W", "key:W",
		}).Draw(t, "line")
	})
	rapid.Check(t, func(t *rapid.T) {
		var block strings.Builder
		words := 0
		for range rapid.IntRange(1, 6).Draw(t, "lines") {
			for i, text := range strings.Split(line.Draw(t, "line"), "W") {
				if i > 0 {
					words++
					fmt.Fprintf(&block, "word%d.", words)
				}
				block.WriteString(text)
			}
			block.WriteString("\n")
		}
		entries, err := decode([]byte(block.String()), yamlFormat)
		if len(entries) == 0 || err != nil && !err.Lenient {
			return // it is not front matter, or an error says so
		}
		budget := MaxValues
		var all strings.Builder
		for _, e := range entries {
			fmt.Fprintln(&all, e.Key, plainValue(e.Value, &budget))
		}
		for i := 1; i <= words; i++ {
			if word := fmt.Sprintf("word%d.", i); !strings.Contains(all.String(), word) {
				t.Fatalf("%s is lost with %v: %q gives %s", word, err, block.String(), all.String())
			}
		}
	})
}
