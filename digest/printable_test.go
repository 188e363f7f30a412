package digest

import "testing"

func TestPrintable(t *testing.T) {
	for _, c := range []struct{ text, printable, escape string }{
		{"posts/2026-11-29-晨报.md", "posts/2026-11-29-晨报.md", "posts/2026-11-29-晨报.md"},
		{"a b\u3000c\u00a0d \"e\" \\ 'f'", "a b\u3000c\u00a0d \"e\" \\ 'f'", "a b\u3000c\u00a0d \"e\" \\ 'f'"},
		{"👩\u200d👧 ❤\ufe0f می\u200cخواهم", "👩\u200d👧 ❤\ufe0f می\u200cخواهم", "👩\u200d👧 ❤\ufe0f می\u200cخواهم"},
		{"", "", ""},
		{"a\nb\tc", `"a\nb\tc"`, "a\nb\tc"},
		{"a\rb", `"a\rb"`, `a\rb`},
		{"\x1b[31mred\x00\x7f", `"\x1b[31mred\x00\x7f"`, `\x1b[31mred\x00\x7f`},
		{"\u0085\u009b", `"\u0085\u009b"`, `\u0085\u009b`},
		{"a\u202eb\u2066c\u2069", `"a\u202eb\u2066c\u2069"`, `a\u202eb\u2066c\u2069`},
		{"a\u200eb\u200bc\ufeff", `"a\u200eb\u200bc\ufeff"`, "a\u200eb\u200bc\ufeff"},
		{"a\u2028b", `"a\u2028b"`, `a\u2028b`},
		{"tag \U000e0041", `"tag \U000e0041"`, "tag \U000e0041"},
		{"\xff\xc3(", `"\xff\xc3("`, `\xff\xc3(`},
		{"a real \ufffd", "a real \ufffd", "a real \ufffd"},
	} {
		if got := Printable(c.text); got != c.printable {
			t.Errorf("Printable(%q) = %s, want %s", c.text, got, c.printable)
		}
		if got := Escape(c.text); got != c.escape {
			t.Errorf("Escape(%q) = %q, want %q", c.text, got, c.escape)
		}
	}
}
