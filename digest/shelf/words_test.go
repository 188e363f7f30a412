package shelf

import (
	"context"
	"strings"
	"testing"
)

func TestTokens(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"OpenAI releases GPT-5", "openai releases gpt 5"},
		{"人工智能", "人工 工智 智能 能"},
		{"能", "能"},
		{"OpenAI发布GPT5。", "openai 发布 布 gpt 5"},
		{"ＧＰＴ－５　Ｃ＋＋", "gpt 5 c + +"},
		{"C++, C# and +1 #tag", "c + + c # and 1 tag"},
		{"v1.35", "v 1 35"},
		{"コンピューター", "コン ンピ ピュ ュー ータ ター ー"},
		{"ﾃﾞｰﾀ", "デー ータ タ"},
		{"검색 엔진", "검색 색 엔진 진"},
		{"Straße café ΣΊΣΥΦΟΣ", "strasse café σίσυφοσ"},
		{"cafe\u0301", "café"},
		{"soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"},
		{"葛\U000e0100城", "葛城 城"},
		{"½ ① ²", "1 2 1 2"},
		{"a" + border + "b", "a . b"},
		{"👩‍👩‍👧 \u202eשלום\u202c @everyone <!channel>", "שלום everyone channel"},
		{"NUL\x00 bad\xff\xfeutf", "nul bad utf"},
		{`"; DROP TABLE stories; --`, "drop table stories"},
	} {
		if got := strings.TrimSpace(tokens(tt.text)); got != tt.want {
			t.Errorf("tokens of %q:\n%s, want\n%s", tt.text, got, tt.want)
		}
	}
}

func TestQuery(t *testing.T) {
	const own = "{headline text sources} : "
	for _, tt := range []struct{ words, want string }{
		{"", ""},
		{" 。\"\" - “” 🚀", ""},
		{"GPT-5", own + `"gpt 5"`},
		{"模型", own + `"模型"`},
		{"大模型", own + `"大模 模型"`},
		{"智", own + `"智" *`},
		{"AI 漏洞", `"ai" AND "漏洞" AND ` + own + `("ai" OR "漏洞")`},
		{"OpenAI发布", `"openai" AND "发布" AND ` + own + `("openai" OR "发布")`},
		{"“OpenAI发布”", own + `"openai 发布"`},
		{"「发布 OpenAI」", own + `"发布 布 openai"`},
		{`"machine learning`, own + `"machine learning"`},
		{"go go GO", own + `"go"`},
		{`a" OR b*`, `"a" AND "or b" AND ` + own + `("a" OR "or b")`},
	} {
		if got := query(tt.words); got != tt.want {
			t.Errorf("query of %q:\n%s, want\n%s", tt.words, got, tt.want)
		}
	}
}

// FuzzQuery: whatever people type is no syntax for FTS5.
func FuzzQuery(f *testing.F) {
	for _, words := range hostile {
		f.Add(words)
	}
	x := filled(f, specimens()...)
	f.Fuzz(func(t *testing.T, words string) {
		for _, o := range []Order{Newest, Rank} {
			if _, err := x.Search(context.Background(), x.library, words, o, 3); err != nil {
				t.Errorf("Search(%q): %v", words, err)
			}
		}
	})
}

var hostile = []string{
	`"`, `""`, `"""`, `'`, `;`, `*`, `^`, `NEAR`, `NEAR(a b, 2)`, `AND`, `OR NOT`, `a AND`, `-a`, `+a`, `headline:a`, `{headline} : a`,
	`(`, `)`, `a*`, `"a" *`, `^a`, `a"b"c`, `“”`, `「`, "\x00", "\x1f.", "\xff", "\\", "%", "_", "@everyone", "👩‍👩‍👧", "\u202eabc",
	"．", "＂a＂", strings.Repeat("漏", 10_000), strings.Repeat("a ", 5_000), strings.Repeat(`"`, 10_000), strings.Repeat("漏a", 5_000),
}
