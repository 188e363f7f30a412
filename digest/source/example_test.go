package source_test

import (
	"log/slog"
	"testing"

	"github.com/digestbot/digestbot/digest/source"
)

// The library that ships with the bot is clean according to lint, and the first digest
// that people see is its best one.
func TestExampleLibrary(t *testing.T) {
	f, err := source.Open("../example", slog.New(slog.DiscardHandler))
	must(t, err)
	for _, p := range f.Problems() {
		t.Errorf("%s:%d:%d: %s (%s)", p.File, p.Line, p.Column, p.Message, p.Code)
	}
	l := f.Library()
	if got, want := l.Len(), 12; got != want {
		t.Errorf("digests: got %d, want %d", got, want)
	}
	if got, want := l.Newest().ID, "2026-11-23-cloud-native"; got != want {
		t.Errorf("newest: got %q, want %q", got, want)
	}
	languages, categories := map[string]int{}, map[string]int{}
	for _, d := range l.All() {
		languages[d.Language]++
		categories[d.Categories[0]]++
		d := whole(t, d)
		if n := len(d.Stories); n < 3 || n > 4 || len(d.Lead) == 0 || len(d.Sections) != 2 {
			t.Errorf("%s: got %d stories, a lead of %d spans and %d sections; want 3 or 4 stories, a lead and 2 sections", d.ID, n, len(d.Lead), len(d.Sections))
		}
	}
	if len(languages) != 2 || len(categories) != 2 {
		t.Errorf("got languages %v and categories %v, want two of each", languages, categories)
	}
	for _, tag := range []string{"ai", "云原生", "kubernetes", "go", "security", "database"} {
		if _, ok := l.Tag(tag); !ok {
			t.Errorf("no digest has the tag %q", tag)
		}
	}
}
