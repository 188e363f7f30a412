package digest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// news returns a story with a page of its own, or with none if page is empty.
func news(headline, summary, page string) Story {
	s := Story{Headline: headline}
	if summary != "" {
		s.Summary = Text{{Text: summary}}
	}
	if page != "" {
		s.Sources = []Source{{URL: page}}
	}
	return s
}

const (
	longHeadline = "长" // 300 of them
	family       = "👩‍👩‍👧‍👦 @everyone <!channel>"
	hebrew       = "שלום \u202e עולם"
)

// edition returns a digest of the 20th with five stories, full of awkward text.
func edition(change ...func(*Digest)) *Digest {
	d := &Digest{
		Card: Card{ID: "2026-01-20-tech", File: "2026-01-20-tech.md", Title: "Tech", Date: day(20), Language: "en", Categories: []string{"tech"}},
		Lead: Text{{Text: "Good morning."}},
		Stories: []Story{
			news("PostgreSQL 18 is out", "It is faster.", "https://postgresql.example/18"),
			news(strings.Repeat(longHeadline, 300), "Long.", "https://long.example/1"),
			news(family, "A family.", "https://family.example/1"),
			news(hebrew, "From right to left.", "https://hebrew.example/1"),
			news("Go 1.26", "`go fix` \"quotes\".", "https://go.example/1.26"),
		},
	}
	for _, c := range change {
		c(d)
	}
	return d
}

func stories(s ...Story) func(*Digest) { return func(d *Digest) { d.Stories = s } }

func TestSame(t *testing.T) {
	id := func(id string) func(*Digest) { return func(d *Digest) { d.ID = id } }
	title := func(title string) func(*Digest) { return func(d *Digest) { d.Title = title } }
	language := func(l string) func(*Digest) { return func(d *Digest) { d.Language = l } }
	categories := func(c ...string) func(*Digest) { return func(d *Digest) { d.Categories = c } }
	date := func(at time.Time) func(*Digest) { return func(d *Digest) { d.Date = at } }
	prose := func(lead string) func(*Digest) {
		return func(d *Digest) { d.Stories, d.Lead = nil, Text{{Text: lead}} }
	}
	edited := func(d *Digest) {
		d.Stories[0].Headline = "PostgreSQL 18 has been released"
		d.Stories[1].Summary = Text{{Text: "Put into other words."}}
		d.Stories = append(d.Stories, news("One more", "It came late.", "https://late.example/1"))
	}
	three := func(change ...func(*Digest)) *Digest {
		d := edition(id("x"))
		d.Stories = d.Stories[:3]
		for _, c := range change {
			c(d)
		}
		return d
	}
	oneOf3 := func(d *Digest) {
		d.Stories[0].Headline = "PostgreSQL 18 has been released"
		d.Stories = append(d.Stories, news("One more", "It came late.", "https://late.example/1"))
	}
	heads := func(from string) func(*Digest) {
		return stories(news("News", from+" one", ""), news("News", from+" two", ""), news("News", from+" three", ""))
	}
	products := func(text string) func(*Digest) {
		return stories(news("GPT-5", text+"1", "https://a.example/1"), news("Go 1.26", text+"2", "https://a.example/2"), news("Rust 2.0", text+"3", "https://a.example/3"))
	}
	shared := []Story{news("Everywhere", "The story of the day.", "https://day.example/1"), news("And this", "Too.", "https://day.example/2")}
	own := func(name string) func(*Digest) {
		return func(d *Digest) {
			d.Title = name
			d.Stories = slices.Clone(shared)
			for _, n := range []string{" 1", " 2", " 3"} {
				d.Stories = append(d.Stories, news(name+n, name, "https://"+name+".example/"+n[1:]))
			}
		}
	}
	for _, c := range []struct {
		name string
		a, b *Digest
		want bool
	}{
		{"a copy", edition(), edition(id("archive/2026-01-20-tech")), true},
		{"a copy that was edited", edition(), edition(id("2026-01-20-tech 2"), edited), true},
		{"another clock on the same day", edition(), edition(date(day(20).Add(9 * time.Hour))), true},
		{"another day, edited", edition(), edition(date(day(21)), edited), false},
		{"another title", edition(), edition(title("Technik")), true},
		{"another title, and edited", edition(), edition(title("Technik"), edited), false},
		{"the title of a copied file", edition(title("2026-01-20"), edited), edition(title("2026-01-20 (2)")), true},
		{"another spelling of the title", edition(title("TECH  news"), edited), edition(title("tech-news")), true},
		{"another language", edition(products("en")), edition(products("zh"), language("zh")), false},
		{"a name for another language", edition(id("x-en")), edition(id("x-zh")), false},
		{"a folder for another language", edition(id("en/x")), edition(id("zh-Hant/x")), false},
		{"a copy in a folder for a language", edition(id("x")), edition(id("en/x")), true},
		{"another category", edition(), edition(categories("cloud")), false},
		{"one category of several", edition(), edition(categories("cloud", "TECH")), true},
		{"no category", edition(), edition(categories()), true},
		{"categories that share two stories", edition(own("ai"), categories()), edition(own("security"), categories()), false},
		{"the same two stories under another title", edition(stories(shared...), title("AI")), edition(stories(shared...), title("Security")), false},
		{"half of the stories", edition(), edition(func(d *Digest) { d.Stories = d.Stories[:2] }), false},
		{"headings of always, other words", edition(heads("morning")), edition(heads("evening")), false},
		{"headings of always, the same words", edition(heads("morning")), edition(heads("morning")), true},
		{"headings of always, a page in common", edition(stories(news("AI", "x", "https://a.example/1"), news("Go", "x", "https://a.example/2"), news("C", "x", "https://a.example/3"))),
			edition(stories(news("AI", "y", "https://a.example/1"), news("Go", "y", "https://b.example/2"), news("C", "y", "https://b.example/3"))), false},
		{"half of four stories, and named as a copy", three(), three(id("x (1)"), oneOf3), true},
		{"half of four stories", three(), three(id("y"), oneOf3), false},
		{"no headlines", edition(stories(news("", "one", ""), news("", "two", ""))), edition(stories(news("", "one", ""), news("", "two", ""))), true},
		{"prose", edition(prose("All is quiet.")), edition(prose("All is quiet.")), true},
		{"prose in other words", edition(prose("All is quiet.")), edition(prose("All is well.")), false},
		{"the same prose under another title", edition(prose("No news today."), title("AI")), edition(prose("No news today."), title("Cloud")), false},
		{"prose and stories", edition(prose("Good morning.")), edition(), false},
		{"nothing", &Digest{Card: Card{ID: "a", Title: "x"}}, &Digest{Card: Card{ID: "b", Title: "x"}}, false},
	} {
		if c.a.ID == c.b.ID {
			c.b.ID += " 2"
		}
		if got := Same(Keep(c.a), Keep(c.b)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if got := Same(Keep(c.b), Keep(c.a)); got != c.want {
			t.Errorf("%s, the other way round: %v, want %v", c.name, got, c.want)
		}
		if got := len(Copies(KeepAll([]*Digest{c.a, c.b}))) == 1; got != c.want {
			t.Errorf("%s: left out %v, want %v", c.name, got, c.want)
		}
	}
}

// copied are the names that programs give to a copy of x.
var copied = []string{
	"x 2", "x 12", "x (1)", "x copy", "x copy 3", "x - Copy", "x - Copy (2)", "Copy of x", "x 副本", "x的副本", "x - 副本", "x - コピー", "x - Kopie",
	"x (conflicted copy 2026-11-28)", "x (Ada's conflicted copy 2026-11-28)", "x (Ada 的冲突副本 2026-11-28)", "x (SFConflict ada@a.example 2026-11-28-08-30-00)",
	"x.sync-conflict-20261128-083000-ABCDEFG", "x~",
}

func TestCopyNames(t *testing.T) {
	for _, name := range copied {
		if got := unmarked(name); got != "x" {
			t.Errorf("%q without its mark is %q", name, got)
		}
		for _, folder := range []string{"", "a/"} {
			// The name alone does not decide, so pass the copy first.
			a, b := edition(func(d *Digest) { d.ID = folder + name }), edition(func(d *Digest) { d.ID = "much/longer/" + strings.Repeat("n", 60) })
			l := Rules{}.NewLibrary(KeepAll([]*Digest{a, b}))
			if l.Len() != 1 || l.Newest() != Keep(b) || len(l.Copies()) != 1 || l.Copies()[0] != (Copy{Keep(a), Keep(b)}) {
				t.Errorf("of %q and %q stays %s", a.ID, b.ID, ids(l.All()))
			}
		}
	}
	for _, name := range []string{"2026-01-20", "issue-12", "news-2", "week 123456", "copy", "(1)", "x (draft)", "photocopy", "2026-01-20-tech"} {
		if got := unmarked(name); got != name {
			t.Errorf("%q is taken for a copy of %q", name, got)
		}
	}
}

func TestCopiesOfMany(t *testing.T) {
	var digests []*Digest
	add := func(n int, name string, change func(i int, d *Digest)) {
		for i := range n {
			d := edition(func(d *Digest) { d.ID = fmt.Sprintf("%s%05d", name, i) })
			change(i, d)
			digests = append(digests, d)
		}
	}
	// None of these is the same as another, although all have the same headlines.
	add(500, "undated", func(i int, d *Digest) {
		d.Date, d.Stories = time.Time{}, []Story{news("News", fmt.Sprint("undated ", i), ""), news("News", fmt.Sprint("more ", i), fmt.Sprint("https://a.example/", i))}
	})
	add(500, "dated", func(i int, d *Digest) {
		d.Stories = []Story{news("News", fmt.Sprint("dated ", i), ""), news("News", fmt.Sprint("more ", i), fmt.Sprint("https://b.example/", i))}
	})
	l := Rules{}.NewLibrary(KeepAll(digests))
	if l.Len() != 1000 {
		t.Errorf("of 1000 digests under the same headlines %d are left out: %v", len(l.Copies()), l.Copies()[0])
	}
	// All of these are the same digest.
	add(300, "same", func(i int, d *Digest) { d.Date = d.Date.Add(time.Duration(i%2) * time.Hour) })
	again := Rules{}.Renew(l, KeepAll(digests))
	if again.Len() != 1001 || again.ByID("same00000") == nil {
		t.Errorf("of 300 copies and 1000 others %d stay", again.Len())
	}
	for _, c := range again.Copies() {
		if c.Of.ID != "same00000" {
			t.Fatalf("%s is a copy of %s", c.Digest.ID, c.Of.ID)
		}
	}
}

// A digest that is the same as an edited copy, but not as its original, is kept.
func TestCopiesOfCopies(t *testing.T) {
	one := func(id string, headlines ...string) *Digest {
		d := edition(func(d *Digest) { d.ID, d.Stories = id, nil })
		for _, h := range headlines {
			d.Stories = append(d.Stories, news(h, h, ""))
		}
		return d
	}
	l := Rules{}.NewLibrary(KeepAll([]*Digest{one("a", "1", "2", "3", "4"), one("b 2", "2", "3", "4", "5"), one("c 2", "3", "4", "5", "6")}))
	if got := ids(l.All()); got != "a c 2" {
		t.Errorf("%q stay, want a and c", got)
	}
}

// A file that starts as a copy of yesterday's is left out until it has something of its
// own.
func TestCopyUnderAnotherDay(t *testing.T) {
	next := func(days int, change ...func(*Digest)) *Digest {
		d := edition(change...)
		d.ID, d.Date = fmt.Sprintf("2026-01-%d-tech", 20+days), day(20+days)
		return d
	}
	// Its name is shorter, but the other one came first.
	short := next(1)
	short.ID = "a"
	edited := func(d *Digest) { d.Stories[4].Summary = Text{{Text: "Edited."}} }
	for _, c := range []struct {
		name    string
		digests []*Digest
		want    []string
	}{
		{"the next day", []*Digest{edition(), next(1)}, []string{"2026-01-20-tech"}},
		{"the day before", []*Digest{edition(), next(-1)}, []string{"2026-01-19-tech"}},
		{"with a shorter name", []*Digest{edition(), short}, []string{"2026-01-20-tech"}},
		{"three days", []*Digest{edition(), next(1), next(2)}, []string{"2026-01-20-tech"}},
		{"edited", []*Digest{edition(), next(1, edited)}, []string{"2026-01-21-tech", "2026-01-20-tech"}},
		{"a week later", []*Digest{edition(), next(7)}, []string{"2026-01-27-tech", "2026-01-20-tech"}},
		{"without stories", []*Digest{edition(func(d *Digest) { d.Stories = nil }), next(1, func(d *Digest) { d.Stories = nil })}, []string{"2026-01-21-tech", "2026-01-20-tech"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ids := func(l *Library) (ids []string) {
				for _, d := range l.All() {
					ids = append(ids, d.ID)
				}
				return ids
			}
			whole := Rules{}.NewLibrary(KeepAll(c.digests))
			if got := ids(whole); !slices.Equal(got, c.want) {
				t.Errorf("the library has %q, want %q", got, c.want)
			}
			renewed := Rules{}.Renew(Rules{}.NewLibrary(KeepAll(c.digests[:1])), KeepAll(c.digests))
			if got := ids(renewed); !slices.Equal(got, c.want) {
				t.Errorf("a library that got them later has %q, want %q", got, c.want)
			}
		})
	}
}

// However many copies there are on two days, each is compared with only a few.
func TestCopiesUnderAnotherDayOfMany(t *testing.T) {
	const n = 300
	var digests []*Digest
	for i := range 2 * n {
		digests = append(digests, edition(func(d *Digest) { d.ID, d.Date = fmt.Sprintf("%05d", i), day(21-i/n) }))
	}
	if got, most := len(allAgain(KeepAll(digests))), few*2*n; got == 0 || got > most {
		t.Errorf("%d pairs, want at most %d", got, most)
	}
	if got := (Rules{}).NewLibrary(KeepAll(digests)).Len(); got != 1 {
		t.Errorf("of %d copies %d stay, want 1", len(digests), got)
	}
}

// Two desks that write about the same pages in their own words, or use the same
// headlines for other news, are not copies of each other.
func TestDesksAreNoCopies(t *testing.T) {
	desk := func(id, title, words, site string) *Digest {
		d := &Digest{Card: Card{ID: id, Title: title, Date: day(20), Language: "en"}}
		for _, h := range []string{"Oil", "Gold", "Gas"} {
			d.Stories = append(d.Stories, news(h, words, site+h))
		}
		return d
	}
	eu := desk("eu/2026-01-20", "Europe", "In Europe.", "https://example.org/")
	for _, us := range []*Digest{
		desk("us/2026-01-20", "America", "In America.", "https://example.org/"),
		desk("us/2026-01-20", "America", "In Europe.", "https://example.com/"),
	} {
		if Same(Keep(eu), Keep(us)) {
			t.Errorf("%s and %s are the same", eu.ID, us.ID)
		}
	}
	if !Same(Keep(eu), Keep(desk("us/2026-01-20", "Another title", "In Europe.", "https://example.org/"))) {
		t.Error("a copy with another title is not the same")
	}
}
