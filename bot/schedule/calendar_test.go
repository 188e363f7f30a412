package schedule_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/schedule"
)

func calendar(t *testing.T, skip, extra string) (c schedule.Calendar) {
	t.Helper()
	for _, text := range strings.Fields(skip) {
		c.Skip(days(t, text))
	}
	for _, text := range strings.Fields(extra) {
		c.Extra(days(t, text))
	}
	return c
}

func days(t *testing.T, text string) schedule.Days {
	t.Helper()
	d, err := schedule.ParseDays(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The National Day holidays of China in 2026, and the Saturday that is a work day in
// exchange.
func TestCalendar(t *testing.T) {
	shanghai := zone(t, "Asia/Shanghai")
	for _, tc := range []struct{ expr, skip, extra, from, to, want string }{
		{"30 8 * * 1-5", "", "", "2026-09-30", "2026-10-03", "30 1 2"},
		{"30 8 * * 1-5", "2026-10-01/2026-10-07", "", "2026-09-30", "2026-10-12", "30 8 9 12"},
		{"30 8 * * 1-5", "2026-10-01/2026-10-07", "2026-10-10", "2026-09-30", "2026-10-12", "30 8 9 10 12"},
		{"30 8 * * 1-5", "2026-10-01/2026-10-07", "2026-10-03", "2026-09-30", "2026-10-08", "30 3 8"}, // extra within skip
		{"30 8 * * 1-5", "2026-10-05 2026-10-06", "2026-10-05", "2026-10-04", "2026-10-07", "5 7"},
		{"0 8,20 * * 1-5", "2026-10-02", "2026-10-03", "2026-10-01", "2026-10-05", "1 1 3 3 5 5"},
		{"30 8 * * *", "2026-10-01/2026-10-03 2026-10-03/2026-10-05", "", "2026-09-30", "2026-10-06", "30 6"},
		{"30 8 1 * *", "", "2026-10-03/2026-10-04", "2026-09-30", "2026-10-06", "1 3 4"},
	} {
		from, err1 := time.ParseInLocation(time.DateOnly, tc.from, shanghai)
		to, err2 := time.ParseInLocation(time.DateOnly, tc.to, shanghai)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		s := parse(t, tc.expr, shanghai).On(calendar(t, tc.skip, tc.extra))
		var got []string
		for _, at := range s.Between(from, to.Add(24*time.Hour-time.Second)) {
			got = append(got, fmt.Sprint(at.Day()))
		}
		if got := strings.Join(got, " "); got != tc.want {
			t.Errorf("%s without %q, with %q: opens on %s, want %s", tc.expr, tc.skip, tc.extra, got, tc.want)
		}
	}
	if at := parse(t, "0 9 29 2 *", time.UTC).On(calendar(t, "2028-02-29", "")).Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); at.Year() != 2032 {
		t.Errorf("the leap day after a skipped one is %s, want one in 2032", at)
	}
}

// A schedule is not affected by later changes of the calendar.
func TestCalendarIsCopied(t *testing.T) {
	c := calendar(t, "2026-10-01/2026-12-31", "2026-10-10 2026-10-11 2026-10-12")
	s := parse(t, "30 8 * * *", time.UTC).On(c)
	c.Extra(days(t, "2026-10-05"))
	if got := s.Next(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)).Day(); got != 10 {
		t.Errorf("it opens on %d, want 10", got)
	}
}

func TestParseDaysErrors(t *testing.T) {
	for text, want := range map[string]string{
		"": "write a day such as", "tomorrow": "write a day such as", "2026-10-01/": "write a day such as", "2026-02-30": "write a day such as",
		"2026-10-07/2026-10-01": "before the first", "2026-10-01/2028-10-01": "more than 366 days",
	} {
		if _, err := schedule.ParseDays(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseDays(%q) = %v, want %q", text, err, want)
		}
	}
}

// The openings of any expression around any clock change of any zone are those that an
// observer of a wall clock would see: minute by minute, each matching time that was not
// shown before and, at the same moment, those that a change skips.
func TestAnyExpressionInAnyZone(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	const seed = 20261123
	random := rand.New(rand.NewPCG(seed, 1))
	pick := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	number := func(below int) string { return fmt.Sprint(random.IntN(below)) }
	all := zones(t)
	for range 3000 {
		z := all[random.IntN(len(all))]
		expr := strings.Join([]string{
			pick(number(60), "0", "30", "*/"+number(29)[:1]+"1", "*", number(30)+"-"+fmt.Sprint(30+random.IntN(30))),
			pick(number(24), number(4), "0", "*", "*/2", number(4)+","+fmt.Sprint(4+random.IntN(20))),
			pick("*", "*", "*", fmt.Sprint(1+random.IntN(28)), "1-15"), pick("*", "*", "*", fmt.Sprint(1+random.IntN(12)), "3,4,9-11"), pick("*", "*", "1-5", "0,6", number(8)),
		}, " ")
		s, plain := parse(t, expr, z), parse(t, expr, time.UTC)
		middle := time.Date(2020+random.IntN(10), 1, 1, 0, random.IntN(366*24*60), 0, 0, z)
		if _, change := middle.ZoneBounds(); !change.IsZero() && random.IntN(4) > 0 {
			middle = change
		}
		from, to := middle.Add(-5*time.Hour), middle.Add(5*time.Hour)
		var want []time.Time
		shown := naive(from)
		for at := from.Truncate(time.Minute).Add(time.Minute); !at.After(to); at = at.Add(time.Minute) {
			wall := naive(at)
			if !wall.After(shown) {
				continue
			}
			if next := plain.Next(shown); !next.IsZero() && !next.After(wall) {
				want = append(want, at)
			}
			shown = wall
		}
		got := s.Between(from, to)
		if !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Fatalf("seed %d: %q in %s from %s: got %q, want %q", seed, expr, z, from, stamps(got), stamps(want))
		}
		for i := 1; i < len(got); i++ {
			if !got[i].After(got[i-1]) {
				t.Fatalf("seed %d: %q in %s: %s comes after %s", seed, expr, z, got[i], got[i-1])
			}
		}
	}
}
