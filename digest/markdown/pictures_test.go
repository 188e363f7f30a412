package markdown

import (
	"strings"
	"testing"

	"github.com/digestbot/digestbot/digest"
)

// Pictures are shown as captions below the text that they belong to, and never as its
// sources.
func TestPictures(t *testing.T) {
	const source = "\n**Source:** [b](https://e.org/b)\n"
	for _, c := range []struct{ name, body, want string }{
		{"in the text", "### One\n\nWords ![a chart](https://e.org/c.png) go on.\n", "Words go on.\n[a chart](https://e.org/c.png)"},
		{"alone below", "### One\n\nWords.\n\n![a chart](https://e.org/c.png)\n", "Words.\n[a chart](https://e.org/c.png)"},
		{"alone above", "### One\n\n![a chart](https://e.org/c.png)\n\nWords.\n", "Words.\n[a chart](https://e.org/c.png)"},
		{"behind the sources", "### One\n\nWords.\n\n**Source:** [b](https://e.org/b)\n\n![a chart](https://e.org/c.png)\n", "Words.\n[a chart](https://e.org/c.png)"},
		{"above nothing but sources", "### One\n\n![a chart](https://e.org/c.png)\n\n- [b](https://e.org/b)\n", "[a chart](https://e.org/c.png)"},
		{"below nothing but sources", "### One\n\n- [b](https://e.org/b)\n\n![a chart](https://e.org/c.png)\n", "[a chart](https://e.org/c.png)"},
		{"without words", "### One\n\nWords.\n\n![](https://e.org/up/c.png?w=5)\n", "Words.\n[c.png](https://e.org/up/c.png?w=5)"},
		{"in HTML", "### One\n\nWords. <img alt='a &amp; b' src=\"https://e.org/c.png\">\n", "Words.\n[a & b](https://e.org/c.png)"},
		{"a block of HTML", "### One\n\nWords.\n\n<p align=center><img src='https://e.org/c.png' alt=\"x\"></p>\n", "Words.\n[x](https://e.org/c.png)"},
		{"twice", "### One\n\n![x](https://e.org/c.png) Words. ![x](https://e.org/c.png)\n", "Words.\n[x](https://e.org/c.png)"},
		{"as a link", "### One\n\nWords [![x](https://e.org/c.png)](https://e.org/d) go.\n", "Words [x](https://e.org/d) go."},
		{"not on the web", "### One\n\nWords ![x](/c.png) go. ![y](javascript:alert(1)) ![z](data:image/png;base64,AA)\n", "Words go."},
		{"@everyone", "### One\n\nWords.\n\n![@everyone <!channel> **x**](https://e.org/c.png)\n", "Words.\n[@everyone <!channel> x](https://e.org/c.png)"},
	} {
		for end, tail := range map[string]string{"": "", "by goldmark": "\n~~~\ncode\n~~~\n"} {
			d := Read("2026-01-21-a.md", []byte("---\ntitle: T\n---\n"+c.body+source+"\n### Three\n\nEnd.\n"+source+tail))
			if len(d.Stories) == 0 {
				t.Errorf("%s %s: no story", c.name, end)
				continue
			}
			var got strings.Builder
			for _, s := range d.Stories[0].Summary {
				if s.URL != "" {
					s.Text = "[" + s.Text + "](" + s.URL + ")"
				}
				got.WriteString(s.Text)
			}
			if got.String() != c.want {
				t.Errorf("%s %s: got %q, want %q", c.name, end, got.String(), c.want)
			}
			for _, s := range d.Stories[0].Sources {
				if strings.Contains(s.URL, "c.png") {
					t.Errorf("%s %s: the picture is a source", c.name, end)
				}
			}
		}
	}
}

func TestImage(t *testing.T) {
	for _, c := range []struct{ matter, body, want string }{
		{"", "![a](http://e.org/a.png) ![b](https://img.shields.io/b) ![c](https://e.org/c.svg) ![d](https://e.org/d.png)\n", "d https://e.org/d.png"},
		{"image: https://e.org/m.png\nimage_alt: \"the cover\"\n", "![d](https://e.org/d.png)\n", "the cover https://e.org/m.png"},
		{"cover:\n  image: https://e.org/m.png\n  alt: cover\n", "", "cover https://e.org/m.png"},
		{"image: /local.png\n", "![d](https://e.org/d.png)\n", "d https://e.org/d.png"},
		{"image: http://e.org/m.png\n", "", " "},
		{"", "[![d](https://e.org/d.png)](https://e.org)\n", " "},
	} {
		d := Read("2026-01-21-a.md", []byte("---\ntitle: T\n"+c.matter+"---\nLead.\n\n"+c.body+"\n### One\n\nWords.\n"))
		if got := d.Image.Alt + " " + d.Image.URL; got != c.want {
			t.Errorf("%q %q: got %q, want %q", c.matter, c.body, got, c.want)
		}
	}
}

// Text that is removed leaves no gap: pictures, Liquid tags and footnote marks are
// removed with one of the spaces around them. Code keeps its spaces.
func TestNoGaps(t *testing.T) {
	for body, want := range map[string]string{
		"a {% include x %} b {{ site.url }} c":                    "a b c",
		"a {% highlight go %}b{% endhighlight %} {{ c }} d":       "a b d",
		"a ![x](/x.png) **b** ![y](/y.png) c":                     "a <b> c",
		"**a ** ![x](/x.png) b [^1] c":                            "**a ** b [^1] c",
		"*a ![x](/x.png)* b":                                      "a b",
		"a  b. `c  d`  e":                                         "a b. c  d e",
		"{% highlight go %}\na  b\n{% endhighlight %}":            "a  b",
		"a\n\n{% highlight go %}\nb\n{% endhighlight %}\n\n**c**": "a\n\nb\n\n<c>",
		"@everyone {% x %} <!channel>  👨‍👩‍👧‍👦  مرحبا":            "@everyone <!channel> 👨‍👩‍👧‍👦 مرحبا",
	} {
		d := Read("2026-01-21-a.md", []byte("---\ntitle: T\n---\n### One\n\n"+body+"\n\n**Source:** [b](https://e.org/b)\n"))
		if len(d.Stories) == 0 {
			t.Errorf("%q: no story", body)
			continue
		}
		var got strings.Builder
		for _, s := range d.Stories[0].Summary {
			if s.Style&digest.Bold != 0 {
				s.Text = "<" + s.Text + ">"
			}
			got.WriteString(s.Text)
		}
		if got.String() != want {
			t.Errorf("%q: got %q, want %q", body, got.String(), want)
		}
	}
}

func TestAddressWithSpaces(t *testing.T) {
	for _, c := range []struct{ link, want string }{
		{"[a](<https://e.org/b c>)", "https://e.org/b%20c"},
		{"<a href='https://e.org/b c'>a</a>", "https://e.org/b%20c"},
		{"[a](<javascript:alert(1) >)", ""},
		{"[a](</b c>)", ""},
		{"[a](<https://e org/b>)", ""},
	} {
		d := Read("2026-01-21-a.md", []byte("---\ntitle: T\n---\nLead with "+c.link+" in it.\n"))
		got := ""
		for _, s := range d.Lead {
			got += s.URL
		}
		if got != c.want || d.Lead.String() != "Lead with a in it." {
			t.Errorf("%s: got %q, want %q; the lead is %q", c.link, got, c.want, d.Lead.String())
		}
	}
}
