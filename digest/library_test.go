package digest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

func ids(digests []*Digest) string {
	var out []string
	for _, d := range digests {
		out = append(out, d.ID)
	}
	return strings.Join(out, " ")
}

func TestLibraryOrder(t *testing.T) {
	l := NewLibrary([]*Digest{
		{ID: "undated"}, {ID: "b", Date: day(2)}, {ID: "a", Date: day(2)},
		{ID: "noon", Date: day(2).Add(12 * time.Hour)}, {ID: "old", Date: day(1)}, {ID: "old", Date: day(9)},
	})
	if got, want := ids(l.All()), "noon a b old undated"; got != want {
		t.Errorf("digests %s, want %s", got, want)
	}
	if l.Newest().ID != "noon" || l.Len() != 5 || l.ByID("old") == nil || l.ByID("new") != nil {
		t.Error("the library does not find what it holds")
	}
	empty := NewLibrary(nil)
	if empty.Newest() != nil || empty.Len() != 0 || len(empty.Tags()) != 0 {
		t.Error("the empty library is not empty")
	}
}

func TestTagsAreFoundHoweverTheyAreWritten(t *testing.T) {
	l := NewLibrary([]*Digest{
		{ID: "1", Date: day(1), Tags: []string{"AI", "cloud-native", "ai"}},
		{ID: "2", Date: day(2), Tags: []string{"ai", "Cloud Native", "人工智能"}},
		{ID: "3", Date: day(3), Tags: []string{"AI", "C#", "-", " "}},
	})
	for _, c := range []struct{ words, name, digests string }{
		{"ai", "AI", "3 2 1"}, {"ＡＩ", "AI", "3 2 1"}, {" Ai ", "AI", "3 2 1"}, {"#AI", "AI", "3 2 1"},
		{"CLOUD_NATIVE", "Cloud Native", "2 1"}, {"cloudnative", "Cloud Native", "2 1"}, {"cloud–native", "Cloud Native", "2 1"},
		{"人工智能", "人工智能", "2"}, {"c#", "C#", "3"},
	} {
		tag, ok := l.Tag(c.words)
		if !ok || tag.Name != c.name || ids(tag.Digests) != c.digests {
			t.Errorf("Tag(%q) = %s: %s, %v, want %s: %s", c.words, tag.Name, ids(tag.Digests), ok, c.name, c.digests)
		}
	}
	for _, words := range []string{"", "-", "c", "kubernetes", "@everyone"} {
		if tag, ok := l.Tag(words); ok {
			t.Errorf("Tag(%q) finds %s", words, tag.Name)
		}
	}
	var names []string
	for _, tag := range l.Tags() {
		names = append(names, fmt.Sprint(tag.Name, len(tag.Digests)))
	}
	if got, want := strings.Join(names, " "), "AI3 Cloud Native2 C#1 人工智能1"; got != want {
		t.Errorf("tags %s, want %s", got, want)
	}
}

// FuzzFold: folding is idempotent, so a folded tag is found by itself.
func FuzzFold(f *testing.F) {
	f.Add("Cloud-Native")
	f.Add("ＡＩ　 #")
	f.Fuzz(func(t *testing.T, s string) {
		if once := Fold(s); Fold(once) != once && !strings.HasPrefix(once, "#") {
			t.Errorf("Fold(%q) = %q, folded again %q", s, once, Fold(once))
		}
	})
}
