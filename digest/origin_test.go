package digest_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/website"
)

// twins returns two equal digests from two libraries.
func twins(t *testing.T, first, second string) (a, b *digest.Card) {
	t.Helper()
	of := func(o *digest.Origin, place string) *digest.Card {
		return digest.Keep(&digest.Digest{
			Card:    digest.Card{ID: o.ID(place), File: o.Name + "/" + place + ".md", Origin: o, Title: "News", Date: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)},
			Stories: []digest.Story{{Headline: "One"}, {Headline: "Two"}},
		})
	}
	return of(&digest.Origin{Name: "news"}, first), of(&digest.Origin{Name: "p", Rank: 1}, second)
}

// If two libraries have the same digest, that of the first is kept, whatever the files
// are called.
func TestCopiesOfTwoLibraries(t *testing.T) {
	for _, names := range [][2]string{{"x", "x"}, {"a very long name", "x"}, {"x copy", "x"}} {
		a, b := twins(t, names[0], names[1])
		for _, in := range [][]*digest.Card{{a, b}, {b, a}} {
			l := digest.Rules{}.NewLibrary(in)
			if copies := l.Copies(); l.Newest() != a || len(copies) != 1 || copies[0].Problem().Message != "is left out: "+a.File+" of the library news has the same digest" {
				t.Errorf("%q: the library has %v and leaves out %+v", names, l.Newest(), copies)
			}
		}
	}
}

func TestOrigin(t *testing.T) {
	a, b := twins(t, "2026/11/x", "2026/11/x")
	for _, c := range []struct {
		card              *digest.Card
		id, library, path string
	}{
		{a, "2026/11/x", "news", "2026/11/x.md"},
		{b, "p//2026/11/x", "p", "2026/11/x.md"},
		{&digest.Card{ID: "x", File: "posts/x.markdown"}, "x", "", "x.markdown"},
	} {
		if c.card.ID != c.id || c.card.Library() != c.library || c.card.Path() != c.path {
			t.Errorf("got %q, %q and %q, want %+v", c.card.ID, c.card.Library(), c.card.Path(), c)
		}
	}
	// The address of a page does not contain the library.
	site, err := website.New(website.Options{Base: &url.URL{Scheme: "https", Host: "example.org"}, Permalink: "/:path/"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := site.URL(b), site.URL(a); got != want || got == "" {
		t.Errorf("the page of %s is %q, want %q", b.ID, got, want)
	}
}
