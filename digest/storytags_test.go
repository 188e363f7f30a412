package digest

import (
	"fmt"
	"testing"
	"time"
)

// withStories returns a digest whose stories have the given tags.
func withStories(day int, own []string, tags ...[]string) *Digest {
	d := &Digest{Card: Card{ID: fmt.Sprint(day), Title: fmt.Sprint(day), Date: time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC), Tags: own}}
	for i, t := range tags {
		d.Stories = append(d.Stories, Story{Headline: fmt.Sprint(day, "-", i), Tags: t})
	}
	return d
}

// A digest has the tags of its stories, and it is known which stories are meant.
func TestTagsOfStories(t *testing.T) {
	var aliases Aliases
	if err := aliases.Add("人工智能", "AI"); err != nil {
		t.Fatal(err)
	}
	l := Rules{Aliases: aliases}.NewLibrary(KeepAll([]*Digest{
		withStories(1, nil, []string{"Go"}, nil, []string{"人工智能", "Go"}),
		withStories(2, []string{"ai"}, []string{"Go"}),
		withStories(3, nil, []string{"ai-agents", "AI agents"}),
		withStories(4, nil, nil),
	}))
	for _, c := range []struct {
		words   string
		digests string
		exact   int
		stories string // of the oldest digest
	}{
		{"AI", "2 1 3", 2, "[2] false"},
		{"人工智能", "2 1 3", 2, "[2] false"},
		{"go", "2 1", 2, "[0 2] false"},
		{"agents", "3", 0, "[] false"},
	} {
		got, _ := l.Tag(c.words)
		some, whole := got.Stories(l.ByID("1"))
		if said := fmt.Sprint(some, whole); ids(got.Digests) != c.digests || got.Exact != c.exact || said != c.stories {
			t.Errorf("%s: got %s, %d exact, stories %s; want %+v", c.words, ids(got.Digests), got.Exact, said, c)
		}
	}
	ai, _ := l.Tag("AI")
	if some, whole := ai.Stories(l.ByID("2")); !whole {
		t.Errorf("the digest that has the tag itself is not meant as a whole: %v", some)
	}
	if some, whole := ai.Stories(l.ByID("3")); whole || len(some) != 1 {
		t.Errorf("of a related tag, the stories are %v, %v", some, whole)
	}
	if got := l.Tags()[0]; len(got.Digests) != 2 {
		t.Errorf("the most used tag is %s of %d", got.Name, len(got.Digests))
	}
}

// A library is filed again when the tags of a story change.
func TestTagsOfStoriesChange(t *testing.T) {
	cards := KeepAll([]*Digest{withStories(1, nil, []string{"Go"}), withStories(2, nil, []string{"Rust"})})
	old := Rules{}.NewLibrary(cards)
	l := Rules{}.Renew(old, []*Card{cards[0], Keep(withStories(2, nil, []string{"Zig"}))})
	if _, ok := l.Tag("Rust"); ok {
		t.Error("a tag is found that no story has any more")
	}
	if got, _ := l.Tag("Zig"); ids(got.Digests) != "2" {
		t.Errorf("the new tag finds %q", ids(got.Digests))
	}
}
