package compose

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// evening returns another digest of the sample's day.
func evening() *digest.Digest {
	return &digest.Digest{
		Card:     digest.Card{ID: "2026-01-21-cloud", Title: "云原生", Date: time.Date(2026, 1, 21, 18, 0, 0, 0, time.UTC), Author: "科技观察", Language: "zh", URL: "https://site.example/cloud.html", Categories: []string{"cloud-native"}, Tags: []string{"Ai", "Kubernetes"}},
		Stories:  []digest.Story{{Headline: "第三条", Sources: []digest.Source{{URL: "https://example.org/c"}}}},
		Sections: []digest.Section{{Title: "分析"}},
	}
}

func TestBundle(t *testing.T) {
	m := Bundle([]*digest.Digest{sample(), evening()}, []Post{
		{Mention: []string{"1", "2"}, Repeats: []Repeat{{Story: 1, Hide: true}}, Look: Look{Picture: true}, Popular: func(tag string) int { return len(tag) }},
		{Mention: []string{"2", "3"}},
	})
	want := chat.Message{
		Language: "zh", Mention: []string{"1", "2", "3"},
		Title:   "2 篇摘要 · 2026年1月21日",
		Note:    chat.Text{{Text: "已略去 1 条此前发布过的新闻"}},
		Picture: chat.Picture{URL: "https://example.org/p.png", Alt: "图"},
		Footer:  "科技观察 · tech · cloud-native",
	}
	blocks := []string{
		"#|@everyone 科技动态||", "¶||开头", "•|第一条|",
		"#|云原生||https://site.example/cloud.html", "•|第三条|",
		"▾|打开一篇摘要", "-|@everyone 科技动态|/digest story 2026-01-21-tech",
		`□|machine learning|/digest tag "machine learning"`, "□|Kubernetes|/digest tag Kubernetes", "□|AI|/digest tag AI",
	}
	if got := shown(m); !reflect.DeepEqual(got, blocks) {
		t.Errorf("blocks\n%q, want\n%q", got, blocks)
	}
	if m.Blocks = nil; !reflect.DeepEqual(m, want) {
		t.Errorf("bundle\n got %+v\nwant %+v", m, want)
	}
}

func TestBundleInEveryStyle(t *testing.T) {
	for style, want := range map[Style]string{
		Brief:     "2 digests, 3 stories: #|@everyone 科技动态|| •|第一条| •|第二条| #|云原生||https://site.example/cloud.html •|第三条|   |example.org",
		Headlines: "2 digests, : #|@everyone 科技动态|| ≡| -|第一条 -|第二条 #|云原生||https://site.example/cloud.html ≡| -|第三条",
	} {
		look := Look{Style: style, Details: Thread, Language: "en"}
		a, b := sample(), evening()
		a.Tags, b.Tags = nil, nil
		m := Bundle([]*digest.Digest{a, b}, []Post{{Look: look}, {Look: look}})
		if got := "2 digests, " + m.Note.String() + ": " + strings.Join(shown(m), " "); got != want {
			t.Errorf("%s shows\n%q, want\n%q", style, got, want)
		}
	}
	hidden := []Repeat{{Story: 0, Hide: true}}
	m := Bundle([]*digest.Digest{evening(), sample()}, []Post{{Look: Look{Style: Brief}, Repeats: hidden}, {Look: Look{Style: Brief}}})
	if got := shown(m)[:2]; got[0] != "#|云原生||https://site.example/cloud.html" || got[1] != "#|@everyone 科技动态||" {
		t.Errorf("a digest of repeats is %q, want its title", got)
	}
}

// Several digests share the number of stories shown, with at least one of each.
func TestBundleSharesWhatIsShown(t *testing.T) {
	var ds []*digest.Digest
	var posts []Post
	for _, n := range []int{6, 1, 9} {
		d := many(n)
		for i := range d.Stories {
			d.Stories[i].Group = "Top stories"
		}
		ds, posts = append(ds, d), append(posts, Post{Look: Look{Style: Brief, Language: "en", Shown: 4}})
	}
	m := Bundle(ds, posts)
	var got []string
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case chat.Heading:
			got = append(got, b.Note.String())
		case chat.Story:
			got = append(got, "•")
		case chat.Fold:
			got = append(got, b.Title)
		case chat.Select:
			got = append(got, b.Label)
		}
	}
	if want := "6 stories · 2 min, •, •, 4 more stories, , •, 9 stories · 3 min, •, 8 more stories, Open a digest"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestBundleOfSeveralDaysAndLanguages(t *testing.T) {
	a, b := sample(), evening()
	b.Date, b.Language = b.Date.AddDate(0, 0, -1), "en"
	late := time.Date(2026, 1, 22, 0, 0, 0, 0, time.UTC)
	m := Bundle([]*digest.Digest{a, b}, []Post{{Look: Look{Language: "en"}}, {Corrected: late}})
	if m.Title != "2 digests" || m.Language != "" {
		t.Errorf("title %q and language %q, want no day and no language", m.Title, m.Language)
	}
	headings := slices.DeleteFunc(m.Blocks, func(b chat.Block) bool { _, ok := b.(chat.Heading); return !ok })
	if got, want := headings[1].(chat.Heading).Title, "20 January 2026 · 云原生"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	if got, want := m.Note.String(), "✎ corrected 22 January 2026, 00:00 UTC"; got != want {
		t.Errorf("note %q, want %q", got, want)
	}
}

func TestBundleOfOneIsADigest(t *testing.T) {
	post := Post{Mention: []string{"1"}}
	if got, want := Bundle([]*digest.Digest{sample()}, []Post{post}), Digest(sample(), post); !reflect.DeepEqual(got, want) {
		t.Errorf("bundle %+v, want %+v", got, want)
	}
}
