package compose

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// evening is another digest of the sample's day.
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
		"≡|", "-|@everyone 科技动态", "-|云原生",
		"¶|@everyone 科技动态|开头", "•|第一条|",
		"¶|云原生|", "•|第三条|",
		"□|tech · 分析 · 结论|/digest details 2026-01-21-tech", "□|cloud-native · 分析|/digest details 2026-01-21-cloud",
		`□|machine learning|/digest tag "machine learning"`, "□|Kubernetes|/digest tag Kubernetes", "□|AI|/digest tag AI",
	}
	if got := shown(m); !reflect.DeepEqual(got, blocks) {
		t.Errorf("blocks\n%q, want\n%q", got, blocks)
	}
	if got, want := m.Blocks[0].(chat.List).Items[1], (chat.Text{{Text: "云原生", URL: "https://site.example/cloud.html"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("title %v, want %v", got, want)
	}
	if m.Blocks = nil; !reflect.DeepEqual(m, want) {
		t.Errorf("bundle\n got %+v\nwant %+v", m, want)
	}
}

func TestBundleInEveryStyle(t *testing.T) {
	for style, want := range map[Style]string{
		Compact:   "≡| -|@everyone 科技动态 -|云原生 ≡|@everyone 科技动态 -|第一条\nexample.org · example.com -|第二条 ≡|云原生 -|第三条\nexample.org",
		Headlines: "≡| -|@everyone 科技动态 -|云原生 ≡|@everyone 科技动态 -|第一条 -|第二条 ≡|云原生 -|第三条",
	} {
		look := Look{Style: style, Details: Nowhere}
		a, b := sample(), evening()
		a.Tags, b.Tags = nil, nil
		if got := strings.Join(shown(Bundle([]*digest.Digest{a, b}, []Post{{Look: look}, {Look: look}})), " "); got != want {
			t.Errorf("%s shows\n%q, want\n%q", style, got, want)
		}
	}
	hidden := []Repeat{{Story: 0, Hide: true}}
	m := Bundle([]*digest.Digest{evening(), sample()}, []Post{{Look: Look{Style: Compact}, Repeats: hidden}, {Look: Look{Style: Compact}}})
	if got := shown(m)[3]; got != "¶|云原生|" {
		t.Errorf("a digest of repeats is %q, want its title", got)
	}
}

func TestBundleTellsItsDigestsApart(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(a, b *digest.Digest)
		want   string
	}{
		{"by category", func(a, b *digest.Digest) {}, "tech, cloud-native"},
		{"by day", func(a, b *digest.Digest) { b.Categories = a.Categories; b.Date = b.Date.AddDate(0, 0, -1) }, "2026年1月21日, 2026年1月20日"},
		{"by number", func(a, b *digest.Digest) { b.Categories = a.Categories }, "1, 2"},
		{"by number, without categories", func(a, b *digest.Digest) { a.Categories, b.Categories = nil, nil }, "1, 2"},
	} {
		a, b := sample(), evening()
		c.change(a, b)
		m := Bundle([]*digest.Digest{a, b}, []Post{{}, {}})
		buttons := m.Blocks[len(m.Blocks)-1].(chat.Buttons)
		got := strings.TrimSuffix(buttons[0].Label, " · 分析 · 结论") + ", " + strings.TrimSuffix(buttons[1].Label, " · 分析")
		if got != c.want {
			t.Errorf("%s: the buttons are told apart by %q, want %q", c.name, got, c.want)
		}
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
	if got, want := m.Blocks[0].(chat.List).Items[1].String(), "20 January 2026 · 云原生"; got != want {
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
