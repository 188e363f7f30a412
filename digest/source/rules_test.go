package source_test

import (
	"log/slog"
	"net/url"
	"testing"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/source"
	"github.com/digestbot/digestbot/digest/website"
)

func TestRulesReachTheLibrary(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "tech/_posts/2026-01-02-b.md", "---\ntitle: B\ntags: [人工智能]\n---\n### One\n\nText.\n")
	base, err := url.Parse("https://example.org")
	must(t, err)
	var rules digest.Rules
	must(t, rules.Aliases.Add("人工智能", "AI"))
	site, err := website.New(website.Options{Base: base, Permalink: "pretty"})
	must(t, err)
	f, err := source.Open(dir, slog.New(slog.DiscardHandler), source.WithRules(rules), source.WithWebsite(site))
	must(t, err)
	found, _ := f.Library().Tag("ai")
	if found.Exact != 1 {
		t.Fatalf("the alias finds %d digests, want one", found.Exact)
	}
	if in := f.Library().InCategory("Tech"); len(in) != 1 {
		t.Errorf("the folder above _posts is a category of %d digests, want one", len(in))
	}
	if got, want := found.Digests[0].URL, "https://example.org/tech/2026/01/02/b/"; got != want {
		t.Errorf("the address is %s, want %s", got, want)
	}
}
