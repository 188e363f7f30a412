package compose

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// A story without a headline is told by all of its text, which is too long for a
// post that has to be short.
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

// Eight times the stories are about eight times the work to find one of them, of
// which allocations are a measure that does not depend on the machine.
func TestStoryOfIsLinear(t *testing.T) {
	digests := func(n int) *digest.Digest {
		d := &digest.Digest{Card: digest.Card{ID: "2026-03-01"}}
		for i := range n {
			d.Stories = append(d.Stories, digest.Story{Summary: digest.Text{{Text: "a story "}, {Text: fmt.Sprint(i / 2)}}})
		}
		return d
	}
	allocations := func(n int) float64 {
		d := digests(n)
		ref := StoryRef(d, n-1)
		return testing.AllocsPerRun(1, func() {
			if i, ok := StoryOf(d, ref); !ok || i != n-1 {
				t.Fatalf("StoryOf found %d, %v, want %d", i, ok, n-1)
			}
		})
	}
	if few, many := allocations(250), allocations(2000); many > 24*few {
		t.Errorf("%v allocations among 250 stories and %v among 2000, want at most 24 times as many", few, many)
	}
}
