package compose

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// sample is a digest with a bit of everything.
func sample() *digest.Digest {
	return &digest.Digest{
		Card:  digest.Card{ID: "2026-01-21-tech", Title: "@everyone 科技动态", Date: time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC), Author: "科技观察", Source: "https://example.org/a", Language: "zh", Categories: []string{"tech"}, Tags: []string{"AI", "ai", "machine learning"}},
		Image: digest.Image{URL: "https://example.org/p.png", Alt: "图"},
		Lead:  digest.Text{{Text: "开头"}},
		Stories: []digest.Story{
			{Headline: "第一条", Summary: digest.Text{{Text: "摘要"}, {Text: "重点", Style: digest.Bold}, {Text: "链接", URL: "https://example.org/l"}},
				Sources: []digest.Source{{Title: "甲", URL: "https://example.org/a"}, {URL: "https://www.example.com/b"}}},
			{Headline: "第二条"},
		},
		Sections: []digest.Section{{Title: "分析", Text: digest.Text{{Text: "为什么"}}}, {Title: "结论", Text: digest.Text{{Text: "所以"}}}},
	}
}

var (
	tagAI       = chat.Button{Label: "AI", Line: "/digest tag AI"}
	tagLearning = chat.Button{Label: "machine learning", Line: `/digest tag "machine learning"`}
	details     = chat.Button{Label: "分析 · 结论", Line: "/digest details 2026-01-21-tech"}
)

func TestFull(t *testing.T) {
	got := Digest(sample(), Post{Look: Look{Style: Full}})
	want := chat.Message{
		Language: "zh",
		Title:    "@everyone 科技动态",
		Blocks: []chat.Block{
			chat.Paragraph{Text: chat.Text{{Text: "开头"}}},
			chat.Story{Headline: "第一条",
				Summary: chat.Text{{Text: "摘要"}, {Text: "重点", Style: chat.Bold}, {Text: "链接", URL: "https://example.org/l"}},
				Sources: []chat.Link{{Title: "甲", URL: "https://example.org/a"}, {URL: "https://www.example.com/b"}}},
			chat.Story{Headline: "第二条", Summary: chat.Text{}, Sources: []chat.Link{}},
			chat.Buttons{details, tagAI, tagLearning},
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

// shown returns what a message shows, block by block.
func shown(m chat.Message) (lines []string) {
	add := func(words ...string) { lines = append(lines, strings.Join(words, "|")) }
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case chat.Paragraph:
			add("¶", b.Title, b.Text.String())
		case chat.Story:
			add("•", b.Headline, b.Note.String())
			if words := b.Summary.String(); words != "" && !strings.HasPrefix(words, "摘要") {
				add("  ", words)
			}
		case chat.Heading:
			add(strings.Repeat("#", b.Level), b.Title, b.Note.String(), b.URL)
		case chat.Fold:
			add("▸", b.Title, b.Line)
			for _, line := range shown(chat.Message{Blocks: b.Blocks}) {
				add(">", line)
			}
		case chat.Select:
			add("▾", b.Label)
			for _, x := range b.Choices {
				add("-", x.Label, x.Line)
			}
		case chat.List:
			add("≡", b.Title)
			for _, item := range b.Items {
				add("-", item.String())
			}
		case chat.Buttons:
			for _, x := range b {
				add("□", x.Label, x.Line+x.URL)
			}
		}
	}
	return lines
}

func TestStylesAndPlaces(t *testing.T) {
	for _, c := range []struct {
		look Look
		want string
	}{
		{Look{}, "¶||开头 •|第一条| •|第二条| □|分析 · 结论|/digest details 2026-01-21-tech"},
		{Look{Style: Full, Details: Button}, "¶||开头 •|第一条| •|第二条| □|分析 · 结论|/digest details 2026-01-21-tech"},
		{Look{Style: Full, Details: Inline}, "¶||开头 •|第一条| •|第二条| ¶|分析|为什么 ¶|结论|所以"},
		{Look{Style: Full, Details: Thread}, "¶||开头 •|第一条| •|第二条|"},
		{Look{Style: Full, Details: Nowhere}, "¶||开头 •|第一条| •|第二条|"},
		{Look{Style: Brief, Details: Button}, "•|第一条| •|第二条| □|阅读全文|/digest story 2026-01-21-tech □|分析 · 结论|/digest details 2026-01-21-tech"},
		{Look{Style: "compact", Details: Inline}, "•|第一条| •|第二条| ¶|分析|为什么 ¶|结论|所以 □|阅读全文|/digest story 2026-01-21-tech"},
		{Look{Style: Brief, Details: Thread}, "•|第一条| •|第二条|"},
		{Look{Style: Headlines, Details: Thread}, "≡| -|第一条 -|第二条"},
	} {
		d := sample()
		d.Tags = nil
		if got := strings.Join(shown(Digest(d, Post{Look: c.look})), " "); got != c.want {
			t.Errorf("%+v shows\n%q, want\n%q", c.look, got, c.want)
		}
	}
	d := sample()
	headlines := Digest(d, Post{Look: Look{Style: Headlines}}).Blocks[0].(chat.List)
	if got, want := headlines.Items[0], (chat.Text{{Text: "第一条", URL: "https://example.org/a"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("headline %v, want %v", got, want)
	}
}

func TestRepeatsAreMarkedAndHidden(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 8, 0, 0, 0, time.UTC) }
	mark := Repeat{Story: 0, Since: day(20), URL: "https://chat.example/1"}
	far := Repeat{Story: 1, Since: day(9)}
	hide := Repeat{Story: 1, Since: day(20), Hide: true}
	for _, c := range []struct {
		name    string
		style   Style
		repeats []Repeat
		note    string
		want    string
	}{
		{"marked", Full, []Repeat{mark, far}, "", "¶||开头 •|第一条|↻ 周二起 •|第二条|↻ 1月9日起"},
		{"hidden", Full, []Repeat{mark, hide}, "已略去 1 条此前发布过的新闻", "¶||开头 •|第一条|↻ 周二起"},
		{"all hidden", Full, []Repeat{{Story: 0, Hide: true}, hide}, "已略去 2 条此前发布过的新闻", "¶||开头"},
		{"brief", Brief, []Repeat{mark, far}, "2 条新闻 · 1 分钟", "•|第一条|↻ 周二起 •|第二条|↻ 1月9日起 □|阅读全文|/digest story 2026-01-21-tech"},
		{"brief, hidden", Brief, []Repeat{hide}, "1 条新闻 · 1 分钟 · 已略去 1 条此前发布过的新闻", "•|第一条| □|阅读全文|/digest story 2026-01-21-tech"},
		{"brief, all hidden", Brief, []Repeat{{Story: 0, Hide: true}, hide}, "已略去 2 条此前发布过的新闻", ""},
		{"headlines", Headlines, []Repeat{mark, hide}, "已略去 1 条此前发布过的新闻", "≡| -|第一条 · ↻ 周二起"},
		{"not there", Full, []Repeat{{Story: 2, Hide: true}, {Story: -1, Hide: true}}, "", "¶||开头 •|第一条| •|第二条|"},
	} {
		d := sample()
		d.Tags, d.Sections = nil, nil
		m := Digest(d, Post{Look: Look{Style: c.style}, Repeats: c.repeats})
		if got := strings.Join(shown(m), " "); got != c.want || m.Note.String() != c.note {
			t.Errorf("%s: shows\n%q under %q, want\n%q under %q", c.name, got, m.Note, c.want, c.note)
		}
	}
	for _, style := range Styles {
		got, err := json.Marshal(Digest(sample(), Post{Look: Look{Style: style}, Repeats: []Repeat{mark}}))
		if err != nil || strings.Count(string(got), mark.URL) != 1 {
			t.Errorf("%s: %s, %v, want one link to the earlier message", style, got, err)
		}
	}
}

func TestCorrectionsAreTold(t *testing.T) {
	at := time.Date(2026, 1, 21, 23, 5, 0, 0, time.UTC)
	for _, c := range []struct {
		look Look
		want string
	}{
		{Look{Language: "en"}, "✎ corrected 21 January 2026, 23:05 UTC"},
		{Look{Language: "zh", Zone: time.FixedZone("CST", 8*3600)}, "✎ 更正于 2026年1月22日 07:05"},
		{Look{Language: "zh-TW", Zone: time.UTC}, "✎ 更正於 2026年1月21日 23:05"},
	} {
		note := Digest(sample(), Post{Look: c.look, Corrected: at}).Note
		if got := note.String(); got != c.want {
			t.Errorf("note %q, want %q", got, c.want)
		}
		if len(note) != 2 || !note[1].Time.Equal(at) || !note[0].Time.IsZero() {
			t.Errorf("note %+v, want the time in one span", note)
		}
	}
	both := Digest(sample(), Post{Look: Look{Language: "en"}, Corrected: at, Repeats: []Repeat{{Hide: true}}}).Note
	if got, want := both.String(), "✎ corrected 21 January 2026, 23:05 UTC · One story that was posted here before is left out"; got != want {
		t.Errorf("note %q, want %q", got, want)
	}
}

func TestPicture(t *testing.T) {
	for _, c := range []struct {
		url, alt string
		wanted   bool
		want     chat.Picture
	}{
		{"https://example.org/p.png", "图", true, chat.Picture{URL: "https://example.org/p.png", Alt: "图"}},
		{"https://example.org/p.png", "", true, chat.Picture{URL: "https://example.org/p.png", Alt: "@everyone 科技动态"}},
		{"https://example.org/p.png", "图", false, chat.Picture{}},
		{"http://example.org/p.png", "图", true, chat.Picture{}},
		{"//example.org/p.png", "图", true, chat.Picture{}},
		{"data:image/png;base64,AA==", "图", true, chat.Picture{}},
		{"https:///p.png", "图", true, chat.Picture{}},
		{"p.png", "图", true, chat.Picture{}},
		{"", "", true, chat.Picture{}},
	} {
		d := sample()
		d.Image = digest.Image{URL: c.url, Alt: c.alt}
		if got := Digest(d, Post{Look: Look{Picture: c.wanted}}).Picture; got != c.want {
			t.Errorf("%q, wanted %v: %+v, want %+v", c.url, c.wanted, got, c.want)
		}
	}
}

func TestPictureOfAHiddenStoryIsHidden(t *testing.T) {
	const address = "https://example.org/@everyone.png"
	caption := digest.Span{Text: "图", URL: address, Style: digest.Italic}
	hide := func(stories ...int) (all []Repeat) {
		for _, i := range stories {
			all = append(all, Repeat{Story: i, Hide: true})
		}
		return all
	}
	for _, c := range []struct {
		name    string
		put     func(d *digest.Digest)
		repeats []Repeat
		shown   bool
	}{
		{"hidden", func(d *digest.Digest) { d.Stories[0].Summary = append(d.Stories[0].Summary, caption) }, hide(0), false},
		{"marked", func(d *digest.Digest) { d.Stories[0].Summary = append(d.Stories[0].Summary, caption) }, []Repeat{{Story: 0}}, true},
		{"another is hidden", func(d *digest.Digest) { d.Stories[0].Summary = append(d.Stories[0].Summary, caption) }, hide(1), true},
		{"in two, one hidden", func(d *digest.Digest) {
			d.Stories[0].Summary, d.Stories[1].Summary = digest.Text{caption}, digest.Text{caption}
		}, hide(0), true},
		{"in two, both hidden", func(d *digest.Digest) {
			d.Stories[0].Summary, d.Stories[1].Summary = digest.Text{caption}, digest.Text{caption}
		}, hide(0, 1), false},
		{"in the lead too", func(d *digest.Digest) {
			d.Stories[0].Summary = digest.Text{caption}
			d.Lead = append(d.Lead, caption)
		}, hide(0), true},
		{"in a section too", func(d *digest.Digest) {
			d.Stories[0].Summary = digest.Text{caption}
			d.Sections = append(d.Sections, digest.Section{Text: digest.Text{caption}})
		}, hide(0), true},
		{"of the front matter", func(*digest.Digest) {}, hide(0, 1), true},
	} {
		d := sample()
		d.Image = digest.Image{URL: address, Alt: "图"}
		c.put(d)
		post := Post{Look: Look{Picture: true}, Repeats: c.repeats}
		if got := Digest(d, post).Picture.URL; (got == address) != c.shown {
			t.Errorf("%s: the picture is %q", c.name, got)
		}
		if got := Bundle([]*digest.Digest{d, sample()}, []Post{post, post}).Picture.URL; (got == address) != c.shown {
			t.Errorf("%s, in a bundle: the picture is %q", c.name, got)
		}
	}
}

func TestMentionsAreThoseOfThePostAlone(t *testing.T) {
	if got := Digest(sample(), Post{}).Mention; len(got) != 0 {
		t.Errorf("a title with @everyone mentions %q", got)
	}
	if got, want := Digest(sample(), Post{Mention: []string{"1", "2"}}).Mention, []string{"1", "2"}; !reflect.DeepEqual(got, want) {
		t.Errorf("mentions %q, want %q", got, want)
	}
}

func TestLanguageOfTheWords(t *testing.T) {
	for _, c := range []struct{ digest, look, want string }{
		{"zh", "en", "zh"}, {"zh-tw", "", "zh-TW"}, {"", "zh", "zh-Hans"}, {"", "", "en"}, {`"><script>`, "zh-TW", "zh-Hant"},
	} {
		d := sample()
		d.Language = c.digest
		if got := Digest(d, Post{Look: Look{Language: c.look}}).Language; got != c.want {
			t.Errorf("a digest in %q for readers of %q is marked %q, want %q", c.digest, c.look, got, c.want)
		}
	}
}

func TestButtonsAreRanked(t *testing.T) {
	d := sample()
	d.URL = "https://site.example/tech/a.html"
	d.Tags = []string{"rare", "AI", "Cloud", "a-i", " ", "new"}
	popular := map[string]int{"AI": 3, "Cloud": 3, "rare": 1, "new": 0}
	for _, c := range []struct {
		post Post
		want string
	}{
		{Post{}, "分析 · 结论, 在网站上阅读, rare, AI, Cloud, new"},
		{Post{Popular: func(tag string) int { return popular[tag] }}, "分析 · 结论, 在网站上阅读, AI, Cloud, rare, new"},
		{Post{Look: Look{Details: Nowhere, Language: "en"}}, "Read on the site, rare, AI, Cloud, new"},
	} {
		m := Digest(d, c.post)
		var labels []string
		for _, b := range m.Blocks[len(m.Blocks)-2].(chat.Buttons) {
			labels = append(labels, b.Label)
			if (b.Line == "") != (b.URL == d.URL) {
				t.Errorf("button %+v, want a line or the address", b)
			}
		}
		for _, x := range m.Blocks[len(m.Blocks)-1].(chat.Select).Choices {
			labels = append(labels, x.Label)
		}
		if got := strings.Join(labels, ", "); got != c.want {
			t.Errorf("buttons %s, want %s", got, c.want)
		}
	}
}

// A digest has one link to its page.
func TestOneLinkToTheSite(t *testing.T) {
	for _, c := range []struct{ source, url, want, footer string }{
		{"https://example.org/a", "", "", "科技观察 · 2026年1月21日 · tech"}, // a story links there
		{"https://example.org/own", "", "example.org https://example.org/own", "科技观察 · 2026年1月21日 · tech"},
		{"编辑部", "", "", "科技观察 · 2026年1月21日 · 编辑部 · tech"},
		{"javascript:alert(1)", "", "", "科技观察 · 2026年1月21日 · javascript:alert(1) · tech"},
		{"https://example.org/own", "https://site.example/tech/a.html", "在网站上阅读 https://site.example/tech/a.html", "科技观察 · 2026年1月21日 · tech"},
	} {
		for _, style := range Styles {
			d := sample()
			d.Source, d.URL = c.source, c.url
			m := Digest(d, Post{Look: Look{Style: style}})
			got := m.URL
			for _, b := range m.Blocks {
				buttons, _ := b.(chat.Buttons)
				for _, x := range buttons {
					if x.URL != "" {
						got += x.Label + " " + x.URL
					}
				}
			}
			if got != c.want || m.Footer != c.footer {
				t.Errorf("%s: source %q and page %q give %q and footer %q, want %q and %q", style, c.source, c.url, got, m.Footer, c.want, c.footer)
			}
		}
	}
}

func TestLittleIsShownAsWellAsMuch(t *testing.T) {
	for _, style := range Styles {
		m := Digest(&digest.Digest{Card: digest.Card{ID: "notes/a", Date: time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC)}}, Post{Look: Look{Style: style}})
		if m.Title != "21 January 2026" || m.Footer != "" || len(m.Blocks) != 0 {
			t.Errorf("%s: an empty digest is %+v", style, m)
		}
		m = Digest(&digest.Digest{Card: digest.Card{ID: "a"}, Lead: digest.Text{{Text: "prose"}}}, Post{Look: Look{Style: style}})
		if got, want := strings.Join(shown(m), " "), "¶||prose"; got != want {
			t.Errorf("%s: prose without stories shows %q, want %q", style, got, want)
		}
		m = Digest(many(40), Post{Look: Look{Style: style}})
		if got := strings.Count(strings.Join(shown(m), " "), "|story @everyone"); got != 40 {
			t.Errorf("%s: %d of 40 stories are shown", style, got)
		}
	}
}

// many returns a digest of n stories with malicious text.
func many(n int) *digest.Digest {
	d := sample()
	d.Stories = nil
	for i := range n {
		d.Stories = append(d.Stories, digest.Story{
			Headline: fmt.Sprintf("story @everyone <!channel> %d", i),
			Summary:  digest.Text{{Text: strings.Repeat("安全研究机构披露了框架的严重漏洞。", 8)}, {Text: "\u202eעברית\u202c `code`", Style: digest.Bold}},
			Sources:  []digest.Source{{Title: "AI framework flaws put enterprise clouds at risk", URL: fmt.Sprintf("https://example.org/%d", i)}},
		})
	}
	return d
}

// The cost of a post grows linearly with its stories.
func BenchmarkCompose(b *testing.B) {
	for _, n := range []int{4, 30, 295} {
		d := many(n)
		for _, style := range Styles {
			b.Run(fmt.Sprintf("%s/%d", style, n), func(b *testing.B) {
				p := Post{Look: Look{Style: style}, Popular: func(tag string) int { return len(tag) }}
				for b.Loop() {
					if len(Digest(d, p).Blocks) < 2 {
						b.Fatal("nothing is said")
					}
				}
			})
		}
	}
}
