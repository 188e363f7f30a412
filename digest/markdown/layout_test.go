package markdown

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/layout"
	"github.com/digestbot/digestbot/digest/markdown/markdowntest"
)

// issues returns files with the same layout and different words. story returns one
// story; say returns random words for it.
func issues(n, stories int, page func(i int, stories string) string, story func(say func(words int) string, k int) string) []layout.File {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	nouns := strings.Fields("kernel registry bridge compiler harbour keyboard cable parser forum printer lantern ledger modem museum needle orchard pilot quarry radio satellite tablet tunnel valve window zeppelin archive battery canal drone engine ferry garden helmet island jacket")
	verbs := strings.Fields("opens closes learns forgets moves stops returns splits joins grows shrinks signs reads writes counts waits")
	say := func(words int) string {
		var out []string
		for k := range words {
			if list := nouns; k%2 == 1 {
				list = verbs
				out = append(out, list[r.IntN(len(list))])
			} else {
				out = append(out, list[r.IntN(len(list))])
			}
		}
		return strings.Join(out, " ")
	}
	var files []layout.File
	for i := range n {
		var all strings.Builder
		for k := range stories {
			all.WriteString(story(say, k))
		}
		files = append(files, layout.File{Name: fmt.Sprintf("posts/2026-03-%02d-news.md", i+1), Data: []byte(page(i, all.String()))})
	}
	return files
}

// headlinesOf returns the headlines of a file that is read by a layout.
func headlinesOf(f layout.File, l *layout.Layout) (words []string) {
	for _, s := range ReadAs(f.Name, f.Data, How{Layout: l}).Stories {
		words = append(words, s.Headline)
	}
	return words
}

// Layouts in which a single file may be read in several ways.
var ambiguous = []struct {
	name  string
	page  func(i int, stories string) string
	story func(say func(int) string, k int) string
	kind  string // that contains the stories
	// summary is the start of every summary, and sources the number of sources of each
	// story.
	summary string
	sources int
}{
	{
		"a bold line below a heading of always",
		func(i int, s string) string {
			return fmt.Sprintf("---\ntitle: Brief %d\n---\nGood morning.\n\n## The lead\n\n%s## Tide table\n\nNothing but water @everyone.\n\n---\n\nYou get this because you asked for it.\n", i, s)
		},
		func(say func(int) string, _ int) string {
			return fmt.Sprintf("**The %s**\n\nToday %s. And %s.\n\nRead: [paper](https://example.org/%s)\n\n", say(4), say(5), say(4), strings.ReplaceAll(say(3), " ", "-"))
		},
		"bold line", "Today ", 1,
	},
	{
		"labels of its own in each story",
		func(i int, s string) string {
			return fmt.Sprintf("---\ntitle: 晨报 %d\n---\n%s", i, s)
		},
		func(say func(int) string, k int) string {
			return fmt.Sprintf("### %d. 关于 %s 的消息\n\n**热度**：%d\n\n**发生了什么**：今天 %s，大家都在谈论这件事。\n\n**影响**：明天 %s，还要再看一看。\n\n来源：[报道](https://example.com/%s)\n\n", k+1, say(3), k*7+12, say(5), say(5), strings.ReplaceAll(say(3), " ", "-"))
		},
		"numbered h3", "今天 ", 1,
	},
	{
		"labels in italics",
		func(i int, s string) string {
			return fmt.Sprintf("---\ntitle: Plain %d\n---\n_Plain_ is a letter.\n\n%s", i, s)
		},
		func(say func(int) string, _ int) string {
			return fmt.Sprintf("### The %s\n\n*In plain words* — Today %s, and @everyone knows it.\n\n_Why you care_ – Tomorrow %s, says *somebody* else.\n\n[Discuss](https://example.net/%s) · [Original](https://example.org/%s)\n\n", say(4), say(6), say(5), strings.ReplaceAll(say(3), " ", "-"), strings.ReplaceAll(say(3), " ", "-"))
		},
		"h3", "Today ", 1,
	},
	{
		"cards in quotes",
		func(i int, s string) string {
			return fmt.Sprintf("---\ntitle: Cards %d\n---\n## Articles\n\n%s## Masthead\n\nWritten by people <!channel>.\n", i, s)
		},
		func(say func(int) string, _ int) string {
			return fmt.Sprintf("> **[The %s](https://example.net/%s)**\n>\n> Today %s. And %s.\n\n", say(4), strings.ReplaceAll(say(3), " ", "-"), say(6), say(5))
		},
		"quote bold link", "Today ", 1,
	},
	{
		"a headline behind its topic",
		func(i int, s string) string {
			return fmt.Sprintf("---\ntitle: Forum %d\n---\nThere were %d votes.\n\n%s\n*Made by %d people. [Subscribe](https://example.org/subscribe)*\n", i, 900+i, s, 3)
		},
		func(say func(int) string, k int) string {
			return fmt.Sprintf("%d. **Topic** — [The %s](https://example.com/%s) (example.com) · %d votes · [discussion](https://forum.example.net/t/%d)\n\n   Today %s. And %s.\n\n", k+1, say(4), strings.ReplaceAll(say(3), " ", "-"), 20+k, k, say(6), say(5))
		},
		"numbered item bold", "Today ", 1,
	},
}

// A layout learned from a few files reads each of them, and another one.
func TestLearn(t *testing.T) {
	for _, c := range ambiguous {
		files := issues(6, 5, c.page, c.story)
		l := Learn(files[:5])
		if len(l.Forms) != 1 || l.Forms[0].Files != 5 || !slices.ContainsFunc(l.Forms[0].Story, func(kind string) bool { return layout.IsKind(kind, c.kind) }) {
			t.Errorf("%s: got the layout\n%s", c.name, l)
			continue
		}
		for _, f := range files {
			d := ReadAs(f.Name, f.Data, How{Layout: l})
			if len(d.Stories) != 5 {
				t.Errorf("%s, %s: got %d stories: %q", c.name, f.Name, len(d.Stories), headlinesOf(f, l))
				continue
			}
			for _, s := range d.Stories {
				if !strings.HasPrefix(s.Summary.String(), c.summary) || len(s.Sources) != c.sources || strings.ContainsAny(s.Headline, "*[]") {
					t.Errorf("%s, %s: got %q, %q, %v", c.name, f.Name, s.Headline, s.Summary, s.Sources)
				}
			}
		}
	}
}

// A layout depends only on the files, not on their order or on chance.
func TestLearnInAnyOrder(t *testing.T) {
	var files []layout.File
	for i, c := range ambiguous {
		for _, f := range issues(4, 5, c.page, c.story) {
			files = append(files, layout.File{Name: fmt.Sprintf("%d-%s", i, f.Name), Data: f.Data})
		}
	}
	want := Learn(files).String()
	rapid.Check(t, func(t *rapid.T) {
		if got := Learn(rapid.Permutation(files).Draw(t, "files")).String(); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// A layout written as a page is read back unchanged.
func TestLayoutPage(t *testing.T) {
	for _, c := range ambiguous {
		files := issues(5, 5, c.page, c.story)
		l := Learn(files)
		read, err := layout.Parse([]byte(l.String()))
		if err != nil {
			t.Fatal(err)
		}
		if read.String() != l.String() || read.ID() != l.ID() || l.ID() == "" {
			t.Errorf("got\n%s\nwant\n%s", read, l)
		}
		if got, want := headlinesOf(files[0], read), headlinesOf(files[0], l); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for text, want := range map[string]string{
		"version = 2\n": "not a layout of version 1",
		"version = 1\n[[form]]\nfolder = \".\"\nstory = \"h3\"\nbogus = 1\n": "line 5: unknown key form.bogus",
		"version = \n": "line 1, column",
	} {
		if _, err := layout.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// Written rules take precedence over learned ones, and work even if nothing was learned.
func TestWritten(t *testing.T) {
	yes := true
	c := ambiguous[1]
	files := issues(5, 4, c.page, c.story)
	if got := (*layout.Layout)(nil).With(layout.Written{}); got != nil {
		t.Errorf("nothing written gives %v", got)
	}
	for _, learned := range []*layout.Layout{nil, Learn(files)} {
		l := learned.With(layout.Written{Story: layout.Kinds{"h3"}, Labels: []string{"影响"}, Facts: []string{"热度", "发生了什么"}, Subtitle: &yes})
		for _, s := range ReadAs(files[0].Name, files[0].Data, How{Layout: l}).Stories {
			if !strings.HasPrefix(s.Summary.String(), "明天 ") {
				t.Errorf("got %q", s.Summary)
			}
		}
	}
	// Headings that occur in every file are not headlines, unless a person says so.
	brief := issues(5, 3, ambiguous[0].page, ambiguous[0].story)
	l := Learn(brief).With(layout.Written{Story: layout.Kinds{"h2"}})
	if got := headlinesOf(brief[0], l); !slices.Equal(got, []string{"The lead"}) && !slices.Equal(got, []string{"The lead", "Tide table"}) {
		t.Errorf("got %q", got)
	}
	text := []byte("## One\n\nSome text about it https://example.org/1\n\n## Imprint\n\nNobody, https://example.org/2\n")
	l = (*layout.Layout)(nil).With(layout.Written{Story: layout.Kinds{"h2"}, Ignore: []string{"Imprint"}})
	if got := headlinesOf(layout.File{Name: "2026-03-01-a.md", Data: text}, l); !slices.Equal(got, []string{"One"}) {
		t.Errorf("got %q", got)
	}
	for kind, well := range map[string]bool{"h3": true, "item link under h2": true, "numbered item 2 bold": true, "bold line": true, "quote": true, "paragraph": true, "row under h2": true, "h9": false, "headline": false, "": false, "item under item": false} {
		if err := layout.CheckKind(kind); (err == nil) != well {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

// Lines that people have excluded are left out, whether or not the file resembles a
// form.
func TestIgnored(t *testing.T) {
	all := func(d *digest.Digest) string {
		text := d.Lead.String()
		for _, s := range d.Stories {
			text += "\n" + s.Headline + ": " + s.Summary.String()
		}
		for _, s := range d.Sections {
			text += "\n" + s.Title + ": " + s.Text.String()
		}
		return text
	}
	const bye = "Thanks for reading no. %d, @everyone!"
	page := func(i int, stories string) string {
		return fmt.Sprintf("---\ntitle: News %d\n---\n%s## 👩‍👩‍👧‍👦 Imprint %d\n\nNobody.\n\n| a | b |\n|---|---|\n| c | שלום |\n\n### Below\n\nWords.\n\n## About us\n\nWe.\n\n"+bye+"\n", i, stories, i, i)
	}
	story := func(say func(int) string, _ int) string {
		return "## " + say(5) + "\n\n" + say(9) + ". [a](https://a.b/" + strings.ReplaceAll(say(4), " ", "-") + ")\n\n"
	}
	files := issues(5, 3, page, story)
	for name, learned := range map[string]*layout.Layout{"none": nil, "its own": Learn(files), "another": Learn(issues(5, 5, ambiguous[3].page, ambiguous[3].story))} {
		l := learned.With(layout.Written{Ignore: []string{"Imprint 7", "thanks for reading no 7 everyone"}})
		for _, f := range files {
			d := ReadAs(f.Name, f.Data, How{Layout: l})
			text := all(d)
			for _, out := range []string{"Imprint", "Nobody", "שלום", "Below", "Words.", "Thanks"} {
				if strings.Contains(text, out) {
					t.Errorf("%s: %q is not left out of %s", name, out, text)
				}
			}
			if len(d.Stories) != 3 || !strings.Contains(text, "About us") {
				t.Errorf("%s: got %s", name, text)
			}
			reasons := Explain(f.Name, f.Data, How{Layout: l})
			if i := slices.IndexFunc(reasons, func(r Reason) bool { return strings.HasPrefix(r.Words, "Thanks") }); i < 0 || reasons[i].As != "left out" {
				t.Errorf("%s: got %+v", name, reasons)
			}
		}
	}
}

// Another template is noticed, and read by the general rules.
func TestStranger(t *testing.T) {
	files := issues(8, 5, ambiguous[0].page, ambiguous[0].story)
	l := Learn(files)
	strangers := func(f layout.File) (n int) {
		for _, p := range ReadAs(f.Name, f.Data, How{Layout: l}).Problems {
			if p.Code == codeLayout {
				n++
			}
		}
		return n
	}
	for _, f := range files {
		if strangers(f) > 0 {
			t.Errorf("%s is no stranger", f.Name)
		}
	}
	other := issues(1, 5, ambiguous[1].page, ambiguous[1].story)[0]
	if strangers(other) != 1 {
		t.Error("another template is not noticed")
	}
	if got := headlinesOf(other, l); len(got) != 5 {
		t.Errorf("got %q", got)
	}
	for _, body := range []string{ // all of it below one heading, in one table, in quotes
		"## All\n\n- [One @everyone](https://a.b/1) – text\n- [Two](https://a.b/2) – שלום\n- [Three](https://a.b/3)\n",
		"Good morning.\n\n| Title | Link |\n|---|---|\n| One @here | [a](https://a.b/1) |\n| Two 👩‍👩‍👧‍👦 | [b](https://a.b/2) |\n| Three | [c](https://a.b/3) |\n",
		"> **[One](https://a.b/1)**\n>\n> Text.\n\n> **[Two](https://a.b/2)**\n>\n> Text.\n\n> **[Three](https://a.b/3)**\n>\n> Text <!channel>.\n",
	} {
		f := layout.File{Name: "posts/2026-03-30-news.md", Data: []byte("---\ntitle: News\n---\n" + body)}
		if got := headlinesOf(f, l); len(got) != 3 || strangers(f) != 1 {
			t.Errorf("%s: got %q, and %d warnings", body, got, strangers(f))
		}
	}
	for _, body := range []string{"One line.\n", "There is no news today.\n\n- a\n- b\n- c\n", ""} {
		if strangers(layout.File{Name: "posts/2026-03-30-news.md", Data: []byte("---\ntitle: News\n---\n" + body)}) != 0 {
			t.Errorf("%q: a file without stories is a stranger", body)
		}
	}
}

// A template that changes results in two forms, and each file is read by its own.
func TestForms(t *testing.T) {
	old, young := issues(6, 5, ambiguous[0].page, ambiguous[0].story), issues(6, 5, ambiguous[4].page, ambiguous[4].story)
	var files []layout.File
	for i := range old {
		files = append(files, layout.File{Name: fmt.Sprintf("posts/2025-%02d-01-a.md", i+1), Data: old[i].Data}, layout.File{Name: fmt.Sprintf("posts/2026-%02d-01-a.md", i+1), Data: young[i].Data})
	}
	l := Learn(files)
	if len(l.Forms) != 2 {
		t.Fatalf("got\n%s", l)
	}
	for _, f := range files {
		if got := headlinesOf(f, l); len(got) != 5 {
			t.Errorf("%s: got %q", f.Name, got)
		}
	}
}

// Each line of the stories is explained, in order, and each line explained as a
// headline is one.
func TestExplain(t *testing.T) {
	for _, c := range ambiguous {
		files := issues(5, 5, c.page, c.story)
		for what, l := range map[string]*layout.Layout{"a layout": Learn(files), "no layout": nil} {
			for _, f := range files {
				explained(t, c.name+", "+what, f, l)
			}
		}
		reasons := Explain(files[0].Name, files[0].Data, How{Layout: Learn(files)})
		if !slices.ContainsFunc(reasons, func(r Reason) bool { return r.As == "headline" && strings.HasPrefix(r.Rule, "layout: "+c.kind) }) {
			t.Errorf("%s: no headline is one by the layout: %+v", c.name, reasons)
		}
		for _, r := range reasons {
			if strings.Contains(r.Words, "Today ") && r.As != "text of the story" {
				t.Errorf("%s: %q is taken for %s", c.name, r.Words, r.As)
			}
		}
	}
}

// Lines are explained by what they were read as.
func TestExplainLines(t *testing.T) {
	const file = "# T\n\n## [One @here](https://a.b/1)\n\nText.\n\n标签：#编辑器、#vim\n\n⭐ 182\n\n## 延伸阅读\n\n### 👩‍👩‍👧‍👦 שלום\n\nWords. [x](https://a.b/2)\n\nSource: [y](https://a.b/3)\n"
	var got strings.Builder
	for _, r := range Explain("2026-03-01-a.md", []byte(file), How{}) {
		fmt.Fprintf(&got, "%s: %s, %s\n", r.Words, r.As, r.Rule)
	}
	const aside = "text outside the stories, its heading is a word for texts about the stories\n"
	want := "One @here: headline, its heading has a link\nText.: text of the story, it is below the headline\n标签：#编辑器、#vim: fact, it is tags or a score\n⭐ 182: fact, it is tags or a score\n" +
		"延伸阅读: " + aside + "👩‍👩‍👧‍👦 שלום: " + aside + "Words. x: " + aside + "Source: y: " + aside
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", &got, want)
	}
}

// explained checks properties that hold for the explanation of any file.
func explained(t interface{ Errorf(string, ...any) }, what string, f layout.File, l *layout.Layout) {
	how := How{Layout: l}
	var got, want []int32 // the lines of the headlines
	for i, reasons := 0, Explain(f.Name, f.Data, how); i < len(reasons); i++ {
		r := reasons[i]
		if r.As == "" || r.Rule == "" || r.Block == "" || r.At.Line < 1 || r.At.Column < 1 {
			t.Errorf("%s, %s: %+v says too little", what, f.Name, r)
		}
		if i > 0 && r.At.Line < reasons[i-1].At.Line {
			t.Errorf("%s, %s: line %d is explained after line %d", what, f.Name, r.At.Line, reasons[i-1].At.Line)
		}
		if r.As == "headline" {
			got = append(got, r.At.Line)
		}
	}
	for _, s := range ReadAs(f.Name, f.Data, how).Stories {
		want = append(want, s.At.Line)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s, %s: headlines are explained in the lines %v, and are in %v", what, f.Name, got, want)
	}
}

// Any file can be read by any layout, always with the same result, and explained.
func TestMutatedLayout(t *testing.T) {
	pool := markdowntest.Constructs()
	layouts := []*layout.Layout{nil}
	for _, c := range ambiguous {
		files := issues(5, 5, c.page, c.story)
		layouts = append(layouts, Learn(files))
		for _, f := range files {
			pool = append(pool, string(f.Data))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		file, seed := rapid.SampledFrom(pool).Draw(t, "file"), rapid.Uint64().Draw(t, "seed")
		data := []byte(markdowntest.Mutate(rand.New(rand.NewPCG(seed, 0)), file, pool))
		for _, l := range layouts {
			how := How{Layout: l}
			if first, again := ReadAs("posts/2026-03-01-a.md", data, how), ReadAs("posts/2026-03-01-a.md", data, how); !reflect.DeepEqual(first, again) {
				t.Fatalf("got\n%+v\nand then\n%+v", first, again)
			}
			for _, r := range Explain("posts/2026-03-01-a.md", data, how) {
				if r.As == "" || r.Rule == "" || r.Block == "" || r.At.Line < 1 || r.At.Column < 1 {
					t.Fatalf("%+v says too little", r)
				}
			}
		}
	})
}
