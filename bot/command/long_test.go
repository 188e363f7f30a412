package command

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest"
)

// A digest that is too long for an answer is answered with headlines and a
// button to pages of all its stories.
func TestLongDigestIsAnsweredInPages(t *testing.T) {
	long := &digest.Digest{Card: digest.Card{ID: "2026-01-21-long", Title: "long", Date: time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC), Categories: []string{"tech"}}}
	for i := range 50 {
		long.Stories = append(long.Stories, digest.Story{
			Headline: fmt.Sprintf("headline %d @everyone", i+1), Summary: digest.Text{{Text: strings.Repeat("summary 👩‍👩‍👧‍👦 ", 40)}},
		})
	}
	library := digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{long}))
	r := newRoom(t)
	r.Library = func() *digest.Library { return library }
	for _, c := range []struct{ line, want, miss string }{
		{"/digest latest", "headline 30 ", "headline 31 "},
		{"/digest latest", "… and 20 more stories", "summary"},
		{"/digest latest tech", "/digest story 2026-01-21-long page=1", "summary"},
		{"/digest date 2026-01-21", "headline 1 ", "summary"},
		{"/digest story 2026-01-21-long", "/digest story 2026-01-21-long page=1", "summary"},
		{"/digest story 2026-01-21-long page=1", "headline 8 ", "headline 9 "},
		{"/digest story 2026-01-21-long page=1", "/digest story 2026-01-21-long page=2", "page=0"},
		{"/digest story 2026-01-21-long page=7", "headline 50 ", "headline 48 "},
		{"/digest story 2026-01-21-long page=7", "page=6", "page=8"},
		{"/digest story 2026-01-21-long page=99", "headline 50 ", "headline 48 "},
		{"/digest story headline 50", "summary", ""},
	} {
		got := r.says(reader, c.line)
		if !strings.Contains(got, c.want) || c.miss != "" && strings.Contains(got, c.miss) {
			t.Errorf("%s answers %q, want %q and not %q", c.line, got, c.want, c.miss)
		}
	}
}
