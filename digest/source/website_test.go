package source_test

import (
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/digest/source"
	"github.com/digestbot/digestbot/digest/website"
)

// The site of a repository is configured by the file in the commit that is read.
func TestWebsiteOfARepository(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	h := newHost(t)
	h.push(t, "_config.yml", "url: https://example.org\n", "_posts/2026-01-02-b.md", post("B", "2026-01-02T23:30:00-02:00"))
	site := source.WithSite("_config.yml", website.New)
	r, _ := open(t, filepath.Join(t.TempDir(), "library.git"), h.remote(), site)
	address := func(want string) {
		t.Helper()
		if got := r.Library().Newest().URL; got != want {
			t.Errorf("the address is %s, want %s", got, want)
		}
	}
	address("https://example.org/2026/01/03/b.html")
	h.push(t, "_config.yml", "url: https://example.org\npermalink: pretty\ntimezone: America/New_York\n")
	if !refresh(t, r) {
		t.Error("another site made no new library")
	}
	address("https://example.org/2026/01/02/b/")
	// A broken file leaves the library unchanged, and the error says where it is
	// broken.
	for text, want := range map[string]string{
		"url: [a\n":               "library.site: _config.yml:1:",
		"url: example.org\n":      "library.site: _config.yml:1:1: url",
		"permalink: /:nothing/\n": "library.site: _config.yml: permalink",
	} {
		h.push(t, "_config.yml", text)
		if _, err := r.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want in it %s", text, err, want)
		}
		address("https://example.org/2026/01/02/b/")
	}
	h.git(t, h.work, "rm", "-q", "_config.yml")
	h.push(t, "a.md", "")
	if _, err := r.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), `library.site: the repository has no file "_config.yml"`) {
		t.Errorf("a file that is gone: error %v", err)
	}
	address("https://example.org/2026/01/02/b/")
}

// A file _index.md makes its folder a section of Hugo.
func TestSectionsOfHugo(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "posts/sub/a.md", post("A", "2026-01-02"))
	base, err := url.Parse("https://example.org")
	must(t, err)
	site, err := website.New(website.Options{Base: base, Permalink: "/:sections/:slugorcontentbasename"})
	must(t, err)
	f, err := source.Open(dir, slog.New(slog.DiscardHandler), source.WithWebsite(site))
	must(t, err)
	if got, want := f.Library().Newest().URL, "https://example.org/posts/a/"; got != want {
		t.Errorf("the address is %s, want %s", got, want)
	}
	write(t, dir, "posts/sub/_index.md", "---\ntitle: Sub\n---\n")
	for again := true; again; {
		_, again = f.Scan()
	}
	const want = "https://example.org/posts/sub/a/"
	if got := f.Library().Newest().URL; got != want {
		t.Errorf("with _index.md the address is %s, want %s", got, want)
	}
	read, err := source.Read(slog.New(slog.DiscardHandler), []string{filepath.Join(dir, "posts/sub/a.md")}, source.WithHome(dir), source.WithWebsite(site))
	must(t, err)
	if got := read[0].Card; got.URL != want || got.ID != "posts/sub/a" {
		t.Errorf("the file alone is %s at %s, want posts/sub/a at %s", got.ID, got.URL, want)
	}
}
