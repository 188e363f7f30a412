// Package dates reads days as people write them, in English and Chinese. It has no clock:
// the caller passes the current time.
package dates

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Parse reads a day as people write it, in English or Chinese: "2026-01-21", "21 Jan",
// "yesterday", "last friday", "3 days ago", "1月21日", "上周五". now is the time on the reader's
// clock and calendar. A day without a year is the latest one that is not in the future. The
// result is midnight of the day in UTC. Ambiguous text, such as 3/4, is refused.
func Parse(words string, now time.Time) (day time.Time, ok bool) {
	today := Midnight(now)
	s := plain(words)
	if days, known := named[s]; known {
		return today.AddDate(0, 0, days), true
	}
	for _, p := range patterns {
		if m := p.shape.FindStringSubmatch(s); m != nil {
			day, ok = p.read(m[1:], today)
			return day, ok && 1 <= day.Year() && day.Year() <= 9999
		}
	}
	return time.Time{}, false
}

// Midnight returns the beginning of the day that t's clock shows, as a time in UTC.
func Midnight(t time.Time) time.Time {
	year, month, date := t.Date()
	return time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
}

// plain returns a text in lower case and half width, with one space between English words,
// none around Chinese ones, and without filler words.
func plain(s string) string {
	s = strings.ToLower(norm.NFKC.String(s))
	s = strings.NewReplacer(",", " ", "週", "周", "禮", "礼", "號", "号", "後", "后", "個", "个", "兩", "两", "這", "这").Replace(s)
	s = ordinal.ReplaceAllString(s, "$1")
	fields := strings.Fields(s)
	fields = slices.DeleteFunc(fields, func(f string) bool { return f == "the" || f == "on" || f == "of" })
	s = strings.Join(fields, " ")
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		s = strings.ReplaceAll(s, " ", "")
		s = weeks.ReplaceAllString(s, "周")
	}
	return s
}

var (
	ordinal = regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th)\b`)
	weeks   = regexp.MustCompile(`个?(?:星期|礼拜)`)
)

// named maps names of days to their distance from today.
var named = map[string]int{
	"today": 0, "yesterday": -1, "tomorrow": 1, "day before yesterday": -2, "day after tomorrow": 2,
	"今天": 0, "今日": 0, "昨天": -1, "昨日": -1, "前天": -2, "前日": -2, "大前天": -3, "明天": 1, "明日": 1, "后天": 2,
}

// pattern is one way to write a day.
type pattern struct {
	shape *regexp.Regexp
	read  func(m []string, today time.Time) (time.Time, bool)
}

var patterns = func() []pattern {
	const (
		month   = `(jan|january|feb|february|mar|march|apr|april|may|june?|july?|aug|august|sept?|september|oct|october|nov|november|dec|december)\.?`
		weekday = `(mon|monday|tue|tues|tuesday|wed|wednesday|thu|thur|thurs|thursday|fri|friday|sat|saturday|sun|sunday)`
		count   = `(\d{1,4}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)`
		han     = `(\d{1,4}|[一二两三四五六七八九十]{1,3})`
	)
	form := func(shape string, read func(m []string, today time.Time) (time.Time, bool)) pattern {
		return pattern{regexp.MustCompile("^(?:" + shape + ")$"), read}
	}
	return []pattern{
		form(`(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{4})(\d\d)(\d\d)|(\d{4})年(\d{1,2})月(\d{1,2})[日号]?`, func(m []string, _ time.Time) (time.Time, bool) {
			m = given(m)
			return dayOf(m[0], m[1], m[2])
		}),
		form(`(\d{1,2})\.(\d{1,2})\.(\d{4})`, func(m []string, _ time.Time) (time.Time, bool) { return dayOf(m[2], m[1], m[0]) }),
		form(`(\d{1,2})/(\d{1,2})(?:/(\d{4}))?`, func(m []string, today time.Time) (time.Time, bool) {
			first, second := number(m[0]), number(m[1])
			switch {
			case first > 12:
				return dayNear(m[2], m[1], m[0], today)
			case second > 12 || first == second:
				return dayNear(m[2], m[0], m[1], today)
			default:
				return time.Time{}, false // the 3rd of April or the 4th of March, depending on the country
			}
		}),
		form(`(\d{1,2})-(\d{1,2})|(\d{1,2})月(\d{1,2})[日号]?`, func(m []string, today time.Time) (time.Time, bool) {
			m = given(m)
			return dayNear("", m[0], m[1], today)
		}),
		form(`(\d{1,2})[ -]?`+month+`(?:[ -](\d{4}))?`, func(m []string, today time.Time) (time.Time, bool) {
			return dayNear(m[2], m[1], m[0], today)
		}),
		form(month+`[ -]?(\d{1,2})(?: (\d{4}))?`, func(m []string, today time.Time) (time.Time, bool) { return dayNear(m[2], m[0], m[1], today) }),
		form(`(\d{1,2})[日号]`, func(m []string, today time.Time) (time.Time, bool) {
			for back := range 12 {
				first := time.Date(today.Year(), today.Month()-time.Month(back), 1, 0, 0, 0, 0, time.UTC)
				day := first.AddDate(0, 0, number(m[0])-1)
				if day.Month() == first.Month() && !day.After(today) {
					return day, true
				}
			}
			return time.Time{}, false
		}),
		form(`(?:(last|this|past) )?`+weekday, func(m []string, today time.Time) (time.Time, bool) {
			back := (int(today.Weekday()) - int(weekdays[m[1][:2]]) + 7) % 7
			if m[0] == "last" && back == 0 {
				back = 7
			}
			return today.AddDate(0, 0, -back), true
		}),
		form(`(上{1,3}|这|本)?个?周([一二三四五六日天])`, func(m []string, today time.Time) (time.Time, bool) {
			// A week begins on Monday, so 上周五 is the Friday of the week before.
			to := slices.Index([]string{"一", "二", "三", "四", "五", "六", "日", "天"}, m[1])
			to = min(to, 6)
			from := (int(today.Weekday()) + 6) % 7
			switch {
			case m[0] == "这" || m[0] == "本":
			case m[0] != "":
				to -= 7 * len([]rune(m[0]))
			case to > from:
				to -= 7
			}
			return today.AddDate(0, 0, to-from), true
		}),
		form(count+` (day|week|month|year)s? (?:ago|back|before)|`+han+`(天|日|周|个?月|年)(?:以)?前`, func(m []string, today time.Time) (time.Time, bool) {
			m = given(m)
			return ago(number(m[0]), m[1], today)
		}),
	}
}()

// given returns the groups that are not empty.
func given(m []string) []string {
	return slices.DeleteFunc(slices.Clone(m), func(s string) bool { return s == "" })
}

var weekdays = map[string]time.Weekday{
	"mo": time.Monday, "tu": time.Tuesday, "we": time.Wednesday, "th": time.Thursday, "fr": time.Friday, "sa": time.Saturday, "su": time.Sunday,
}

// number reads a count in digits, English or Chinese, or the name of a month. It returns 0
// for anything else.
func number(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	if i := slices.Index([]string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}, s[:min(3, len(s))]); i >= 0 {
		return i + 1
	}
	if i := slices.Index([]string{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}, s); i >= 0 {
		return i + 1
	}
	if s == "a" || s == "an" {
		return 1
	}
	n, tens := 0, 0
	for _, r := range s {
		switch i := slices.Index([]rune("一二三四五六七八九"), r); {
		case r == '十':
			n, tens = 0, tens+10*max(n, 1)
		case r == '两':
			n = 2
		case i >= 0:
			n = i + 1
		}
	}
	return tens + n
}

// dayOf returns a day of the calendar.
func dayOf(year, month, day string) (time.Time, bool) {
	m, d := number(month), number(day)
	t := time.Date(number(year), time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return t, int(t.Month()) == m && t.Day() == d
}

// dayNear returns a day whose year may be missing.
func dayNear(year, month, day string, today time.Time) (time.Time, bool) {
	if year != "" {
		return dayOf(year, month, day)
	}
	for back := range 8 { // the last leap day may be that long ago
		if t, ok := dayOf(strconv.Itoa(today.Year()-back), month, day); ok && !t.After(today) {
			return t, true
		}
	}
	return time.Time{}, false
}

// ago returns the day n units before today.
func ago(n int, unit string, today time.Time) (time.Time, bool) {
	switch unit {
	case "day", "天", "日":
		return today.AddDate(0, 0, -n), true
	case "week", "周":
		return today.AddDate(0, 0, -7*n), true
	case "year", "年":
		n *= 12
	}
	// In a shorter month the last day, not a day of the next month.
	first := time.Date(today.Year(), today.Month()-time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, min(today.Day(), first.AddDate(0, 1, -1).Day())-1), true
}
