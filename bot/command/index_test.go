package command

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/digestbot/digestbot/digest"
)

// Whatever an index is made after, it is the one that would have been made of its
// library alone.
func TestIndexesAreLikeNewOnes(t *testing.T) {
	vocabulary := []string{"AI", "agentic-ai", "人工智能", "Rust", "rust lang", "Go", "go", "ＧＯ", "数据库", "@everyone"}
	random := rand.New(rand.NewPCG(7, 11))
	var before *index
	for step := range 200 {
		var digests []*digest.Digest
		for id := range 12 {
			d := &digest.Digest{Card: digest.Card{ID: fmt.Sprint(id)}}
			for range random.IntN(4) {
				d.Tags = append(d.Tags, vocabulary[random.IntN(len(vocabulary))])
			}
			digests = append(digests, d)
		}
		l := digest.Rules{}.NewLibrary(digest.KeepAll(digests))
		got, want := newIndex(l, before), newIndex(l, nil)
		if !reflect.DeepEqual(got.tags, want.tags) {
			t.Fatalf("step %d: %+v\nwant %+v", step, got.tags, want.tags)
		}
		before = got
	}
}
