package specimens

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/digestbot/digestbot/bot/chat"
)

// Generator generates messages that look like real digests, either ordinary or by a
// malicious author. Some notify those in mention, which are ids of a platform.
func Generator(hostile bool, mention []string) *rapid.Generator[chat.Message] {
	return rapid.Custom(func(t *rapid.T) chat.Message {
		a := &author{t: t, bits: sentences, addresses: paths}
		if hostile {
			a.bits, a.addresses = append(a.bits, insults...), append(a.addresses, snares...)
		}
		return a.message(mention)
	})
}

// author writes a message. Each piece of it ends in a unique number, so
// that no piece can be mistaken for another.
type author struct {
	t         *rapid.T
	bits      []string
	addresses []string
	pieces    int
}

func (a *author) upTo(n int) int { return rapid.IntRange(0, n).Draw(a.t, "number") }

// oneIn is true one time in n.
func (a *author) oneIn(n int) bool { return a.upTo(n-1) == n-1 }

func (a *author) number() int {
	a.pieces++
	return a.pieces
}

// words returns up to n bits and a number, and occasionally nothing at all.
func (a *author) words(n int) string {
	if a.oneIn(15) {
		return ""
	}
	bits := rapid.SliceOfN(rapid.SampledFrom(a.bits), 0, n).Draw(a.t, "bits")
	return fmt.Sprintf("%s第%d号", strings.Join(bits, ""), a.number())
}

// address returns a unique address, or rarely none.
func (a *author) address() string {
	path := rapid.SampledFrom(a.addresses).Draw(a.t, "address")
	return strings.ReplaceAll(path, "N", fmt.Sprint(a.number()))
}

// text returns up to n spans of various styles.
func (a *author) text(n int) chat.Text {
	var t chat.Text
	for range a.upTo(n) {
		s := chat.Span{Text: a.words(6)}
		if s.Text == "" {
			continue
		}
		switch a.upTo(9) {
		case 0:
			s.URL = a.address()
		case 1:
			s.Style = chat.Style(a.upTo(15))
		case 2:
			s.Style, s.URL = chat.Style(a.upTo(15)), a.address()
		case 3:
			s = chat.Span{Text: "2026年2月12日 09:10", Time: time.Date(2026, 2, 12, 1, a.pieces%60, 0, 0, time.UTC)}
		}
		t = append(t, s)
	}
	if len(t) > 0 {
		t = append(t, chat.Span{Text: fmt.Sprintf("第%d号", a.number())})
	}
	return t
}

func (a *author) message(mention []string) chat.Message {
	m := chat.Message{
		Language: rapid.SampledFrom([]string{"", "zh", "zh-Hant", "en", "ja", "ar"}).Draw(a.t, "language"),
		Title:    a.words(5),
		Footer:   a.words(3),
	}
	if a.oneIn(2) {
		m.URL = a.address()
	}
	if a.oneIn(4) {
		m.Note = a.text(2)
	}
	if a.oneIn(4) {
		m.Mention = mention
	}
	if a.oneIn(4) {
		m.Picture = chat.Picture{URL: fmt.Sprintf("https://images%d.example/a.png?b=1&c=2", a.number()), Alt: a.words(3)}
	}
	m.Blocks = append(m.Blocks, chat.Paragraph{Text: a.text(8)})
	stories := rapid.SampledFrom([]int{0, 1, 1, 2, 2, 3, 3, 5, 5, 8, 8, 13, 13, 40}).Draw(a.t, "stories")
	for range stories {
		m.Blocks = append(m.Blocks, a.story())
	}
	if a.oneIn(3) {
		fold := chat.Fold{Title: a.words(2), Line: chat.Line("digest", "story", fmt.Sprint(a.number()))}
		for range a.upTo(5) {
			fold.Blocks = append(fold.Blocks, a.story())
		}
		m.Blocks = append(m.Blocks, fold, chat.Buttons{{Label: "All", Line: fold.Line}})
	}
	for range a.upTo(4) {
		m.Blocks = append(m.Blocks, a.section())
	}
	return m
}

func (a *author) story() chat.Story {
	s := chat.Story{Headline: a.words(4), Summary: a.text(6)}
	if a.oneIn(4) {
		s.Note = a.text(2)
	}
	for range a.upTo(3) {
		link := chat.Link{Title: a.words(2)}
		if !a.oneIn(10) {
			link.URL = a.address()
		}
		s.Sources = append(s.Sources, link)
	}
	return s
}

// section returns any block that a digest has apart from its stories.
func (a *author) section() chat.Block {
	switch a.upTo(5) {
	case 0:
		l := chat.List{Title: a.words(3)}
		for range a.upTo(12) {
			l.Items = append(l.Items, a.text(3))
		}
		return l
	case 1:
		return chat.Notice{Level: chat.Level(a.upTo(2)), Text: a.text(3)}
	case 2, 3:
		var buttons chat.Buttons
		for range a.upTo(12) {
			b := chat.Button{Label: a.words(2)}
			if a.oneIn(4) {
				b.URL = a.address()
			} else {
				b.Line = chat.Line("digest", "tag", fmt.Sprintf("%s %d", b.Label, a.number()))
			}
			buttons = append(buttons, b)
		}
		return buttons
	case 4:
		return chat.Heading{Level: a.upTo(2) + 1, Title: a.words(3), URL: a.address(), Note: a.text(2)}
	default:
		return chat.Paragraph{Title: a.words(3), Text: a.text(12)}
	}
}

// The building blocks of generated messages.
var (
	sentences = []string{
		"Go 1.26正式发布，新的垃圾回收器成为默认选项。", "官方预计回收开销可减少10%至40%！", "从“能不能跑”到“能不能平滑地变”？", "他说：“发布了……”", "升级前，", "GPT-5.2",
		"PostgreSQL 18 shows what asynchronous I/O is worth. ", "The U.S. team, e.g. Dr. Smith, says it is 3.5 times as fast. ", "Is it? ", "Try it (today)! ", "C# and R&D, ",
		"「公開しました。」と発表した。", "新しいバージョンがリリースされました！", "새로운 버전이 출시되었습니다. ",
		"صدر الإصدار الجديد من لغة Go. ", "גרסה חדשה של שפת התכנות! ", "\u2067مرحبا\u2069 ",
		"👨\u200d👩\u200d👧\u200d👦", "👩🏽\u200d💻", "🇨🇳🇺🇸🇯🇵", "1\ufe0f\u20e3", "❤️", "e\u0301\u0302", "ñ ", "\n", "\n\n", " ", "\u3000", "snake_case_name ", "5 * 3 * 2 ",
		strings.Repeat("一句没有标点的话", 50), strings.Repeat("words go on and on ", 20), strings.Repeat("🇨🇳", 40),
	}
	insults = []string{
		"@everyone ", "@here", "<!channel> ", "<!here|here>", "<@123>", "<@!123>", "<@&456>", "<@U123>", "<#C1|general>", "<!subteam^S1>", "</digest:1>", "<:x:1>", "<t:1392734382:R>",
		"<!date^1392734382^{date}|then>", "**", "*a", "_b_ ", "__init__", "~~", "~c~", "||", "`", "``", "```\n", "[x](https://evil.example)", "<https://e.org|x>", "<https://e.org>", "https://e.org/a_(b), ",
		"{{ x | y }}", "{% raw %}", "[^1]", "[", "](", ")", "&amp;", "&lt;!channel&gt;", "<b>", "<script>", "\n# h\n", "\n> q", "\n- l", "\n1. n", "\n-# s ", "\\", "\\*", "\x00", "\x1b[31m", "\xff", "\u202egpj.exe", "\u2067", "\u2069",
		"\u200f", "\u061c", "\u200b", "\u2060", ":tada:", "\"", "'", "\r\n", "\r", "\t", "…", "(1)", strings.Repeat("abcdefghij", 150), strings.Repeat("👨\u200d👩\u200d👧\u200d👦", 60), strings.Repeat("`*_~", 30), strings.Repeat("&<>", 80),
	}
	paths = []string{
		"https://eN.example/", "https://www.eN.example/a/b.html", "https://eN.example:8443/?q=1&b=%E4%BD%A0#c", "http://eN.example/a%20b", "https://zh.wikipedia.org/wiki/N/Go_(编程语言)",
		"https://eN.example/a_b_c/d-e~f", "https://eN.example/你好/世界",
	}
	snares = []string{
		"https://eN.example/(x)(y", "https://eN.example/*a*_b_~c~", "https://eN.example/a|b", "https://eN.example/\"<x>\"", "https://eN.example/[z]", "https://eN.example/a`b\\c", "https://eN.example/%zz", "https://u:p@eN.example/@everyone",
		"https://eN.example/👨\u200d👩", "https://eN.example/" + strings.Repeat("0123456789", 48), "https://eN.example/" + strings.Repeat("a(b)", 150), "https://eN.example/" + strings.Repeat("0123456789", 198), "https://eN.example/" + strings.Repeat("漢字", 400),
		"javascript:alert(N)", "JAVASCRIPT:alert(N)", "data:text/html,N,<script>", "mailto:aN@b.example", "/relative/nN/x", "https://eN.example/with space", "https://eN.example/\u202egpj.exe", "https://eN.example/\x00",
	}
)
