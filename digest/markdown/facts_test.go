package markdown

import (
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/digest"
)

// storyWith reads a story that has the given lines below its first paragraph.
func storyWith(lines string) digest.Story {
	d := Read("2026-03-01-a.md", []byte("---\ntitle: T\n---\n## [One](https://a.b/1)\n\nThe text.\n\n"+lines+"\n\n## [Two](https://a.b/2)\n\nMore.\n"))
	return d.Stories[0]
}

func TestTagsOfStories(t *testing.T) {
	for lines, want := range map[string]string{
		"**Tags**: `#DuckPond`, `#database`": "DuckPond|database",
		"**Tags:** #a #open-source":          "a|open-source",
		"Tags: open source, Node.js, C++":    "open source|Node.js|C++",
		"🏷️ *Tags*: a | b · c":               "a|b|c",
		"Tags: CI/CD / Go":                   "CI/CD|Go",
		"Tags: ai ml":                        "ai|ml",
		"Tags: #open source #AI, #db":        "open source|AI|db",
		"**Tags** `a` `b`":                   "a|b",
		"标签：甲、乙，丙":                           "甲|乙|丙",
		"**关键词**：大模型；推理":                     "大模型|推理",
		"タグ: 音声、無料":                          "音声|無料",
		"**태그**: #보안 #클라우드":                  "보안|클라우드",
		"Schlagwörter: Bahn, Bau":            "Bahn|Bau",
		"Mots-clés : train, pont":            "train|pont",
		"#话题# #AI":                           "话题|AI",
		"#golang":                            "golang",
		"＃甲　＃乙":                              "甲|乙",
		"`ai` `db`":                          "ai|db",
		"`#ai`":                              "ai",
		"[#ai](https://a.b/tags/ai) [#db](https://a.b/tags/db)":          "ai|db",
		"**Tags**: [ai](https://a.b/tags/ai), [db](https://a.b/tags/db)": "ai|db",
		"- Tags: a, b":           "a|b",
		"**Tags**\n\n#a #b":      "a|b",
		"**Tags:**\na, b":        "a|b",
		"### Tags\n\n`a`, `b`":   "a|b",
		"Tags: a, a, b\n\n#b #c": "a|b|c",
		"Tags: none":             "",
		"标签：无":                   "",
	} {
		s := storyWith(lines)
		if got := strings.Join(s.Tags, "|"); got != want || s.Summary.String() != "The text." || len(s.Sources) != 1 {
			t.Errorf("%q: got %q, %q, %v; want %q", lines, got, s.Summary.String(), s.Sources, want)
		}
	}
}

// Words that only look like tags are kept.
func TestNoTagsOfStories(t *testing.T) {
	for lines, want := range map[string]string{
		"Tags: are what the tool writes on each board it has cut.":              "",
		"Keywords: faster builds, which matter a lot in CI, and smaller images": "",
		"Keywords: the new words that Go 1.27 adds":                             "",
		"#12 #13":                           "",
		"`go get x`":                        "",
		"`install`":                         "",
		"`npm install` `yarn add`":          "",
		"`foo()` `bar()`":                   "",
		"It is about #ai and #db":           "",
		"Fixes #12":                         "",
		"The tags are red, green and blue.": "",
		"```\n#a #b\n```":                   "#a #b",
	} {
		s := storyWith(lines)
		if want == "" {
			want = strings.ReplaceAll(lines, "`", "")
		}
		if len(s.Tags) > 0 || !strings.Contains(s.Summary.String(), want) {
			t.Errorf("%q: got %q, %q", lines, s.Tags, s.Summary.String())
		}
	}
}

// A story on a single line has its tags on it as well.
func TestTagsInALine(t *testing.T) {
	for in, want := range map[string]string{
		"**Lead**: the text. #ai #db":                         "Lead | the text. | ai db",
		"**Lead**: the text. [甲报](https://a.b/1) #ai":         "Lead | the text. | ai",
		"[Lead](https://a.b/1) `ai` `db`":                     "Lead |  | ai db",
		"[Lead](https://a.b/1) – the text.\n  `ai` `db`":      "Lead | the text. | ai db",
		"[Lead](https://a.b/1) – the text.\n  - Tags: ai, db": "Lead | the text. | ai db",
		"[Lead](https://a.b/1) – the text. See #12":           "Lead | the text. See #12 | ",
		"[Lead](https://a.b/1) – about #ai":                   "Lead | about #ai | ",
		"[Lead](https://a.b/1) | Python | Tags: ai, db":       "Lead | Python | ai db",
	} {
		d := Read("2026-03-01-a.md", []byte("---\ntitle: T\n---\n- "+in+"\n- [Other](https://a.b/0)\n"))
		s := d.Stories[0]
		if got := s.Headline + " | " + s.Summary.String() + " | " + strings.Join(s.Tags, " "); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestTagsOfListedStories(t *testing.T) {
	d := Read("2026-03-01-a.md", []byte("---\ntitle: T\nitems:\n- {title: One, url: 'https://a.b/1', tags: [a, b], section: Tools}\n- {title: Two, url: 'https://a.b/2', tags: 'c，d'}\n---\n"))
	if got := d.Stories[0]; !slices.Equal(got.Tags, []string{"a", "b"}) || got.Group != "Tools" {
		t.Errorf("got %q in %q", got.Tags, got.Group)
	}
	if got := d.Stories[1]; !slices.Equal(got.Tags, []string{"c", "d"}) {
		t.Errorf("got %q", got.Tags)
	}
}
