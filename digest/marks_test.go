package digest

import (
	"reflect"
	"strings"
	"testing"
)

// FuzzMarks: what was kept is read as it was, and what was not is an error.
func FuzzMarks(f *testing.F) {
	same := func(word string) string { return word }
	d := &Digest{Lead: Text{{Text: "In short @everyone."}}, Stories: []Story{
		{Headline: "First <!channel>", Summary: Text{{Text: "See "}, {Text: "this", URL: "https://example.org/1"}}, Sources: []Source{{URL: "https://example.org/1"}, {URL: "https://www.example.net/2"}}},
		{Headline: "第二条 👩‍👩‍👧‍👦"}, {Summary: Text{{Text: "שלום"}}},
	}, Problems: []Problem{{Severity: Error}}}
	whole := Keep(d).Marks()
	f.Add(whole)
	f.Add(Keep(new(Digest)).Marks())
	for n := range whole {
		f.Add(whole[:n])
	}
	if m, err := readMarks(whole, same); err != nil || !reflect.DeepEqual(m, d.marks) {
		f.Errorf("got %+v, %v; want %+v", m, err, d.marks)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := readMarks(b, same)
		if err != nil {
			return
		}
		if strings.Contains(m.fingerprint, "\n") {
			t.Errorf("the fingerprint is %q", m.fingerprint)
		}
		again, err := readMarks((&Card{marks: m}).Marks(), same)
		if err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("%q is read as %+v and then as %+v, %v", b, m, again, err)
		}
	})
}
