package markdown

import (
	"fmt"
	"testing"

	"github.com/digestbot/digestbot/digest"
)

// Problems have the right position in every format of front matter.
func TestPlaces(t *testing.T) {
	body := "\nLead.\n\n### 一号新闻\n\n**Source:** https://example.org/1\n\n### Two\n\n**Source:** https://example.org/2\n"
	for _, c := range []struct {
		name, in string
		date     digest.Position
		tags     []digest.Position
		story    int32 // the line of the first one
	}{
		{"flow list", "---\ntags: [AI, \"开源\", Go]\ndate: 2026-11-23\n---\n", digest.Position{Line: 3, Column: 7}, []digest.Position{{Line: 2, Column: 8}, {Line: 2, Column: 12}, {Line: 2, Column: 18}}, 8},
		{"block list", "---\ndate: x\ntags:\n- AI\n- AI\n-   Go\n---\n", digest.Position{Line: 2, Column: 7}, []digest.Position{{Line: 4, Column: 3}, {Line: 6, Column: 5}}, 11},
		{"commas", "---\ntags: AI, Go\n---\n", digest.Position{}, []digest.Position{{Line: 2, Column: 7}, {Line: 2, Column: 7}}, 7},
		{"TOML", "+++\ndate = 2026-11-23\ntags = ['AI', 'Go']\n+++\n", digest.Position{Line: 2, Column: 8}, []digest.Position{{Line: 3, Column: 9}, {Line: 3, Column: 15}}, 8},
		{"broken YAML", "---\ntitle: \"a \"b\"\"\ntags:\n- AI\ndate: 2026-11-23\n---\n", digest.Position{Line: 5, Column: 7}, []digest.Position{{Line: 4, Column: 3}}, 10},
		{"none", "", digest.Position{}, nil, 4},
	} {
		d := Read("a.md", []byte(c.in+body))
		if got, want := fmt.Sprint(d.DateAt, d.TagsAt), fmt.Sprint(c.date, c.tags); got != want {
			t.Errorf("%s: date and tags: got %s, want %s", c.name, got, want)
		}
		if len(d.Tags) != len(d.TagsAt) {
			t.Errorf("%s: got %d tags and %d places", c.name, len(d.Tags), len(d.TagsAt))
		}
		var got []digest.Position
		for _, s := range d.Stories {
			got = append(got, s.At)
		}
		if want := []digest.Position{{Line: c.story, Column: 1}, {Line: c.story + 4, Column: 1}}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: stories: got %v, want %v", c.name, got, want)
		}
	}
}
