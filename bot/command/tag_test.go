package command

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/vocabulary"
	"github.com/digestbot/digestbot/digest"
)

// If a digest does not have the tag itself, only its stories that have it are listed.
func TestStoriesThatHaveATag(t *testing.T) {
	r := newRoom(t)
	of := func(day int, own []string, tags ...string) *digest.Digest {
		d := &digest.Digest{Card: digest.Card{ID: fmt.Sprint("d", day), Title: fmt.Sprint("Day ", day), Date: time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC), Tags: own}}
		for i, t := range tags {
			d.Stories = append(d.Stories, digest.Story{Headline: fmt.Sprintf("S%d%d", day, i), Tags: strings.Fields(t)})
		}
		return d
	}
	l := digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{
		of(1, nil, "Go", "AI", "AI Go"), of(2, []string{"AI"}, "Go", "Rust"), of(3, []string{"AI"}), of(4, nil, "Rust"),
	}))
	r.Library = func() *digest.Library { return l }
	for line, want := range map[string]string{
		"AI":            "AI: 3 digests S20 S21 S11 S12",
		"go":            "Go: 2 digests S20 S10 S12",
		"AI Go":         "AI + Go: 2 digests S20 S12",
		"AI -Go":        "AI − Go: 3 digests S21 S11",
		"-Go -AI":       "− Go − AI: one digest S40",
		"Go -AI":        "Go − AI: one digest S10",
		"Rust Go":       "none",
		"-AI -Go -Rust": "none",
	} {
		m := r.says(reader, "/digest tag "+line)
		got, _, _ := strings.Cut(m, "|")
		for _, part := range strings.Split(m, "|") {
			if head, _, _ := strings.Cut(part, "\n"); strings.HasPrefix(head, "S") && len(head) == 3 {
				got += " " + head
			}
		}
		if strings.Contains(m, "No digest has all of these") {
			got = "none"
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
	if m := r.says(reader, "/digest story S12"); !strings.Contains(m, "/digest tag AI|/digest tag Go") && !strings.Contains(m, "/digest tag Go|/digest tag AI") {
		t.Errorf("the story offers %s", m)
	}
}

// If no digest has tags, the verb for them says so and does not ask for one.
func TestNoTagsAtAll(t *testing.T) {
	r := newRoom(t)
	l := digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{{Card: digest.Card{ID: "d", Title: "D"}}}))
	r.Library = func() *digest.Library { return l }
	for _, line := range []string{"/digest tag", "/digest tags", "/digest tags cloud", "/digest tag page=2"} {
		if got := r.says(reader, line); got != "No digest has tags." {
			t.Errorf("%s is answered %q", line, got)
		}
	}
	if got, want := r.says(reader, "/digest tag @everyone"), "No digest has the tag “@everyone”, and no story contains it."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Without a search index, the answer does not claim that there is nothing: it offers to
// search.
func TestTagWhileNothingCanBeSearched(t *testing.T) {
	r := newRoom(t)
	r.Search = func(context.Context, string, int) ([]vocabulary.Place, error) { return nil, ErrNotReady }
	if got, want := r.says(reader, "/digest tag 漏洞"), "No digest has the tag “漏洞”.|"; !strings.HasPrefix(got, want) || !strings.Contains(got, "/digest search 漏洞") {
		t.Errorf("got %q", got)
	}
	if got, want := r.says(reader, "/digest 漏洞"), "I do not know “漏洞”. Type /digest help"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
