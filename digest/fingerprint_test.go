package digest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest"
)

// morning returns a digest that has everything.
func morning() *digest.Digest {
	return &digest.Digest{
		Card: digest.Card{ID: "2026-11-23", File: "2026-11-23.md", Title: "晨报 @everyone", Date: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Tags: []string{"AI"}},
		Lead: digest.Text{{Text: "Good "}, {Text: "morning", Style: digest.Bold}, {Text: "."}},
		Stories: []digest.Story{
			{Headline: "First <!channel>", Summary: digest.Text{{Text: "See "}, {Text: "this", URL: "https://example.org/1"}}, Sources: []digest.Source{{Title: "One", URL: "https://example.org/1"}}},
			{Headline: "第二条 👩‍👩‍👧‍👦", Summary: digest.Text{{Text: "שלום"}}},
		},
		Sections: []digest.Section{{Title: "Analysis", Text: digest.Text{{Text: "Much."}}}},
	}
}

// Fingerprints are stored in ledgers, so they must never change.
func TestFingerprintIsKept(t *testing.T) {
	for name, tc := range map[string]struct{ got, want string }{
		"all of it": {digest.Keep(morning()).Fingerprint(), "yzdkhibn4tokaupxr6nfyrxre4"},
		"nothing":   {digest.Keep(new(digest.Digest)).Fingerprint(), "3kepswhtnscoomqm4bpzumxn4z"},
		"headline":  {digest.Keep(morning()).HeadlineHashes()[0], "zrswoq2uig"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %q, want %q", name, tc.got, tc.want)
		}
	}
}

func TestFingerprintTellsWhatReadersSee(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*digest.Digest)
		same   bool
	}{
		"nothing":            {func(*digest.Digest) {}, true},
		"place in the file":  {func(d *digest.Digest) { d.Stories[0].At = digest.Position{Line: 7, Column: 1} }, true},
		"problems":           {func(d *digest.Digest) { d.Problems = []digest.Problem{{Line: 1}} }, true},
		"path and address":   {func(d *digest.Digest) { d.ID, d.File, d.URL = "x", "x.md", "https://example.org/x" }, true},
		"tags":               {func(d *digest.Digest) { d.Tags = nil }, true},
		"emphasis":           {func(d *digest.Digest) { d.Lead[1].Style = 0 }, true},
		"how spans are cut":  {func(d *digest.Digest) { d.Lead = digest.Text{{Text: "Good morning."}} }, true},
		"title":              {func(d *digest.Digest) { d.Title += "!" }, false},
		"lead":               {func(d *digest.Digest) { d.Lead[2].Text = "!" }, false},
		"headline":           {func(d *digest.Digest) { d.Stories[1].Headline = "第二條" }, false},
		"summary":            {func(d *digest.Digest) { d.Stories[1].Summary = nil }, false},
		"link in a summary":  {func(d *digest.Digest) { d.Stories[0].Summary[1].URL += "0" }, false},
		"words of a link":    {func(d *digest.Digest) { d.Stories[0].Summary[0].Text, d.Stories[0].Summary[1].Text = "See", " this" }, false},
		"source":             {func(d *digest.Digest) { d.Stories[0].Sources[0].URL += "0" }, false},
		"name of a source":   {func(d *digest.Digest) { d.Stories[0].Sources[0].Title = "Two" }, false},
		"whose source it is": {func(d *digest.Digest) { d.Stories[0].Sources, d.Stories[1].Sources = nil, d.Stories[0].Sources }, false},
		"order of stories":   {func(d *digest.Digest) { slices.Reverse(d.Stories) }, false},
		"one story more":     {func(d *digest.Digest) { d.Stories = append(d.Stories, digest.Story{}) }, false},
		"heading":            {func(d *digest.Digest) { d.Sections[0].Title = "Conclusion" }, false},
		"section":            {func(d *digest.Digest) { d.Sections = nil }, false},
	} {
		d := morning()
		tc.change(d)
		if same := digest.Keep(d).Fingerprint() == digest.Keep(morning()).Fingerprint(); same != tc.same {
			t.Errorf("%s: the fingerprint is the same: %t, want %t", name, same, tc.same)
		}
	}
}

func TestPageHashes(t *testing.T) {
	of := func(sources ...string) []string {
		var d digest.Digest
		for _, s := range sources {
			d.Stories = append(d.Stories, digest.Story{Sources: []digest.Source{{URL: s}}})
		}
		return digest.Keep(&d).PageHashes()
	}
	a, b := of("https://example.org/1?utm_source=x", "https://example.org/", "http://www.example.org/1/"), of("https://example.org/2", "https://example.org/1")
	if len(a) != 1 || len(b) != 2 || a[0] != b[1] || a[0] == b[0] {
		t.Errorf("got %q and %q", a, b)
	}
}

func TestHeadlineHashes(t *testing.T) {
	a := digest.Keep(&digest.Digest{Stories: []digest.Story{{Headline: "Ｇｏ 1.26 is out"}, {Headline: " - "}, {Headline: "晨报"}}}).HeadlineHashes()
	b := digest.Keep(&digest.Digest{Stories: []digest.Story{{Headline: "晨报"}, {Headline: "GO 1.26  is-out"}, {Headline: "Go 1.27 is out"}}}).HeadlineHashes()
	if len(a) != 2 || len(b) != 3 || a[0] != b[1] || a[1] != b[0] || b[2] == a[0] {
		t.Errorf("got %q and %q", a, b)
	}
}
