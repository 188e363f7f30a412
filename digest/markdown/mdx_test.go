package markdown

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/digest/markdown/layout"
)

func TestMDX(t *testing.T) {
	for in, want := range map[string]string{
		"import Card from './card'\nimport {Tab} from \"x\"\n\nThe text.":                         "The text.",
		"export const x = {\n  a: 1,\n\n  b: 2,\n}\n\nThe text.":                                  "The text.",
		"import duties rise next year.":                                                           "import duties rise next year.",
		"The text.\nimport x from 'y' is code.":                                                   "The text. import x from 'y' is code.",
		"<Card title=\"x\">The text.</Card>":                                                      "The text.",
		"<Card\n  title=\"x > y\"\n  items={[{a: '}'}]}\n  {...props}\n>\n\nThe text.\n\n</Card>": "The text.",
		"<Tabs/>\n\nThe text. <Icon name={x} />":                                                  "The text.",
		"<>\nThe text.\n</>":                                                                      "The text.",
		"<Ui.Card>\n    The text.\n\n    More of it.\n</Ui.Card>":                                 "The text.\n\nMore of it.",
		"<A>\n  <B>\n      - one\n      - two\n  </B>\n</A>":                                      "• one\n• two",
		"The {x.y} text{/* don't show */}.":                                                       "The text.",
		"The{\" \"}text.":                                                                         "The text.",
		"{/*\nnothing\n\nof it\n*/}\n\nThe text.":                                                 "The text.",
		"{list.map(x => `${x}`)}\n\nThe text.":                                                    "The text.",
		"A `{x}` and `<Card/>` and \\{x}.":                                                        "A {x} and <Card/> and {x}.",
		"```jsx\nimport a from 'a'\n<Card>{x}</Card>\n```":                                        "import a from 'a'\n<Card>{x}</Card>",
		"<div className=\"x\" style={{a: 1}}>\n\nThe text.\n\n</div>":                             "The text.",
		"The text has {no end.":                                                                   "The text has {no end.",
		"A Vec<T> is one.":                                                                        "A Vec<T> is one.",
	} {
		read := func(name string) string {
			d := Read(name, []byte("---\ntitle: T\n---\n## [One](https://a.b/1)\n\n"+in+"\n\n## [Two](https://a.b/2)\n\nText.\n"))
			if len(d.Stories) != 2 || d.Stories[1].At.Line != int32(8+strings.Count(in, "\n")) {
				t.Errorf("%q: got %+v", in, d.Stories)
				return ""
			}
			return d.Stories[0].Summary.String()
		}
		if got := read("2026-03-01-a.mdx"); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	// Only MDX has expressions and imports.
	d := Read("2026-03-01-a.md", []byte("## [One](https://a.b/1)\n\nThe {x} text.\n"))
	if got := d.Stories[0].Summary.String(); got != "The {x} text." {
		t.Errorf("Markdown: got %q", got)
	}
}

// A layout is learned from what remains of MDX.
func TestLearnMDX(t *testing.T) {
	files := issues(4, 3, func(i int, stories string) string {
		return fmt.Sprintf("---\ntitle: News %d\n---\nimport Card from './card'\nexport const issue = %d\n\nGood morning, @everyone.\n\n<Card>\n\n%s</Card>\n", i, i, stories)
	}, func(say func(int) string, _ int) string {
		return "## " + say(5) + "\n\n" + say(9) + ". [a](https://a.b/" + strings.ReplaceAll(say(4), " ", "-") + ")\n\n"
	})
	for i := range files {
		files[i].Name = strings.TrimSuffix(files[i].Name, "md") + "mdx"
	}
	l := Learn(files)
	if len(l.Forms) != 1 || !slices.Equal(l.Forms[0].Story, layout.Kinds{"h2"}) || strings.Contains(l.String(), "import") || strings.Contains(l.String(), "export") {
		t.Errorf("got\n%s", l)
	}
}

func TestMuchMDX(t *testing.T) {
	for _, part := range []string{"{", "<A ", "<A>", "<A x={", "`", "{\"", "import {\n", "<A x=\"", "{}", "\\", "</A>"} {
		body := "# T\n\n## [One](https://a.b/1)\n\n" + strings.Repeat(part, (maxBody-100)/len(part)) + "\n"
		if d := Read("2026-03-01-a.mdx", []byte(body)); d.Title != "T" {
			t.Errorf("%q: got %q", part, d.Title)
		}
	}
}
