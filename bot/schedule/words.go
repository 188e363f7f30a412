package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/robfig/cron/v3"
)

// wordsExample ends the errors of schedules in words.
const wordsExample = `write days and times, for example "weekdays 8:30", "mon, wed 9:00 and 18:00" or "每天 9点"`

// timesLimit is the most times a day that words give.
const timesLimit = 24

// dayWords are the words for days, in lower case, as days of week of cron.
var dayWords = func() map[string][]int {
	words := map[string][]int{
		"daily": {}, "everyday": {}, "day": {}, "days": {}, "每天": {}, "每日": {}, "天天": {},
		"weekdays": {1, 2, 3, 4, 5}, "weekday": {1, 2, 3, 4, 5}, "workdays": {1, 2, 3, 4, 5}, "workday": {1, 2, 3, 4, 5}, "工作日": {1, 2, 3, 4, 5}, "平日": {1, 2, 3, 4, 5},
		"weekends": {0, 6}, "weekend": {0, 6}, "周末": {0, 6}, "週末": {0, 6},
	}
	for i, name := range []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"} {
		for _, word := range []string{name, name + "s", name[:3], name[:4]} {
			words[word] = []int{i}
		}
	}
	words["thurs"], words["thur"] = []int{4}, []int{4}
	for i, name := range []string{"日天", "一", "二", "三", "四", "五", "六"} {
		for _, n := range name {
			for _, week := range weekWords {
				words[week+string(n)] = []int{i}
			}
		}
	}
	return words
}()

// weekWords stand before the number of a day, in Chinese.
var weekWords = []string{"周", "週", "星期", "礼拜", "禮拜"}

// prefix is the week word that a day begins with, else the one before.
func prefix(day, before string) string {
	for _, week := range weekWords {
		if rest, ok := strings.CutPrefix(day, week); ok && strings.Contains("一二三四五六日天", rest) {
			return week
		}
	}
	return before
}

// hourNames are hours in Chinese numbers.
var hourNames = regexp.MustCompile(`[一二两兩三四五六七八九十]{1,3}[点點时時]`)

// hourName writes such an hour in digits.
func hourName(text string) string {
	digits := []rune(text)
	mark := digits[len(digits)-1]
	hour, ones := 0, 0
	for _, r := range digits[:len(digits)-1] {
		n := strings.IndexRune("零一二三四五六七八九十", r) / len("零")
		switch {
		case r == '两' || r == '兩':
			ones = 2
		case n == 10:
			hour, ones = 10*max(ones, 1), 0
		case ones > 0:
			return text // no number
		default:
			ones = n
		}
	}
	return strconv.Itoa(hour+ones) + string(mark)
}

// idle are words that say nothing.
var idle = []string{"at", "and", "every", "on", "each", "和", "及", "在", "的", "与", "與", "每"}

// to are words between the first day and the last.
var to = []string{"-", "–", "to", "through", "till", "至", "到"}

// Words are taken apart in front of and behind Chinese ones, which stand without
// spaces.
var parts = regexp.MustCompile(`(?:(?:上午|早上|早晨|凌晨|中午|下午|傍晚|晚上)?\d{1,2}(?:[:.]\d{2}|[点點时時](?:半|一刻|三刻|\d{1,2}分?|整|钟|鐘)?)?(?:am|pm)?)|每天|每日|天天|工作日|平日|周末|週末|(?:周|週|星期|礼拜|禮拜)[一二三四五六日天]|[a-z]+|[-–至到]|\S`)

// clockFace reads one time of day.
var clockFace = regexp.MustCompile(`^(上午|早上|早晨|凌晨|中午|下午|傍晚|晚上)?(\d{1,2})(?:[:.](\d{2})|[点點时時](半|一刻|三刻|整|钟|鐘|(?:\d{1,2})分?)?)?(am|pm)?$`)

// spoken reports whether a text is meant as words rather than as cron fields.
func spoken(text string) bool {
	fields := strings.Fields(strings.ToLower(text))
	if strings.ContainsAny(text, "*?") {
		return false
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII && !unicode.IsSpace(r) }) {
		return true
	}
	if len(fields) == 0 || strings.HasPrefix(fields[0], "@") || strings.Contains(fields[0], "=") {
		return false
	}
	first := parts.FindString(fields[0])
	_, day := dayWords[first]
	if day || slices.Contains(idle, first) || strings.Contains(text, ":") {
		return true
	}
	return len(fields) != len(fieldNames) && slices.ContainsFunc(fields, func(f string) bool {
		_, day := dayWords[strings.Trim(f, ",")]
		return day
	})
}

// parseWords reads a schedule in words: days, none of which means all, and the
// times at which it opens on them.
func parseWords(text string) (spec, daily cron.Schedule, err error) {
	var days []int
	var all bool
	week := "" // the word before the number of a day, in Chinese
	var times [][2]int
	var last []int // the day before, which a range may begin with
	ranged := false
	for _, part := range parts.FindAllString(hourNames.ReplaceAllStringFunc(narrow(text), hourName), -1) {
		if part == "," || slices.Contains(idle, part) {
			continue
		}
		if slices.Contains(to, part) {
			if ranged = len(last) == 1; !ranged {
				return nil, nil, fmt.Errorf("%q stands behind no day; %s", part, wordsExample)
			}
			continue
		}
		d, ok := dayWords[part]
		if !ok && week != "" { // 周一三五
			d, ok = dayWords[week+part]
		}
		if ok {
			week = prefix(part, week)
			switch {
			case ranged && len(d) != 1:
				return nil, nil, fmt.Errorf("%q ends no range of days; %s", part, wordsExample)
			case ranged:
				for n := last[0]; n != d[0]; {
					n = (n + 1) % 7
					days = append(days, n)
				}
			case len(d) == 0:
				all = true
			}
			days, last, ranged = append(days, d...), d, false
			continue
		}
		at, ok := timeOfDay(part)
		if !ok || ranged {
			return nil, nil, fmt.Errorf("%q is not understood; %s", part, wordsExample)
		}
		last = nil
		if !slices.Contains(times, at) {
			times = append(times, at)
		}
	}
	switch {
	case len(times) == 0:
		return nil, nil, errors.New("there is no time of day; " + wordsExample)
	case len(times) > timesLimit:
		return nil, nil, fmt.Errorf("there are more than %d times a day", timesLimit)
	}
	week = "*"
	if !all && len(days) > 0 {
		slices.Sort(days)
		names := make([]string, 0, 7)
		for _, d := range slices.Compact(days) {
			names = append(names, strconv.Itoa(d))
		}
		week = strings.Join(names, ",")
	}
	var on, every union
	for _, at := range times {
		minute, hour := strconv.Itoa(at[1]), strconv.Itoa(at[0])
		for days, to := range map[string]*union{week: &on, "*": &every} {
			one, err := parseFields([]string{minute, hour, "*", "*", days})
			if err != nil {
				return nil, nil, err
			}
			*to = append(*to, one)
		}
		if week == "*" { // then both are the same
			on = every
		}
	}
	return on, every, nil
}

// narrow writes what people type in full width and capitals in the usual way.
func narrow(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case r == '、' || r == ';':
			r = ','
		case r == '—' || r == '~':
			r = '-'
		}
		return unicode.ToLower(r)
	}, text)
}

// timeOfDay reads an hour, perhaps with minutes.
func timeOfDay(text string) (at [2]int, ok bool) {
	m := clockFace.FindStringSubmatch(text)
	if m == nil {
		return at, false
	}
	hour, _ := strconv.Atoi(m[2]) // the pattern lets one or two digits through
	minute := 0
	switch rest := strings.TrimSuffix(m[4], "分"); {
	case m[3] != "":
		minute, _ = strconv.Atoi(m[3])
	case rest == "半":
		minute = 30
	case rest == "一刻":
		minute = 15
	case rest == "三刻":
		minute = 45
	case rest != "":
		minute, _ = strconv.Atoi(rest) // "整" says 0
	}
	twelve := m[5] != ""
	switch {
	case twelve && (hour < 1 || hour > 12):
		return at, false
	case m[5] == "am" && hour == 12:
		hour = 0
	case m[5] == "pm" && hour < 12, (m[1] == "下午" || m[1] == "傍晚" || m[1] == "晚上") && hour < 12:
		hour += 12
	case m[1] == "中午" && hour < 3:
		hour += 12
	}
	return [2]int{hour, minute}, hour < 24 && minute < 60
}

// union opens when any of its schedules does.
type union []cron.Schedule

// Next is the first of theirs.
func (u union) Next(t time.Time) (first time.Time) {
	for _, s := range u {
		if next := s.Next(t); first.IsZero() || !next.IsZero() && next.Before(first) {
			first = next
		}
	}
	return first
}

// Weekly tells on which days of the week and at which times of day it opens, the
// first first, as hour and minute; ok is false for a schedule that is not so
// simple.
func (s *Schedule) Weekly() (days []time.Weekday, times [][2]int, ok bool) {
	specs, several := s.spec.(union)
	if !several {
		specs = union{s.spec}
	}
	var week uint64
	for i, one := range specs {
		x, simple := one.(*cron.SpecSchedule)
		if !simple || x.Dom&restricted == 0 || x.Month&^restricted != 1<<13-2 || i > 0 && x.Dow&^restricted != week {
			return nil, nil, false
		}
		week = x.Dow &^ restricted
		for hour := range 24 {
			for minute := range 60 {
				if x.Hour&(1<<hour) != 0 && x.Minute&(1<<minute) != 0 {
					times = append(times, [2]int{hour, minute})
				}
			}
		}
		if len(times) > timesLimit {
			return nil, nil, false
		}
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if week&(1<<d) != 0 {
			days = append(days, d)
		}
	}
	slices.SortFunc(times, func(a, b [2]int) int { return 60*(a[0]-b[0]) + a[1] - b[1] })
	return days, times, true
}

// restricted is the bit that robfig/cron sets in a field that is *.
const restricted = 1 << 63

// String is the schedule as it was written.
func (s *Schedule) String() string { return s.text }
