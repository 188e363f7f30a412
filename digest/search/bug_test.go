package search

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/digestbot/digestbot/digest"
)

// A panic leaves nothing locked: whoever comes next searches and updates.
func TestBugLeavesNothingLocked(t *testing.T) {
	x, err := Open(filepath.Join(t.TempDir(), "search.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.Close() }()
	mustUpdate(t, x, specimens(), specimens().Len())
	mustPanic := func(what string, do func()) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("%s does not panic, so nothing is shown", what)
			}
		}()
		do()
	}
	for range 2 * readers {
		mustPanic("a search in no order", func() { _, _ = x.Search(t.Context(), "machine", Order(99), 10) })
	}
	mustPanic("a change", func() {
		_ = x.file.change(t.Context(), func(*sql.Tx) error { panic("a bug") })
	})
	well := x.file
	x.file = &file{}
	mustPanic("an update", func() { _, _ = x.Update(t.Context(), specimens()) })
	x.file = well

	found := make(chan int)
	go func() {
		_, _ = x.Update(context.Background(), digest.Rules{}.NewLibrary(specimens().All()[:1]))
		hits, _ := x.Search(context.Background(), "GPT-5", Newest, 10)
		found <- len(hits)
	}()
	if n := <-found; n == 0 {
		t.Error("after the panics nothing is found")
	}
}
