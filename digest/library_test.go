package digest

import (
	"strings"
	"testing"
	"time"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

func ids(digests []*Card) string {
	var out []string
	for _, d := range digests {
		out = append(out, d.ID)
	}
	return strings.Join(out, " ")
}

func TestLibraryOrder(t *testing.T) {
	l := Rules{}.NewLibrary(KeepAll([]*Digest{
		{Card: Card{ID: "b", Date: day(2)}}, {Card: Card{ID: "a", Date: day(2)}},
		{Card: Card{ID: "noon", Date: day(2).Add(12 * time.Hour)}}, {Card: Card{ID: "old", Date: day(1)}}, {Card: Card{ID: "old", Date: day(9)}},
	}))
	if got, want := ids(l.All()), "noon a b old"; got != want {
		t.Errorf("digests %s, want %s", got, want)
	}
	if l.Newest().ID != "noon" || l.Len() != 4 || l.ByID("old") == nil || l.ByID("new") != nil {
		t.Error("the library does not find what it holds")
	}
	empty := Rules{}.NewLibrary(nil)
	if empty.Newest() != nil || empty.Len() != 0 || len(empty.Tags()) != 0 {
		t.Error("the empty library is not empty")
	}
}

func TestReadingOrder(t *testing.T) {
	l := Rules{}.NewLibrary(KeepAll([]*Digest{{Card: Card{ID: "c", Date: day(3)}}, {Card: Card{ID: "a", Date: day(1)}}, {Card: Card{ID: "b", Date: day(2)}}}))
	for id, want := range map[string]string{"a": "<nil> b", "b": "a c", "c": "b <nil>", "unknown": "<nil> <nil>"} {
		name := func(d *Card) string {
			if d == nil {
				return "<nil>"
			}
			return d.ID
		}
		if got := name(l.Previous(id)) + " " + name(l.Next(id)); got != want {
			t.Errorf("around %s are %s, want %s", id, got, want)
		}
	}
}

func TestDaysAndCategories(t *testing.T) {
	shanghai := time.FixedZone("", 8*60*60)
	l := Rules{}.NewLibrary(KeepAll([]*Digest{
		{Card: Card{ID: "late", Date: time.Date(2026, 1, 2, 0, 30, 0, 0, shanghai), Categories: []string{"Tech", "tech"}}}, // still the 1st in UTC
		{Card: Card{ID: "early", Date: day(2), Categories: []string{"ｔｅｃｈ", "cloud-native"}}},
		{Card: Card{ID: "before", Date: day(1), Categories: []string{"Cloud Native"}}},
	}))
	for _, c := range []struct {
		day  time.Time
		want string
	}{
		{day(2), "early late"}, {day(1).Add(23 * time.Hour), "before"}, {day(3), ""}, {time.Time{}, ""},
	} {
		if got := ids(l.OnDay(c.day)); got != c.want {
			t.Errorf("on %s are %q, want %q", c.day, got, c.want)
		}
	}
	for name, want := range map[string]string{"TECH": "early late", "cloud native": "early before", "sports": "", "": ""} {
		if got := ids(l.InCategory(name)); got != want {
			t.Errorf("in %q are %q, want %q", name, got, want)
		}
	}
}

// There are 50 hours between the start of a day in the first place on Earth and its end
// in the last.
func TestDaysAllOverTheEarth(t *testing.T) {
	var digests []*Digest
	for zone := -12; zone <= 14; zone++ {
		for hour := range 24 * 3 {
			date := time.Date(2026, 1, 1, hour, 59, 59, 0, time.FixedZone("", zone*60*60))
			digests = append(digests, &Digest{Card: Card{ID: date.Format("02T15-07"), Date: date}})
		}
	}
	l := Rules{}.NewLibrary(KeepAll(digests))
	for n := 1; n < 5; n++ {
		var want []*Card
		for _, d := range l.All() {
			if d.Date.Day() == n {
				want = append(want, d)
			}
		}
		if got := l.OnDay(day(n)); ids(got) != ids(want) {
			t.Errorf("on the %d. are %d digests, want %d", n, len(got), len(want))
		}
	}
}
