package layout

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"github.com/digestbot/digestbot/bot/chat"
)

const (
	family = "👨‍👩‍👧‍👦"
	flags  = "🇨🇳🇺🇸🇯🇵"
)

// codePoints measures text as Discord does, including the Markdown of links.
func codePoints(t chat.Text) int {
	n := 0
	for _, s := range t {
		n += utf8.RuneCountInString(s.Text)
		if s.URL != "" {
			n += len("[]()") + len(s.URL)
		}
	}
	return n
}

func TestSplitCutsWhereAReaderWould(t *testing.T) {
	link := chat.Span{Text: "Go 1.26 release notes", URL: "https://go.dev/doc/go1.26"}
	for _, tt := range []struct {
		name  string
		text  chat.Text
		limit int
		want  []string
	}{
		{"nothing", nil, 10, nil},
		{"empty spans", chat.Text{{}, {}}, 10, nil},
		{"fits", chat.Plain(" as it is "), 10, []string{" as it is "}},
		{"paragraph", chat.Plain("One. Two.\n\nThree. Four."), 16, []string{"One. Two.", "Three. Four."}},
		{"line", chat.Plain("First. line\nSecond. line"), 20, []string{"First. line", "Second. line"}},
		{"sentence", chat.Plain("Go 1.26 is out. It is fast! Is it?"), 20, []string{"Go 1.26 is out.", "It is fast! Is it?"}},
		{"a paragraph early on is no reason", chat.Plain("Go.\n\nIt is out. It is fast. Is it?"), 28, []string{"Go.\n\nIt is out. It is fast.", "Is it?"}},
		{"a heading is not left alone", chat.Plain("题\n没有标点的一句话可以写得很长很长"), 16, []string{"题\n没有标点的一句话可以写得很长", "很长"}},
		{"a sentence early on is better than a word", chat.Plain("It is. And then words go on and on"), 30, []string{"It is.", "And then words go on and on"}},
		{"Chinese sentence", chat.Plain("Go 1.26 发布了。它更快！“是吗？”他问"), 14, []string{"Go 1.26 发布了。", "它更快！“是吗？”他问"}},
		{"Chinese quotes stay with their sentence", chat.Plain("他说：“发布了。”我们去看看"), 12, []string{"他说：“发布了。”", "我们去看看"}},
		{"Chinese quotes open the next sentence", chat.Plain("他走了。“我们去看看吧”他说"), 13, []string{"他走了。", "“我们去看看吧”他说"}},
		{"a clause goes on after quotes", chat.Plain("快。“发布了！”，他说道"), 10, []string{"快。", "“发布了！”，他说道"}},
		{"Japanese brackets stay with their sentence", chat.Plain("「公開しました。」次はどうする"), 12, []string{"「公開しました。」", "次はどうする"}},
		{"Japanese marks", chat.Plain("速くなった！本当？本当だ。試そう"), 11, []string{"速くなった！本当？", "本当だ。試そう"}},
		{"English quotes stay with their sentence", chat.Plain("He said \"stop.\" (It did!) Then all was quiet"), 28, []string{"He said \"stop.\" (It did!)", "Then all was quiet"}},
		{"ellipsis in quotes", chat.Plain("“未完待续……”下面继续说"), 10, []string{"“未完待续……”", "下面继续说"}},
		{"ellipsis within a sentence", chat.Plain("Wait. It is… almost done now"), 20, []string{"Wait.", "It is… almost done", "now"}},
		{"abbreviation", chat.Plain("It is over. Tools, e.g. GPT and the U.S. Army"), 41, []string{"It is over.", "Tools, e.g. GPT and the U.S. Army"}},
		{"abbreviation without a sentence", chat.Plain("it was Dr. Smith"), 11, []string{"it was", "Dr. Smith"}},
		{"abbreviation and nothing better", chat.Plain("Prof. Smith"), 7, []string{"Prof.", "Smith"}},
		{"initials", chat.Plain("Fine. We asked J. R. Smith too"), 24, []string{"Fine.", "We asked J. R. Smith too"}},
		{"decimal", chat.Plain("Good. Now 3.5 times v1.26.1 faster"), 29, []string{"Good.", "Now 3.5 times v1.26.1 faster"}},
		{"number of an item", chat.Plain("Two things\n1. First it is\n12. Next"), 14, []string{"Two things", "1. First it is", "12. Next"}},
		{"number at the end of a sentence", chat.Plain("It was 2025. Then it was over"), 20, []string{"It was 2025.", "Then it was over"}},
		{"letter at the end of a word", chat.Plain("今天是 vitamin. 然后呢继续说"), 17, []string{"今天是 vitamin.", "然后呢继续说"}},
		{"ellipsis", chat.Plain("未完待续……下面继续说"), 8, []string{"未完待续……", "下面继续说"}},
		{"word", chat.Plain("never inside of words"), 12, []string{"never inside", "of words"}},
		{"no punctuation at the head of a line", chat.Plain("春眠不觉晓，处处闻啼鸟"), 5, []string{"春眠不觉", "晓，处处闻", "啼鸟"}},
		{"one long word", chat.Plain("abcdefghij"), 4, []string{"abcd", "efgh", "ij"}},
		{"family", chat.Plain(family + family), 8, []string{family, family}},
		{"flags", chat.Plain(flags), 3, []string{"🇨🇳", "🇺🇸", "🇯🇵"}},
		{"combining marks", chat.Plain("e\u0301e\u0301e\u0301"), 3, []string{"e\u0301", "e\u0301", "e\u0301"}},
		{"conjuncts", chat.Plain("क्षत्रियज्ञ"), 4, []string{"क्ष", "त्रि", "यज्ञ"}},
		{"Korean words", chat.Plain("오늘의 소식을전해 드립니다만 또는"), 12, []string{"오늘의 소식을전해", "드립니다만 또는"}},
		{"Korean beside Latin", chat.Plain("새로운 GPT가 나왔다"), 7, []string{"새로운", "GPT가", "나왔다"}},
		{"Korean without a space near", chat.Plain("가나다라마바사아자차카"), 4, []string{"가나다라", "마바사아", "자차카"}},
		{"a grapheme over the limit", chat.Plain("a" + strings.Repeat("\u0301", 5)), 3, []string{"a\u0301\u0301", "\u0301\u0301\u0301"}},
		{"a grapheme of two spans", chat.Text{{Text: "eee"}, {Text: "\u0301", Style: chat.Bold}}, 3, []string{"ee", "e\u0301"}},
		{"right to left", chat.Plain("صدر الإصدار الجديد"), 12, []string{"صدر الإصدار", "الجديد"}},
		{"white space at the cut goes", chat.Plain("one \u3000\n  two"), 5, []string{"one", "two"}},
		{"link whole", chat.Text{{Text: "见"}, link, {Text: "。"}}, 51, []string{"见", "Go 1.26 release notes。"}},
		{"host", chat.Plain("go to my-own.example-site.org now"), 20, []string{"go to", "my-own.example-site.", "org now"}},
		{"host that fits", chat.Plain("see my-own.example-site.org"), 26, []string{"see", "my-own.example-site.org"}},
		{"host behind a long word", chat.Plain("abcdefghijklmno/https://my-own.example.org/a"), 30, []string{"abcdefghijklmno/", "https://my-own.example.org/a"}},
		{"host in an address that is cut", chat.Plain("https://my-own.example.org/abcdefghijkl"), 30, []string{"https://my-own.example.org/", "abcdefghijkl"}},
		{"host of another script", chat.Plain("abc https://例え-つ.テスト-例/a"), 21, []string{"abc", "https://例え-つ.テスト-例/a"}},
		{"words that are no host", chat.Plain("a well-known state-of-the-art"), 20, []string{"a well-known state-", "of-the-art"}},
		{"link over the limit", chat.Text{{Text: "See "}, link}, 40, []string{"See", "Go 1.26", "release", "notes"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, piece := range Split(tt.text, tt.limit, codePoints) {
				got = append(got, piece.String())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Split(%q, %d)\n got %q\nwant %q", tt.text.String(), tt.limit, got, tt.want)
			}
		})
	}
}

func TestSplitKeepsStylesAndLinks(t *testing.T) {
	text := chat.Text{
		{Text: "先看"},
		{Text: "粗体的字", Style: chat.Bold},
		{Text: "发布说明", URL: "https://go.dev/", Style: chat.Italic},
	}
	size := func(t chat.Text) int { return utf8.RuneCountInString(t.String()) }
	got := Split(text, 4, size)
	want := []chat.Text{
		{{Text: "先看"}, {Text: "粗体", Style: chat.Bold}},
		{{Text: "的字", Style: chat.Bold}},
		{{Text: "发布说明", URL: "https://go.dev/", Style: chat.Italic}},
	}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// A sentence of 5,000 characters without punctuation is cut evenly, and the
// cost of measuring it is proportional to its length.
func TestSplitLongSentence(t *testing.T) {
	text := chat.Plain(strings.Repeat("长句没有标点", 5000/6))
	for _, limit := range []int{10, 100, 1000} {
		measured := 0
		pieces := Split(text, limit, func(t chat.Text) int {
			n := utf8.RuneCountInString(t.String())
			measured += n
			return n
		})
		runes := utf8.RuneCountInString(text.String())
		if want := (runes + limit - 1) / limit; len(pieces) != want {
			t.Errorf("limit %d: %d pieces, want %d", limit, len(pieces), want)
		}
		if most := 20 * runes; measured > most {
			t.Errorf("limit %d: measured %d code points of a text of %d, want at most %d", limit, measured, runes, most)
		}
	}
}

func TestSplitProperties(t *testing.T) {
	pieces := []string{
		"长句没有标点", "。", "！", "……", "”", "」", "“引号”", "word ", "Go 1.26 ", "e.g. ", "U.S. ", "3.5", "12.", "です", ". ", "? ", "\n", "\n\n", " ", "\u3000",
		family, flags, "e\u0301", "\u0301", "مرحبا ", "@everyone", "<!channel>", "`code`", "\"quote\"", "\x00", "\xff", "1️⃣",
	}
	word := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 6).Draw(t, "pieces"), "")
	})
	span := rapid.Custom(func(t *rapid.T) chat.Span {
		return chat.Span{
			// A letter comes first, so that no grapheme needs the room of two links.
			Text:  rapid.SampledFrom([]string{"a", "字", family}).Draw(t, "first") + word.Draw(t, "text"),
			URL:   rapid.SampledFrom([]string{"", "", "https://go.dev/", "https://a.example/b"}).Draw(t, "url"),
			Style: chat.Style(rapid.IntRange(0, 15).Draw(t, "style")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		text := chat.Text(rapid.SliceOfN(span, 0, 8).Draw(t, "spans"))
		limit := rapid.IntRange(40, 72).Draw(t, "limit")
		got := Split(text, limit, codePoints)

		whole, joined := text.String(), ""
		at := 0 // how much of whole the pieces have consumed
		for i, piece := range got {
			if n := codePoints(piece); n > limit {
				t.Fatalf("piece %d has size %d, limit %d: %q", i, n, limit, piece)
			}
			words := piece.String()
			joined += words
			for !strings.HasPrefix(whole[at:], words) {
				_, n := utf8.DecodeRuneInString(whole[at:])
				at += n
			}
			if i > 0 && !atBorder(whole, at) {
				t.Fatalf("piece %d begins inside a grapheme: %q", i, words)
			}
			at += len(words)
			if !atBorder(whole, at) && strings.TrimSpace(whole[at:]) != "" {
				t.Fatalf("piece %d ends inside a grapheme: %q", i, words)
			}
		}
		if bare(joined) != bare(whole) {
			t.Fatalf("words were lost:\n got %q\nwant %q", joined, whole)
		}
		if urls(slices.Concat(got...)) != urls(text) {
			t.Fatalf("links were lost:\n got %q\nwant %q", urls(slices.Concat(got...)), urls(text))
		}
	})
}

// Skipping uniseg between letters does not change the borders.
func TestBordersAreThoseOfUniseg(t *testing.T) {
	pieces := []string{
		"word", "Word", "a", "Go 1.26 ", "e.g. ", "3.5", "12.", ". ", "? ", ".) ", ".”", "\n", " ", "-", "/", ":", "'", "don't ", "_", "%", "$1", "(a)", "\u00a0",
		"长句没有标点", "。", "……", "”", "です", "สวัสดี", "مرحبا ", "हिन्दी ", "한국어 ", family, flags, "e\u0301", "x\u200d", "\u0301", "1️⃣",
	}
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, "pieces"), "")
		want := map[int]border{}
		end, state, wordless := 0, -1, 0
		for rest := s; rest != ""; {
			if wordless++; wordless == farthest {
				state = -1
			}
			var cluster string
			var flags int
			cluster, rest, flags, state = uniseg.StepString(rest, state)
			if end += len(cluster); strings.ContainsFunc(cluster, alphanumeric) {
				wordless = 0
			}
			if want[end] = after(s[:end], rest, cluster, flags); conjunct(cluster, rest) {
				want[end] = inGrapheme
			}
		}
		for end, b := range borders(s) {
			if b != inHost && b != want[end] {
				t.Errorf("%q: the border at %d is %d, want %d", s, end, b, want[end])
			}
		}
	})
}

// The test cases of rule GB9c, in code points, with a bar where a grapheme
// ends
// (https://www.unicode.org/Public/15.1.0/ucd/auxiliary/GraphemeBreakTest.txt).
func TestConjuncts(t *testing.T) {
	for _, want := range []string{
		"क|त", "क्त", "क््त", "क्\u200dत", "क़\u200d्त", "क़्\u200dत", "क्त्य", "क्|a", "a्|त", "?्|त", "क््त",
		"ক্ষ", "ક્ષ", "କ୍ଷ", "క్ష", "ക്ഷ", "க்|ஷ", "ಕ್|ಷ", "क्\u200c|ष", "क्|ষ", "क्|1",
	} {
		s := strings.ReplaceAll(want, "|", "")
		got := ""
		last := 0
		for end, b := range borders(s) {
			if got += s[last:end]; b > inGrapheme && end < len(s) {
				got += "|"
			}
			last = end
		}
		if got != want {
			t.Errorf("got %+q, want %+q", got, want)
		}
	}
}

func atBorder(s string, at int) bool {
	for g := uniseg.NewGraphemes(s); g.Next(); {
		if from, to := g.Positions(); from == at || to == at {
			return true
		}
	}
	return s == ""
}

// bare returns s without white space.
func bare(s string) string {
	return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), "")
}

// urls returns the addresses of the links with labels, without consecutive duplicates.
func urls(t chat.Text) string {
	var all []string
	for _, s := range t {
		if bare(s.Text) != "" && s.URL != "" && (len(all) == 0 || all[len(all)-1] != s.URL) {
			all = append(all, s.URL)
		}
	}
	return strings.Join(all, " ")
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		s          string
		limit      int
		head, rest string
	}{
		{"", 5, "", ""},
		{"fits", 4, "fits", ""},
		{"GPT-5.2入驻政府云", 10, "GPT-5.2入驻政", "府云"},
		{"two words", 6, "two", "words"},
		{"abcdefgh", 3, "abc", "defgh"},
		{"在这里，继续", 3, "在这", "里，继续"},
		{family + family, 8, family, family},
		{flags, 3, "🇨🇳", "🇺🇸🇯🇵"},
		{"a\u0301\u0301\u0301", 2, "a\u0301", "\u0301\u0301"},
		{"مرحبا بالعالم", 7, "مرحبا", "بالعالم"},
		{"@everyone @here", 12, "@everyone", "@here"},
		{"fits but for space   ", 18, "fits but for space", ""},
		{"see my-own.example.org", 15, "see", "my-own.example.org"},
	} {
		head, rest := Cut(tt.s, tt.limit)
		if head != tt.head || rest != tt.rest {
			t.Errorf("Cut(%q, %d) = %q, %q, want %q, %q", tt.s, tt.limit, head, rest, tt.head, tt.rest)
		}
	}
}

func TestLink(t *testing.T) {
	for address, want := range map[string]bool{
		"https://go.dev/doc/go1.26":                     true,
		"HTTP://EXAMPLE.COM":                            true,
		"https://zh.wikipedia.org/wiki/Go_(编程语言)?a=b#c": true,
		"https://[::1]:8080/":                           true,
		"":                                              false,
		"go.dev":                                        false,
		"//go.dev/":                                     false,
		"https:///path":                                 false,
		"https://:80/":                                  false,
		"mailto:a@b.example":                            false,
		"javascript:alert(1)":                           false,
		"JaVaScRiPt:alert(1)":                           false,
		"data:text/html,<script>":                       false,
		"https://a.example/with space":                  false,
		"https://a.example/\nb":                         false,
		"https://a.example/\x00":                        false,
		"https://a.example/\u202Egpj.exe":               false,
		"https://a.example/\xff":                        false,
		" https://a.example/":                           false,
	} {
		if got := Link(address); got != want {
			t.Errorf("Link(%q) = %v, want %v", address, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	for _, tt := range []struct{ name, s, want string }{
		{"plain", "Go 1.26 发布", "Go 1.26 发布"},
		{"NUL and bell", "a\x00b\x07c\x7fd", "abcd"},
		{"line ends", "a\r\nb\rc\u2028d\u2029e\u0085f\n\ng", "a\nb\nc\nd\ne\nf\n\ng"},
		{"tab", "a\tb", "a b"},
		{"invalid UTF-8", "a\xffb\xe4\xbd", "ab"},
		{"overrides", "abc\u202Egpj.exe\u202C", "abcgpj.exe"},
		{"balanced isolates", "a \u2068مرحبا\u2069 b", "a \u2068مرحبا\u2069 b"},
		{"open isolates", "a \u2067\u2066b\u2069 c\nd", "a \u2066b\u2069 c\nd"},
		{"isolate closed in another line", "\u2068a\nb\u2069", "a\nb"},
		{"nothing to close", "a\u2069b", "ab"},
		{"emoji", family + "❤️" + flags, family + "❤️" + flags},
		{"markup is not its business", "@everyone <!channel> `x` \"q\"", "@everyone <!channel> `x` \"q\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Clean(tt.s); got != tt.want {
				t.Errorf("Clean(%q) = %q, want %q", tt.s, got, tt.want)
			}
			if got := Clean(tt.want); got != tt.want {
				t.Errorf("Clean(%q) = %q, want no change", tt.want, got)
			}
		})
	}
}
