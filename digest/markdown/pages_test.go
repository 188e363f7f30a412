package markdown

import (
	"fmt"
	"testing"
)

// A file with a page keeps links relative to it; without a page, only their words are
// kept.
func TestRelativeLinks(t *testing.T) {
	const text = "---\ntitle: T\ndate: 2026-03-04\n---\n### One\n\nSee [a](/a), [b](<../b c>), [c]({{ site.baseurl }}{% post_url 2026-01-01-x %}), [d](#d), [e](javascript:alert(1)), [f]({{ page.x }}/f), [g](mailto:a@example.org).\n\n**Source:** [S](s.html) [T](https://example.com/t)\n\n### Two\n\n**Source:** [U](https://example.com/u)\n"
	for _, paged := range []bool{false, true} {
		d := ReadAs("a.md", []byte(text), How{Page: paged})
		var links []string
		for _, s := range d.Stories[0].Summary {
			if s.URL != "" {
				links = append(links, s.URL)
			}
		}
		for _, s := range d.Stories[0].Sources {
			links = append(links, s.URL)
		}
		bad := 0
		for _, p := range d.Problems {
			if p.Code == codeBadLink {
				bad++
			}
		}
		got, want := fmt.Sprint(links, bad), "[https://example.com/t] 7"
		if paged {
			want = "[/a ../b%20c {{ site.baseurl }}{% post_url 2026-01-01-x %} s.html https://example.com/t] 3"
		}
		if got != want {
			t.Errorf("paged %t: got %s, want %s", paged, got, want)
		}
	}
}

// Jekyll replaces {{ x }}; for Hugo it is text, even in a file named like a Jekyll
// post.
func TestVariablesOfAPage(t *testing.T) {
	const text = "---\ntitle: News\n---\n## A\n\nUse {{ name }} <!channel> in [templates](https://example.org/a).\n"
	for hugo, want := range map[bool]string{false: "Use <!channel> in templates.", true: "Use {{ name }} <!channel> in templates."} {
		if got := ReadAs("2026-03-08-x.md", []byte(text), How{Page: true, Hugo: hugo}).Stories[0].Summary.String(); got != want {
			t.Errorf("with Hugo %t it is %q, want %q", hugo, got, want)
		}
	}
}
