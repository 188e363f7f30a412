package digest

import (
	"slices"
	"testing"
)

// FuzzMarks checks that marks are read back as they were stored, and that anything else
// is an error.
func FuzzMarks(f *testing.F) {
	d := &Digest{Lead: Text{{Text: "In short @everyone."}}, Stories: []Story{
		{Headline: "First <!channel>", Summary: Text{{Text: "See "}, {Text: "this", URL: "https://example.org/1"}}, Sources: []Source{{URL: "https://example.org/1"}, {URL: "https://www.example.net/2"}, {URL: "https://two words/\n3"}}},
		{Headline: "第二条 👩‍👩‍👧‍👦", Tags: []string{"open source", "a\tb\nc"}}, {Summary: Text{{Text: "שלום"}}},
	}, Problems: []Problem{{Severity: Error}}}
	whole := Keep(d).Marks()
	f.Add(whole)
	f.Add(Keep(new(Digest)).Marks())
	for n := range whole {
		f.Add(whole[:n])
		f.Add(whole + whole[:n+1])
	}
	c, err := NewCard(Card{}, whole, nil)
	switch {
	case err != nil:
		f.Fatal(err)
	case c.Len() != 3 || c.Quiet() || !c.HasText() || c.Fingerprint() != d.Fingerprint():
		f.Errorf("the card is %+v", c)
	case !slices.Equal(c.Sites(0), []string{"example.org", "example.net"}) || len(c.Sites(1)) > 0 || len(c.PageHashes()) != 2 || len(c.HeadlineHashes()) != 2:
		f.Errorf("its sites are %q and %q, its pages %q, its headlines %q", c.Sites(0), c.Sites(1), c.PageHashes(), c.HeadlineHashes())
	case !slices.Equal(c.storyTags(), []string{"", "open source\ta b c", ""}):
		f.Errorf("the tags of its stories are %q", c.storyTags())
	case !Same(c, &d.Card):
		f.Error("it is not the same as the digest")
	}
	f.Fuzz(func(t *testing.T, packed string) {
		c, err := NewCard(Card{}, packed, nil)
		if err != nil {
			return
		}
		n := 0
		for range c.marks.stories() {
			n++
		}
		if n != c.Len() || len(c.HeadlineHashes()) > n {
			t.Errorf("%d of %d stories of %q are there", n, c.Len(), packed)
		}
	})
}
