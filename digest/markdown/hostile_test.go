package markdown

import (
	"fmt"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/digest/markdown/matter"
)

// hostile returns files of about the given size that Markdown and YAML parsers have
// trouble with.
func hostile(size int) []struct{ name, data string } {
	fill := func(s string) string { return strings.Repeat(s, size/len(s)+1) }
	var keys, nested, anchors, references strings.Builder
	for i := 0; keys.Len() < size; i++ {
		fmt.Fprintf(&keys, "k%d: v\n", i)
	}
	for depth := 0; nested.Len() < size; depth++ {
		nested.WriteString(strings.Repeat("  ", depth%300) + "- a\n")
	}
	anchors.WriteString("a0: &a0 [x, x]\n")
	for i := 1; anchors.Len() < min(size, matter.MaxFrontMatter-100); i++ {
		fmt.Fprintf(&anchors, "a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	for i := 0; references.Len() < size; i++ {
		fmt.Fprintf(&references, "[%d]: <b\n", i)
	}
	return []struct{ name, data string }{
		{"open links", fill("[a](<b")},
		{"emphasis within words", fill("a_b*c")},
		{"strong", fill("**a ")},
		{"quotes", fill("> ")},
		{"quotes on every line", fill(strings.Repeat(">", 60) + " a\n")},
		{"brackets", fill("[")},
		{"closed brackets", fill("[a]")},
		{"pictures", fill("![")},
		{"backticks", fill("`a``b")},
		{"tags", fill("<a ")},
		{"comments", fill("<!--")},
		{"tags on lines", fill("<a\n")},
		{"tags in blocks", "<p>" + fill("<a ")},
		{"tags in blocks on lines", "<p\n" + fill("a\n")},
		{"broken tags", fill("<a b=\"c>")},
		{"open elements", fill("<div>")},
		{"open elements on lines", fill("<ul><li>\n\n")},
		{"open lists and tables", fill("<ul><table><tr><td>a\n\n")},
		{"open marks", fill("<b><a href=b>")},
		{"closed elements", fill("<div></p></b></div></td>")},
		{"open scripts", fill("<div><script>\n\n")},
		{"open scripts within lines", fill("a <script>\n\n")},
		{"open frames within a line", "a " + fill("<object>")},
		{"open comments in blocks", fill("<div><!-- a\n\n")},
		{"rows", "<table>" + fill("<tr><td colspan=1000>")},
		{"cells", "<table>" + fill("<td>a")},
		{"headings of HTML", fill("<h2>a")},
		{"attributes", "<a " + fill("b=c ") + ">d</a>"},
		{"capitals", fill("a<B>")},
		{"words in a block of HTML", "<div>\n" + fill("a\n")},
		{"code of HTML", "<pre>" + fill("a\n<b>")},
		{"addresses", fill("http://a(")},
		{"Liquid", fill("{{ {% ")},
		{"table", fill("| a | b |\n|-|-|\n| c | d |\n")},
		{"table of one row", "|a|\n|-|\n" + fill("|")},
		{"pipes", fill("a|")},
		{"list", fill("- a\n")},
		{"nested list", nested.String()},
		{"nested markers", fill("- ")},
		{"nested numbers", fill("1. ")},
		{"headings", fill("# a\n")},
		{"links as stories", fill("- [a](https://example.org)\n")},
		{"bold lines", fill("**a**\nb https://example.org\n\n")},
		{"references", references.String()},
		{"notes", fill("a [1]\n\n[1] http://b\n\n")},
		{"a list of notes", "a [1]\n\n" + fill("[1] http://b\n")},
		{"footnotes", fill("a[^1]\n\n[^1]: http://b\n\n")},
		{"spaces", "a" + fill(" ") + "b"},
		{"words", fill("a ")},
		{"one line", fill("科")},
		{"entities", fill("&amp")},
		{"escapes", fill("\\")},
		{"keys", "---\n" + keys.String() + "---\n"},
		{"aliases", "---\n" + anchors.String() + "---\n"},
		{"open front matter", "---\n" + fill("a: b\n")},
		{"nested flow", "---\na: " + fill("[") + "\n---\n"},
		{"open quote", "---\na: \"" + fill("b\n") + "---\n"},
		{"control characters", fill("\x00\x01")},
		{"broken UTF-8", fill("\xff\xc3")},
	}
}

// BenchmarkHostile reads pathological files of 100 KB. Each must take less than 50 ms.
func BenchmarkHostile(b *testing.B) {
	for _, h := range hostile(100 << 10) {
		b.Run(h.name, func(b *testing.B) {
			for b.Loop() {
				Read("hostile.md", []byte(h.data))
			}
		})
	}
}

// The work grows about linearly with the size of the file. It is measured by the number
// of allocations, which does not depend on the machine.
func TestHostileIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	allocations := func(size int) map[string]float64 {
		n := map[string]float64{}
		for _, h := range hostile(size) {
			n[h.name] = testing.AllocsPerRun(1, func() { Read("hostile.md", []byte(h.data)) })
		}
		return n
	}
	small, large := allocations(8<<10), allocations(32<<10)
	for name := range small {
		if large[name] > 6*small[name]+1000 {
			t.Errorf("%s: got %v allocations for 8 KiB and %v for 32 KiB, want at most 6 times as many", name, small[name], large[name])
		}
	}
}
