package markdown

import (
	"fmt"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/digest"
)

// Hexo's front matter may lack its first line.
func TestFrontMatterThatOnlyItsLastLineDelimits(t *testing.T) {
	for _, c := range []struct{ name, text, title, tags string }{
		{"block list", "title: 第 12 期\ndate: 2025-05-08 08:00:00\ntags:\n- 前端\n- NO\n---\n\n### 一\n\n正文\n", "第 12 期", "前端 NO"},
		{"flow list", "\nlayout: post\ntitle: \"A: b\"\ntags: [x, 1.20]\n---\ntext\n", "A: b", "x 1.20"},
		{"one entry is a heading", "title: a\n---\n\ntext\n", "", ""},
		{"not closed, a bare header", "Title: a\nDate: 2025-05-08\n\ntext\n", "a", ""},
		{"a paragraph before a rule", "date: we said so\n\nand more: of it\n\n---\n\ntext\n", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Read("2025-05-08-x.md", []byte(c.text))
			title := d.Title
			if title == "2025-05-08-x" { // the name of the file stands in
				title = ""
			}
			if title != c.title || strings.Join(d.Tags, " ") != c.tags {
				t.Errorf("title %q and tags %q, want %q and %q; problems %v", title, d.Tags, c.title, c.tags, d.Problems)
			}
		})
	}
}

func TestDaysBeforeMonths(t *testing.T) {
	for text, want := range map[string]string{
		"04.03.2025": "2025-03-04", "4.3.2025": "2025-03-04", "4.3.2025 08:30": "2025-03-04", "2025.3.4": "2025-03-04", "31.02.2025": "",
	} {
		got := ""
		if day, ok := parseDate(text); ok {
			got = day.day.Format("2006-01-02")
		}
		if got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

// What is not known here is kept as it is written.
func TestFields(t *testing.T) {
	d := Read("a.md", []byte("---\nweight: 010\ntitle: A\nimages: [a.png, b.png]\nof:\n  zeta: no\n  alpha: [1.0]\nlayout: post\nnone:\n---\n"))
	want := digest.Fields{
		{Key: "images", Value: []any{"a.png", "b.png"}},
		{Key: "layout", Value: "post"},
		{Key: "none", Value: nil},
		{Key: "of", Value: digest.Fields{{Key: "alpha", Value: []any{"1.0"}}, {Key: "zeta", Value: "no"}}},
		{Key: "weight", Value: "010"},
	}
	if got, want := fmt.Sprintf("%#v", d.Fields), fmt.Sprintf("%#v", want); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for key, want := range map[string]any{"layout": "post", "none": nil, "title": nil, "zeta": nil} {
		if got, ok := d.Fields.Get(key); got != want || ok != (key == "layout" || key == "none") {
			t.Errorf("%s is %v, %v; want %v", key, got, ok, want)
		}
	}
}
