package layout_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/adaptertest/growth"
	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Eight times the text takes about eight times as long, for any text.
func TestLongTextIsLinear(t *testing.T) {
	for _, kind := range []struct{ name, begin, more string }{
		{"words", "", "a word "},
		{"one word", "", "word"},
		{"Chinese", "", "没有标点的字"},
		{"closing brackets behind a full stop", "The end.", ")"},
		{"quotes behind a full stop", "The end.", "”’\"'"},
		{"spaces behind a full stop", "The end.", " \u3000"},
		{"brackets with marks behind a full stop", "The end.", ")\u0301"},
		{"brackets without an end", "", ")"},
		{"brackets behind full stops", "", "a.)))))))))))) "},
		{"digits behind a full stop", "The end.)))))))))", "0 "},
		{"full stops", "", "."},
		{"joined emoji", "", "👨\u200d👩"},
		{"combining marks", "a", "\u0301"},
		{"letters of hosts", "", "a-"},
		{"hosts", "", "a.example/"},
		{"schemes", "", "https://"},
	} {
		t.Run(kind.name, func(t *testing.T) {
			text := func(size int) string { return kind.begin + strings.Repeat(kind.more, size/len(kind.more)) }
			small, large := text(2<<10), text(16<<10)
			split := func(s string) func() {
				return func() {
					layout.Split(chat.Plain(s), 500, func(t chat.Text) int { return utf8.RuneCountInString(t.String()) })
				}
			}
			if x := growth.Of(split(small), split(large)); x > growth.Linear {
				t.Errorf("Split: eight times the text takes %.0f times as long, want at most %d", x, growth.Linear)
			}
			cut := func(s string) func() { return func() { layout.Cut(s, len(s)/10) } }
			if x := growth.Of(cut(small), cut(large)); x > growth.Linear {
				t.Errorf("Cut: eight times the text takes %.0f times as long, want at most %d", x, growth.Linear)
			}
		})
	}
}
