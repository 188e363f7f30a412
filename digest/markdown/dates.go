package markdown

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// clocks are the ways to write a time of day behind a date, zones included.
var clocks = []string{
	"", "T15:04:05Z07:00", "T15:04:05-0700", "T15:04:05", "T15:04Z07:00", "T15:04",
	" 15:04:05 -0700", " 15:04:05-0700", " 15:04:05 -07:00", " 15:04:05Z07:00", " 15:04:05 UTC", " 15:04:05 GMT", " 15:04:05",
	" 15:04 -0700", " 15:04 -07:00", " 15:04Z07:00", " 15:04 UTC", " 15:04", " 3:04 PM", " 3:04PM",
}

// days are the ways to write a day. Fractions of a second are read without
// being named here.
var days = []string{
	"2006-1-2", "2006/1/2", "2006.1.2", "20060102", "2.1.2006", "2. 1. 2006", "2006年1月2日", "2006年1月2号", "2006년 1월 2일",
	"January 2, 2006", "Jan 2, 2006", "January 2 2006", "Jan 2 2006", "2 January 2006", "2 Jan 2006", "2-Jan-2006",
	"Mon, 2 Jan 2006", "Monday, January 2, 2006", "Mon, Jan 2, 2006", "Mon Jan 2 2006",
}

// parseDate reads a date that stands alone. Without a zone it is UTC.
func parseDate(s string) (time.Time, bool) {
	s = strings.Join(strings.Fields(s), " ")
	for _, day := range days {
		for _, clock := range clocks {
			if t, err := time.Parse(day+clock, s); err == nil {
				return t, t.Year() > 0
			}
		}
	}
	return time.Time{}, false
}

var (
	digits      = regexp.MustCompile(`\d+`)
	numericDate = regexp.MustCompile(`(?:^|\D)((?:19|20)\d\d)([-_./]?)(\d\d)([-_./]?)(\d\d)(?:\D|$)`)
	writtenDate = regexp.MustCompile(`(?:19|20)\d\d\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日号일]|(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}|\b[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d\d\b|\b\d{1,2}(?:st|nd|rd|th|\.)? [A-Z][a-z]{2,8} (?:19|20)\d\d\b`)
	dayEnding   = regexp.MustCompile(`(\d)(?:st|nd|rd|th|\.)\b|\.( )`)
)

// pathDate finds the day in a path: 2026-01-21-tech.md, 20260121.md or
// 2026/01/21/tech.md. The part nearest to the end of the path counts.
func pathDate(path string) (time.Time, bool) {
	base := path[strings.LastIndexByte(path, '/')+1:]
	for _, s := range []string{base, path} {
		for _, m := range numericDate.FindAllStringSubmatch(s, -1) {
			if m[2] != m[4] {
				continue
			}
			if t, err := time.Parse("20060102", m[1]+m[3]+m[5]); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// titleDate finds the day in a title: 每日科技 2026年1月21日.
func titleDate(title string) (time.Time, bool) {
	s := writtenDate.FindString(title)
	if n := digits.FindAllString(s, -1); len(n) == 3 {
		year, _ := strconv.Atoi(n[0])
		month, _ := strconv.Atoi(n[1])
		day, _ := strconv.Atoi(n[2])
		t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		return t, t.Day() == day && int(t.Month()) == month
	}
	return parseDate(dayEnding.ReplaceAllString(s, "$1$2"))
}
