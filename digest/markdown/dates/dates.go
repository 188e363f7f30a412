package dates

import (
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Only years in this range are accepted. Outside it, what looks like a year is some
// other number, or the zero value of a program.
const (
	firstYear = 1990
	lastYear  = 2100
)

// Written is a day as it was written. If the order of day and month is ambiguous, Other
// is the second reading; otherwise it is zero. Clock says what is known of its time of
// day and zone.
type Written struct {
	Day, Other time.Time
	Clock      digest.Clock
	start, end int // its position in the text
}

// Ambiguous reports whether the day has a second reading.
func (w Written) Ambiguous() bool { return !w.Other.IsZero() }

// Like returns w with the reading that is the given day as the only one, if either is.
func (w Written) Like(day time.Time) Written {
	switch {
	case sameDay(w.Day, day):
		w.Other = time.Time{}
	case sameDay(w.Other, day):
		w.Day, w.Other = w.Other, time.Time{}
	}
	return w
}

func sameDay(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }

// Parse reads a front matter value: a day with or without a time, in any order, or Unix
// time in seconds or milliseconds. The day is the one that is written, whatever the
// zone. bare says that the value is a YAML scalar without quotes.
func Parse(s string, bare bool) (Written, bool) {
	if len(s) == len(time.DateOnly) {
		if t, err := time.Parse(time.DateOnly, s); err == nil && plausible(t.Year()) {
			return Written{Day: t}, true
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && (len(s) == 10 || len(s) == 13) {
		if len(s) == 10 {
			n *= 1000
		}
		t := time.UnixMilli(n).UTC()
		return Written{Day: t, Clock: digest.ClockOffset}, plausible(t.Year())
	}
	if len(s) > maxDate {
		return Written{}, false
	}
	s = unixDate().ReplaceAllString(westernDigits(s), "$2 $1 $4 $3")
	s = compactTime().ReplaceAllString(s, "$1-$2-$3 $4:$5:$6$7")
	w, ok := findDate(s, inMatter)
	if !ok {
		if short, ok := shortDay(s); ok {
			return Written{Day: short}, true
		}
		day, ok := findCoarse(s)
		return Written{Day: day}, ok
	}
	if c, ok := clockIn(s); ok {
		at := func(day time.Time) time.Time {
			return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, c.zone).Add(c.since)
		}
		w.Day, w.Clock = at(w.Day), c.clock
		if w.Ambiguous() {
			w.Other = at(w.Other)
		}
		if c.clock == digest.ClockLocal && bare && yamlTime().MatchString(s) {
			w.Clock = digest.ClockRuby
		}
	}
	return w, true
}

// maxDate is the longest value, in bytes, that is read as a date.
const maxDate = 200

var (
	clockForm = lexicon.Pattern(`(?i)(?:^|[^\d:.])(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?: ?([ap])\.?m\b)?(?: *([+-])(?:(\d\d):?(\d\d)|(\d\d?))(?:[^\d:-]|$)| ?([a-z]{1,4})(?:[^a-z+-]|$))?`)
	// unixDate matches a date as written by date and git, with the year after the time:
	// Wed Mar  4 08:30:00 UTC 2026.
	unixDate = lexicon.Pattern(`(?i)\b([a-z]{3,9})\.? +(\d\d?) +(\d\d?:\d\d(?::\d\d)?(?: +[a-z]{1,5}| +[+-]\d\d:?\d\d)?) +(\d{4})\b`)
	// compactTime matches a date and a time that consist only of digits:
	// 20260304T083000Z.
	compactTime = lexicon.Pattern(`^(\d{4})(\d\d)(\d\d)[Tt]?(\d\d)(\d\d)(\d\d)(Z?)$`)
	// yamlTime matches a time without an offset in the sense of YAML 1.1.
	yamlTime = lexicon.Pattern(`^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?$`)
)

// zones maps the zone names that Ruby's Time.parse knows to their hours from UTC. Other
// names are ignored, and Hugo ignores all of them: CST means one zone in Chicago and
// another in Shanghai.
var zones = map[string]int{"z": 0, "ut": 0, "utc": 0, "gmt": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}

// clockTime is a time of day, as the duration since midnight, with its zone. The zone
// is UTC if none is written.
type clockTime struct {
	since time.Duration
	zone  *time.Location
	clock digest.Clock
}

// clockIn finds a time of day.
func clockIn(s string) (c clockTime, ok bool) {
	if strings.IndexByte(s, ':') < 0 {
		return c, false
	}
	m := clockForm().FindStringSubmatch(s)
	if m == nil {
		return c, false
	}
	hour, minute, second := decimal(m[1]), decimal(m[2]), decimal(m[3])
	switch half := strings.ToLower(m[4]); {
	case half != "" && hour > 12, hour > 24, hour == 24 && minute+second > 0, minute > 59, second > 60:
		return c, false
	case half == "p":
		hour = hour%12 + 12
	case half == "a":
		hour %= 12
	}
	c.since = time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
	c.zone = time.UTC
	name := strings.ToLower(m[9])
	hours, known := zones[name]
	switch {
	case m[5] != "":
		east := decimal(m[6]+m[8])*60 + decimal(m[7])
		if m[5] == "-" {
			east = -east
		}
		if east < -15*60 || east > 15*60 {
			return c, false
		}
		c.zone, c.clock = time.FixedZone("", east*60), digest.ClockOffset
	case name == "z":
		c.clock = digest.ClockOffset
	case known:
		c.zone, c.clock = time.FixedZone("", hours*60*60), digest.ClockRuby
	}
	return c, true
}

// decimal returns the value of a few digits.
func decimal(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// FromTitle finds the day in a title: 每日科技 2026年1月21日.
func FromTitle(title string) (Written, bool) {
	if len(title) > 4*maxDate || strings.IndexFunc(title, unicode.IsDigit) < 0 && !strings.Contains(title, "年") {
		return Written{}, false
	}
	return findDate(westernDigits(title), inTitle)
}

// FromLine returns the day in a line that contains nothing else but perhaps a weekday.
func FromLine(line string) (Written, bool) {
	s := westernDigits(line)
	w, ok := FromTitle(s)
	if !ok {
		return w, false
	}
	rest := weekday().ReplaceAllString(s[:w.start]+" "+s[w.end:], "")
	return w, strings.IndexFunc(rest, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0
}

// dayOfWeek matches the word before the numeral in a day of the week.
var dayOfWeek = lexicon.Pattern(`(?:星期|周|週)$`)

var weekday = lexicon.Pattern(`(?i)\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b|(?:星期|周|週)[一二三四五六日天]|[月火水木金土日]曜日?|[월화수목금토일]요일|[日号號일]`)

// FromPath finds the day in a path: 2026-01-21-tech.md, 20260121.md, jan-21-2026.md,
// 2026/01/21/tech.md or 2026/01-21.md. The part nearest to the end of the path wins.
func FromPath(file string) (Written, bool) {
	parts := strings.Split(strings.TrimSuffix(file, path.Ext(file)), "/")
	base := len(parts) - 1
	for i := base; i >= 0; i-- {
		if !numbered(parts[i]) {
			continue
		}
		if w, ok := findDate(westernDigits(parts[i]), inName); ok {
			return w, true
		}
		if day, ok := dayBelow(parts[:i+1]); ok {
			return Written{Day: day}, true
		}
	}
	if !numbered(parts[base]) {
		return Written{}, false
	}
	return shortDate(parts[base])
}

// numbered reports whether s may contain a number.
func numbered(s string) bool {
	return strings.IndexFunc(s, unicode.IsDigit) >= 0 || strings.Contains(s, "年")
}

var (
	yearPart  = lexicon.Pattern(`^((?:19|20)\d\d)年?$`)
	yearMonth = lexicon.Pattern(`^((?:19|20)\d\d)(?:[-_.]?(\d\d)|年(\d\d?)月)$`)
	monthPart = lexicon.Pattern(`^(\d\d?)(?:月|[-_. ]\pL+)?$`)
	monthDay  = lexicon.Pattern(`^(\d\d)[-_.]?(\d\d)(?:\D|$)`)
	wordDay   = lexicon.Pattern(`^(\pL+)[-_. ]?(\d\d?)(?:\D|$)`)
	dayPart   = lexicon.Pattern(`^(\d\d?)日?$|^(\d\d)\D`)
)

// dayBelow returns the day that the last part of a path gives together with those above
// it: 2026/11/23, 2026/nov/23, 2026-11/23, 2026/11-23, 2026/11/11-23.
func dayBelow(parts []string) (time.Time, bool) {
	last := parts[len(parts)-1]
	year, month, above := 0, 0, ""
	if len(parts) > 1 {
		above = parts[len(parts)-2]
	}
	if m := yearPart().FindStringSubmatch(above); m != nil {
		year = decimal(m[1])
		if m := monthDay().FindStringSubmatch(last); m != nil {
			return date(year, decimal(m[1]), decimal(m[2]))
		}
		if m := wordDay().FindStringSubmatch(last); m != nil {
			return date(year, months[strings.ToLower(m[1])], decimal(m[2]))
		}
		return time.Time{}, false
	}
	if m := yearMonth().FindStringSubmatch(above); m != nil {
		year, month = decimal(m[1]), decimal(m[2]+m[3])
	} else if len(parts) > 2 {
		m := yearPart().FindStringSubmatch(parts[len(parts)-3])
		if m == nil {
			return time.Time{}, false
		}
		year, month = decimal(m[1]), months[strings.ToLower(above)]
		if m := monthPart().FindStringSubmatch(above); m != nil {
			month = decimal(m[1])
		}
	}
	if m := monthDay().FindStringSubmatch(last); m != nil && decimal(m[1]) == month {
		if day, ok := date(year, month, decimal(m[2])); ok {
			return day, true
		}
	}
	if m := dayPart().FindStringSubmatch(last); m != nil {
		return date(year, month, decimal(m[1]+m[2]))
	}
	return time.Time{}, false
}

var (
	shortForm   = lexicon.Pattern(`(?:^|[^\d-]|[^\d]-)(\d\d)([-_])(\d\d)([-_])(\d\d)(?:$|[^\d-]|-\D)`)
	compactForm = lexicon.Pattern(`(?:^|\D)(\d\d)(\d\d)(\d\d)(?:\D|$)`)
)

// shortDay returns the day of a name, or a value, that begins with a two-digit year, as
// Jekyll accepts it: 26-3-4-news.
func shortDay(s string) (time.Time, bool) {
	m := shortBeginning().FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	return date(recentYear(m[1]), decimal(m[2]), decimal(m[3]))
}

var shortBeginning = lexicon.Pattern(`^(\d\d)-(\d\d?)-(\d\d?)(?:-|$)`)

// fullYear returns the year for two digits, by the rule of Ruby and Go.
func fullYear(two string) int {
	if n := decimal(two); n < 69 {
		return 2000 + n
	}
	return 1900 + decimal(two)
}

// recentYear returns the year for two digits in a file name that cannot be a month. It
// returns 0 if the year is not plausible for a digest.
func recentYear(two string) int {
	if n := decimal(two); n >= 15 && n < 50 {
		return 2000 + n
	}
	return 0
}

// shortDate returns the day in a name without the century: 26-11-23, 261123 or, as in
// the United States, 112326. A year cannot be a month, so the two differ.
func shortDate(name string) (Written, bool) {
	if day, ok := shortDay(name); ok {
		return Written{Day: day}, true
	}
	if m := shortForm().FindStringSubmatch(name); m != nil && m[2] == m[4] {
		if day, ok := date(recentYear(m[1]), decimal(m[3]), decimal(m[5])); ok {
			return Written{Day: day}, true
		}
	}
	if m := compactForm().FindStringSubmatch(name); m != nil {
		for _, x := range [][3]string{{m[1], m[2], m[3]}, {m[3], m[1], m[2]}} {
			if day, ok := date(recentYear(x[0]), decimal(x[1]), decimal(x[2])); ok {
				return Written{Day: day}, true
			}
		}
	}
	return Written{}, false
}

// CoarseFromPath returns the first day of the week or the month in the name of a file,
// or in that of the folder of an index or README: 2026-W48.md, 2026-11.md,
// 2026-11/index.md.
func CoarseFromPath(file string) (time.Time, bool) {
	name := strings.TrimSuffix(path.Base(file), path.Ext(file))
	switch strings.ToLower(name) {
	case "index", "readme":
		name = path.Base(path.Dir(file))
	}
	return findCoarse(westernDigits(name))
}

var (
	weekForm  = lexicon.Pattern(`(?i)(?:^|[^\d.])((?:19|20)\d\d)[-_ ./年]{0,2}(?:(?:w|wk|week|kw|cw)[-_ ]?(\d\d?)|第 ?(\d\d?) ?[周週])(?:[^\d.]|$)|(?:^|[^\pL\d])(?:w|wk|week|kw|cw)[-_ ]?(\d\d?)[-_ ./,]{1,2}((?:19|20)\d\d)(?:[^\d.]|$)`)
	monthForm = lexicon.Pattern(`^((?:19|20)\d\d)(?:[-_./]?(\d\d)|年(\d\d?)月)(?:$|\D(?:\D|$))|(?:^|\D)((?:19|20)\d\d)(?:[-_./]?(\d\d)|年(\d\d?)月)\D?$`)
)

// findCoarse finds an ISO week or a month, and returns its first day.
func findCoarse(s string) (time.Time, bool) {
	if m := weekForm().FindStringSubmatch(s); m != nil {
		year, week := decimal(m[1]+m[5]), decimal(m[2]+m[3]+m[4])
		fourth := time.Date(year, time.January, 4, 0, 0, 0, 0, time.UTC) // always in the first week
		monday := fourth.AddDate(0, 0, 7*(week-1)-(int(fourth.Weekday())+6)%7)
		if y, w := monday.ISOWeek(); y == year && w == week && plausible(monday.Year()) {
			return monday, true
		}
	}
	if m := monthForm().FindStringSubmatch(s); m != nil {
		if day, ok := date(decimal(m[1]+m[4]), decimal(m[2]+m[3]+m[5]+m[6]), 1); ok {
			return day, true
		}
	}
	all := tokens(s)
	for i := range max(len(all)-1, 0) {
		one, two := all[i], all[i+1]
		if two.year() {
			one, two = two, one
		}
		if one.year() && months[two.word] > 0 && near(s[all[i].end:all[i+1].start]) {
			return date(one.value, months[two.word], 1)
		}
	}
	return time.Time{}, false
}

// setting is where a date is written, which restricts its forms.
type setting uint8

const (
	inMatter setting = iota
	inName
	inTitle
)

// datePart is a run of digits or of letters.
type datePart struct {
	start, end int
	value      int // of the digits; -1 for letters
	word       string
}

func (t datePart) width() int {
	if t.value < 0 {
		return 0
	}
	return t.end - t.start
}

// small reports whether t may be a day or a month.
func (t datePart) small() bool { return t.width() == 1 || t.width() == 2 }

func (t datePart) year() bool { return t.width() == 4 && plausible(t.value) }

// tokens splits s into tokens. Letters that are words by themselves, such as Chinese
// ones, belong to the gaps between tokens.
func tokens(s string) []datePart {
	var all []datePart
	for at := 0; at < len(s); {
		c := s[at]
		start := at
		switch {
		case c >= '0' && c <= '9':
			value := 0
			for at < len(s) && s[at] >= '0' && s[at] <= '9' {
				value = min(value*10+int(s[at]-'0'), 1e8)
				at++
			}
			all = append(all, datePart{start: start, end: at, value: value})
		default:
			at += len(s[at:]) - len(strings.TrimLeftFunc(s[at:], inWord))
			if at == start {
				at++
				continue
			}
			all = append(all, datePart{start: start, end: at, value: -1, word: strings.ToLower(s[start:at])})
		}
	}
	return all
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) && !unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || unicode.Is(unicode.Mn, r)
}

// findDate finds the first day in s. Digits must be Western.
func findDate(s string, in setting) (Written, bool) {
	all := tokens(s)
	for i := range all {
		if w, ok := dateAt(s, all[i:], in); ok {
			return w, true
		}
	}
	return Written{}, false
}

// dateAt reads the day that the first tokens form, if they do.
func dateAt(s string, t []datePart, in setting) (Written, bool) {
	switch t[0].width() {
	case 8, 12, 14: // the last two with a time
		if in == inTitle && !alone(s, t[0]) {
			break
		}
		run := s[t[0].start:t[0].end]
		return spell(decimal(run[:4]), decimal(run[4:6]), decimal(run[6:8]), t[0], t[0])
	}
	if len(t) < 3 {
		return Written{}, false
	}
	one, two := s[t[0].end:t[1].start], s[t[1].end:t[2].start]
	switch {
	case t[0].year() && t[1].small() && t[2].small() && between(one, two):
		if free(s, t[0], t[2], one) && (t[1].width() == 2 && t[2].width() == 2 || one != " " && (one != "." || in != inName)) {
			return spell(t[0].value, t[1].value, t[2].value, t[0], t[2])
		}
	case t[0].small() && t[1].small() && t[2].year() && between(one, two):
		if free(s, t[0], t[2], one) && one != " " {
			return dayAndMonth(t[2].value, t[0].value, t[1].value, one[0], t[0], t[2])
		}
	case t[0].year() && months[t[1].word] > 0 && t[2].small() && near(one) && near(two):
		return spell(t[0].value, months[t[1].word], t[2].value, t[0], t[2])
	case months[t[0].word] > 0 && t[1].small() && near(one):
		if y, ok := yearAfter(s, t[1:]); ok {
			return spell(y.value, months[t[0].word], t[1].value, t[0], y)
		}
	case t[0].small():
		rest := t
		if ordinals.Words[t[1].word] && one == "" || joining.Words[t[1].word] && near(one) {
			rest = t[1:]
		}
		if len(rest) > 2 && joining.Words[rest[1].word] {
			rest = rest[1:]
		}
		if len(rest) > 2 && months[rest[1].word] > 0 && near(s[rest[0].end:rest[1].start]) {
			if y := rest[2]; in == inMatter && y.width() == 2 && near(s[rest[1].end:y.start]) && !strings.HasPrefix(s[y.end:], ":") {
				return spell(fullYear(s[y.start:y.end]), months[rest[1].word], t[0].value, t[0], y)
			}
			if y, ok := yearAfter(s, rest[1:]); ok {
				return spell(y.value, months[rest[1].word], t[0].value, t[0], y)
			}
		}
	}
	return Written{}, false
}

// yearAfter returns the year that follows the first token, with at most "th" or "of"
// between them.
func yearAfter(s string, t []datePart) (datePart, bool) {
	if len(t) > 2 && (ordinals.Words[t[1].word] && t[0].end == t[1].start || joining.Words[t[1].word]) {
		t = t[1:]
	}
	if len(t) > 1 && t[1].year() && near(s[t[0].end:t[1].start]) {
		return t[1], true
	}
	return datePart{}, false
}

var (
	ordinals = lexicon.NewSet("st nd rd th er º ª")
	joining  = lexicon.NewSet("of de del den des di do")
)

// alone reports whether a number is not part of a longer name.
func alone(s string, t datePart) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:t.start])
	behind, _ := utf8.DecodeRuneInString(s[t.end:])
	joins := func(r rune) bool { return r < utf8.RuneSelf && !strings.ContainsRune(" ()[]|,:;", r) }
	return (t.start == 0 || !joins(before)) && (t.end == len(s) || !joins(behind))
}

// near reports whether a gap between two tokens has only characters that occur in
// dates.
func near(gap string) bool { return len(gap) <= 3 && strings.Trim(gap, " -_./,'") == "" }

// between reports whether two gaps are those of a date of three numbers.
func between(one, two string) bool {
	switch a, b := strings.TrimSpace(one), strings.TrimSpace(two); a {
	case "年", "년":
		return b == "月" || b == "월"
	case "-", "/", ".", "_", "":
		return one == two && len(one) <= 3 && one != ""
	}
	return false
}

// free reports whether three numbers are not part of a version or an address, judging
// from the text around them.
func free(s string, first, last datePart, gap string) bool {
	before, behind := s[:first.start], s[last.end:]
	mark := strings.TrimSpace(gap)
	if n := len(before); n > 0 && (mark == "." || mark == "/") {
		if c := before[n-1]; c == mark[0] && n > 1 && before[n-2] >= '0' && before[n-2] <= '9' || mark == "." && (c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-') {
			return false
		}
	}
	return len(behind) < 2 || mark == "" || behind[0] != mark[0] || mark == "-" || mark == "_" || behind[1] < '0' || behind[1] > '9'
}

// dayAndMonth returns the day of a date whose year comes last. With slashes the month
// comes first, as in the United States; otherwise the day does. Only with dots is there
// no second reading. PHP and programs built on it, such as Grav, read dates in this way
// (https://www.php.net/manual/en/datetime.formats.php).
func dayAndMonth(year, a, b int, mark byte, first, last datePart) (Written, bool) {
	dayFirst, isDay := spell(year, b, a, first, last)
	monthFirst, isMonth := spell(year, a, b, first, last)
	switch {
	case !isDay:
		return monthFirst, isMonth && mark != '.'
	case !isMonth || a == b || mark == '.':
		return dayFirst, true
	case mark == '/':
		monthFirst.Other = dayFirst.Day
		return monthFirst, true
	}
	dayFirst.Other = monthFirst.Day
	return dayFirst, true
}

// spell returns the day with these numbers, if it exists.
func spell(year, month, day int, first, last datePart) (Written, bool) {
	t, ok := date(year, month, day)
	return Written{Day: t, start: first.start, end: last.end}, ok
}

func date(year, month, day int) (time.Time, bool) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t, plausible(year) && int(t.Month()) == month && t.Day() == day
}

func plausible(year int) bool { return year >= firstYear && year <= lastYear }

// westernDigits converts full-width digits, and Chinese numerals in a text with 年, to
// Western digits.
func westernDigits(s string) string {
	plain := true
	for i := range len(s) {
		plain = plain && s[i] < 0xE0
	}
	if plain {
		return s
	}
	chinese := strings.Contains(s, "年")
	var b strings.Builder
	for at := 0; at < len(s); {
		r, size := utf8.DecodeRuneInString(s[at:])
		switch {
		case r >= '０' && r <= '９':
			b.WriteByte(byte(r - '０' + '0'))
		case chinese && !dayOfWeek().MatchString(s[:at]):
			if n, all := digest.ChineseNumber(s[at:]); all > 0 {
				b.WriteString(strconv.Itoa(n))
				size = all
				break
			}
			b.WriteString(s[at : at+size])
		default:
			b.WriteString(s[at : at+size])
		}
		at += size
	}
	return b.String()
}

// months maps the names of the months and their abbreviations to their numbers.
var months = func() map[string]int {
	names := map[string]int{}
	for _, year := range []string{
		"january february march april may june july august september october november december",
		"jan feb mar apr may jun jul aug sep oct nov dec",
		"januar februar märz april mai juni juli august september oktober november dezember",
		"jänner feber maerz apr mai juin juil aug sept okt nov dez",
		"janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
		"janv fevrier mrz avr mei juni juli aout sept oct nov déc",
		"enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
		"ene feb mar abr mayo jun jul ago set oct nov dic",
		"gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
		"gen febr marzo apr mag giu lug ago sett ott nov dic",
		"janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
		"januari februari maart april mei juni juli augustus september oktober november december",
		"января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
	} {
		for i, name := range strings.Fields(year) {
			names[name] = i + 1
		}
	}
	return names
}()
