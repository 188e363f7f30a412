package markdown

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
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
			if title == "2025-05-08-x" { // the file name is used
				title = ""
			}
			if title != c.title || strings.Join(d.Tags, " ") != c.tags {
				t.Errorf("title %q and tags %q, want %q and %q; problems %v", title, d.Tags, c.title, c.tags, d.Problems)
			}
		})
	}
}

// Unknown entries are kept as written.
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

// oddMatter are blocks that are hard to distinguish from prose, or to read.
var oddMatter = []string{
	"draft: True\npublished:\nstatus: \"draft\"\n", "publishDate: 2026-12-24T08:00:00Z\nexpiryDate: 2026-12-25\npubDate: x\n",
	"title：T\ndate：2026-05-04\ntags：[a，b]\n", "title:T\ndate: 12:30\nurl:http://a.example.org\n", "title ： T\ntags：\n- a\n", "a：b\nc:d\n：e\n:f\n",
	"title: *x\n", "? title\n", "[a]: b\n{c: d}: e\n", "title: \"a \"b\" c\"\nstray\n\nstray\n", "title: \"a\ndate:b\"\n",
	"\nNote: this week\n\nAlso: more\n", "1. a: b\n2. c: d\n", "- a: b\n- **c**\n", "## a\n\nb: c\n", "> a: b\n", "\n", "...\n", "# a\n",
}

// A draft is recognized in every spelling, and lint names the entry that marks it.
func TestDrafts(t *testing.T) {
	for _, c := range []struct{ matter, want string }{
		{"---\ndraft: true\n---\n", `2:1 warning "draft: true"`},
		{"---\ntitle: T\nDraft:   True # for now\n---\n", `3:1 warning "Draft: True"`},
		{"---\ndraft: TRUE\n---\n", `2:1 warning "draft: TRUE"`},
		{"---\ndraft: yes\n---\n", `2:1 warning "draft: yes"`},
		{"---\ndraft: Y\n---\n", `2:1 warning "draft: Y"`},
		{"---\ndraft: On\n---\n", `2:1 warning "draft: On"`},
		{"---\ndraft: 1\n---\n", `2:1 warning "draft: 1"`},
		{"---\ndraft: \"yes\"\n---\n", `2:1 warning "draft: yes"`},
		{"---\ndraft: 'True'\n---\n", `2:1 warning "draft: True"`},
		{"---\ndraft: !!bool yes\n---\n", `2:1 warning "draft: yes"`},
		{"---\ndraft：true\n---\n", `2:1 warning "draft: true"`},
		{"---\ndraft:true\ntitle: T\n---\n", `2:1 warning "draft: true"`},
		{"---\ntitle: \"a \"b\" c\"\ndraft: yes\n---\n", `3:1 warning "draft: yes"`},
		{"---\ndraft: false\ndraft: true\n---\n", `2:1 warning "draft: true"`},
		{"---\nisDraft: true\n---\n", `2:1 warning "isDraft: true"`},
		{"---\npublished: no\n---\n", `2:1 warning "published: no"`},
		{"---\npublished: False\n---\n", `2:1 warning "published: False"`},
		{"---\npublished: OFF\n---\n", `2:1 warning "published: OFF"`},
		{"---\npublished: 0\n---\n", `2:1 warning "published: 0"`},
		{"---\ntitle: T\npublished:\n---\n", `3:1 warning "published:"`},
		{"---\npublished: ~\n---\n", `2:1 warning "published:"`},
		{"---\npublished: ''\n---\n", `2:1 warning "published:"`},
		{"---\npublish: false\n---\n", `2:1 warning "publish: false"`},
		{"---\nstatus: draft\n---\n", `2:1 warning "status: draft"`},
		{"---\nStatus: \"Draft\"\n---\n", `2:1 warning "Status: Draft"`},
		{"---\nstate: DRAFT\n---\n", `2:1 warning "state: DRAFT"`},
		{"---\nstatus: private\n---\n", `2:1 warning "status: private"`},
		{"---\nstatus: 草稿\n---\n", `2:1 warning "status: 草稿"`},
		{"+++\ntitle = 'T'\ndraft = true\n+++\n", `3:1 warning "draft: true"`},
		{"+++\npublished = false\n+++\n", `2:1 warning "published: false"`},
		{"{\n\"title\": \"T\",\n\"draft\": true\n}\n", `3:2 warning "draft: true"`},
		{"---json\n{\"published\": null}\n---\n", `2:3 warning "published:"`},
		{"Title: T\nStatus: draft\n\n", `2:1 warning "Status: draft"`},
		{"title: T\ndraft: yes\n---\n", `2:1 warning "draft: yes"`},
		{"---\nstatus: [draft]\n---\n", `2:1 warning "status: draft"`},
		{"---\ndraft: [true]\n---\n", `2:1 warning "draft: true"`},
		{"---\npublished: [no]\n---\n", `2:1 warning "published: no"`},
		{"---\nstatus: draft, review\n---\n", `2:1 warning "status: draft, review"`},
		{"---\ntitle: T\n\u3000draft: true\n---\n", `3:2 warning "draft: true"`},
		{"---\ntitle: T\n\u00A0draft: true\n---\n", `3:2 warning "draft: true"`},
		{"---\ntitle: T\n\u200Bdraft: true\n---\n", `3:2 warning "\\u200bdraft: true"`},
		{"---\ntitle: T\n“draft”: true\n---\n", `3:2 warning "“draft”: true"`},
		{"---\ntitle: T\ndraft:: true\n---\n", `3:1 warning "draft:: true"`},
		{"{\"title\":\"T\",\"draft\":true}\n", `1:15 warning "draft: true"`},
		{"{ \"title\": \"T\",\n\"draft\": true }\n", `2:2 warning "draft: true"`},
		{"{\"title\":\"T\",\n\"draft\":true\n}\n", `2:2 warning "draft: true"`},
		// Front matter that cannot be read as a whole is searched line by line.
		{"{\"title\":\"T\",\"draft\":true,}\n", `1:15 warning "draft: true"`},
		{"{\"title\":\"T\" \"draft\":true}\n", `1:15 warning "draft: true"`},
		{"{\n\"status\": \"done\", \"draft\": true,\n}\n", `2:20 warning "draft: true"`},
		{"{\n\"title\": \"T\"\n\"draft\": true\n}\n", `3:2 warning "draft: true"`},
		{"---\ntitle: T\n\tdraft: true\n---\n", `3:2 warning "draft: true"`},
		{"---\ntitle: T\n  draft: true\n---\n", `3:3 warning "draft: true"`},
		{"---\ntitle: T\ndraft :true\n---\n", `3:1 warning "draft: true"`},
		{"---\ntitle: T\ndraft = true\n---\n", `3:1 warning "draft: true"`},
		{"---\ntitle: T\ntags: a\n  draft: true\n---\n", `4:3 warning "draft: true"`},
		{"---\ntitle: T\n\tpublished: [no] # yet\n---\n", `3:2 warning "published: no"`},
		{"---\ntitle: T\n\tstatus: review, 'draft'\n---\n", `3:2 warning "status: draft"`},
		{"---\ntitle: T\n\tdraft: ture\n---\n", `3:2 error "draft: ture"`},
		{"---\n\ttitle: T\n\tdraft: true\n---\n", `3:2 warning "draft: true"`},
		{"---\n{title: T, draft: true\n---\n", `2:12 warning "draft: true"`},
		{"+++\ndraft: true\n+++\n", `2:1 warning "draft: true"`},
		{"+++\ntitle = \"T\"\ndraft: true\n+++\n", `3:1 warning "draft: true"`},
		{"—\ntitle: T\ndraft: true\n—\n", `3:1 warning "draft: true"`},
		{"Title: T\ndraft = true\n\n", `2:1 warning "draft: true"`},
		{"---\ntitle: T\n\tdraft: no\n---\n", ""}, {"---\ntitle: T\n\t# draft: yes\n---\n", ""}, {"---\ntitle: T\n\tpublished: [yes]\n---\n", ""},
		{"---\ntitle: T\n\tstatus: draft of a law\n---\n", ""}, {"---\ntitle: T\n\tsummary: \"a, draft: true\"\n---\n", ""},
		{"Draft: true stories from the field\n\n", ""},
		{"---\n\nDays go by.\n\ndraft: true\n\n---\n", ""}, {"{{< note >}}\n\ndraft: true\n\n", ""},
		{"---\ndraft: ture\n---\n", `2:1 error "draft: ture"`},

		{"---\ndraft: false\n---\n", ""}, {"---\ndraft: No\n---\n", ""}, {"---\ndraft: 'off'\n---\n", ""}, {"---\ndraft: 0\n---\n", ""},
		{"---\ndraft:\n---\n", ""}, {"---\ndraft: ''\n---\n", ""}, {"---\ndraft: null\n---\n", ""}, {"---\ndraft: [no]\n---\n", ""}, {"---\ndraft: []\n---\n", ""},
		{"---\npublished: yes\n---\n", ""}, {"---\npublished: 2026-11-20\n---\n", ""}, {"---\npublished: [yes]\n---\n", ""},
		{"---\nstatus: published\n---\n", ""}, {"---\nstatus: draft of a law\n---\n", ""}, {"---\nlabel: draft\n---\n", ""},
		{"---\nparams:\n  draft: true\n---\n", ""}, {"draft: true\n\n", ""},
	} {
		d := Read("2026-11-20.md", []byte(c.matter+"## One\n\nText.\n\n**Source:** https://example.org/\n"))
		var got []string
		for _, p := range d.Problems {
			if p.Code == CodeDraft {
				_, said, _ := strings.Cut(p.Message, `"`)
				said, _, _ = strings.Cut(said, `"`)
				got = append(got, fmt.Sprintf("%d:%d %s %q", p.Line, p.Column, p.Severity, said))
			}
		}
		if strings.Join(got, "; ") != c.want || d.Draft != (c.want != "") || len(d.Stories) != 1 {
			t.Errorf("%q: got draft %t, %s and %d stories, want %s and 1", c.matter, d.Draft, got, len(d.Stories), c.want)
		}
	}
}

func TestWindow(t *testing.T) {
	for _, c := range []struct{ matter, opens, closes, problems string }{
		{"date: 2026-12-20\npublishDate: 2026-12-24T14:00:00+08:00", "2026-12-24T06:00 3:1", "", ""},
		{"date: 2026-12-20\npublishdate: 2026-12-24 08:00", "2026-12-24T08:00 3:1", "", ""},
		{"publishDate: 2026-12-24 08:00", "2026-12-24T08:00 2:1", "", ""},
		{"publishDate: 2026-12-24", "2026-12-23T10:00 2:1", "", ""}, // where the day begins first
		{"date: 2026-12-20\npubDate: 2026-12-24T08:00:00Z\nunpublishDate: 2027-01-01", "2026-12-24T08:00 3:1", "2027-01-01T00:00 4:1", ""},
		{"date: 2026-12-20\npublished: 2026-12-24T08:00:00Z", "2026-12-24T08:00 3:1", "", ""},
		{"pubDate: 2026-12-24T08:00:00Z", "", "", ""}, // it is the date
		{"date: 2026-12-20\npublished: true", "", "", ""},
		{"date: 2026-12-20\nExpiryDate: 2026-12-24T08:00:00Z", "", "2026-12-24T08:00 3:1", ""},
		{"date: 2026-12-20\nexpiryDate: ''\npublishDate:", "", "", ""},
		{"date: 2026-12-20\nexpiryDate: soon", "", "", "3:13 date"},
		{"date: 2026-12-20\npublishDate: soon", "", "", "3:14 draft"},
		{"publishDate: soon", "", "", "2:14 draft, 2:14 date"},
		{"date: 2026-12-20\npubDate: [soon]", "", "", "3:10 draft"},
		{"date: 2026-12-20\npublish_date: 2026-12-24T08:00:00Z", "2026-12-24T08:00 3:1", "", ""},
		{"date: 2026-12-20\nPublish-Date: 2026-12-24T08:00:00Z", "2026-12-24T08:00 3:1", "", ""},
		{"date: 2026-12-20\nexpiry_date: 2026-12-24T08:00:00Z", "", "2026-12-24T08:00 3:1", ""},
		{"date: 2026-12-20\nexpiry-date: 2026-12-24T08:00:00Z", "", "2026-12-24T08:00 3:1", ""},
		{"date: 2026-12-20\nunpublish_date: soon", "", "", "3:17 date"},
	} {
		d := Read("2026-12-20-a.md", []byte("---\n"+c.matter+"\n---\n## One\n\nText.\n\n**Source:** https://example.org/\n"))
		show := func(at time.Time, p digest.Position) string {
			if at.IsZero() && p == (digest.Position{}) {
				return ""
			}
			return fmt.Sprintf("%s %d:%d", at.UTC().Format("2006-01-02T15:04"), p.Line, p.Column)
		}
		var problems []string
		for _, p := range d.Problems {
			if p.Code != codeTitle {
				problems = append(problems, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Code))
			}
		}
		var w digest.Window
		if d.Window != nil {
			w = *d.Window
		}
		if opens, closes := show(w.Opens, w.OpensAt), show(w.Closes, w.ClosesAt); opens != c.opens || closes != c.closes || strings.Join(problems, ", ") != c.problems {
			t.Errorf("%q: got %q to %q and problems %q, want %q to %q and %q", c.matter, opens, closes, problems, c.opens, c.closes, c.problems)
		}
	}
}

// A rule on the first line hides nothing below it, and front matter is still
// recognized.
func TestRuleInTheFirstLine(t *testing.T) {
	const item = "- **One** – first. [A](https://a.example.org/)\n- **Two** – second. [B](https://b.example.org/)\n"
	const source = "\n**Source:** [S](https://s.example.org/)\n"
	for _, c := range []struct{ name, in, headlines string }{
		{"a list", "---\n\n" + item + "\n---\n\n- **Three** – third. [C](https://c.example.org/)\n- **Four** – fourth. [D](https://d.example.org/)\n", "One|Two|Three|Four"},
		{"a list without an empty line", "---\n" + item + "---\n", "One|Two"},
		{"a list of plain words", "---\n- alpha\n- beta\n---\n\n" + item, "alpha|beta|One|Two"},
		{"a list of words with colons", "---\n\n- Alpha: first\n- Beta: second\n\n---\n\n" + item, "Alpha: first|Beta: second|One|Two"},
		{"a numbered list with colons", "---\n1. Alpha: first\n2. Beta: second\n---\n\n" + item, "Alpha: first|Beta: second|One|Two"},
		{"paragraphs with colons", "---\n\nNote: this week we look at tools.\n\nAlso: two makers.\n\n---\n\n" + item, "One|Two"},
		{"a paragraph with a colon, then stories", "---\n\nNote: this week we look at tools.\n\n## One\n\nText: more.\n" + source + "\n---\n\n## Two\n\nText.\n" + source, "One|Two"},
		{"a paragraph with a colon at once", "---\nNote: this week we look at tools.\n\n## One\n\nText.\n" + source + "\n---\n\n## Two\n\nText.\n" + source, "One|Two"},
		{"a paragraph of two lines", "---\nNote: this week\nwe look at tools\n\n---\n\n" + item, "One|Two"},
		{"prose before a line with a colon", "---\n\nProse first\n\ntitle: of: prose\n\n---\n\n" + item, "One|Two"},
		{"a paragraph with a colon in Chinese", "---\n\n今日要点：三件事\n\n---\n\n" + item, "One|Two"},
		{"a paragraph with a narrow colon", "---\n\n注意:三件事\n\n---\n\n" + item, "One|Two"},
		{"a heading", "---\n\n## One\n\nText.\n" + source + "\n---\n\n## Two\n\nText.\n" + source, "One|Two"},
		{"a heading alone", "---\n\n# The title\n\n---\n\n" + item, "One|Two"},
		{"a quote", "---\n\n> He said: more\n\n---\n\n" + item, "One|Two"},
		{"an emoji", "---\n\n🔥 Hot: glass saws\n\n---\n\n" + item, "One|Two"},
		{"bold", "---\n\n**Highlights:** glass saws\n\n---\n\n" + item, "One|Two"},
		{"a link", "---\n\n[Home](https://home.example.org/): here\n\n---\n\n" + item, "One|Two"},
		{"an address", "---\n\nhttps://home.example.org/\n\n---\n\n" + item, "One|Two"},
		{"a table", "---\n\n| a | b |\n|---|---|\n| c: d | e |\n\n---\n\n" + item, "One|Two"},
		{"one rule", "---\n\n" + item, "One|Two"},
		{"one rule and a colon", "---\nNote: this week we look at tools.\n\n" + item, "One|Two"},
		{"one rule and nothing else but a colon", "---\n\nNote: this week\nwe look at tools.\n\n" + item, "One|Two"},
		{"dots", "---\n\nTo be continued\n...\n\n" + item, "One|Two"},
		{"stars", "***\n\n" + item + "\n***\n", "One|Two"},
		{"underscores", "___\nNote: tools\n\n" + item + "\n___\n", "One|Two"},
		{"dashes with spaces", "- - -\n\n" + item + "\n- - -\n", "One|Two"},
		{"pluses", "+++\nprose\n+++\n\n" + item, "One|Two"},
		{"braces", "{\nprose\n}\n\n" + item, "One|Two"},
		{"hostile", "---\n\n@everyone: <!channel>\n\n" + item + "\n---\n\n\u202Eשלום: 👨‍👩‍👧‍👦\n", "One|Two"},

		{"an unclosed header and a rule further down", "---\ntitle: T\ntags: [a]\n\n## One\n\nText.\n" + source + "\n---\n\n## Two\n\nText.\n" + source, "One|Two"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Read("2026-05-04.md", []byte(c.in))
			var got []string
			for _, s := range d.Stories {
				got = append(got, s.Headline)
			}
			if got := strings.Join(got, "|"); got != c.headlines {
				t.Errorf("got %q, want %q", got, c.headlines)
			}
			all := kept(d)
			for word := range strings.FieldsFuncSeq(address.ReplaceAllString(c.in, ""), func(r rune) bool { return !lexicon.IsLetter(r) }) {
				if !strings.Contains(all, word) && word != "Source" && word != "tags" && word != "title" && word != "a" {
					t.Errorf("%q is lost; kept is %q", word, all)
				}
			}
		})
	}
	for name, in := range map[string]string{
		"a blank line first":         "---\n\ntitle: T\ndate: 2026-05-04\n---\n",
		"blank lines between":        "\n---\ntitle: T\n\nweight: 3\n\n# tags\ntags: [a]\n---\n",
		"a comment first":            "---\n# by hand\ntitle: T\n---\n",
		"quoted keys":                "---\n\"title\": T\n'date': 2026-05-04\n---\n",
		"a flow mapping":             "---\n{title: T, date: 2026-05-04}\n---\n",
		"keys with spaces":           "---\ntitle: T\nCreated time: 2026-05-04\n---\n",
		"broken":                     "---\ntitle: T\nsummary: \"a \"b\" c\"\n---\n",
		"broken with a stray line":   "---\ntitle: T\nstray\ntags: [a\n---\n",
		"closed by dots":             "---\ntitle: T\n...\n",
		"at the end of the file":     "---\ntitle: T\n---",
		"pluses":                     "+++\n# by hand\ntitle = 'T'\n+++\n",
		"a blank line in the pluses": "+++\n\ntitle = 'T'\n[params]\na = 1\n+++\n",
	} {
		if d := Read("a.md", []byte(in)); d.Title != "T" || len(d.Lead)+len(d.Stories)+len(d.Sections) > 0 {
			t.Errorf("%s: got the title %q and the body %q, want T and none", name, d.Title, kept(d))
		}
	}
	for name, in := range map[string]string{"empty": "---\n---\n" + item, "a blank line": "---\n\n---\n" + item, "no usual key": "---\nlevel: 3\n---\n" + item} {
		if d := Read("a.md", []byte(in)); len(d.Stories) != 2 || len(d.Lead)+len(d.Sections) > 0 {
			t.Errorf("%s: got %q, want two stories and nothing else", name, kept(d))
		}
	}
}

// A key is read even if its colon is full-width or not followed by a space.
func TestColonsWithoutASpace(t *testing.T) {
	for _, c := range []struct{ name, in, title, tags, want string }{
		{"full-width", "---\ntitle：第 12 期\ndate：2026-05-04\ntags：[a，b]\n---\n", "第 12 期", "2 a|2 b", `2:6 error "title: …"; 2 other lines`},
		{"full-width with a space", "---\ntitle： T\ntags： [a, b]\n---\n", "T", "3:8 a|3:11 b", `2:6 error "title: …"; another line`},
		{"full-width with a space before", "---\ntitle ：T\ndate: 2026-05-04\n---\n", "T", "", `2:6 error "title: …"`},
		{"narrow", "---\ntitle:T\ndate:2026-05-04\ntags:[a, b]\n---\n", "T", "4:7 a|4:10 b", `2:6 error "title: …"; 2 other lines`},
		{"one line", "---\ntitle: T\ndate:2026-05-04\ntags: [a, b]\n---\n", "T", "4:8 a|4:11 b", `3:5 error "date: …"`},
		{"one line behind an empty value", "---\ntitle: T\nsubtitle:\ndate:2026-05-04\n---\n", "T", "", `4:5 error "date: …"`},
		{"a list below", "---\ntitle: T\ndate: 2026-05-04\ntags：\n  - a\n  - b\n---\n", "T", "5:5 a|6:5 b", `4:5 error "tags: …"`},
		{"times and addresses", "---\ntitle:12:30 at http://a.example.org\ndate: 2026-05-04 12:30\nurl:https://a.example.org/x:y\n---\n", "12:30 at http://a.example.org", "", `2:6 error "title: …"; another line`},
		{"in quotes", "---\ntitle:\"A: b\"\ndate: 2026-05-04\n---\n", "A: b", "", `2:6 error "title: …"`},
		{"beside what is broken", "---\ntitle: \"a \"b\" c\"\ndate:2026-05-04\ntags:[a]\n---\n", "a \"b\" c", "4:7 a", `3:5 error "date: …"; another line`},
		{"not closed", "---\ntitle：T\ndate: 2026-05-04\n\n## H\n", "T", "", `2:6 error "title: …"`},
		{"not opened", "title：T\ndate:2026-05-04\ntags: [a]\n---\n", "T", "3:8 a", `1:6 error "title: …"; another line`},
		{"a bare header", "Title：T\nDate: 2026-05-04\nTags:a, b\n\n## H\n", "T", "3:6 a|3:6 b", `1:6 error "Title: …"; another line`},
		{"an alias", "---\nx:&x [a, b]\ntitle: T\ndate: 2026-05-04\ntags: *x\n---\n", "T", "2:7 a|2:10 b", `2:2 error "x: …"`},
		{"hostile", "---\ntitle：@everyone <!channel> 👨‍👩‍👧‍👦\ndate:2026-05-04\n---\n", "@everyone <!channel> 👨‍👩‍👧‍👦", "", `2:6 error "title: …"; another line`},

		{"within a text in quotes", "---\ntitle: \"T\nb:c\"\ndate: 2026-05-04\n---\n", "T b:c", "", ""},
		{"within a list", "---\ntitle: T\ndate: 2026-05-04\ntags: [\na:b,\nc]\n---\n", "T", "5:1 a:b|6:1 c", ""},
		{"within a value", "---\ntitle: T：b\ndate: 2026-05-04\ntags:\n- a：b\n- http://a.example.org\n---\n", "T：b", "5:3 a：b|6:3 http://a.example.org", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Read("a.md", []byte(c.in))
			var tags, problems []string
			for i, tag := range d.Tags {
				at := fmt.Sprintf("%d:%d", d.TagsAt[i].Line, d.TagsAt[i].Column)
				if c.name == "full-width" {
					at = "2" // of both, because they are one word for YAML
				}
				tags = append(tags, at+" "+tag)
			}
			for _, p := range d.Problems {
				if p.Code == codeFrontMatter {
					_, remedy, _ := strings.Cut(p.Message, "write a space behind the colon: ")
					remedy = strings.TrimSuffix(strings.TrimSuffix(remedy, " lacks it, too"), " lack it, too")
					problems = append(problems, fmt.Sprintf("%d:%d %s %s", p.Line, p.Column, p.Severity, remedy))
				}
			}
			if got := strings.Join(tags, "|"); d.Title != c.title || got != c.tags || strings.Join(problems, ", ") != c.want || d.Date.Format("2006-01-02") != "2026-05-04" && c.name != "full-width with a space" {
				t.Errorf("got %q on %s with %q and %s, want %q with %q and %s", d.Title, d.Date, got, problems, c.title, c.tags, c.want)
			}
		})
	}
}

// With aliases, a few lines can stand for billions of values, which are not expanded.
func TestAliasesStayCheap(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("---\na0: &a0 [word]\n")
	for i := 1; i <= 40; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	bomb.WriteString("title: *a40\ndate:2026-05-04\ntags: [a]\n---\n")
	if d := Read("a.md", []byte(bomb.String())); len(d.Tags) != 1 || d.Date.IsZero() {
		t.Errorf("got tags %q and date %s, want one and 2026-05-04", d.Tags, d.Date)
	}
}

// The same is true of merge keys.
func TestMergeKeysStayCheap(t *testing.T) {
	var block strings.Builder
	block.WriteString("---\ntitle: T\na: &a {")
	for i := range 2000 {
		fmt.Fprintf(&block, "k%d: 1, ", i)
	}
	block.WriteString("z: 1}\nb:\n  <<: [" + strings.Repeat("*a, ", 10_000) + "*a]\ndate: 2026-05-04\n---\n")
	if d := Read("a.md", []byte(block.String())); d.Title != "T" || d.Date.IsZero() {
		t.Errorf("got %q on %s, want T on 2026-05-04", d.Title, d.Date)
	}
}

var address = regexp.MustCompile(`\(http[^)]*\)`)

// kept returns all words of a digest.
func kept(d *digest.Digest) string {
	var b strings.Builder
	b.WriteString(d.Title + "\n" + d.Lead.String())
	for _, s := range d.Stories {
		b.WriteString("\n" + s.Headline + "\n" + s.Summary.String())
		for _, source := range s.Sources {
			b.WriteString("\n" + source.Title + "\n" + source.URL)
		}
	}
	for _, s := range d.Sections {
		b.WriteString("\n" + s.Title + "\n" + s.Text.String())
	}
	return b.String()
}
