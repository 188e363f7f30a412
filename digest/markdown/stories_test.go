package markdown

import (
	"fmt"
	"strings"
	"testing"
)

// outlineOf returns what was found in a body, with a line for each story: its headline,
// the start of its summary and its addresses.
func outlineOf(body string) string {
	var b strings.Builder
	for _, s := range Read("2026-03-01-a.md", []byte("---\ntitle: T\n---\n"+body)).Stories {
		summary, _, _ := strings.Cut(s.Summary.String(), "\n")
		fmt.Fprintf(&b, "%s | %s |", s.Headline, summary)
		for _, source := range s.Sources {
			b.WriteString(" " + strings.TrimPrefix(source.URL, "https://a.b/"))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestHeadlines(t *testing.T) {
	for in, want := range map[string]string{
		"**Bold lead:** the text. [r](https://a.b/1)":                              "Bold lead | the text. | 1",
		"A sale — [Reuters](https://a.b/1)":                                        "A sale |  | 1",
		"A sale ([甲报](https://a.b/1), [Blog](https://a.b/2))":                      "A sale |  | 1 2",
		"发布会定于六月。[甲报](https://a.b/1)":                                              "发布会定于六月 |  | 1",
		"**Bold lead:** they met ([甲报](https://a.b/1)).":                           "Bold lead | they met. | 1",
		"They met again. Source: https://a.b/1":                                    "They met again |  | 1",
		"**Bold lead:** the text. **来源：** [a](https://a.b/1)、[b](https://a.b/2)":   "Bold lead | the text. | 1 2",
		"Two hosts [discuss](https://a.b/1)":                                       "Two hosts discuss |  | 1",
		"2026-05-02 | Berlin | [Meetup](https://a.b/1)":                            "2026-05-02 | Berlin | Meetup |  | 1",
		"Tools: [One](https://a.b/1) · [Two](https://a.b/2)":                       "Tools: One · Two |  | 1 2",
		"**粗体标题**：正文。[原文](https://a.b/1)":                                          "粗体标题 | 正文。 | 1",
		"🚀 **Bold lead** — the text. https://a.b/1":                                "Bold lead | the text. | 1",
		"**Shortcut**这款助手发布了新版本。[原文](https://a.b/1)":                               "Shortcut这款助手发布了新版本 |  | 1",
		"[A linked title](https://a.b/1) by Jane Doe":                              "A linked title |  | 1",
		"[A linked title](https://a.b/1): the text.":                               "A linked title | the text. | 1",
		"[Flynn](https://a.b/1) brings actors. It is [fast](https://a.b/2).":       "Flynn brings actors | It is fast. | 1 2",
		"Plain words (https://a.b/1)":                                              "Plain words |  | 1",
		"国产模型通过备案。（来源：[甲报](https://a.b/1)）":                                        "国产模型通过备案 |  | 1",
		"[**Bold and linked**](https://a.b/1) - text":                              "Bold and linked | text | 1",
		"Go 1.27 is out <https://a.b/1>":                                           "Go 1.27 is out |  | 1",
		"A title [1][r]\n\n[r]: https://a.b/1":                                     "A title |  | 1",
		"Words with [a link](https://a.b/x_(y)) within":                            "Words with a link within |  | x_(y)",
		"[t](https://a.b/1) [HN](https://a.b/hn) [t](https://a.b/1)":               "t |  | 1",
		"**Title** text\n\n  [share](https://x.com/intent/post?u=1) https://a.b/2": "Title text | share https://a.b/2 | 2",
	} {
		got := outlineOf("## News\n\n- [Other story](https://a.b/0)\n\n- " + in + "\n")
		if got != "Other story |  | 0\n"+want+"\n" {
			t.Errorf("%q: got\n%swant\n%s", in, got, want)
		}
	}
}

// Sections of different kinds in one file each have their stories.
func TestMixed(t *testing.T) {
	got := outlineOf(`## News

### First headline

Text. [Source](https://a.b/1)

### Second headline

Text.

Source: https://a.b/2

## Tools

- [One tool](https://a.b/3) – small
- [Another tool](https://a.b/4) – big

## Papers

| Title | Field |
|---|---|
| [A paper](https://a.b/5) | Logic |
| [Two papers](https://a.b/6) | Optics |

## Contents

- [First headline](#first)
- [Second headline](#second)

## Further reading

- [A book](https://a.b/7)
`)
	want := `First headline | Text. | 1
Second headline | Text. | 2
One tool | small | 3
Another tool | big | 4
A paper | Logic | 5
Two papers | Optics | 6
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// Stories may be below the heading of the table of contents that lists them, at a lower
// level. Its other subparts do not change.
func TestContentsAboveStories(t *testing.T) {
	const stories = "%s 1. @everyone 更新 <!channel> 👩‍👩‍👧‍👦 {#a}\n\nText. [x](https://a.b/1)\n\n%[1]s 2. עדכון الثاني {#b}\n\nText. [y](https://a.b/2)\n"
	const read = "@everyone 更新 <!channel> 👩‍👩‍👧‍👦 | Text. | 1\nעדכון الثاني | Text. | 2\n"
	for list, want := range map[string]string{
		"- [@everyone 更新 <!channel> 👩‍👩‍👧‍👦](#a)\n- [עדכון الثاني](#b)\n":   read,
		"1. @everyone 更新 <!channel> 👩‍👩‍👧‍👦\n2. עדכון الثاني\n":             read,
		"- [How we work](#a)\n- [Who we are](#b)\n":                         "",
		"- [@everyone 更新 <!channel> 👩‍👩‍👧‍👦](https://a.b/3)\n- See below\n": "",
	} {
		for _, title := range []string{"## 目录", "## Table of contents", "## 导读"} {
			for _, below := range []string{"###", "####"} {
				if got := outlineOf(title + "\n\n" + list + "\n" + fmt.Sprintf(stories, below) + "\n## 结语\n\nBye.\n"); got != want {
					t.Errorf("%s, %s: got\n%swant\n%s", title, list, got, want)
				}
			}
		}
	}
}

// A column whose name is that of summaries has the headlines if another one has
// sentences.
func TestColumnsOfSentences(t *testing.T) {
	for names, want := range map[string]string{
		"# | What | So what | Where":   "@here ships it | It is fast. | 1\nשלום opens it | It is 小. | 2\n",
		"# | 内容 | 说明 | 链接":             "@here ships it | It is fast. | 1\nשלום opens it | It is 小. | 2\n",
		"# | Notes | Headline | Where": "It is fast. | @here ships it | 1\nIt is 小. | שלום opens it | 2\n",
	} {
		if got := outlineOf("| " + names + " |\n|---|---|---|---|\n| 1 | @here ships it | It is fast. | [a.b](https://a.b/1) |\n| 2 | שלום opens it | It is 小. | [a.b](https://a.b/2) |\n"); got != want {
			t.Errorf("%s: got\n%swant\n%s", names, got, want)
		}
	}
}

// Everything that was too much to read is reported.
func TestCuts(t *testing.T) {
	for _, in := range []string{"[a](<b", "- ", "1. ", "[a]: http://b\n"} {
		found := false
		for _, p := range Read("2026-03-01-a.md", []byte("# T\n\n"+strings.Repeat(in, 20000))).Problems {
			found = found || p.Code == codeCut && p.Line == 3
		}
		if !found {
			t.Errorf("%q: no problem says that something was cut", in)
		}
	}
}

// The numbers of a list of addresses at the end are sources where they are used,
// whether the list belongs to one story or to all.
func TestNotes(t *testing.T) {
	for in, want := range map[string]string{
		"## First [1]\n\nText[2].\n\n## Second [3]\n\nText.\n\n## References\n\n[1] https://a.b/1\n[2] https://a.b/2\n[3]: https://a.b/3\n": "First | Text. | 1 2\nSecond | Text. | 3\n",
		"## First\n\nText.[^a]\n\n## Second[^b]\n\nText.\n\n[^a]: See [there](https://a.b/1).\n[^b]: https://a.b/2\n":                       "First | Text.[1] | 1\nSecond | Text. | 2\n",
		"## First\n\nText [1] of it.\n\n[1] https://a.b/1\n\n## Second\n\nText [1] of it.\n\n[1] https://a.b/2\n":                           "First | Text [1] of it. | 1\nSecond | Text [1] of it. | 2\n",
		"## First\n\nText [[1] of it](https://a.b/0).\n\n## Second\n\nText [1].\n\n[1] https://a.b/1\n":                                     "First | Text [1] of it. | 0\nSecond | Text. | 1\n",
		"## First\n\nText [1](https://a.b/0) here.\n\n## Second\n\nText [2](https://a.b/1) here.\n\n[1] ftp://a.b/2\n":                      "First | Text [1] here. | 0\nSecond | Text [2] here. | 1\n",
	} {
		if got := outlineOf(in); got != want {
			t.Errorf("%q: got\n%swant\n%s", in, got, want)
		}
	}
}

// The ID after a heading is for the page; other braces are text.
func TestHeadingIDs(t *testing.T) {
	for heading, want := range map[string]string{
		"### Go 1.26 is out {#go}":              "Go 1.26 is out",
		"### Go 1.26 is out {#go .wide}":        "Go 1.26 is out",
		"### [Go](https://go.dev) is out {#go}": "Go is out",
		"### 新版本发布 {#发布} ###":                   "新版本发布 {#发布}",
		"### @everyone in {braces}":             "@everyone in {braces}",
		"### Sets {1, 2} and `{#x}`":            "Sets {1, 2} and {#x}",
		"### {#only}":                           "",
		"### 👩‍👩‍👧‍👦 שלום {#a-b}":               "👩‍👩‍👧‍👦 שלום",
	} {
		d := Read("2026-11-28-x.md", []byte("---\ntitle: News\n---\n"+heading+"\n\nWords [here](https://example.org/1).\n\n### Another\n\nMore [there](https://example.org/2).\n"))
		if len(d.Stories) == 0 || d.Stories[0].Headline != want && want != "" {
			t.Errorf("%s: the stories are %+v, want %q first", heading, d.Stories, want)
		}
		for _, s := range d.Stories {
			if strings.Contains(s.Headline, "{#only}") {
				t.Errorf("%s: a headline is %q", heading, s.Headline)
			}
		}
	}
}
