package compose

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// A story without a headline is listed by all of its text, which is too long for an
// abridged post.
func TestAbridgedNamesAreShort(t *testing.T) {
	for _, words := range []string{strings.Repeat("It goes on. ", 5000), strings.Repeat("没有标点", 20000), strings.Repeat("好。", 20000)} {
		d := &digest.Digest{Card: digest.Card{ID: "2026-03-01"}, Stories: []digest.Story{{Summary: digest.Text{{Text: words}}}, {Headline: "Short"}}}
		m := Digest(d, Post{}.Abridge(2))
		list := m.Blocks[slices.IndexFunc(m.Blocks, func(b chat.Block) bool { _, ok := b.(chat.List); return ok })].(chat.List)
		if got := list.Items[0].String(); utf8.RuneCountInString(got) > opening+2 || !strings.HasSuffix(got, " …") || !strings.HasPrefix(words, strings.TrimSuffix(got, " …")) {
			t.Errorf("got %d characters, want the first %d and an ellipsis: %.60s", utf8.RuneCountInString(got), opening, got)
		}
		if got := list.Items[1].String(); got != "Short" {
			t.Errorf("got %q, want Short", got)
		}
	}
}
