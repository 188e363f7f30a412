package render_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters/adaptertest/specimens"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/rendertest"
	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

func laidOut(t testing.TB, m chat.Message) []render.Message {
	t.Helper()
	payloads, err := render.Payloads(m)
	if err != nil {
		t.Fatal(err)
	}
	var out []render.Message
	for _, p := range payloads {
		if err := rendertest.Check(p); err != nil {
			t.Error(err)
		}
		var page render.Message
		if err := json.Unmarshal(p, &page); err != nil {
			t.Fatal(err)
		}
		out = append(out, page)
	}
	return out
}

func TestRender(t *testing.T) {
	t.Run("the headline leads to the first source that can be a link", func(t *testing.T) {
		p := laidOut(t, chat.Message{Title: "T", Blocks: []chat.Block{chat.Story{Headline: "H", Sources: []chat.Link{
			{Title: "bad", URL: "javascript:alert(1)"}, {Title: "good", URL: "https://go.dev/"},
		}}}})
		if got, want := p[0].Content, "## T\n**[H](<https://go.dev/>)**\n-# bad (javascript:alert(1)) · good"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("a notification reads title, first headlines, lead where no story has room", func(t *testing.T) {
		m := chat.Message{Title: "标题", Mention: rendertest.Roles, Note: chat.Plain("✎ corrected"), Blocks: append([]chat.Block{chat.Paragraph{Text: chat.Plain("Lead.")}}, rendertest.Stories(4)...)}
		for i, b := range m.Blocks[1:] {
			s := b.(chat.Story)
			s.Summary = chat.Plain(strings.Repeat("长", 1900))
			m.Blocks[i+1] = s
		}
		p := laidOut(t, m)
		const head = "第%d条：PostgreSQL 18 引入异步I/O子系统"
		want := "-# <@&" + rendertest.Roles[0] + "> <@&" + rendertest.Roles[1] + ">\n## 标题\n-# ✎ corrected\n-# " + fmt.Sprintf(head+" · "+head+" · "+head, 1, 2, 3) + "\n\nLead.\n-# 1/4"
		if p[0].Content != want {
			t.Errorf("got  %q\nwant %q", p[0].Content, want)
		}
		if got := p[0].AllowedMentions.Roles; !slices.Equal(got, m.Mention) {
			t.Errorf("roles %v are notified, want %v", got, m.Mention)
		}
	})
	t.Run("only the first page notifies", func(t *testing.T) {
		for i, page := range laidOut(t, chat.Message{Title: "T", Mention: rendertest.Roles, Blocks: rendertest.Stories(30)})[1:] {
			if len(page.AllowedMentions.Roles) > 0 || strings.Contains(page.Content, "<@") {
				t.Errorf("page %d mentions: %q %v", i+2, page.Content, page.AllowedMentions)
			}
		}
	})
	long := func(s string) chat.Block {
		return chat.Paragraph{Title: s, Text: chat.Plain(strings.Repeat("long ", 400))}
	}
	section := func(s string) chat.Block { return chat.Paragraph{Title: s, Text: chat.Plain("Text")} }
	digest := func(s string) chat.Block { return chat.Heading{Level: 1, Title: s, URL: "https://digests.example/"} }
	group := func(s string) chat.Block { return chat.Heading{Level: 2, Title: s} }
	for _, c := range []struct {
		name    string
		blocks  []chat.Block
		text    int   // headings in the text
		stories int   // stories there
		inPanel []int // headings in each panel
	}{
		{"prose after stories begins a panel", slices.Concat([]chat.Block{long("A")}, rendertest.Stories(1), []chat.Block{chat.Paragraph{Title: "B"}}, rendertest.Stories(2), []chat.Block{section("C"), section("D")}), 0, 0, []int{1, 1, 2}},
		{"what has room needs no panel", slices.Concat([]chat.Block{section("A")}, rendertest.Stories(1), []chat.Block{section("B")}), 2, 1, nil},
		{"a panel begins with a heading", slices.Concat([]chat.Block{group("A")}, rendertest.Stories(2), []chat.Block{group("B")}, rendertest.Stories(2), []chat.Block{group("C")}, rendertest.Stories(6)), 2, 4, []int{1}},
		{"the top story stands alone above the others", slices.Concat([]chat.Block{group("A")}, rendertest.Stories(12)), 1, 1, []int{0}},
		{"digests that have room need no panel", slices.Concat([]chat.Block{digest("A")}, rendertest.Stories(1), []chat.Block{digest("B")}, rendertest.Stories(1)), 2, 2, nil},
		{"each of several digests has a panel", slices.Concat([]chat.Block{digest("A"), group("A1")}, rendertest.Stories(1), []chat.Block{digest("B"), section("B1"), digest("C")}, rendertest.Stories(7)), 0, 0, []int{2, 2, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := laidOut(t, chat.Message{Title: "T", Blocks: c.blocks})[0]
			count := func(s string) int { return strings.Count("\n"+s, "\n## ") + strings.Count("\n"+s, "\n### ") }
			if got := strings.Count(page.Content, "**["); got != c.stories {
				t.Errorf("%d stories in the text, want %d: %s", got, c.stories, page.Content)
			}
			if got := count(page.Content) - 1; got != c.text {
				t.Errorf("%d headings in the text, want %d: %s", got, c.text, page.Content)
			}
			var got []int
			for _, e := range page.Embeds {
				got = append(got, count(e.Description))
			}
			if !slices.Equal(got, c.inPanel) {
				t.Errorf("headings in panels: %v, want %v", got, c.inPanel)
			}
		})
	}
	t.Run("six buttons stand in two rows of three", func(t *testing.T) {
		var b chat.Buttons
		for _, tag := range []string{"a", "b", "c", "d", "e", "f"} {
			b = append(b, chat.Button{Label: tag, Line: "/digest tag " + tag})
		}
		got := laidOut(t, chat.Message{Title: "T", Blocks: []chat.Block{b}})[0].Components
		if len(got) != 2 || len(got[0].Components) != 3 || len(got[1].Components) != 3 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("the same line twice is one button and a line of text", func(t *testing.T) {
		p := laidOut(t, chat.Message{Title: "T", Blocks: []chat.Block{chat.Buttons{{Label: "AI", Line: "/digest tag AI"}, {Label: "A.I.", Line: "/digest tag AI"}}}})[0]
		if got := p.Components; len(got) != 1 || len(got[0].Components) != 1 || p.Embeds[0].Description != "- A.I. `/digest tag AI`" {
			t.Errorf("got %+v", p)
		}
	})
	t.Run("links leave room for the key, and long ones are text", func(t *testing.T) {
		var b chat.Buttons
		for i := range 30 {
			b = append(b, chat.Button{Label: fmt.Sprint(i), URL: fmt.Sprintf("https://e.org/%d", i)})
		}
		b = append(b, chat.Button{Label: "far", URL: "https://e.org/" + strings.Repeat("x", 500)})
		p := laidOut(t, chat.Message{Title: "T", Blocks: []chat.Block{b}})[0]
		if last := p.Components[4].Components; len(last) != 5 || last[4].CustomID != "|/digest home" {
			t.Errorf("the last row is %+v", last)
		}
		if !strings.Contains(p.Embeds[0].Description, "- [far](<https://e.org/xxx") {
			t.Errorf("got %q", p.Embeds[0].Description)
		}
	})
	t.Run("twenty-five buttons take the last story with them", func(t *testing.T) {
		var b chat.Buttons
		for i := range 25 {
			tag := strings.Repeat("标", 10) + string(rune('a'+i))
			b = append(b, chat.Button{Label: tag, Line: "/digest tag " + tag})
		}
		p := laidOut(t, chat.Message{Title: "T", Blocks: append(rendertest.Stories(8), b)})
		last := p[len(p)-1]
		if len(p) != 2 || len(last.Embeds) != 1 || len(last.Components) != 5 {
			t.Errorf("got %d pages, the last is %+v", len(p), last)
		}
	})
	t.Run("a page that goes on names the title and its number", func(t *testing.T) {
		p := laidOut(t, chat.Message{Title: "标题 *x* 99/99", Blocks: rendertest.Stories(30)})
		if got, want := p[1].Content, fmt.Sprintf(`-# 标题 \*x\* 99/99 · 2/%d`, len(p)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("a picture has its words below it, and only https is one", func(t *testing.T) {
		p := laidOut(t, chat.Message{Title: "T", Picture: chat.Picture{URL: "https://e.org/a.png", Alt: "A cup"}})[0].Embeds
		if len(p) != 1 || p[0].Image == nil || p[0].Image.URL != "https://e.org/a.png" || p[0].Footer.Text != "A cup" {
			t.Errorf("got %+v", p)
		}
		p = laidOut(t, chat.Message{Title: "T", Picture: chat.Picture{URL: "http://e.org/a.png", Alt: "A cup"}})[0].Embeds
		if len(p) != 1 || p[0].Image != nil || p[0].Description != "-# [A cup](<http://e.org/a.png>)" {
			t.Errorf("got %+v", p)
		}
	})
}

// TestNoHeadlineIsAlone checks page breaks in all positions.
func TestNoHeadlineIsAlone(t *testing.T) {
	for _, n := range []int{1, 3, 10, 40, 200, 700} {
		var blocks []chat.Block
		for i := range 12 {
			blocks = append(blocks,
				chat.Paragraph{Title: fmt.Sprint("Section ", i)},
				chat.Story{Headline: fmt.Sprint("Headline ", i), Summary: chat.Plain(strings.Repeat("一句话。", n))},
				chat.List{Title: fmt.Sprint("List ", i), Items: []chat.Text{chat.Plain(strings.Repeat("项目。", n)), chat.Plain("项目")}},
			)
		}
		for _, page := range laidOut(t, chat.Message{Title: "T", Blocks: blocks}) {
			for _, e := range page.Embeds {
				lines := strings.Split(e.Description, "\n")
				if last := lines[len(lines)-1]; strings.HasPrefix(last, "#") || strings.HasPrefix(last, "**Headline") {
					t.Errorf("%d sentences: a panel ends with %q", n, last)
				}
			}
		}
	}
}

// TestPayload checks that a payload survives being parsed and encoded again, as
// Send does to add the key.
func TestPayload(t *testing.T) {
	for _, s := range specimens.All(rendertest.Roles...) {
		payloads, err := render.Payloads(s.Message)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range payloads {
			var m render.Message
			if err := json.Unmarshal(p, &m); err != nil {
				t.Fatalf("%s: %v", s.Name, err)
			}
			if want, err := layout.JSON(m); err != nil || string(p) != string(want) {
				t.Errorf("%s, page %d: got\n%s\nwant\n%s", s.Name, i+1, p, want)
			}
		}
	}
}

// A reply notifies nobody: its headlines appear only in its panel, unless
// the text would otherwise be empty.
func TestReplyTellsHeadlinesOnce(t *testing.T) {
	const headline = "@everyone 数据库 👨‍👩‍👧‍👦"
	blocks := []chat.Block{chat.Story{Headline: headline, Summary: chat.Plain("概要。")}}
	for _, c := range []struct {
		title       string
		post, reply int
	}{{"标题", 2, 1}, {"", 2, 2}} {
		m := chat.Message{Title: c.title, Blocks: blocks}
		payloads, err := render.Payloads(m)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(payloads[0]), "数据库"); got != c.post {
			t.Errorf("under the title %q a post tells the headline %d times, want %d", c.title, got, c.post)
		}
		if got := strings.Count(render.Reply(m)[0].Content+render.Reply(m)[0].Embeds[0].Description, "数据库"); got != c.reply {
			t.Errorf("under the title %q a reply tells the headline %d times, want %d", c.title, got, c.reply)
		}
	}
}

// TestReplyNamesWhatItLacks: fields that a reply omits would stay in the message
// that it replaces.
func TestReplyNamesWhatItLacks(t *testing.T) {
	got, err := layout.JSON(render.Reply(chat.Message{Title: "T", Mention: rendertest.Roles})[0])
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"content":"-# <@&400000000000000001> <@&400000000000000002>\n## T","embeds":[],"components":[],"allowed_mentions":{"parse":[]}}`; string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// BenchmarkRender has a floor for comparison: json.Marshal of the same
// payloads.
func BenchmarkRender(b *testing.B) {
	bench := func(name string, m chat.Message) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := render.Payloads(m); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/floor", func(b *testing.B) {
			pages := laidOut(b, m)
			for b.Loop() {
				for _, page := range pages {
					if _, err := json.Marshal(page); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
	bench("seed", specimens.All()[0].Message)
	for _, n := range []int{30, 295} {
		bench(fmt.Sprint(n), chat.Message{Title: "年度回顾", URL: "https://go.dev/", Blocks: rendertest.Stories(n), Footer: "科技观察"})
	}
}

// TestMenus lays out menus, and choices that do not fit.
func TestMenus(t *testing.T) {
	menu := chat.Select{Label: "Read a story @everyone", Choices: []chat.Choice{
		{Label: "Go 1.26 发布 👨‍👩‍👧‍👦", Line: "/digest story 1"},
		{Label: strings.Repeat("a long headline ", 20) + "ends", Line: "/digest story long"},
		{Label: "a long line", Line: "/digest story " + strings.Repeat("x", 300)},
		{Label: "the first one again", Line: "/digest story 1"},
		{Line: "/digest story nameless"},
	}}
	days := chat.Select{Label: strings.Repeat("Every day ", 20) + "indeed"}
	for day := range 31 {
		days.Choices = append(days.Choices, chat.Choice{Label: fmt.Sprint("day ", day+1), Line: fmt.Sprint("/digest date ", day+1)})
	}
	m := chat.Message{Title: "AI", Blocks: []chat.Block{menu, days, chat.Select{}, chat.Select{Label: "nothing to choose"}}}
	p := payload(t, m)
	if err := rendertest.Check(p); err != nil {
		t.Error(err)
	}
	var got render.Message
	if err := json.Unmarshal(p, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Components) != 2 || len(got.Components[0].Components[0].Options) != 2 || len(got.Components[1].Components[0].Options) != 25 ||
		got.Components[0].Components[0].Placeholder != "Read a story @everyone" || got.Components[1].Components[0].Placeholder != "" {
		t.Errorf("got %s", p)
	}
	// A choice that does not fit can still be read and typed.
	all := strings.Join(rendertest.Texts(p), "\n")
	for _, want := range []string{"headline ends", "/digest story long", strings.Repeat("x", 300), "the first one again", "indeed", "day 26", "day 31", "/digest date 31", "nothing to choose"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is lost in %s", want, all)
		}
	}
	m2, err := render.Stamp(p, testKey)
	if err != nil {
		t.Fatal(err)
	}
	if stamped, err := layout.JSON(m2); err != nil || bytes.Count(stamped, []byte(testKey)) != 3 || bytes.Contains(stamped, []byte(`"disabled"`)) {
		t.Errorf("a menu does not carry the key: %v, %s", err, stamped)
	}
	m.Blocks = nil // six menus are one more than there are rows
	for i := range 6 {
		m.Blocks = append(m.Blocks, chat.Select{Label: fmt.Sprint("menu ", i), Choices: []chat.Choice{{Label: fmt.Sprint("choice ", i), Line: fmt.Sprint("/digest story ", i)}}})
	}
	m.Blocks = append(m.Blocks, chat.Buttons{{Label: "late", Line: "/digest latest"}})
	p = payload(t, m)
	if all := strings.Join(rendertest.Texts(p), "\n"); rendertest.Check(p) != nil || !strings.Contains(all, "menu 5") || !strings.Contains(all, "/digest story 5") || !strings.Contains(all, "/digest latest") {
		t.Errorf("%v: got %s", rendertest.Check(p), p)
	}
}

const testKey = "k7f3qmzsw2hb6ndt4ryc5vxpa"

func payload(t *testing.T, m chat.Message) chat.Payload {
	t.Helper()
	p, err := render.Payloads(m)
	if err != nil || len(p) != 1 {
		t.Fatalf("Payloads gave %d payloads, %v; want one", len(p), err)
	}
	return p[0]
}
