package schedule

import (
	"errors"
	"fmt"
	"math/bits"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Opening is a list of days of the week, Monday first, and the times at which a schedule
// opens on each of them, as hour and minute.
type Opening struct {
	Days  []time.Weekday
	Times [][2]int
}

// Ambiguous is the error for words that can be read in two ways.
type Ambiguous struct {
	// Readings are the two readings. An opening without times has days whose time is
	// missing.
	Readings [2][]Opening
}

// Error does not include the readings: the caller formats them, in the language of the
// reader.
func (*Ambiguous) Error() string { return "it can be read in two ways" }

// timesLimit is the maximum number of times per day in words.
const timesLimit = 24

// set is a set of days of the week: the bit 1<<d for each time.Weekday d.
type set byte

const (
	everyDay set = 1<<7 - 1
	workDays set = 1<<time.Monday | 1<<time.Tuesday | 1<<time.Wednesday | 1<<time.Thursday | 1<<time.Friday
)

func (s set) has(d time.Weekday) bool { return s&(1<<d) != 0 }

func (s set) single() bool { return bits.OnesCount8(uint8(s)) == 1 }

// fromMonday are the days of the week in the order in which they are listed.
var fromMonday = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

// week has the times of each day, by time.Weekday, in minutes since midnight.
type week struct {
	times   [7][]int
	missing set // days that are named without a time
}

// parseWords reads days and the times at which they open. Without days, the times are those
// of every day.
func parseWords(text string) (spec, extra cron.Schedule, w week, err error) {
	if w, err = read(text, false); err != nil {
		return nil, nil, w, err
	}
	if other, err := read(text, true); err == nil && !reflect.DeepEqual(w, other) {
		return nil, nil, w, &Ambiguous{[2][]Opening{w.openings(), other.openings()}}
	}
	if spec, err = w.spec(); err != nil {
		return nil, nil, w, err
	}
	extra, err = w.onExtraDays().spec()
	return spec, extra, w, err
}

// read returns one reading of a text.
func read(text string, second bool) (week, error) {
	tokens, err := scan(text, second)
	if err != nil {
		return week{}, err
	}
	if !slices.ContainsFunc(tokens, token.isTime) {
		return week{}, errors.New("there is no time of day; " + wordsExample)
	}
	w := fill(bind(tokens, second), second)
	for _, times := range w.times {
		if len(times) > timesLimit {
			return week{}, fmt.Errorf("there are more than %d times a day", timesLimit)
		}
	}
	return w, nil
}

// run is a sequence of adjacent tokens of one kind, days or times.
type run []token

// gap returns what precedes a run.
func (r run) gap() gap { return r[0].gap }

// runs groups adjacent tokens into runs.
func runs(tokens []token) (all []run) {
	for i, it := range tokens {
		if i == 0 || it.isTime() != tokens[i-1].isTime() {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], it)
	}
	return all
}

// group is a list of days and the times that belong to them.
type group struct {
	days  set
	times []int
}

// bind assigns times to days. Text between semicolons is bound by itself; in the first
// reading only if every piece has days and times.
func bind(tokens []token, second bool) (groups []group) {
	var clauses [][]run
	complete := true
	for rest := tokens; len(rest) > 0; {
		end := 1
		for end < len(rest) && rest[end].gap < semicolon {
			end++
		}
		clause := runs(rest[:end])
		clauses, complete, rest = append(clauses, clause), complete && len(clause)%2 == 0, rest[end:]
	}
	if !complete && !second {
		return bindRuns(runs(tokens), false)
	}
	for _, clause := range clauses {
		groups = append(groups, bindRuns(clause, second)...)
	}
	return groups
}

// bindRuns binds runs, which alternate between days and times, pairwise in order: "weekdays
// 8:30, weekends 10:00" and "9am on Monday and 5pm on Friday".
func bindRuns(all []run, second bool) []group {
	n := len(all)
	if n == 1 {
		return pairs(all)
	}
	if n%2 == 0 {
		if second && scattered(all) {
			return slices.Concat(pairs(all[:1]), pairs(all[1:n-1]), pairs(all[n-1:]))
		}
		return pairs(all)
	}
	// One run is left over: the last, unless the first is farther away. It belongs to the
	// nearest run of its kind, or else stands alone.
	if all[1].gap() > all[n-1].gap() {
		if second {
			return slices.Concat(pairs(all[:1]), pairs(all[1:]))
		}
		joined := slices.Clone(all[1:])
		joined[1] = slices.Concat(all[0], joined[1])
		return pairs(joined)
	}
	last, before := all[n-1], all[n-2]
	if !second {
		joined := slices.Clone(all[:n-1])
		joined[n-3] = slices.Concat(joined[n-3], last)
		return pairs(joined)
	}
	if end := len(before) - 1; end > 0 && before.gap() == last.gap() { // Monday 9:00 18:00 Friday
		parted := append(slices.Clone(all[:n-2]), before[:end])
		return slices.Concat(pairs(parted), pairs([]run{before[end:], last}))
	}
	return slices.Concat(pairs(all[:n-1]), pairs(all[n-1:]))
}

// scattered reports whether commas separate what the order binds, and do not separate what
// it does not: "Monday, 9am Friday, 5pm".
func scattered(all []run) bool {
	within, between := none, semicolon
	for i, r := range all[1:] {
		if i%2 == 0 {
			within = max(within, r.gap())
		} else {
			between = min(between, r.gap())
		}
	}
	return within > between
}

// pairs binds each run to the next. Times alone are those of every day, and days alone have
// no time.
func pairs(all []run) (groups []group) {
	for pair := range slices.Chunk(all, 2) {
		var g group
		for _, it := range slices.Concat(pair...) {
			if it.isTime() {
				g.times = append(g.times, it.at)
			}
			g.days |= it.days
		}
		if g.days == 0 {
			g.days = everyDay
		}
		groups = append(groups, g)
	}
	return groups
}

// fill returns the week of groups. If a day also occurs in a larger group, its times are
// added up in the first reading, and replace those of the larger group in the second:
// "daily 9:00, weekends 10:00".
func fill(groups []group, second bool) (w week) {
	for _, g := range groups {
		if len(g.times) == 0 {
			w.missing |= g.days
		}
		for _, d := range fromMonday {
			if !g.days.has(d) || second && slices.ContainsFunc(groups, func(other group) bool {
				return other.days.has(d) && other.days != g.days && other.days&^g.days == 0 && len(other.times) > 0
			}) {
				continue
			}
			for _, at := range g.times {
				w.add((d+time.Weekday(at/minutesADay))%7, at%minutesADay)
			}
		}
	}
	for d, times := range w.times {
		if len(times) > 0 {
			w.missing &^= 1 << d
		}
	}
	return w
}

const minutesADay = 24 * 60

func (w *week) add(d time.Weekday, at int) {
	if i, found := slices.BinarySearch(w.times[d], at); !found {
		w.times[d] = slices.Insert(w.times[d], i, at)
	}
}

// openings groups days with the same times.
func (w week) openings() (all []Opening) {
	for _, d := range fromMonday {
		var times [][2]int
		for _, at := range w.times[d] {
			times = append(times, [2]int{at / 60, at % 60})
		}
		if times == nil && !w.missing.has(d) {
			continue
		}
		i := slices.IndexFunc(all, func(o Opening) bool { return slices.Equal(o.Times, times) })
		if i < 0 {
			i, all = len(all), append(all, Opening{Times: times})
		}
		all[i].Days = append(all[i].Days, d)
	}
	return all
}

// onExtraDays returns the times of an extra day, by day of the week, see [Calendar.Extra].
func (w week) onExtraDays() (extra week) {
	var work, all week // their times, as if they were all on one day
	for d, times := range w.times {
		for _, at := range times {
			all.add(0, at)
			if workDays.has(time.Weekday(d)) {
				work.add(0, at)
			}
		}
	}
	others := work.times[0]
	if others == nil {
		others = all.times[0]
	}
	for d, times := range w.times {
		if times == nil || work.times[0] != nil && !workDays.has(time.Weekday(d)) {
			times = others
		}
		extra.times[d] = times
	}
	return extra
}

// spec converts the week for robfig/cron.
func (w week) spec() (cron.Schedule, error) {
	var u union
	for _, o := range w.openings() {
		var days []string
		for _, d := range o.Days {
			days = append(days, strconv.Itoa(int(d)))
		}
		for _, at := range o.Times {
			one, err := parseFields([]string{strconv.Itoa(at[1]), strconv.Itoa(at[0]), "*", "*", strings.Join(days, ",")})
			if err != nil {
				return nil, err
			}
			u = append(u, one)
		}
	}
	return u, nil
}

// union opens whenever one of its schedules does.
type union []cron.Schedule

// Next returns the earliest Next of the schedules.
func (u union) Next(t time.Time) (first time.Time) {
	for _, s := range u {
		if next := s.Next(t); first.IsZero() || !next.IsZero() && next.Before(first) {
			first = next
		}
	}
	return first
}

// weekOf returns the week of an expression, empty for one that is not that simple.
func weekOf(spec cron.Schedule) (w week) {
	x, simple := spec.(*cron.SpecSchedule)
	if !simple || x.Dom&restricted == 0 || x.Month&^restricted != 1<<13-2 || bits.OnesCount64(x.Hour&^restricted)*bits.OnesCount64(x.Minute&^restricted) > timesLimit {
		return w
	}
	for _, d := range fromMonday {
		for at := range minutesADay {
			if x.Dow&(1<<d) != 0 && x.Hour&(1<<(at/60)) != 0 && x.Minute&(1<<(at%60)) != 0 {
				w.add(d, at)
			}
		}
	}
	return w
}

// restricted is the bit that robfig/cron sets in a field that is *.
const restricted = 1 << 63

// Week returns on which days of the week and at which times of day the schedule opens, with
// days grouped by times; nil for a schedule that is not that simple.
func (s *Schedule) Week() []Opening { return s.week }

// String returns the schedule as it was written.
func (s *Schedule) String() string { return s.text }
