package markdown

import (
	"slices"
	"testing"
)

// groupsOf returns the headlines of a body, each after its group.
func groupsOf(body string) (all []string) {
	for _, s := range Read("2026-03-01-a.md", []byte("---\ntitle: T\n---\n"+body)).Stories {
		all = append(all, s.Group+" > "+s.Headline)
	}
	return all
}

func TestGroups(t *testing.T) {
	const a, b = "[One](https://a.b/1)", "[Two](https://a.b/2)"
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"headings":            {"## 🔧 *Tools*\n\n### " + a + "\n\nText.\n\n### " + b + "\n\nText.\n", []string{"🔧 Tools > One", "🔧 Tools > Two"}},
		"items":               {"## 一、工具：\n\n- " + a + "\n- " + b + "\n", []string{"工具 > One", "工具 > Two"}},
		"rows":                {"## Tools\n\n| a | b |\n|---|---|\n| " + a + " | x |\n| " + b + " | y |\n", []string{"Tools > One", "Tools > Two"}},
		"bold lines":          {"**Tools**\n\n- " + a + "\n- " + b + "\n\n**News**\n\n- [C](https://a.b/3)\n- [D](https://a.b/4)\n", []string{"Tools > One", "Tools > Two", "News > C", "News > D"}},
		"the nearest":         {"## Tools\n\n### For cooks\n\n- " + a + "\n- " + b + "\n", []string{"For cooks > One", "For cooks > Two"}},
		"lists in a list":     {"## Tools\n\n- For cooks:\n  - " + a + "\n  - " + b + "\n", []string{"For cooks > One", "For cooks > Two"}},
		"beside and below":    {"## Tools\n\n- " + a + "\n- " + b + "\n\n### For cooks\n\n- [C](https://a.b/3)\n- [D](https://a.b/4)\n", []string{"Tools > One", "Tools > Two", "For cooks > C", "For cooks > D"}},
		"none":                {"## " + a + "\n\nText.\n\n## " + b + "\n\nText.\n", []string{" > One", " > Two"}},
		"no heading":          {"- " + a + "\n- " + b + "\n", []string{" > One", " > Two"}},
		"the title once more": {"## T\n\n- " + a + "\n- " + b + "\n", []string{" > One", " > Two"}},
	} {
		if got := groupsOf(c.body); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
