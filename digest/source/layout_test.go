package source_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/markdown/layout"
	"github.com/digestbot/digestbot/digest/shelf"
	"github.com/digestbot/digestbot/digest/source"
)

// brief returns an issue whose stories are bold lines below recurring headings. A
// single file could be read that way, or by its headings.
func brief(i int) string {
	words := strings.Fields("kernel registry bridge compiler harbour keyboard cable parser forum printer lantern")
	var b strings.Builder
	fmt.Fprintf(&b, "---\ntitle: Brief %d\ndate: 2026-03-%02d\n---\nGood morning.\n\n", i, i)
	for k, group := range []string{"The lead", "Also moving", "Long read"} {
		w := words[(i*3+k)%len(words)]
		fmt.Fprintf(&b, "## %s\n\n**The %s number %d opens its gates @everyone**\n\nToday the %s was seen by %d people at once. They went home.\n\nRead: [paper](https://example.org/%d/%d)\n\n", group, w, i*k, w, i+k, i, k)
	}
	return b.String()
}

// A library learns its layout when it is opened, and keeps it: whatever files are
// added, no other file is read again, and the layout does not change.
func TestLayoutStays(t *testing.T) {
	var parsed atomic.Int64
	source.SetReader(t, func(name string, data []byte, how markdown.How) *digest.Digest {
		parsed.Add(1)
		return markdown.ReadAs(name, data, how)
	})
	dir := t.TempDir()
	for i := range 5 {
		write(t, dir, fmt.Sprintf("2026-03-%02d-brief.md", i+1), brief(i+1))
	}
	file := filepath.Join(t.TempDir(), "library.db")
	open := func(options ...source.Option) (*source.Folder, *shelf.Shelf) {
		log := slog.New(slog.NewTextHandler(t.Output(), nil))
		kept := shelf.Open(t.Context(), file, "1", log)
		f, err := source.Open(dir, log, append(options, source.WithShelf(kept))...)
		if err != nil {
			t.Fatal(err)
		}
		return f, kept
	}
	read := func(f *source.Folder, kept *shelf.Shelf, want int) string {
		t.Helper()
		for _, d := range f.Library().All() {
			if d.Len() != 3 {
				t.Errorf("%s has %d stories", d.ID, d.Len())
			}
		}
		if n := int(parsed.Swap(0)); n != want {
			t.Errorf("%d files were read, want %d", n, want)
		}
		layout := f.Layout().String()
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
		return layout
	}
	f, kept := open()
	first := read(f, kept, 5)
	if !strings.Contains(first, "bold line") {
		t.Errorf("got the layout\n%s", first)
	}
	write(t, dir, "2026-03-06-brief.md", brief(6))
	f, kept = open()
	write(t, dir, "2026-03-07-brief.md", brief(7))
	for range 3 { // until the file is settled
		f.Scan()
	}
	if got := read(f, kept, 2); got != first {
		t.Errorf("a new file has changed the layout:\n%s\nwas\n%s", got, first)
	}
	for i := range 5 {
		write(t, dir, fmt.Sprintf("2026-03-%02d-brief.md", i+8), brief(i+8))
	}
	f, kept = open() // now there are twice as many
	if got := read(f, kept, 5); got == first || !strings.Contains(got, "files = 12") {
		t.Errorf("few files are not learned from again:\n%s", got)
	}
	f, kept = open(source.WithLearning())
	read(f, kept, 0)
	f, kept = open(source.WithWritten(layout.Written{Story: layout.Kinds{"bold line"}}))
	read(f, kept, 12) // what people write applies to all files
	f, kept = open(source.WithWritten(layout.Written{Story: layout.Kinds{"bold line"}}))
	read(f, kept, 0)
	f, kept = open()
	read(f, kept, 0)
}

// A file that is read alone is read by the layout of its library, or of the files next
// to it.
func TestLayoutOfAFileAlone(t *testing.T) {
	dir := t.TempDir()
	for i := range 6 {
		write(t, dir, fmt.Sprintf("2026-03-%02d-brief.md", i+1), brief(i+1))
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	kept := shelf.Open(t.Context(), filepath.Join(t.TempDir(), "library.db"), "1", log)
	defer func() { _ = kept.Close() }()
	stories := func(options ...source.Option) (n int) {
		t.Helper()
		read, err := source.Read(log, []string{filepath.Join(dir, "2026-03-04-brief.md")}, options...)
		if err != nil || len(read) != 1 {
			t.Fatal(read, err)
		}
		return read[0].Card.Len()
	}
	if got := stories(); got != 3 {
		t.Errorf("beside others: got %d stories", got)
	}
	// The library has learned something that the files next to it do not show.
	other := (&layout.Layout{}).With(layout.Written{Story: layout.Kinds{"paragraph"}})
	other.Folders = map[string]int{".": 60}
	kept.PutLayout(t.Context(), dir, other.String())
	if got := stories(source.WithHome(dir), source.WithShelf(kept)); got != 7 {
		t.Errorf("as in its library: got %d stories", got)
	}
	if got := stories(source.WithLayout(other)); got != 7 {
		t.Errorf("by another layout: got %d stories", got)
	}
	if got := stories(source.WithLayout(nil)); got == 0 {
		t.Errorf("by none: got %d stories", got)
	}
}
