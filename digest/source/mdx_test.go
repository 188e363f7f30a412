package source_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/digest/shelf"
	"github.com/digestbot/digestbot/digest/source"
)

// An MDX file is read as MDX, even if the shelf has the same text as Markdown.
func TestMDX(t *testing.T) {
	dir := t.TempDir()
	text := strings.Replace(post("A", "2026-01-01"), "Text.", "Text {x}.", 1)
	write(t, dir, "a.md", text, "b.mdx", text, "c.MARKDOWN", text, "d.txt", text)
	kept := shelf.Open(t.Context(), filepath.Join(t.TempDir(), "library.db"), "1", slog.New(slog.DiscardHandler))
	defer func() { must(t, kept.Close()) }()
	var got []string
	for range 2 {
		files, err := source.Read(slog.New(slog.DiscardHandler), []string{dir}, source.WithShelf(kept))
		must(t, err)
		for _, f := range files {
			d, err := f.Digest()
			must(t, err)
			got = append(got, fmt.Sprintf("%s %q", d.File[len(dir)+1:], d.Stories[0].Summary.String()))
		}
	}
	const want = `a.md "Text {x}.", b.mdx "Text .", c.MARKDOWN "Text {x}."`
	if all := strings.Join(got, ", "); all != want+", "+want {
		t.Errorf("got %s", all)
	}
}
