package compose

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// Every language has every word: a field that is left empty would be silence
// in a reader's face.
func TestLanguagesAreComplete(t *testing.T) {
	for _, w := range all {
		v := reflect.ValueOf(*w)
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if name == "summaries" {
				continue // a verb's own summary is the fallback
			}
			if v.Field(i).IsZero() {
				t.Errorf("%s: %s is missing", w.tag, name)
			}
		}
	}
}

func TestLanguageIsChosen(t *testing.T) {
	for _, c := range []struct{ wishes, want string }{
		{"", "en"}, {"zh", "zh-Hans"}, {"zh-CN", "zh-Hans"}, {"en-GB", "en"},
		{" zh", "zh-Hans"}, {"nonsense zh", "zh-Hans"}, {"ja zh", "zh-Hans"}, {"ja", "en"}, {"en zh", "en"},
	} {
		if got := in(strings.Split(c.wishes, " ")...).tag.String(); got != c.want {
			t.Errorf("in(%q) is %s, want %s", c.wishes, got, c.want)
		}
	}
	for tag, good := range map[string]bool{"en": true, "zh-CN": true, "ja": false, "no language": false} {
		if err := CheckLanguage(tag); (err == nil) != good {
			t.Errorf("CheckLanguage(%q) = %v", tag, err)
		}
	}
}

// sample is a digest with a bit of everything.
func sample() *digest.Digest {
	return &digest.Digest{
		ID: "2026-01-21-tech", Title: "@everyone 科技动态", Date: time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC),
		Author: "科技观察", Source: "https://example.org/a", Language: "zh",
		Categories: []string{"tech"}, Tags: []string{"AI", "ai", "machine learning"},
		Lead: digest.Text{{Text: "开头"}},
		Stories: []digest.Story{
			{Headline: "第一条", Summary: digest.Text{{Text: "摘要"}, {Text: "重点", Style: digest.Bold}, {Text: "链接", URL: "https://example.org/l"}},
				Sources: []digest.Source{{Title: "甲", URL: "https://example.org/a"}, {URL: "https://example.org/b"}}},
			{Headline: "第二条"},
		},
		Sections: []digest.Section{{Title: "分析", Text: digest.Text{{Text: "为什么"}}}},
	}
}

func TestFull(t *testing.T) {
	got := Digest(sample(), Post{Look: Look{Style: Full}})
	want := chat.Message{
		Title: "@everyone 科技动态",
		Blocks: []chat.Block{
			chat.Paragraph{Text: chat.Text{{Text: "开头"}}},
			chat.Story{Headline: "第一条",
				Summary: chat.Text{{Text: "摘要"}, {Text: "重点", Style: chat.Bold}, {Text: "链接", URL: "https://example.org/l"}},
				Sources: []chat.Link{{Title: "甲", URL: "https://example.org/a"}, {URL: "https://example.org/b"}}},
			chat.Story{Headline: "第二条", Summary: chat.Text{}, Sources: []chat.Link{}},
			chat.Paragraph{Title: "分析", Text: chat.Text{{Text: "为什么"}}},
			chat.Buttons{{Label: "AI", Line: "/digest tag AI"}, {Label: "machine learning", Line: `/digest tag "machine learning"`}},
		},
		Footer: "科技观察 · 2026年1月21日 · tech",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("full digest\n got %#v\nwant %#v", got, want)
	}
	if got, want := Digest(sample(), Post{Look: Look{Style: Full, Language: "en"}}).Footer, "科技观察 · 21 January 2026 · tech"; got != want {
		t.Errorf("footer in English %q, want %q", got, want)
	}
}

func TestStylesCarryLess(t *testing.T) {
	compact, ok := Digest(sample(), Post{Look: Look{Style: Compact}}).Blocks[0].(chat.List)
	if !ok || len(compact.Items) != 2 {
		t.Fatalf("compact begins with %#v, want a list of two", Digest(sample(), Post{Look: Look{Style: Compact}}).Blocks[0])
	}
	if got, want := compact.Items[0].String(), "第一条\n甲 · https://example.org/b"; got != want {
		t.Errorf("compact line %q, want %q", got, want)
	}
	headlines := Digest(sample(), Post{Look: Look{Style: Headlines}}).Blocks[0].(chat.List)
	if got, want := headlines.Items[0], (chat.Text{{Text: "第一条", URL: "https://example.org/a"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("headline %v, want %v", got, want)
	}
}

func TestOwnSource(t *testing.T) {
	for _, c := range []struct{ source, url, footer string }{
		{"https://example.org/a", "", "科技观察 · 2026年1月21日 · tech"}, // a story leads there
		{"https://example.org/own", "https://example.org/own", "科技观察 · 2026年1月21日 · tech"},
		{"编辑部", "", "科技观察 · 2026年1月21日 · 编辑部 · tech"},
		{"javascript:alert(1)", "", "科技观察 · 2026年1月21日 · javascript:alert(1) · tech"},
	} {
		d := sample()
		d.Source = c.source
		m := Digest(d, Post{Look: Look{Style: Full}})
		if m.URL != c.url || m.Footer != c.footer {
			t.Errorf("source %q gives URL %q and footer %q, want %q and %q", c.source, m.URL, m.Footer, c.url, c.footer)
		}
	}
}

func TestUntitledUndatedDigest(t *testing.T) {
	m := Digest(&digest.Digest{ID: "notes/a"}, Post{Look: Look{Style: Full}})
	if m.Title != "notes/a" || m.Footer != "" || len(m.Blocks) != 0 {
		t.Errorf("an empty digest is %+v", m)
	}
}

func TestAddressOfTheDigestGoesBeforeItsSource(t *testing.T) {
	d := sample()
	d.URL, d.Source = "https://site.example/tech/a.html", "https://example.org/own"
	if got := Digest(d, Post{Look: Look{Style: Full}}).URL; got != d.URL {
		t.Errorf("URL %q, want %q", got, d.URL)
	}
}

func TestTaggedNamesWhatItLeavesOut(t *testing.T) {
	tag := digest.Tagged{Name: "AI"}
	for range listedDigests + 3 {
		tag.Digests = append(tag.Digests, sample())
	}
	tag.Exact = len(tag.Digests)
	m := Tagged(tag, "en")
	if got, want := m.Title, "AI: 9 digests"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	if got := len(m.Blocks); got != listedDigests {
		t.Errorf("%d lists, want %d", got, listedDigests)
	}
	if got, want := m.Footer, "The first 6 of 9 digests."; got != want {
		t.Errorf("footer %q, want %q", got, want)
	}
	if got, want := m.Blocks[0].(chat.List).Title, "21 January 2026 · @everyone 科技动态"; got != want {
		t.Errorf("heading %q, want %q", got, want)
	}
}

func TestTaggedTellsExactFromRelated(t *testing.T) {
	tag := digest.Tagged{Name: "AI", Digests: []*digest.Digest{sample(), sample(), sample()}}
	for i := range 2 * tagsAsButtons {
		tag.Related = append(tag.Related, digest.Tag{Name: fmt.Sprintf("ai-@everyone %d", i)})
	}
	for _, c := range []struct {
		exact      int
		lang, want string
	}{
		{2, "en", "2 with exactly this tag, then 1 with related ones:"},
		{0, "en", "None has exactly this tag; these tags have it among their words:"},
		{2, "zh", "2 篇正好带有此标签，另有 1 篇带有相关标签："},
		{0, "zh", "没有摘要正好带有此标签；以下标签包含它："},
	} {
		tag.Exact = c.exact
		m := Tagged(tag, c.lang)
		if got := m.Blocks[0].(chat.Paragraph).Text.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		buttons := m.Blocks[1].(chat.Buttons)
		if want := (chat.Button{Label: "ai-@everyone 0", Line: `/digest tag "ai-@everyone 0"`}); len(buttons) != tagsAsButtons || buttons[0] != want {
			t.Errorf("%d buttons beginning with %v, want %d and %v", len(buttons), buttons[0], tagsAsButtons, want)
		}
	}
}

func TestHelpShowsEveryVerb(t *testing.T) {
	root := chat.Command{Name: "digest", Subs: []chat.Command{
		{Name: "tag", Summary: "by tag", Args: []chat.Arg{{Name: "tag", Required: true}}},
		{Name: "resend", Summary: "again", AdminOnly: true, Args: []chat.Arg{{Name: "digest"}}},
	}}
	items := Help(root, "en").Blocks[0].(chat.List).Items
	if got, want := items[0].String(), "/digest tag TAG by tag"; got != want {
		t.Errorf("line %q, want %q", got, want)
	}
	if got, want := items[1].String(), "/digest resend [DIGEST] again (admins)"; got != want {
		t.Errorf("line %q, want %q", got, want)
	}
	if got := Help(root, "zh").Blocks[0].(chat.List).Items[0].String(); !strings.Contains(got, "标签") {
		t.Errorf("line %q, want the summary in Chinese", got)
	}
}

func TestNotUnderstood(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&chat.ParseError{Verb: "tagg", Unknown: true}, "I do not know “tagg”. Type /digest help"},
		{&chat.ParseError{Verb: "tag", Missing: "tag"}, "/digest tag needs TAG. Type"},
		{&chat.ParseError{Verb: "tags", Extra: "now"}, "“now” is too much for /digest tags."},
	} {
		m := NotUnderstood(c.err, "en")
		if got := m.Blocks[0].(chat.Notice).Text.String(); !strings.HasPrefix(got, c.want) {
			t.Errorf("%v is answered %q, want %q", c.err, got, c.want)
		}
	}
}
