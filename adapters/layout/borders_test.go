package layout

import (
	"testing"

	"github.com/rivo/uniseg"
)

// Skipping uniseg within a host name does not change the borders.
func TestBordersOfAHost(t *testing.T) {
	for _, host := range []string{
		"https://", "https://a", "https://a.", "https://a-", "https://a.example", "https://a.EXAMPLE", "http://é", "https://é.e", "https://e\u0301.x",
		"https://127.0.0.1", "a.b", "v1.2", "3.14", "U.S", "e.g",
	} {
		for _, before := range []string{"", "The ", "(", "$", "“", "中", "1 ", "א", "}\u00a0}"} {
			for _, behind := range []string{
				"", " ", ". The", ".5", " the", "!", "! The", "/a", ":80", ")", "%", "\"", "”", "…", "é", "中", "。", "\u0301", "\u200d👨", "\u00a0!", "\n", "_x", "א", "-א", ", 1", "}Z", "?}क",
			} {
				text := before + host + behind
				want := map[int]border{}
				for rest, state, end := text, -1, 0; rest != ""; {
					var cluster string
					var flags int
					cluster, rest, flags, state = uniseg.StepString(rest, state)
					end += len(cluster)
					want[end] = after(text[:end], rest, cluster, flags)
				}
				from, to := nextHost(text, 0)
				for end, b := range borders(text) {
					w, ok := want[end]
					switch {
					case !ok:
						w = inGrapheme
					case from < end && end < to:
						w = inHost
					}
					if b != w {
						t.Errorf("%q at %d: the border is %d, want %d", text, end, b, w)
					}
				}
			}
		}
	}
}
