// Package schedule is the calendar: it reads a cron expression, or days and times
// in words, and computes when it opens on the wall clock of a zone. It holds
// Schedule and nothing that runs; it knows nothing of subscriptions, digests,
// deliveries or the current time.
//
// # Why
//
// People mean the clock on the wall: "half past eight" is not twenty-four
// hours after the last one. robfig/cron reads expressions well, but on the
// days on which a zone changes its offset, its own Next skips openings,
// repeats them or does not advance. So it only walks the expression, in a naive
// calendar without offsets, and each wall-clock time is then placed in the
// zone by one rule:
//
//	A time opens at the first instant at which the zone's clock shows it or
//	has gone past it.
//
// So a time that a clock change skips opens at the first instant after the
// change, several skipped times open there together, once, and a time that
// is shown twice opens when it is first shown.
//
// Words may have two meanings: "Monday 9am Friday" may mean both days at nine, or
// Monday at nine and a Friday whose time is missing, and 周五晚上1点 is in the
// night before Friday or in the one after it. A guess would post at a wrong time
// for weeks, so a text is read twice, each time with one meaning of everything
// that has two. If the readings differ, the text is refused, and the error has both.
package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/robfig/cron/v3"
)

// Schedule determines when something opens on the wall clock of a zone. It is immutable and
// safe for concurrent use.
type Schedule struct {
	spec     cron.Schedule
	extra    cron.Schedule // for extra days
	week     []Opening
	calendar Calendar
	zone     *time.Location
	text     string
}

// limit is the maximum length of an expression in characters.
const limit = 256

// example is the end of errors that ask for a whole expression.
const example = `write minute, hour, day of month, month and day of week, for example "30 8 * * 1-5", or days and times, for example "weekdays 8:30"`

// shorthands replace a whole expression.
var shorthands = map[string]string{
	"@hourly":   "0 * * * *",
	"@daily":    "0 0 * * *",
	"@midnight": "0 0 * * *",
	"@weekly":   "0 0 * * 0",
	"@monthly":  "0 0 1 * *",
	"@yearly":   "0 0 1 1 *",
	"@annually": "0 0 1 1 *",
}

// fieldNames are the five fields in order: their names and their allowed values.
var fieldNames = [...]struct{ name, want string }{
	{"minute", "0 to 59"},
	{"hour", "0 to 23"},
	{"day of month", "1 to 31"},
	{"month", "1 to 12 or jan to dec"},
	{"day of week", "0 to 7 or sun to sat"},
}

// shape is the syntax of a field. The parser of robfig/cron accepts a good deal more, such
// as "+5", "*-5" and a lone comma.
var shape = regexp.MustCompile(`^` + item + `(,` + item + `)*$`)

const item = `([*?]|[0-9A-Za-z]{1,3}(-[0-9A-Za-z]{1,3})?)(/[0-9]{1,2})?`

// Parse reads a schedule on the wall clock of zone: in words, English or Chinese, such as
// "weekdays 8:30, weekends 10:00" or "周一至周五 8点半 和 18:00"; or as a cron expression of five
// fields, or one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually.
// In a cron expression Sunday is 0 or 7, and if the day of month and the day of week are
// both restricted, either is enough, as in cron. An expression that never opens, such as
// one for 30 February, is refused. The error says what to write instead; for words that can
// be read in two ways it is an [Ambiguous].
func Parse(expr string, zone *time.Location) (*Schedule, error) {
	if utf8.RuneCountInString(expr) > limit {
		return nil, fmt.Errorf("schedule: it has more than %d characters; %s", limit, example)
	}
	read := parseCron
	if spoken(expr) {
		read = parseWords
	}
	spec, extra, w, err := read(expr)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", expr, err)
	}
	s := &Schedule{spec: spec, extra: extra, week: w.openings(), zone: zone, text: strings.TrimSpace(expr)}
	if s.Next(time.Unix(0, 0)).IsZero() {
		return nil, fmt.Errorf("schedule %q: there is no such day in any year; check day of month and month", expr)
	}
	return s, nil
}

// parseCron reads an expression; w is empty if the expression is not that simple.
func parseCron(expr string) (spec, extra cron.Schedule, w week, err error) {
	texts := strings.Fields(expr)
	if len(texts) > 0 {
		first := strings.ToLower(texts[0])
		long, ok := shorthands[first]
		switch {
		case ok && len(texts) == 1:
			texts = strings.Fields(long)
		case strings.HasPrefix(first, "@every"):
			return nil, nil, w, errors.New(`@every has no place on the clock; write for example "*/30 * * * *" for every half hour`)
		case strings.HasPrefix(first, "@"):
			return nil, nil, w, errors.New("write @hourly, @daily, @weekly, @monthly, @yearly or five fields")
		case strings.HasPrefix(first, "tz=") || strings.HasPrefix(first, "cron_tz="):
			return nil, nil, w, fmt.Errorf("the zone has a setting of its own, leave %s out", texts[0])
		}
	}
	if len(texts) != len(fieldNames) {
		return nil, nil, w, fmt.Errorf("%d fields are wanted, not %d; %s", len(fieldNames), len(texts), example)
	}
	texts[4] = sundays(texts[4])
	for i, f := range fieldNames {
		// Each field is parsed by itself, so that the error can name it.
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = texts[i]
		if _, err := parseFields(alone); err != nil || !shape.MatchString(texts[i]) {
			return nil, nil, w, fmt.Errorf("the %s is %q; write *, %s, a range like 1-5, a list like 1,3 or a step like */2",
				f.name, strings.Fields(expr)[i], f.want)
		}
	}
	if extra, err = parseFields([]string{texts[0], texts[1], "*", "*", "*"}); err != nil {
		return nil, nil, w, err
	}
	spec, err = parseFields(texts)
	return spec, extra, weekOf(spec), err
}

// parseFields passes the fields to robfig/cron. Its parser is known to panic on odd text
// (https://github.com/robfig/cron/issues/554); no text that gets here is known to be odd
// enough.
func parseFields(texts []string) (spec cron.Schedule, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the parser gave up: %v", r)
		}
	}()
	return cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(strings.Join(texts, " "))
}

var days = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// weekdays matches an item of the day-of-week field that is a day or a range of days.
var weekdays = regexp.MustCompile(`^([0-7]|[a-z]{3})(?:-([0-7]|[a-z]{3}))?(?:/([1-9][0-9]?))?$`)

// sundays rewrites a day-of-week field that counts Sunday as 7, or ends a range with it,
// for the parser, which knows Sunday only as 0: 5-7 becomes 5,6,0. Anything it does not
// understand is left for the parser to refuse.
func sundays(field string) string {
	items := strings.Split(strings.ToLower(field), ",")
	for i, text := range items {
		m := weekdays.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		low, high := weekday(m[1]), weekday(m[2])
		switch {
		case m[2] == "" && low == 7:
			high = 7
		case m[2] == "sun" && low > 0:
			high = 7
		}
		if high != 7 || low < 0 {
			continue
		}
		step := 1
		if m[3] != "" {
			step, _ = strconv.Atoi(m[3]) // the pattern allows one or two digits
		}
		var list []string
		for d := low; d <= high; d += step {
			list = append(list, strconv.Itoa(d%7))
		}
		items[i] = strings.Join(list, ",")
	}
	return strings.Join(items, ",")
}

// weekday returns the number of a day, 0 to 7, or -1.
func weekday(name string) int {
	if n, err := strconv.Atoi(name); err == nil {
		return n
	}
	return slices.Index(days, name)
}

// Next returns the first opening after an instant, in the schedule's zone; the zero time if
// there is none.
func (s *Schedule) Next(after time.Time) time.Time {
	// Every wall-clock time that opens after this instant is later than what the clock
	// shows now. Not every later one opens after it: the clock may have shown it already,
	// before it was set back.
	for wall := naive(after.In(s.zone)); ; {
		if wall = s.nextWall(wall); wall.IsZero() {
			return time.Time{}
		}
		if at := place(wall, s.zone); at.After(after) {
			return at
		}
	}
}

// Between returns the openings after from, up to and including to, in order.
func (s *Schedule) Between(from, to time.Time) []time.Time {
	var all []time.Time
	for at := s.Next(from); !at.IsZero() && !at.After(to); at = s.Next(at) {
		all = append(all, at)
	}
	return all
}

// nextWall returns the next time in the naive calendar: of the expression on a day that is
// not skipped, or on an extra day.
func (s *Schedule) nextWall(wall time.Time) time.Time {
	next := s.nextOwn(wall)
	for !next.IsZero() && s.calendar.skips(next) {
		next = s.nextOwn(next.Truncate(day).Add(day - time.Second))
	}
	if extra := s.nextExtra(wall); !extra.IsZero() && (next.IsZero() || extra.Before(next)) {
		return extra
	}
	return next
}

// nextOwn returns the next time of the expression, ignoring the calendar.
func (s *Schedule) nextOwn(wall time.Time) time.Time {
	next := s.spec.Next(wall)
	if next.IsZero() {
		// robfig/cron looks five years ahead, but 29 February may be eight
		// years away.
		next = s.spec.Next(wall.AddDate(4, 0, 0))
	}
	return next
}

// naive returns what the clock shows at t, in a calendar without offsets.
func naive(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// place returns the first instant at which the zone's clock shows a naive time or has gone
// past it.
func place(wall time.Time, zone *time.Location) time.Time {
	// No zone is a day away from UTC, so a day earlier its clock has not reached this time
	// yet.
	t := wall.Add(-24 * time.Hour).In(zone)
	for {
		if naive(t).After(wall) {
			return t // the clock was set forward over it
		}
		at := t.Add(wall.Sub(naive(t)))
		_, end := t.ZoneBounds()
		if end.IsZero() || at.Before(end) {
			return at
		}
		t = end
	}
}
