package digest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const week = 7 * 24 * time.Hour

// on returns a digest of a day in January 2026, with a story for each of the sources. A
// space separates several sources of one story.
func on(day int, name string, sources ...string) *Digest {
	d := &Digest{Card: Card{ID: fmt.Sprintf("2026-01-%02d-%s", day, name), Date: time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC)}}
	if day == 0 {
		d.ID, d.Date = name, time.Time{}
	}
	for _, list := range sources {
		var s Story
		for _, address := range strings.Fields(list) {
			s.Sources = append(s.Sources, Source{URL: address})
		}
		d.Stories = append(d.Stories, s)
	}
	return d
}

func anyDigest(*Card) bool { return true }

// told formats repeats as "0:ID 2:ID".
func told(repeats []Earlier) string {
	var out []string
	for _, r := range repeats {
		out = append(out, fmt.Sprintf("%d:%s", r.Story, r.Digest.ID))
	}
	return strings.Join(out, " ")
}

func TestEarlierComparesAddressesAsAReaderWould(t *testing.T) {
	for _, c := range []struct {
		before, now string
		same        bool
	}{
		{"https://example.org/a", "https://example.org/a", true},
		{"http://example.org/a", "https://example.org/a", true},
		{"https://www.example.org/a/", "https://EXAMPLE.org/a", true},
		{"https://example.org/a#part", "https://example.org/a#other", true},
		{"https://example.org/a?utm_source=x&UTM_Medium=y", "https://example.org/a", true},
		{"https://example.org/a?id=1&utm_source=x", "https://example.org/a?id=1", true},
		{"https://example.org/%E4%B8%AD", "https://example.org/中", true},
		{"https://example.org/?p=1", "https://example.org?p=1", true},

		{"https://example.org/a", "https://example.org/A", false},
		{"https://example.org/a?id=1", "https://example.org/a?id=2", false},
		{"https://example.org/a", "https://example.org/a?id=1", false},
		{"https://example.org/a", "https://blog.example.org/a", false},
		{"https://example.org:8443/a", "https://example.org/a", false},
		{"https://example.org/@everyone", "https://example.org/@here", false},

		{"https://example.org/", "https://example.org/", false}, // main pages
		{"https://example.org", "https://www.example.org/?utm_source=x#top", false},
		{"mailto:a@example.org", "mailto:a@example.org", false},
		{"javascript:alert(1)", "javascript:alert(1)", false},
		{"https://example.org/%zz", "https://example.org/%zz", false},
		{"/a", "/a", false},
		{"", "", false},
	} {
		before, now := on(20, "tech", c.before), on(21, "tech", c.now)
		now.Title = "The next day"
		l := Rules{}.NewLibrary(KeepAll([]*Digest{before, now}))
		if got := len(l.Earlier(l.Newest(), week, anyDigest)) == 1; got != c.same {
			t.Errorf("%s and %s: told as the same %v, want %v", c.before, c.now, got, c.same)
		}
	}
}

func TestEarlierNamesTheFirstDigestWithinTheTime(t *testing.T) {
	const a, b, c, m = "https://a.example/1", "https://b.example/1", "https://c.example/1", "https://main.example/"
	library := []*Digest{
		on(10, "tech", a),
		on(14, "tech", a, b),
		on(18, "sports", c),
		on(19, "tech", a, b+" "+c),
		on(20, "evening", a+" "+a),
		on(20, "morning", "https://a.example/day"),
	}
	for _, x := range []struct {
		name   string
		now    *Digest
		within time.Duration
		want   string
	}{
		{"the first of a week", on(21, "tech", a), week, "0:2026-01-14-tech"},
		{"the first of two days", on(21, "tech", a), 48 * time.Hour, "0:2026-01-19-tech"},
		{"the very edge of the time", on(21, "tech", a), 11 * 24 * time.Hour, "0:2026-01-10-tech"},
		{"no time", on(21, "tech", a), 0, ""},
		{"only what repeats is told", on(21, "tech", "https://a.example/2", a, "", b), week, "1:2026-01-14-tech 3:2026-01-14-tech"},
		{"a source that is new makes a new story", on(21, "tech", a+" https://a.example/2"), week, ""},
		{"sources of several digests", on(21, "tech", c+" "+b), week, "0:2026-01-14-tech"},
		{"a main page beside a source", on(21, "tech", m+" "+c), week, "0:2026-01-19-tech"},
		{"a digest that repeats itself", on(21, "tech", "https://n.example/1", "https://n.example/1"), week, ""},
		{"and that was there before", on(21, "tech", b, b), week, "0:2026-01-14-tech 1:2026-01-14-tech"},
		{"a refused digest", on(18, "tech", c), week, ""},
		{"what comes later", on(13, "tech", b), week, ""},
		{"the one that is read before on that day", on(20, "a", "https://a.example/day"), week, "0:2026-01-20-morning"},
		{"the one that is read after on that day", on(20, "z", "https://a.example/day"), week, ""},
		{"no sources", on(21, "tech", "", ""), week, ""},
		{"no stories", on(21, "tech"), week, ""},
	} {
		l := Rules{}.NewLibrary(KeepAll(append([]*Digest{x.now}, library...)))
		got := told(l.Earlier(Keep(x.now), x.within, func(d *Card) bool { return d.ID != "2026-01-18-sports" }))
		if got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
	if got := (Rules{}).NewLibrary(KeepAll(library)).Earlier(Keep(on(21, "tech", a)), week, anyDigest); got != nil {
		t.Errorf("a digest that is not in the library repeats %s", told(got))
	}
}

// Each delivery looks for repeats once, which must not be slow in a year of digests.
func BenchmarkEarlier(b *testing.B) {
	var all []*Digest
	for day := range 365 {
		var sources []string
		for story := range 8 {
			sources = append(sources, fmt.Sprintf("https://www.example.org/%d/%d?utm_source=digest", day/2, story))
		}
		d := on(1, "tech", sources...)
		d.ID, d.Date = fmt.Sprint("tech-", day), d.Date.AddDate(0, 0, day)
		all = append(all, d)
	}
	l := Rules{}.NewLibrary(KeepAll(all))
	for b.Loop() {
		if len(l.Earlier(Keep(all[363]), week, anyDigest)) != 8 {
			b.Fatal("nothing repeats")
		}
	}
}
