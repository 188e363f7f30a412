package markdown

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What is plain is read as the YAML library reads it.
func TestPlain(t *testing.T) {
	for _, block := range []string{
		"title: \"科技 x\"\ndate: 2026-01-21\ntags:\n  - AI\n  - 'b c'\n  - \"d\"\n",
		"tags:\n- x\n- 1.20\n-   2026\ncategories: [a, 'b',  \"c d\",3]\n",
		"empty:\nyes: true\nno: NO\nc: a b # foo\nd: 'q' # c\n",
		"a: []\nb: [ ]\nc: [ a , b ] # c\nd: [科技, x, 'é, y']",
		"url: https://example.org/c?d#e\nx: 科技 行业：动态\ny: 0x1F\nz: 1_000\nf: 1e3\ng: 017\n",
		"# c\na: 1\n\n# d\n\nb: 2\n  # e\nc:\n\n  - x\n\n  # foo\n  - y\n   \nd: z",
		"date: 2026-01-21 08:00:00 +0800\nb: a:b\nc: a - b\nd: 12:30:45\n",
		"A: x\na: y\na-b_3: z\n",
		"a:   x\nb:   'y'   \nc: \"\"\nd: ''\n",
	} {
		if _, ok := decodePlain(block); !ok {
			t.Errorf("%q: got not plain, want plain", block)
		}
		samePlain(t, block)
	}
}

// What is more than plain is left to the YAML library, if only for its error.
func TestNotPlain(t *testing.T) {
	for _, block := range []string{
		"", "\n", "# only\n", "prose\n", "a:b\n", "- a\n", "a: b\na: c\n", "a: |\n  b\n", "a: >-\n  b\n", "a: b\n  c\n",
		"a: \"b\\n\"\n", "a: 'b''c'\n", "a: 'b\n", "a: \"b\" c\n", "a: b: c\n", "a: null\n", "a: ~\n", "a: &x b\n", "a: *x\n", "a: !x\n",
		"a: {b: c}\n", "a: [b, [c]]\n", "a: [b\n", "a: [b,\n  c]\n", "a: [b, ]\n", "a: [b c: d]\n", "a: [, b]\n", "a: [b] c\n", "a:\n  b: c\n",
		"a:\n  - b: c\n", "a:\n  -\n", "a:\n  - b\n - c\n", "a: b\n- c\n", "a: -\n", "a: - b\n", "a: ? b\n", "\ta: b\n", "a: b\tc\n", "a: b:\n",
		"a b: c\n", "<<: a\n", "? a\n", "a: \"b\"#c\n", "...\n", "---\n", "a: b \n", "%YAML 1.2\n", strings.Repeat("k: v\n", 2), "科: d\n",
	} {
		if entries, ok := decodePlain(block); ok {
			t.Errorf("%q: got %v, want not plain", block, entries)
		}
	}
}

// Front matter with thousands of keys is not compared key by key.
func TestPlainBound(t *testing.T) {
	var block strings.Builder
	for i := range maxPlain + 1 {
		block.WriteString("k" + strings.Repeat("x", i) + ": v\n")
	}
	if entries, ok := decodePlain(block.String()); ok {
		t.Errorf("got %d entries, want not plain", len(entries))
	}
}

func TestPlainGenerated(t *testing.T) {
	space := rapid.SampledFrom([]string{"", " ", "  "})
	word := rapid.OneOf(
		rapid.SampledFrom([]string{
			"AI", "科技 行业", "a b", "1.20", "NO", "true", "2026-01-21", "null", "~", "\"x y\"", "'é'", "\"", "''", "it's", "a#b", "a # b",
			"a: b", "a:", "a,b", "[x]", "- a", "-5", ".5", "!t", "&a", "*a", "@a", "`a", "%a", "|", ">", "{a: b}", "https://example.org/?a=b#c", "：", "😀", "12:30",
		}),
		rapid.StringMatching(`[ -~é科]{0,8}`),
	)
	comma := rapid.SampledFrom([]string{",", ", ", " , "})
	rapid.Check(t, func(t *rapid.T) {
		var block strings.Builder
		for i := range rapid.IntRange(1, 6).Draw(t, "entries") {
			block.WriteString(rapid.SampledFrom([]string{"title", "date", "tags", "a_b", "X-1"}).Draw(t, "key") + strings.Repeat("k", i) + ":")
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0, 1:
				block.WriteString(" " + space.Draw(t, "space") + word.Draw(t, "word") + space.Draw(t, "space"))
			case 2:
				block.WriteString(" [" + space.Draw(t, "space"))
				for j := range rapid.IntRange(0, 4).Draw(t, "items") {
					if j > 0 {
						block.WriteString(comma.Draw(t, "comma"))
					}
					block.WriteString(word.Draw(t, "item"))
				}
				block.WriteString(space.Draw(t, "space") + "]")
			case 3, 4:
				indent := space.Draw(t, "indent")
				for range rapid.IntRange(1, 4).Draw(t, "items") {
					block.WriteString("\n" + indent + "- " + space.Draw(t, "space") + word.Draw(t, "item"))
				}
			}
			block.WriteString(rapid.SampledFrom([]string{"\n", "\n", "\n\n", " # c\n", "\n# c\n", "\n  # c\n", "\n  d\n"}).Draw(t, "end"))
		}
		samePlain(t, block.String())
	})
}

func FuzzPlain(f *testing.F) {
	f.Add("title: \"x\"\ndate: 2026-01-21 # c\ntags: [a, 'b', \"c\"]\ncategories:\n  - d\n  - e\n")
	f.Add("a: 科技\n\n# b\nc:\n- 1.20\n- NO\nd:\ne: x: y\n")
	for _, s := range oddMatter {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, block string) {
		// Other control characters never come as far as front matter.
		for _, c := range block {
			if c < ' ' && c != '\n' && c != '\t' || c >= 0x7f && c < 0xa0 || c == 0xFFFD {
				t.Skip()
			}
		}
		samePlain(t, block)
	})
}

// samePlain compares what decodePlain says with what the YAML library says.
func samePlain(t interface{ Errorf(string, ...any) }, block string) {
	got, ok := decodePlain(block)
	if !ok {
		return
	}
	want, err := decodeFullYAML([]byte(block))
	if err != nil {
		t.Errorf("%q: got %+v, want the error %v", block, got, err)
	} else if !reflect.DeepEqual(got, want) {
		t.Errorf("%q:\ngot  %+v\nwant %+v", block, got, want)
	}
}
