package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Calendar has exceptions from a schedule: days on which it does not open, and extra days
// on which it does. A day that is both is an extra day, because work days are moved into
// the weekends around a holiday.
type Calendar struct {
	skip  []Days
	extra []time.Time // midnights of the naive calendar, sorted
}

// Days is a range of one or more days of the naive calendar.
type Days struct{ first, last time.Time }

// maxDays is the maximum length of a range of days.
const maxDays = 366

// day is the length of a day of the naive calendar, where all days are equally long.
const day = 24 * time.Hour

// ParseDays reads a day, "2026-10-01", or a range that includes its last day,
// "2026-10-01/2026-10-07". The error says what to write instead.
func ParseDays(text string) (Days, error) {
	from, to, several := strings.Cut(text, "/")
	if !several {
		to = from
	}
	first, err := time.Parse(time.DateOnly, strings.TrimSpace(from))
	if err != nil {
		return Days{}, fmt.Errorf(`days %q: write a day such as "2026-10-01", or several in a row such as "2026-10-01/2026-10-07"`, text)
	}
	last, err := time.Parse(time.DateOnly, strings.TrimSpace(to))
	switch {
	case err != nil:
		return Days{}, fmt.Errorf(`days %q: write a day such as "2026-10-01", or several in a row such as "2026-10-01/2026-10-07"`, text)
	case last.Before(first):
		return Days{}, fmt.Errorf("days %q: the last day is before the first", text)
	case last.Sub(first) >= maxDays*day:
		return Days{}, fmt.Errorf("days %q: these are more than %d days in a row", text, maxDays)
	}
	return Days{first, last}, nil
}

// Skip adds days on which nothing opens.
func (c *Calendar) Skip(d Days) { c.skip = append(c.skip, d) }

// Extra adds days on which a schedule opens as follows, instead of as usual. They are work
// days: with words, a Saturday or Sunday has all times that the schedule has from Monday to
// Friday, and so does any day on which it would not open. If there are no such times, all
// times of the schedule replace them, and a day on which it would open keeps its own. With a
// cron expression an extra day has the expression's minutes and hours.
func (c *Calendar) Extra(d Days) {
	for on := d.first; !on.After(d.last); on = on.Add(day) {
		if i, found := slices.BinarySearchFunc(c.extra, on, time.Time.Compare); !found {
			c.extra = slices.Insert(c.extra, i, on)
		}
	}
}

// On returns the schedule with the exceptions of a calendar.
func (s *Schedule) On(c Calendar) *Schedule {
	moved := *s
	moved.calendar = Calendar{slices.Clone(c.skip), slices.Clone(c.extra)}
	return &moved
}

// skips reports whether the expression does not apply on the given day.
func (c *Calendar) skips(wall time.Time) bool {
	on := wall.Truncate(day)
	if _, extra := slices.BinarySearchFunc(c.extra, on, time.Time.Compare); extra {
		return true
	}
	return slices.ContainsFunc(c.skip, func(d Days) bool { return !on.Before(d.first) && !on.After(d.last) })
}

// nextExtra returns the first time on an extra day that is later than wall.
func (s *Schedule) nextExtra(wall time.Time) time.Time {
	today := wall.Truncate(day)
	from, _ := slices.BinarySearchFunc(s.calendar.extra, today, time.Time.Compare)
	for _, on := range s.calendar.extra[from:] {
		after := on.Add(-time.Second)
		if on.Equal(today) {
			after = wall
		}
		if next := s.extra.Next(after); next.Sub(on) < day {
			return next
		}
	}
	return time.Time{}
}
