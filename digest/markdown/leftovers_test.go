package markdown

import (
	"strings"
	"testing"
)

// Markup for a generator is not shown, but text that only looks like it is.
func TestLeftovers(t *testing.T) {
	for in, want := range map[string]string{
		// Comments.
		"The text. %%ask Ann%% More.":   "The text. More.",
		"%%\none\ntwo\n%%\n\nThe text.": "The text.",
		"Rise of 50%% and 60%% more.":   "Rise of 50%% and 60%% more.",
		"A `%%a%%` code.":               "A %%a%% code.",
		"```mermaid\n%% a\n%% b\n```":   "%% a\n%% b",
		"One %% is no comment.":         "One %% is no comment.",
		"Two %%\nlines %% too.":         "Two %% lines %% too.",
		// Wiki links.
		"See [[Page]].":                             "See Page.",
		"See [[Page|the words]].":                   "See the words.",
		"See [[Page#Part]] and [[#Part]].":          "See Page > Part and Part.",
		"See ![[diagram.png]] it.":                  "See it.",
		"A cite[[1]](https://a.b/9) here.":          "A cite[1] here.",
		"[[Title]](https://a.b/9) it is.":           "[Title] it is.",
		"[[Title]][r] it is.\n\n[r]: https://a.b/9": "[Title] it is.",
		"Run [[ -f x ]] and a[[1,2],[3,4]].":        "Run [[ -f x ]] and a[[1,2],[3,4]].",
		"`[[Page]]` and <code>[[Page]]</code>":      "[[Page]] and [[Page]]",
		"[[1]] is a note.":                          "[[1]] is a note.",
		// Highlights.
		"It is ==very **new**== now.": "It is very new now.",
		"这是==重点==内容。":                 "这是重点内容。",
		"a == b and c == d":           "a == b and c == d",
		"x==y and y==z":               "x==y and y==z",
		"==open only":                 "==open only",
		"`==x==`":                     "==x==",
		// Boxes.
		"> [!NOTE]\n> The text.":              "The text.",
		"> [!tip]- A title\n> The text.":      "A title\nThe text.",
		"> [!NOTE] A title\n>\n> The text.":   "A title\n\nThe text.",
		":::note A title\nThe text.\n:::":     "A title\nThe text.",
		"::: tip\nThe text.\n:::":             "The text.",
		":::tip[A title]\n\nThe text.\n\n:::": "A title\n\nThe text.",
		"::: {.box}\nThe text.\n:::":          "The text.",
		"!!! note \"A title\"\n    The text.": "A title\nThe text.",
		"???+ warning\n    The text.":         "The text.",
		"!!! That is new.":                    "!!! That is new.",
		"[!NOTE] is how a callout begins.":    "[!NOTE] is how a callout begins.",
		// Attributes and block IDs.
		"The text.\n{.lead}":             "The text.",
		"The text.\n{: .lead #x}":        "The text.",
		"The text. {#id .x title=\"y\"}": "The text.",
		"The text. ^one-block":           "The text.",
		"The text. ^4fe2a1":              "The text.",
		"Two to the ^n":                  "Two to the ^n",
		"Write {.Name} or {x}":           "Write {.Name} or {x}",
		"A set {#a, #b}":                 "A set {#a, #b}",
		// Tables of contents.
		"* TOC\n{:toc}\n\nThe text.":       "The text.",
		"1. x\n{:toc .y}\n\nThe text.":     "The text.",
		"[TOC]\n\nThe text.":               "The text.",
		"[[_TOC_]]\n\nThe text.":           "The text.",
		"The [TOC] is long.":               "The [TOC] is long.",
		"\\newpage\n\nThe text.":           "The text.",
		"*[HTML]: Hyper Text\n\nThe text.": "The text.",
	} {
		d := Read("2026-03-01-a.md", []byte("---\ntitle: T\n---\n## [One](https://a.b/1)\n\nFirst.\n\n"+in+"\n\n## [Two](https://a.b/2)\n\nText.\n"))
		if got := d.Stories[0].Summary.String(); got != "First.\n\n"+want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// Markers that are never closed do not take quadratic time.
func TestManyLeftovers(t *testing.T) {
	for _, mark := range []string{"%%", "x%%", "==a", "a==", "[[", "[[a", "![[a]]", ":a:", ":ok:", "{#a", "^a-b ", "★1 ", "#a "} {
		body := "## [One](https://a.b/1)\n\n" + strings.Repeat(mark, (maxBody-100)/len(mark)) + "\n"
		if d := Read("2026-03-01-a.md", []byte("---\ntitle: T\n---\n"+body)); len(d.Stories) != 1 {
			t.Errorf("%q: got %d stories", mark, len(d.Stories))
		}
	}
}
