package vocabulary

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/digest"
)

// An index made with a previous index equals one made from its library alone.
func TestIndexesAreLikeNewOnes(t *testing.T) {
	names := []string{"AI", "agentic-ai", "人工智能", "Rust", "rust lang", "Go", "go", "ＧＯ", "数据库", "@everyone"}
	random := rand.New(rand.NewPCG(7, 11))
	var before *Index
	for step := range 200 {
		var digests []*digest.Digest
		for id := range 12 {
			d := &digest.Digest{Card: digest.Card{ID: fmt.Sprint(id)}}
			for range random.IntN(4) {
				d.Tags = append(d.Tags, names[random.IntN(len(names))])
			}
			digests = append(digests, d)
		}
		l := digest.Rules{}.NewLibrary(digest.KeepAll(digests))
		got, want := New(l, before), New(l, nil)
		if !reflect.DeepEqual(got.tags, want.tags) {
			t.Fatalf("step %d: %+v\nwant %+v", step, got.tags, want.tags)
		}
		before = got
	}
}

func TestTagQueries(t *testing.T) {
	l := digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{
		{Card: digest.Card{ID: "a", Tags: []string{"AI", "Cloud Native", "人工智能", "@everyone", "👩‍💻"}}},
		{Card: digest.Card{ID: "b", Tags: []string{"Go", "<!channel>", "مرحبا"}}},
	}))
	x := New(l, nil)
	for _, c := range []struct{ text, terms, unknown string }{
		{"ai", "AI", ""},
		{"cloud native -go", "Cloud Native, −Go", ""},
		{"AI，人工智能、@everyone", "AI, 人工智能, @everyone", ""},
		{"مرحبا <!channel>", "مرحبا, <!channel>", ""},
		{"👩‍💻", "👩‍💻", ""},
		{"ai rust", "", "rust"},
		{"two words", "", "two words"},
	} {
		query, unknown := x.ParseTags(c.text)
		var terms []string
		for _, term := range query {
			if term.Not {
				term.Name = "−" + term.Name
			}
			terms = append(terms, term.Name)
		}
		if got := strings.Join(terms, ", "); got != c.terms || unknown != c.unknown {
			t.Errorf("%s is read as %q, unknown %q; want %q, %q", c.text, got, unknown, c.terms, c.unknown)
		}
	}
	for _, c := range []struct {
		typed, before string
		tags          []string
	}{
		{"nat", "", []string{"Cloud Native"}},
		{"AI -clo", "AI -", []string{"Cloud Native"}},
		{"@", "", []string{"@everyone"}},
		{"مر", "", []string{"مرحبا"}},
		{"AI nothing", "", nil},
	} {
		if before, tags := x.CompleteQuery(c.typed); before != c.before || !slices.Equal(tags, c.tags) {
			t.Errorf("%q is completed by %q behind %q, want %q behind %q", c.typed, tags, before, c.tags, c.before)
		}
	}
}
