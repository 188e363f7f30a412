package schedule_test

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"github.com/digestbot/digestbot/bot/schedule"
)

// zoneNames are the names of the tz database, one a line.
//
//go:embed testdata/zones.txt
var zoneNames string

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func zones(t testing.TB) []*time.Location {
	t.Helper()
	var all []*time.Location
	for name := range strings.Lines(zoneNames) {
		all = append(all, zone(t, strings.TrimSpace(name)))
	}
	if len(all) < 400 {
		t.Fatalf("got %d zones, want the whole tz database", len(all))
	}
	return all
}

func parse(t testing.TB, expr string, z *time.Location) *schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(expr, z)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// stamps formats times as their zone's clock shows them, with the offset.
func stamps(times []time.Time) []string {
	out := []string{}
	for _, t := range times {
		out = append(out, t.Format("01-02 15:04 -0700"))
	}
	return out
}

// TestClockChanges covers whole days on which zones change their offset.
func TestClockChanges(t *testing.T) {
	for _, tc := range []struct {
		name, zone, expr string
		day              string // what is covered: from 23:45 of the day before to 23:44
		want             []string
	}{
		{"gap", "America/New_York", "30 2 * * *", "2026-03-08", []string{"03-08 03:00 -0400"}},
		{"before the gap", "America/New_York", "59 1 * * *", "2026-03-08", []string{"03-08 01:59 -0500"}},
		{"after the gap", "America/New_York", "0 3 * * *", "2026-03-08", []string{"03-08 03:00 -0400"}},
		{"many in the gap open once", "America/New_York", "*/15 2,3 * * *", "2026-03-08", []string{"03-08 03:00 -0400", "03-08 03:15 -0400", "03-08 03:30 -0400", "03-08 03:45 -0400"}},
		{"overlap opens first", "America/New_York", "30 1 * * *", "2026-11-01", []string{"11-01 01:30 -0400"}},
		{"many in the overlap open first", "America/New_York", "*/30 0-2 * * *", "2026-11-01", []string{
			"11-01 00:00 -0400", "11-01 00:30 -0400", "11-01 01:00 -0400", "11-01 01:30 -0400", "11-01 02:00 -0500", "11-01 02:30 -0500"}},
		{"the end of the overlap", "America/New_York", "0 2 * * *", "2026-11-01", []string{"11-01 02:00 -0500"}},
		{"gap", "Europe/Berlin", "30 2 * * *", "2026-03-29", []string{"03-29 03:00 +0200"}},
		{"overlap", "Europe/Berlin", "30 2 * * *", "2026-10-25", []string{"10-25 02:30 +0200"}},
		{"half an hour forward", "Australia/Lord_Howe", "15 2 * * *", "2026-10-04", []string{"10-04 02:30 +1100"}},
		{"nine on the day forward", "Australia/Lord_Howe", "0 9 * * *", "2026-10-04", []string{"10-04 09:00 +1100"}},
		{"half an hour back", "Australia/Lord_Howe", "45 1 * * *", "2026-04-05", []string{"04-05 01:45 +1100"}},
		{"nine on the day back", "Australia/Lord_Howe", "0 9 * * *", "2026-04-05", []string{"04-05 09:00 +1030"}},
		{"quarter to, back", "Pacific/Chatham", "45 3 * * *", "2026-04-05", []string{"04-05 03:45 +1245"}},
		{"repeated quarter, back", "Pacific/Chatham", "0 3 * * *", "2026-04-05", []string{"04-05 03:00 +1345"}},
		{"quarter to, forward", "Pacific/Chatham", "0 3 * * *", "2026-09-27", []string{"09-27 03:45 +1345"}},
		{"midnight is skipped", "Africa/Cairo", "0 0 * * *", "2026-04-24", []string{"04-24 01:00 +0300"}},
		{"midnight is skipped", "America/Santiago", "0 0 * * *", "2026-09-06", []string{"09-06 01:00 -0300"}},
		{"the hour before midnight repeats", "America/Santiago", "30 23 * * *", "2026-04-04", []string{"04-04 23:30 -0300"}},
		{"two hours forward", "Antarctica/Troll", "30 1,2 * * *", "2026-03-29", []string{"03-29 03:00 +0200"}},
		{"two hours back", "Antarctica/Troll", "30 1,2 * * *", "2026-10-25", []string{"10-25 01:30 +0200", "10-25 02:30 +0200"}},
		{"nothing changes", "Asia/Shanghai", "30 8 * * 1-5", "2026-11-23", []string{"11-23 08:30 +0800"}},
		{"nothing changes, closed", "Asia/Shanghai", "30 8 * * 1-5", "2026-11-22", []string{}},
	} {
		t.Run(tc.zone+" "+tc.name, func(t *testing.T) {
			z := zone(t, tc.zone)
			s := parse(t, tc.expr, z)
			day, err := time.Parse(time.DateOnly, tc.day)
			if err != nil {
				t.Fatal(err)
			}
			y, m, d := day.Date()
			got := stamps(s.Between(time.Date(y, m, d-1, 23, 45, 0, 0, z), time.Date(y, m, d, 23, 44, 0, 0, z)))
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestSkippedDay: Apia left out a whole day when it crossed the date line.
func TestSkippedDay(t *testing.T) {
	apia := zone(t, "Pacific/Apia")
	from := time.Date(2011, 12, 29, 8, 0, 0, 0, apia)
	got := stamps(parse(t, "0 9 * * *", apia).Between(from, from.Add(48*time.Hour)))
	want := []string{"12-29 09:00 -1000", "12-31 00:00 +1400", "12-31 09:00 +1400"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// naive returns what the clock shows at t, in a calendar without offsets.
func naive(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// checkPlace checks an opening against the rule: at that instant the clock shows the
// wall-clock time or has gone past it, and at no earlier one.
func checkPlace(t interface{ Fatalf(string, ...any) }, at, wall time.Time) {
	if naive(at).Before(wall) {
		t.Fatalf("%s opens at %s, before its time", wall.Format(time.DateTime), at)
	}
	for _, ago := range []time.Duration{1, time.Second, 15 * time.Minute, 30 * time.Minute, time.Hour, 90 * time.Minute, 2 * time.Hour, 3 * time.Hour} {
		if early := at.Add(-ago); !naive(early).Before(wall) {
			t.Fatalf("%s opens at %s, but %s was early enough", wall.Format(time.DateTime), at, early)
		}
	}
}

// TestDaily: in every zone, a daily schedule opens once for each day of the
// calendar, in order, each time by the rule.
func TestDaily(t *testing.T) {
	all := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SampledFrom(all).Draw(t, "zone")
		hour, minute := rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")
		s, err := schedule.Parse(fmt.Sprintf("%d %d * * *", minute, hour), z)
		if err != nil {
			t.Fatalf("%v", err)
		}
		at := time.Date(2023, 12, 31, hour, minute, 0, 0, z)
		for wall := time.Date(2024, 1, 1, hour, minute, 0, 0, time.UTC); wall.Year() < 2029; wall = wall.AddDate(0, 0, 1) {
			next := s.Next(at)
			if !next.After(at) {
				t.Fatalf("after %s comes %s", at, next)
			}
			checkPlace(t, next, wall)
			at = next
		}
	})
}

// TestEveryClockChange checks every change of every zone, five minutes at a time, against
// the rule.
func TestEveryClockChange(t *testing.T) {
	const step = 5 * time.Minute
	changes := 0
	for _, z := range zones(t) {
		s := parse(t, "*/5 * * * *", z)
		_, change := time.Date(2024, 1, 1, 0, 0, 0, 0, z).ZoneBounds()
		for ; !change.IsZero() && change.Year() < 2029; _, change = change.ZoneBounds() {
			changes++
			from, to := change.Add(-4*time.Hour), change.Add(4*time.Hour)
			got := s.Between(from, to)

			// The rule requires an opening whenever the clock reaches a multiple of five
			// minutes for the first time, or jumps over one.
			var want []time.Time
			high := naive(from)
			for at := from.Truncate(time.Minute).Add(time.Minute); !at.After(to); at = at.Add(time.Minute) {
				if wall := naive(at); wall.After(high) {
					if wall.Truncate(step).After(high) {
						want = append(want, at)
					}
					high = wall
				}
			}
			if !slices.EqualFunc(got, want, time.Time.Equal) {
				t.Errorf("%s at %s: got %q, want %q", z, change, stamps(got), stamps(want))
				continue
			}
			// A query at any other moment, as after a restart, gives the same result.
			for at := from; at.Before(want[len(want)-1]); at = at.Add(7 * time.Minute) {
				first, _ := slices.BinarySearchFunc(want, at, func(w, at time.Time) int {
					if w.After(at) {
						return 1
					}
					return -1
				})
				if next := s.Next(at); !next.Equal(want[first]) {
					t.Errorf("%s: after %s comes %s, want %s", z, at, next, want[first])
				}
			}
		}
	}
	if changes < 1000 {
		t.Errorf("walked %d changes, want more than 1000", changes)
	}
}

func TestNext(t *testing.T) {
	shanghai := zone(t, "Asia/Shanghai")
	for _, tc := range []struct{ expr, after, want string }{
		{"30 8 * * 1-5", "2026-11-20 08:29:59", "2026-11-20 08:30"},
		{"30 8 * * 1-5", "2026-11-20 08:30:00", "2026-11-23 08:30"},
		{"30 8 * * mon-fri", "2026-11-20 08:30:00", "2026-11-23 08:30"},
		{"0 9 * * 7", "2026-11-23 00:00:00", "2026-11-29 09:00"},
		{"0 9 * * 0", "2026-11-23 00:00:00", "2026-11-29 09:00"},
		{"0 9 * * 5-7", "2026-11-23 00:00:00", "2026-11-27 09:00"},
		{"0 9 * * 5-7", "2026-11-28 10:00:00", "2026-11-29 09:00"},
		{"0 9 * * FRI-SUN", "2026-11-28 10:00:00", "2026-11-29 09:00"},
		{"0 9 * * 1-7/2", "2026-11-23 09:00:00", "2026-11-25 09:00"},
		{"0 9 * * 1-7/2", "2026-11-28 09:00:00", "2026-11-29 09:00"},
		{"0 9 * * 1-7/2", "2026-11-29 09:00:00", "2026-11-30 09:00"},
		{"0 9 * * 2,7", "2026-11-24 09:00:00", "2026-11-29 09:00"},
		{"0 9 * * 5/2", "2026-11-23 09:00:00", "2026-11-27 09:00"},
		{"0 9 * * 0-7", "2026-11-23 09:00:00", "2026-11-24 09:00"},
		{"0 9 1 * 7", "2026-11-23 09:00:00", "2026-11-29 09:00"}, // either is enough
		{"0 9 1 * 7", "2026-11-29 09:00:00", "2026-12-01 09:00"},
		{"@daily", "2026-11-23 09:00:00", "2026-11-24 00:00"},
		{"@Midnight", "2026-11-23 09:00:00", "2026-11-24 00:00"},
		{"@hourly", "2026-11-23 09:00:00", "2026-11-23 10:00"},
		{"@weekly", "2026-11-23 09:00:00", "2026-11-29 00:00"},
		{"@monthly", "2026-11-23 09:00:00", "2026-12-01 00:00"},
		{"@yearly", "2026-11-23 09:00:00", "2027-01-01 00:00"},
		{"@annually", "2026-11-23 09:00:00", "2027-01-01 00:00"},
		{" 30\t8  * * 1-5 ", "2026-11-20 08:29:59", "2026-11-20 08:30"},
		{"30　8　*　*　1-5", "2026-11-20 08:29:59", "2026-11-20 08:30"}, // full-width spaces
		{"0 0 29 2 *", "2096-03-01 00:00:00", "2104-02-29 00:00"},   // 2100 is not a leap year
		{"0 0 29 feb ?", "2026-11-23 00:00:00", "2028-02-29 00:00"},
	} {
		after, err := time.ParseInLocation(time.DateTime, tc.after, shanghai)
		if err != nil {
			t.Fatal(err)
		}
		// Only the instant counts, not the zone in which it is written.
		got := parse(t, tc.expr, shanghai).Next(after.UTC())
		if got.Format("2006-01-02 15:04") != tc.want || got.Location() != shanghai {
			t.Errorf("%q after %s: got %s, want %s", tc.expr, tc.after, got, tc.want)
		}
	}
}

func TestBetween(t *testing.T) {
	s := parse(t, "0 9 * * *", time.UTC)
	nine := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name     string
		from, to time.Time
		want     int
	}{
		{"from is left out", nine, nine.Add(time.Hour), 0},
		{"to is in", nine.Add(-time.Nanosecond), nine, 1},
		{"several", nine, nine.AddDate(0, 0, 3), 3},
		{"the wrong way round", nine.AddDate(0, 0, 3), nine, 0},
		{"empty", nine, nine, 0},
	} {
		if got := s.Between(tc.from, tc.to); len(got) != tc.want {
			t.Errorf("%s: got %v, want %d", tc.name, got, tc.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tc := range []struct{ expr, want string }{
		{"", `5 fields are wanted, not 0; write minute, hour`},
		{"30 8 * *", `5 fields are wanted, not 4`},
		{"0 30 8 * * 1-5", `5 fields are wanted, not 6`},
		{"60 8 * * *", `the minute is "60"; write *, 0 to 59`},
		{"30 24 * * *", `the hour is "24"; write *, 0 to 23`},
		{"30 8 0 * *", `the day of month is "0"; write *, 1 to 31`},
		{"30 8 * 13 *", `the month is "13"`},
		{"30 8 * * 8", `the day of week is "8"; write *, 0 to 7 or sun to sat`},
		{"30 8 * * 6-8", `the day of week is "6-8"`},
		{"30 8 * * fri-mon", `the day of week is "fri-mon"`},
		{"30 8 * * MONDAY", `the day of week is "MONDAY"`},
		{"30 8 * * 5#2", `the day of week is "5#2"`},
		{"30 8 L * *", `the day of month is "L"`},
		{"+5 8 * * *", `the minute is "+5"`},
		{"*-5 8 * * *", `the minute is "*-5"`},
		{", 8 * * *", `the minute is ","`},
		{"1,,2 8 * * *", `the minute is "1,,2"`},
		{"*/0 8 * * *", `the minute is "*/0"`},
		{"*/4294967297 8 * * *", `the minute is "*/4294967297"`},
		{"30 8 * * 1-7/0", `the day of week is "1-7/0"`},
		{"30 8 30 2 *", `there is no such day`},
		{"30 8 31 4,6,9,11 *", `there is no such day`},
		{"TZ=", "leave TZ= out"},
		{"CRON_TZ=Europe/Berlin", "leave CRON_TZ=Europe/Berlin out"},
		{"TZ=UTC 30 8 * * *", "leave TZ=UTC out"},
		{"@every 1h", `write for example "*/30 * * * *"`},
		{"@every -1h", "@every has no place"},
		{"@reboot", "write @hourly, @daily"},
		{"@daily 5", "write @hourly, @daily"},
		{"@everyone", "write"},
		{"<!channel> 8 * * *", `the minute is "<!channel>"`},
		{"三十 8 * * *", `the minute is "三十"`},
		{"30 8 * * \x00", `the day of week is "\x00"`},
		{strings.Repeat("1,", 1<<20) + "2 8 * * *", "it has more than 256 characters"},
	} {
		_, err := schedule.Parse(tc.expr, time.UTC)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%.40q: got error %v, want %q", tc.expr, err, tc.want)
			continue
		}
		if len(err.Error()) > 600 || !strings.HasPrefix(err.Error(), "schedule") {
			t.Errorf("%.40q: got error %v", tc.expr, err)
		}
	}
}

// FuzzParse: whatever the text, Parse returns, and what it accepts opens again
// and again.
func FuzzParse(f *testing.F) {
	for _, expr := range []string{"30 8 * * 1-5", "@daily", "TZ=UTC", "*/4294967297 * * * *", "0 0 29 2 */7", "? ? ? ? ?", "5-1 * * * 7-7/9"} {
		f.Add(expr)
	}
	chatham, err := time.LoadLocation("Pacific/Chatham")
	if err != nil {
		f.Fatal(err)
	}
	for _, words := range []string{"weekdays 8:30", "mon to fri 9pm, 10", "周一三五 九点半", "每天９点、下午3点", "to to - 周", "weekdays 8:30, weekends 10:00", "周一二十点", "周五晚上12点; mon midnight", "9am and 5 on mon to mon", "除 凌晨 13 点 半 刻", "mon 24:00:00"} {
		f.Add(words)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		s, err := schedule.Parse(expr, chatham)
		if err != nil {
			return
		}
		at := time.Date(2026, 4, 4, 12, 0, 0, 0, chatham)
		for range 5 {
			next := s.Next(at)
			if !next.After(at) {
				t.Fatalf("%q: after %s comes %s", expr, at, next)
			}
			at = next
		}
	})
}

func BenchmarkNext(b *testing.B) {
	s := parse(b, "30 8 * * 1-5", zone(b, "Europe/Berlin"))
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for b.Loop() {
		s.Next(at)
	}
}
