package markdown

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What is plain is scanned, and read as goldmark reads it.
func TestScan(t *testing.T) {
	for _, body := range []string{
		"", "a", "a\nb  \nc \n d\n", "\n\na\n\n\nb", "　行业 动态。\n第二行\n\n　　第三行", "# a\n## b\nc\n###### d\n#e\n####### f\n",
		"a\n\n---\n\nb\n***\n* * *\n___\nc", "- a\n- b\n  c\nd\n\n  e\n\nf", "* a\n+ b\n- c\n", "1. a\n1. b\n7) c\n8) d\n\n9) e\n", "a\n1. b\n", "3. a\n\nb\n\n4. c",
		"- a\n  - b\n    - c\n      d\n  - e\n- f\n", "- a\n    - b\n    - c\n", "1. a\n   - b\n   - c\n\n   d\n2. e\n", "-   a\n\n    b\n", "- ![a](b)\n- c\n",
		"**a** b *c* d __e__ f _g_", "**行业：**动态，**“重点”**的", "**a *b* c**", "a * b ** c", "snake_case_name", "**a\nb** c", "**a** **b**", "**a** b **",
		"[a](b) [c](https://d.org/e_(f)) [g]() []() [#](#h) [i](mailto:j)", "[**a** b](https://c.org)**d**", "**[a](https://b.org)**", "[2](https://a.org), [注] [ ] a]", "[[a](https://b.org)]",
		"[a](https://b.org)[c](https://b.org)", "[`a`](https://b.org)", "a ![b](c) d ![](e)f", "![a](b)\n![c](d)\nx", "[a\nb] c", "> a\n> b **c**\n>\n> d\n\ne\n> f\n\n> h\n\n1. a\n> b\n\n2. c", ">a\n>**b**\n", ">**a**\n", "<!-- a -->\n\nb\n<!--\nc\n-->\nd\n- e\n<!-- -->\n- f", "- ![](a)\n<!-- b -->\n\nc", "[https://a.org](https://b.org)", "a [b https://c.org",
		"`a` ``b ` c`` ` d ` `  `", "**`a`**", "https://a.org/b_(c). (http://d.org) HTTPS://E.org，xhttps://f.org :// http://", "来源：https://a.org/b。", "**https://a.org**",
		"a[b](/c)dhttp://#", "https://x.com/intent/post?a", "a < b & c; AT&T 3~5 {a} !b <5 % <3", "标签：AI\n日期：today\nb: c", "**标签：** AI\n**日期：** 今天\n",
	} {
		if _, _, ok := scan([]byte(body), &room{}); !ok {
			t.Errorf("%q: got not plain, want plain", body)
		}
		sameBlocks(t, body)
	}
	for _, s := range []string{"- [a](b)\n", "a\n\n", "# a\n", "![a](b)\n\n[c](d)\n\n"} {
		sameBlocks(t, strings.Repeat(s, maxBlocks-1)+"![](a)\n\n"+strings.Repeat("[b](c)\n\n", 3))
		sameBlocks(t, strings.Repeat(s, maxBlocks)+"![](a)\n\nb")
	}
	for i, d := range digests(50) {
		_, at, _ := splitMatter(d)
		if _, _, ok := scan(d[at:], &room{}); !ok {
			t.Errorf("digest %d: got not plain, want plain", i)
		}
		sameBlocks(t, string(d[at:]))
	}
	files, err := filepath.Glob("testdata/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("fixtures: got %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, at, _ := splitMatter(data)
		sameBlocks(t, string(data[at:]))
	}
}

// What is more than plain is goldmark's.
func TestNotScanned(t *testing.T) {
	for _, body := range []string{
		"a\n===\n", "a\n---\n", "a | b\n-|-\n", "> a\nb", "> - a", "> > a", "> # a", ">     a", "<!-- a --> b", "<!-- [a] -->", "<!-- a\n<!-- b -->\n", "<!-- a", "> a\n- b", "```\na\n```\n", "~~~\n", "    a", "a\tb", "a\\*b", "<b>a</b>", "a <!-- b -->", "<a@b.org>", "&amp;", "~~a~~", "~a~", "[a]: b", "[a][b]", "[a][]\n",
		"a [^1]", "a [1]", "{% a %}", "{{ a }}", "a{: .b}", "**a", "***a***", "**a*", "`a", "`a\nb`", "[a](b \"c\")", "[a](<b>)", "[a\nb](c)", "[![a](b)](c)", "-\n", "- # a", "- - a", "-     a", " # a",
		"a\n2. b", "- a\n - b", "#", "# a #", "[`a]`](b)", "[a **b](c)**",
	} {
		if blocks, _, ok := scan([]byte(body), &room{}); ok {
			t.Errorf("%q: got %v, want not plain", body, blocks)
		}
	}
}

func TestScanGenerated(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"a", "b c", "行业", "。", "，", " ", "  ", "\n", "\n\n", "  \n", "*", "**", "_", "`", "[", "](", ")", "]", "!", "<", ">", "\n> ", "\n- ", "\n1. ", "\n2) ", "\n# ", "\n## x\n",
		"~", ":", "https://e.org", "{", "|", "\n|-|\n", "&", "\n---\n", "\n***\n", "é", "😀", "[a](https://b.org)", "**a**", "*行业：*", "`a b`", "\n- a\n- b\n", "\n\n  ", "\n  - ",
		"\n    ", "[1](u)", "![a](b)", "\n=\n", "　", "12", "\n>", "\n> a\n", "\n<!-- a -->\n", "<!--", "-->",
	})
	rapid.Check(t, func(t *rapid.T) {
		sameBlocks(t, strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(t, "pieces"), ""))
	})
}

func FuzzScan(f *testing.F) {
	f.Add("# a\n\nb **c** d  \ne *f* `g` [h](https://i.org) https://j.org/k_(l).\n\n- m\n- n\n  o\n\n1. p\n   - q\n\n***\n")
	f.Fuzz(func(t *testing.T, body string) {
		// Other control characters never come as far as a body.
		for _, c := range body {
			if c < ' ' && c != '\n' && c != '\t' || c >= 0x7f && c < 0xa0 || c == 0xFFFD {
				t.Skip()
			}
		}
		sameBlocks(t, body)
	})
}

// sameBlocks compares what scan and goldmark make of a body.
func sameBlocks(t interface{ Errorf(string, ...any) }, body string) {
	got, gotOdd, ok := scan([]byte(body), &room{})
	if !ok {
		return
	}
	want, wantOdd := parse([]byte(body))
	if g, w := fmt.Sprintf("%+v %+v", got, gotOdd), fmt.Sprintf("%+v %+v", want, wantOdd); g != w {
		t.Errorf("%q:\ngot  %s\nwant %s", body, g, w)
	}
}
