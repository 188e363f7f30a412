package markdown

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/body"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/markdowntest"
	"github.com/digestbot/digestbot/digest/markdown/weburl"
)

var update = flag.Bool("update", false, "write the golden files")

// Each NAME.md in testdata comes with the result of reading it: NAME.json, and
// NAME.problems in the format of lint.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("fixtures: got %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d := Read(filepath.Base(file), data)
			var problems strings.Builder
			for _, p := range d.Problems {
				fmt.Fprintf(&problems, "%s:%d:%d: %s: %s (%s)\n", d.File, p.Line, p.Column, p.Severity, p.Message, p.Code)
			}
			d.Problems = nil
			read, err := json.MarshalIndent(d, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			stem := strings.TrimSuffix(file, ".md")
			golden(t, stem+".json", string(read)+"\n")
			golden(t, stem+".problems", problems.String())
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

// A BOM, carriage returns and spaces after delimiters make no difference.
func TestFormsOfBytes(t *testing.T) {
	data, err := os.ReadFile("testdata/2026-03-01-morning.md")
	if err != nil {
		t.Fatal(err)
	}
	read := func(s string) string {
		d, err := json.Marshal(Read("2026-03-01-morning.md", []byte(s)))
		if err != nil {
			t.Fatal(err)
		}
		return string(d)
	}
	want, text := read(string(data)), string(data)
	for name, form := range map[string]string{
		"BOM":    "\xEF\xBB\xBF" + text,
		"CRLF":   strings.ReplaceAll(text, "\n", "\r\n"),
		"CR":     strings.ReplaceAll(text, "\n", "\r"),
		"spaces": strings.ReplaceAll(text, "---\n", "---  \n"),
	} {
		if got := read(form); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// A field that website tools see in another way is kept beside that of the digest.
func TestPage(t *testing.T) {
	for in, want := range map[string]digest.Page{
		"slug: x\npermalink: /y\nurl: /z":     {Slug: "x", Permalink: "/y", URL: "/z"},
		"title: Weekly #42":                   {Title: "Weekly"},
		"categories: jekyll update":           {HugoCategories: []string{"jekyll update"}},
		"categories: a, b":                    {Categories: []string{"a,", "b"}},
		"categories: [[a, b], c]":             {Categories: []string{`["a", "b"]`, "c", "a", "b"}},
		"categories: [a]\ncategory: Big News": {HugoCategories: []string{"a"}},
		"tags: open source":                   {HugoTags: []string{"open source"}},
		"tag: a\ntags: [b, c]":                {HugoTags: []string{"b", "c"}},
		"tags: [a]\ncategories: [b]":          {},
	} {
		d := Read("2026-03-04-a.md", []byte("---\nauthor: A\n"+in+"\n---\n"))
		if d.Page == nil {
			d.Page = &digest.Page{}
		}
		if !reflect.DeepEqual(*d.Page, want) {
			t.Errorf("%q: got %+v, want %+v", in, *d.Page, want)
		}
	}
}

func TestFrontMatter(t *testing.T) {
	for _, c := range []struct {
		name, in string
		title    string
		tags     string
		problems string
	}{
		{"none", "# T\n", "T", "", ""},
		{"block list", "---\ntitle: T\ntags:\n- a\n- b c\n---\n", "T", "a|b c", ""},
		{"comma string", "---\ntitle: T\ntags: a, b，c、d\n---\n", "T", "a|b|c|d", ""},
		{"scalar", "---\ntitle: T\ntags: open source\n---\n", "T", "open|source", ""},
		{"as written", "---\ntitle: 1.20\ntags: [NO, yes, 0x1F, 1_000, 2026-01-02, 1e3, off]\n---\n", "1.20", "NO|yes|0x1F|1_000|2026-01-02|1e3|off", ""},
		{"no words among tags", "---\ntitle: T\ntags: [a, {b: c}, [d]]\n---\n", "T", "a|d", "3:11 tags"},
		{"a table for tags", "---\ntitle: T\ntags:\n  a: b\n---\n", "T", "", "4:3 tags"},
		{"alias", "---\nx: &x [a, b]\ntitle: T\ntags: *x\n---\n", "T", "a|b", ""},
		{"JSON", "{\n\"title\": \"T\",\n\"tags\": [\"a\", 1.20, true]\n}\n\nbody", "T", "a|1.20|true", ""},
		{"named JSON", "---json\n{\"title\": \"T\"}\n---\n", "T", "", ""},
		{"broken JSON", "{\n\"title\": \"T\",,\n}\n\n# H\n", "H", "", "2:14 front-matter"},
		{"TOML", "+++\ntitle = 'T'\ntags = ['a', 1.20, true, 2026-01-02]\n+++\n", "T", "a|1.20|true|2026-01-02", ""},
		{"broken TOML", "+++\ntitle = 'T'\ntags = [a]\n+++\n", "T", "[a]", "3:9 front-matter"},
		{"broken YAML", "---\ntitle: \"a \"b\" c\"\ntags: [x]\n---\n# H\n", "a \"b\" c", "x", "2:12 front-matter"},
		{"duplicate key", "---\ntitle: A\ntags: [x]\ntitle: B\n---\n", "B", "x", "4:8 front-matter"},
		{"equal keys but for case", "---\ntags: [x]\nTitle: A\ntitle: B\n---\n", "B", "x", "4:8 front-matter"},
		{"equal keys of JSON", "{\"title\": \"A\", \"title\": \"B\"}\n", "B", "", "1:1 front-matter"},
		{"merge key", "---\nx: &x {tags: [a, b], title: X}\n<<: *x\ntitle: T\n---\n", "T", "a|b", ""},
		{"merge key below", "---\nx: &x {title: X}\ntitle: T\n<<: *x\n---\n", "X", "", "2:15 front-matter"},
		{"merge key with a list", "---\nx: &x {title: X}\ny: &y {title: Y, tags: [y]}\n<<: [*x, *y]\n---\n", "X", "y", ""},
		{"merge key of nothing", "---\ntitle: T\n<<: x\n---\n", "T", "", ""},
		{"JSON on one line", "{\"title\": \"T\", \"tags\": [\"a\"]}\n\nbody\n", "T", "a", ""},
		{"JSON before words", "{\"title\": \"T\", \"tags\": [\"a}\\\"\"]} body\n", "T", "a}\"", ""},
		{"JSON closed in its last entry", "{\n\"title\": \"T\",\n\"tags\": [\"a\"] }\nbody\n", "T", "a", ""},
		{"broken JSON on one line", "{\"title\": \"T\",}\n\n# H\n", "H", "", "1:15 front-matter"},
		{"prose with a brace", "{\"Hello\" said she} to all.\n\n# H\n", "H", "", ""},
		{"nested tags", "---\ntitle: T\ntags: [a, [b, [c, a]], []]\n---\n", "T", "a|b|c", ""},
		{"nested tags in blocks", "---\ntitle: T\ntags:\n- a\n-\n- - b\n  - c\n---\n", "T", "a|b|c", ""},
		{"empty places", "---\ntitle: T\ntags: [a, , b,, c, '', ~,]\n---\n", "T", "a|b|c", "3:11 front-matter"},
		{"empty first place", "---\ntitle: T\ntags: [, a]\n---\n", "T", "a", "3:8 front-matter"},
		{"tabs", "---\ntitle:\tA\tB\ntags: [x\ty]\n---\n", "A B", "x y", ""},
		{"a number behind the title", "---\ntitle: Weekly #42\ntags: [x]\n---\n", "Weekly #42", "x", "2:8 front-matter"},
		{"a number in the title", "---\ntitle: Weekly  #42: news\n---\n", "Weekly #42: news", "", "2:8 front-matter"},
		{"a number in quotes", "---\ntitle: \"Weekly #42\"\n---\n", "Weekly #42", "", ""},
		{"a comment behind the title", "---\ntitle: Weekly # 42\n---\n", "Weekly", "", ""},
		{"a comment behind a quoted title", "---\ntitle: \"Weekly\" #42\n---\n", "Weekly", "", ""},
		{"two words for tags", "---\ntitle: T\ntags: \"jekyll update\"\n---\n", "T", "jekyll|update", ""},
		{"one tag", "---\ntitle: T\ntag: open source\ntags: [x]\n---\n", "T", "open source", ""},
		{"not closed", "---\ntitle: T\ntags: [a]\n\n# H\n\ntext\n", "T", "a", "1:1 front-matter"},
		{"an indented delimiter", "---\ntitle: |\n  T\n  ---\n  U\ntags: a\n---\n", "T --- U", "a", ""},
		{"a rule first", "---\n\nProse here.\n\n---\n\n# H\n", "H", "", ""},
		{"control characters", "---\ntitle: T\x00\x1b\ntags: [a\x07b]\n---\n", "T", "ab", ""},
		{"nested too deeply", "---\ntitle: T\nx: " + strings.Repeat("[", 200) + "\n---\n", "", "", "3:104 front-matter"},
		{"a key behind a question mark", "---\n? title\n: T\ntags: [a]\n---\n", "T", "a", ""},
		{"alias of nothing", "---\ntitle: *x\ntags: [a]\n---\n", "*x", "a", ""},
	} {
		d := Read("a.md", []byte(c.in))
		var problems []string
		for _, p := range d.Problems {
			if p.Code == codeFrontMatter || p.Code == codeTags {
				problems = append(problems, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Code))
			}
		}
		if got := strings.Join(problems, ", "); d.Title != c.title || strings.Join(d.Tags, "|") != c.tags || got != c.problems {
			t.Errorf("%s: got title %q, tags %q, problems %q; want %q, %q, %q; all: %v", c.name, d.Title, d.Tags, got, c.title, c.tags, c.problems, d.Problems)
		}
	}
}

func TestDates(t *testing.T) {
	for _, c := range []struct{ file, date, title, want string }{
		{"a.md", "2026-03-01", "", "2026-03-01T00:00:00Z"},
		{"a.md", `"2026-03-01"`, "", "2026-03-01T00:00:00Z"},
		{"a.md", "2026-03-01T07:45:00+08:00", "", "2026-03-01T07:45:00+08:00"},
		{"a.md", "2026-03-01 07:45:00 +0900", "", "2026-03-01T07:45:00+09:00"},
		{"a.md", "2026-03-01 07:45:00.123", "", "2026-03-01T07:45:00Z"},
		{"a.md", "2026年3月1日", "", "2026-03-01T00:00:00Z"},
		{"a.md", "2026/3/1 07:45", "", "2026-03-01T07:45:00Z"},
		{"a.md", "March 1, 2026", "", "2026-03-01T00:00:00Z"},
		{"a.md", "Sun, 01 Mar 2026 07:45:00 GMT", "", "2026-03-01T07:45:00Z"},
		{"2026-03-02-a.md", "2026-03-01", "", "2026-03-01T00:00:00Z"},
		{"2026-03-02-a.md", "soon", "", "2026-03-02T00:00:00Z"},
		{"2026-03-02-a.md", "", "", "2026-03-02T00:00:00Z"},
		{"a-20260302.md", "", "", "2026-03-02T00:00:00Z"},
		{"2026/03/02/a.md", "", "", "2026-03-02T00:00:00Z"},
		{"2025-01-01/2026-03-02.md", "", "", "2026-03-02T00:00:00Z"},
		{"2026-13-02-a.md", "", "", ""},
		{"issue-202603021.md", "", "", ""},
		{"a.md", "", "日报 2026年3月2日", "2026-03-02T00:00:00Z"},
		{"a.md", "", "The Feed — March 2, 2026", "2026-03-02T00:00:00Z"},
		{"a.md", "", "2026-02-30", ""},
	} {
		d := Read(c.file, []byte("---\ndate: "+c.date+"\n---\n# "+c.title+"\n"))
		got := ""
		if !d.Date.IsZero() {
			got = d.Date.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("file %q, date %q, title %q: got %q, want %q", c.file, c.date, c.title, got, c.want)
		}
	}
}

func TestSources(t *testing.T) {
	for _, c := range []struct{ in, sources, summary string }{
		{"Text.\n\n**Source:** [t](https://a.b/c)", "t=https://a.b/c", "Text."},
		{"Text.\n**Source:** [t](https://a.b/c)", "t=https://a.b/c", "Text."},
		{"Text.\n\n来源：[甲](https://a.b/1) 和 [乙](https://a.b/2) & [丙](https://a.b/3)", "甲=https://a.b/1 乙=https://a.b/2 丙=https://a.b/3", "Text."},
		{"Text.\n\n来源：https://a.b/新。", "=https://a.b/新", "Text."},
		{"Text.\n\n**来源**：<https://a.b/c>", "=https://a.b/c", "Text."},
		{"Text.\n\nSource: https://a.b/x_(y). ", "=https://a.b/x_(y)", "Text."},
		{"Text.\n\n[t](https://a.b/x_(y)_z)", "t=https://a.b/x_(y)_z", "Text."},
		{"Text.\n\n[t](<https://a.b/c>)", "t=https://a.b/c", "Text."},
		{"Text.\n\n🔗 [Read more](https://a.b/c)", "=https://a.b/c", "Text."},
		{"Text.\n\nhttps://a.b/_under_score_", "=https://a.b/_under_score_", "Text."},
		{"Text.\n\n**Source:** [**bold** title](https://a.b/c)", "bold title=https://a.b/c", "Text."},
		{"Text.\n\nSource: [t][r]\n\n[r]: https://a.b/c", "t=https://a.b/c", "Text."},
		{"Text.\n\n**Sources:**\n- [a](https://a.b/1) (a paper)\n- [b](https://a.b/2)", "a=https://a.b/1 b=https://a.b/2", "Text."},
		{"Text.\n\nSource: [a](https://a.b/1)\n\nLink: [b](https://a.b/1)", "a=https://a.b/1", "Text."},
		{"See [t](https://a.b/c) for more.", "t=https://a.b/c", "See t for more."},
		{"He wrote:\n[a link](https://a.b/c)\nand left.", "a link=https://a.b/c", "He wrote: a link and left."},
		{"Text.\n\nSource: The Paper", "", "Text.\n\nSource: The Paper"},
		{"Text.\n\n**Source:** [t]()", "", "Text.\n\nSource: t"},
		{"Open source: a story.", "", "Open source: a story."},
		{"Text <a href=\"https://a.b/c?x=1&amp;y=2\">there</a>.", "there=https://a.b/c?x=1&y=2", "Text there."},
	} {
		d := Read("a.md", []byte("## News\n\n### Headline\n\n"+c.in+"\n"))
		if len(d.Stories) != 1 {
			t.Errorf("%q: got %d stories, want 1", c.in, len(d.Stories))
			continue
		}
		var sources []string
		for _, s := range d.Stories[0].Sources {
			sources = append(sources, s.Title+"="+s.URL)
		}
		if got := strings.Join(sources, " "); got != c.sources {
			t.Errorf("%q: got sources %q, want %q", c.in, got, c.sources)
		}
		if got := d.Stories[0].Summary.String(); got != c.summary {
			t.Errorf("%q: got summary %q, want %q", c.in, got, c.summary)
		}
	}
}

func TestEmphasisBesideCJK(t *testing.T) {
	for in, want := range map[string]string{
		"**OpenAI：**发布":     "<OpenAI：>发布",
		"**「刻舟求剑」**的故事":     "<「刻舟求剑」>的故事",
		"**Go（1.26）**发布":    "<Go（1.26）>发布",
		"**真，**她":           "<真，>她",
		"中文**加粗**中文":        "中文<加粗>中文",
		"한국어**굵게**입니다":      "한국어<굵게>입니다",
		"**粗体`code`**字":     "<粗体><code>字",
		"a * b * c":         "a * b * c",
		"snake_case_name":   "snake_case_name",
		"**a*b_c":           "**a*b_c",
		"word**bold**word":  "word<bold>word",
		"**Source:**OpenAI": "**Source:**OpenAI", // as in CommonMark
	} {
		var got strings.Builder
		blocks, _ := body.Flatten([]byte(in), true, false)
		for _, s := range block.Join(blocks[0].Lines) {
			if s.Style&digest.Bold != 0 {
				s.Text = "<" + s.Text + ">"
			}
			got.WriteString(s.Text)
		}
		if got.String() != want {
			t.Errorf("%q: got %q, want %q", in, got.String(), want)
		}
	}
}

func TestOrdinals(t *testing.T) {
	for in, want := range map[string]string{
		"1. One": "One", "1、一": "一", "12) Twelve": "Twelve", "(3) Three": "Three", "①甲": "甲", "1️⃣ Keycap": "Keycap", "一、甲": "甲",
		"3.5 is out": "3.5 is out", "10:30 in Berlin": "10:30 in Berlin", "2026年趋势": "2026年趋势", "5G for all": "5G for all", "Go 1.26": "Go 1.26", "一年回顾": "一年回顾",
	} {
		if got := lexicon.StripOrdinal(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestLanguage(t *testing.T) {
	for in, want := range map[string]string{
		"Kubernetes 1.34 正式发布，动态资源分配稳定": "zh", "今日のニュースをお届けします": "ja", "오늘의 뉴스입니다 OpenAI": "ko",
		"The word 你好 in an English sentence about many other things": "en", "": "en",
		"---\nlang: zh_TW\n---\nEnglish": "zh-TW",
	} {
		if got := Read("a.md", []byte(in)).Language; got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	code := func(d *digest.Digest, code string) (found []digest.Problem) {
		for _, p := range d.Problems {
			if p.Code == code {
				found = append(found, p)
			}
		}
		return found
	}
	if d := Read("a.md", make([]byte, MaxFile+1)); len(d.Problems) != 1 || d.Problems[0].Code != CodeTooLarge {
		t.Errorf("too large: got %v", d.Problems)
	}
	story := "### H\n\nText. [t](https://a.b/c)\n\n"
	d := Read("a.md", []byte("## News\n\n"+strings.Repeat(story, 2*maxBody/len(story))))
	if got := code(d, codeCut); len(got) != 2 || got[0].Line < 1000 || got[1].Line < got[0].Line || len(d.Stories) < 1000 {
		t.Errorf("cut: got %v and %d stories", got, len(d.Stories))
	}
	if got := code(Read("a.md", []byte("# T\n\nab\xffcd")), codeEncoding); len(got) != 1 || got[0].Line != 3 || got[0].Column != 3 {
		t.Errorf("encoding: got %v", got)
	}
	for _, empty := range []string{"", "\n", "\xEF\xBB\xBF", "---\n---\n"} {
		if got := code(Read("a.md", []byte(empty)), CodeEmpty); len(got) != 1 {
			t.Errorf("empty %q: got %v", empty, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.md")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, s := range []string{
		"**a*b_c", "[", "[a](", "- ", "> ", "1. ", "`", "~~a", "|a", "[a]: b\n", "### a\n\n", "a\n-\n", "<a ", "://", "\\", "&", "*", "_ ", "来源：", "http://",
	} {
		f.Add([]byte(strings.Repeat(s, 400)))
		f.Add([]byte("---\na: " + strings.Repeat(s, 50) + "\n---\n" + s))
	}
	for _, s := range oddMatter {
		f.Add([]byte("---\n" + s + "---\n\n- **a** – b. [c](https://example.org/)\n"))
		f.Add([]byte("---\n" + s + "\nText.\n"))
		f.Add([]byte(s + "\n## a\n"))
	}
	for _, s := range []string{"暂无", "今日暂无重要动态，", "Nothing important today, but ", "no news ", "5月4日"} {
		f.Add([]byte(s))
		f.Add([]byte("## a\n\n" + strings.Repeat(s, 50) + "\n\n- " + s + "\n"))
	}
	f.Add([]byte("## \n**a**: b\n**c:**\nd\n链接:")) // a fact without a value before prose
	f.Fuzz(checkRead)
}

// FuzzStructure mutates the structure of files that have every construct, and of what
// the fuzzer makes of them.
func FuzzStructure(f *testing.F) {
	files := markdowntest.Constructs()
	for i, file := range files {
		f.Add([]byte(file), uint64(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		checkRead(t, []byte(markdowntest.Mutate(rand.New(rand.NewPCG(seed, 0)), string(data), files)))
	})
}

// checkRead checks properties that hold for the digest of any file.
func checkRead(t *testing.T, data []byte) {
	codes := map[string]bool{}
	for _, c := range Codes {
		codes[c.Name] = true
	}
	d := Read("2026-03-01-a.md", data)
	lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
	for _, p := range d.Problems {
		if !codes[p.Code] || p.Message == "" || p.Line < 0 || p.Line > lines+1 || p.Column < 0 {
			t.Errorf("useless problem: %+v", p)
		}
	}
	for _, s := range d.Stories {
		if s.Headline == "" {
			t.Error("a story without a headline")
		}
		for _, src := range s.Sources {
			if weburl.Absolute(src.URL) != src.URL || src.URL == "" {
				t.Errorf("address %q", src.URL)
			}
		}
	}
}

func BenchmarkRead(b *testing.B) {
	data, err := os.ReadFile("testdata/2026-03-01-morning.md")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		Read("2026-03-01-morning.md", data)
	}
}
