package schedule

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// wordsExample is the end of errors about schedules in words.
const wordsExample = `write days and times, for example "weekdays 8:30, weekends 10:00", "mon, wed 9:00 and 18:00" or "每天 9点"`

// dayWords are the words for days, in lower case.
var dayWords = func() map[string]set {
	words := map[string]set{}
	for names, days := range map[string]set{
		"daily everyday day 每天 每日 天天":              everyDay,
		"weekdays weekday workdays workday 工作日 平日": workDays,
		"weekends weekend 周末 週末":                   everyDay &^ workDays,
		"thurs thur":                               1 << time.Thursday,
	} {
		for name := range strings.FieldsSeq(names) {
			words[name] = days
		}
	}
	for d, numbers := range []string{"日天", "一", "二", "三", "四", "五", "六"} {
		name := strings.ToLower(time.Weekday(d).String())
		for _, word := range []string{name, name + "s", name[:3], name[:4]} {
			words[word] = 1 << d
		}
		for _, number := range numbers {
			for _, week := range []string{"周", "週", "星期", "礼拜", "禮拜"} {
				words[week+string(number)] = 1 << d
			}
		}
	}
	return words
}()

// numbered matches a day with a week word.
var numbered = regexp.MustCompile(`^(?:周|週|星期|礼拜|禮拜)[一二三四五六日天]$`)

// part is a part of the day, which determines the meaning of an hour.
type part int

const (
	anyPart part = iota
	smallHours
	morning
	midday
	afternoon
	dusk
	evening
	night
)

// partWords are the words for parts of the day.
var partWords = func() map[string]part {
	words := map[string]part{}
	for names, p := range map[string]part{
		"凌晨":               smallHours,
		"早上 早晨 清晨 清早 上午 早": morning,
		"中午 正午":            midday,
		"下午 午后 午後":         afternoon,
		"傍晚":               dusk,
		"晚上 晚间 晚間 夜晚 晚":    evening,
		"夜里 夜裡 夜间 夜間 深夜 半夜 午夜": night,
	} {
		for name := range strings.FieldsSeq(names) {
			words[name] = p
		}
	}
	return words
}()

// alone are the words for a time without an hour; all of them mean 12.
var alone = map[string]part{"noon": midday, "中午": midday, "正午": midday, "midnight": night, "午夜": night}

// hours returns the two readings of an hour, which are mostly the same. From 24 on it is on
// the next day, because the night of a day continues past midnight.
func (p part) hours(h int) (first, second int, ok bool) {
	switch p {
	case smallHours:
		return h % 12, h % 12, h <= 6 || h == 12
	case morning:
		if h == 12 {
			return 12, 0, true
		}
		return h, h, h < 12
	case midday:
		if h == 1 || h == 2 {
			h += 12
		}
		return h, h, 11 <= h && h <= 14
	case afternoon:
		if 0 < h && h < 12 {
			h += 12
		}
		return h, h, 12 <= h && h < 24
	case dusk:
		if h < 12 {
			h += 12
		}
		return h, h, 16 <= h && h <= 21
	case evening:
		switch {
		case h <= 3 || h == 12:
			return h % 12, h%12 + 24, true
		case h == 4:
			return 4, 16, true
		case h < 12:
			h += 12
		}
		return h, h, 17 <= h && h < 24
	case night:
		switch {
		case h <= 5 || h == 12:
			return h % 12, h%12 + 24, true
		case h < 12:
			h += 12
		}
		return h, h, 20 <= h && h < 24
	}
	return h, h, h < 24
}

// Filler words, words that join two of a kind, words between the first and the last day of
// a range, and words that exclude days.
var (
	idle   = words(": at on every each from 在 于 於 从 從 自 每逢 每 逢 个 個 的")
	joins  = words(", . / & + and 和 及 以及 与 與")
	leads  = words("- to through thru till until 至 到")
	leaves = words("except excluding but not without 除了 除 不含 不")
)

func words(list string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		all[word] = true
	}
	return all
}

// hanWords matches the longest possible word in Chinese, with or without spaces.
var hanWords = func() *regexp.Regexp {
	var all []string
	add := func(word string) {
		if r, _ := utf8.DecodeRuneInString(word); unicode.Is(unicode.Han, r) {
			all = append(all, strings.Join(strings.Split(word, ""), `\s*`))
		}
	}
	for word := range dayWords {
		add(word)
	}
	for word := range partWords {
		add(word)
	}
	for _, list := range []map[string]bool{idle, joins, leads, leaves} {
		for word := range list {
			add(word)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return regexp.MustCompile(`^(?:` + strings.Join(all, "|") + `)`)
}()

const (
	numerals = `[零〇一二两兩三四五六七八九十](?:\s*[零〇一二两兩三四五六七八九十])*`
	mark     = `\s*[点點时時]`
	amOrPM   = `\s*([ap])(?:m\b|\.\s?m\b\.?)`
)

var (
	// inDigits matches an hour, with minutes after a colon or a full stop. Anything else
	// attached to it, such as seconds, is an error.
	inDigits = regexp.MustCompile(`^([0-9]+)(?:\s*:\s*([0-9]+)|\.([0-9]+))?([:.][0-9][0-9.:]*)?`)
	// inChinese matches an hour, perhaps preceded by numbers of days.
	inChinese = regexp.MustCompile(`^(` + numerals + `)` + mark)
	// marked matches what follows the number of an hour in Chinese.
	marked = regexp.MustCompile(`^` + mark)
	// minutes matches the minutes after that.
	minutes = regexp.MustCompile(`^\s*(?:([半整钟鐘])|([一三13])\s*刻|([0-9]+|` + numerals + `)(\s*分)?)`)
	// another matches what makes a number an hour, so that it is not the minutes of the
	// preceding hour.
	another = regexp.MustCompile(`^(?:` + mark + `|\s*:|\.[0-9]|` + amOrPM + `)`)
	// suffix matches what follows an hour in English.
	suffix = regexp.MustCompile(`^(?:` + amOrPM + `|\s*(noon|midnight)\b|\s*o['’]?clock\b)`)
	// twelve matches an hour of a 12-hour clock.
	twelve = regexp.MustCompile(`[0-9]` + amOrPM)
	// number matches a number below 60 in Chinese.
	number = regexp.MustCompile(`^(?:[零〇]?([一二两兩三四五六七八九])|[零〇]|([二三四五])?(十)([一二三四五六七八九])?)$`)
	// letters matches a word in English.
	letters = regexp.MustCompile(`^[a-z]+`)
	// odd matches the piece that is quoted if a text is not understood.
	odd = regexp.MustCompile(`^(?:[a-z]+|\p{Han}+|[!-~]+|.)`)
)

// valueOf returns the value of a number of one or two digits, or of a number below 60 in
// Chinese; else -1.
func valueOf(text string) int {
	if n, err := strconv.Atoi(text); err == nil && len(text) <= 2 {
		return n
	}
	m := number.FindStringSubmatch(text)
	if m == nil {
		return -1
	}
	of := func(one string) int { return max(0, strings.Index("零一二三四五六七八九", one)/len("零")) }
	switch {
	case m[3] != "":
		return 10*max(1, of(m[2])) + of(m[4])
	case m[1] == "两" || m[1] == "兩":
		return 2
	}
	return of(m[1])
}

// closeUp removes the spaces from a text.
func closeUp(text string) string { return strings.Join(strings.Fields(text), "") }

// narrow converts full-width characters and capitals to their usual form.
func narrow(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		switch r {
		case '、', '。':
			return ','
		case '—', '–', '〜', '~':
			return '-'
		}
		return unicode.ToLower(r)
	}, text)
}

// spoken reports whether a text is in words rather than in cron fields.
func spoken(text string) bool {
	text = strings.ToLower(text)
	fields := strings.Fields(text)
	switch {
	case strings.ContainsAny(text, "*?"):
		return false
	case strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII && !unicode.IsSpace(r) }):
		return true
	case len(fields) == 0 || strings.HasPrefix(fields[0], "@") || strings.Contains(fields[0], "="):
		return false
	case len(fields) == len(fieldNames) && strings.Trim(strings.Join(fields[:3], ""), "0123456789,-/") == "":
		return false
	case strings.Contains(text, ":") || twelve.MatchString(text):
		return true
	}
	return slices.ContainsFunc(strings.FieldsFunc(text, func(r rune) bool { return r < 'a' || r > 'z' }), func(word string) bool {
		return dayWords[word] != 0 || idle[word] || alone[word] != anyPart
	})
}

// gap is what precedes a token: nothing, a comma or "and", or a semicolon.
type gap int

const (
	none gap = iota
	comma
	semicolon
)

// token is a set of days or, if it is empty, a time of day.
type token struct {
	days set
	at   int // minutes since the midnight that begins the day; may be on the next day
	gap  gap
}

func (t token) isTime() bool { return t.days == 0 }

// scanner tokenises a text, in one of its readings.
type scanner struct {
	rest   string
	spaced bool // there is a space before rest
	second bool
	twelve bool // some hour of the text has am or pm
	tokens []token
	gap    gap
	week   bool   // a week word precedes, so a number alone may be a day
	part   part   // of the preceding times, since the last day
	to     string // the word between the first and the last day of a range
	lone   string // a word that is a time without an hour
}

// scan returns the tokens of a text. The second reading takes the other meaning of
// everything that has two.
func scan(text string, second bool) ([]token, error) {
	s := &scanner{rest: narrow(text), second: second}
	s.twelve = twelve.MatchString(s.rest)
	for s.skip(); s.rest != ""; s.skip() {
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	switch {
	case s.to != "":
		return nil, fmt.Errorf("no day follows %q; %s", s.to, wordsExample)
	case s.lone != "" && len(s.tokens) == 1: // in a command it may be a name
		return nil, fmt.Errorf(`%q does not name a day; write for example "daily noon" or "每天中午"`, s.lone)
	}
	return s.tokens, nil
}

// skip skips spaces.
func (s *scanner) skip() {
	rest := strings.TrimLeftFunc(s.rest, unicode.IsSpace)
	s.spaced, s.rest = len(rest) < len(s.rest), rest
}

// refused returns the error for a piece of the text; why may be empty.
func refused(piece, why string) error {
	if why != "" {
		why = ": " + why
	}
	return fmt.Errorf("%q is not understood%s; %s", piece, why, wordsExample)
}

// next reads the word or the time at the beginning of rest.
func (s *scanner) next() error {
	if s.atClock() {
		return s.clock("")
	}
	found := hanWords.FindString(s.rest)
	if found == "" {
		found = letters.FindString(s.rest)
	}
	if found == "" {
		_, size := utf8.DecodeRuneInString(s.rest)
		found = s.rest[:size]
	}
	word, whole := closeUp(found), s.rest
	days := dayWords[word]
	if days == 0 && s.week { // 周一三五
		days = dayWords["周"+word]
	}
	s.rest = s.rest[len(found):]
	switch {
	case days != 0:
		s.week = s.week || numbered.MatchString(word)
		return s.day(word, days)
	case partWords[word] != anyPart || alone[word] != anyPart:
		if partWords[word] != anyPart {
			if s.skip(); s.atClock() {
				return s.clock(word)
			}
		}
		if alone[word] == anyPart {
			return refused(word, "write an hour after it")
		}
		s.lone = word
		first, second, _ := alone[word].hours(12)
		return s.time(word, 60*first, 60*second)
	case word == ";":
		s.gap = semicolon
	case joins[word]:
		s.gap = max(s.gap, comma)
	case leads[word]:
		if s.to != "" || len(s.tokens) == 0 || !s.tokens[len(s.tokens)-1].days.single() {
			return fmt.Errorf("no day precedes %q; %s", word, wordsExample)
		}
		s.to = word
	case leaves[word]:
		return refused(word, `name the days that remain, for example "mon to sat 9:00"`)
	case !idle[word]:
		return refused(odd.FindString(whole), "")
	}
	return nil
}

// add appends a token with the gap before it.
func (s *scanner) add(i token) {
	i.gap, s.gap = s.gap, none
	s.tokens = append(s.tokens, i)
}

// day adds days, or a range up to a day.
func (s *scanner) day(word string, days set) error {
	s.part = anyPart
	if s.to == "" {
		s.add(token{days: days})
		return nil
	}
	if !days.single() {
		return fmt.Errorf("%q cannot end a range of days; %s", word, wordsExample)
	}
	last := &s.tokens[len(s.tokens)-1].days
	if *last == days && s.second {
		*last = everyDay
	}
	for d := *last; d != days && *last != everyDay; *last |= d {
		if d <<= 1; d > everyDay {
			d = 1 << time.Sunday
		}
	}
	s.to, s.gap = "", none
	return nil
}

// time adds a time of day in one of its readings, in minutes.
func (s *scanner) time(piece string, first, second int) error {
	if s.to != "" {
		return refused(piece, fmt.Sprintf("a day must follow %q", s.to))
	}
	if s.second {
		first = second
	}
	s.add(token{at: first})
	return nil
}

// atClock reports whether rest begins with an hour.
func (s *scanner) atClock() bool {
	return inDigits.MatchString(s.rest) || inChinese.MatchString(s.rest)
}

// clock reads a time of day, which may follow a word for a part of the day.
func (s *scanner) clock(word string) error {
	p, text := partWords[word], s.rest
	piece := func() string { return word + closeUp(strings.TrimSuffix(text, s.rest)) }
	var hour, after string
	if m := inDigits.FindStringSubmatch(text); m != nil {
		hour, after, s.rest = m[1], m[2]+m[3], text[len(m[0]):]
		if m[4] != "" || len(hour) > 2 || after != "" && len(after) != 2 {
			return refused(piece(), `write a time such as "10:15"`)
		}
	} else {
		found := inChinese.FindStringSubmatch(text)[1]
		s.rest = text[len(found):]
		days, last := s.split(found, p)
		for _, d := range days {
			if err := s.day(d, dayWords["周"+d]); err != nil {
				return err
			}
		}
		hour = last
	}
	h, minute := valueOf(hour), 0
	half := ""
	if after != "" {
		minute = valueOf(after)
	} else if mark := marked.FindString(s.rest); mark != "" {
		s.rest = s.rest[len(mark):]
		minute = s.minutes()
	}
	if m := suffix.FindStringSubmatch(s.rest); m != nil && p == anyPart {
		half, s.rest = m[1]+m[2], s.rest[len(m[0]):]
	}
	first, second, ok := p.hours(h)
	switch {
	case h < 0 || minute < 0 || minute > 59:
		return refused(piece(), "")
	case h == 24:
		return refused(piece(), "write 0:00 of the day after")
	case p != anyPart && !ok:
		return refused(piece(), fmt.Sprintf("no hour of %s is %d", word, h))
	case half == "a" || half == "p":
		if h < 1 || h > 12 {
			return refused(piece(), "am and pm follow hours from 1 to 12")
		}
		first = h % 12
		if half == "p" {
			first += 12
		}
		second = first
	case half != "": // 12 noon, 12 midnight
		if h != 12 || minute != 0 {
			return refused(piece(), "")
		}
		first, second, _ = alone[half].hours(h)
	case p != anyPart:
		s.part = p
	case h == 0 || h > 12 || hour[0] == '0':
	case s.twelve && after == "" && h < 12: // 9 and 10pm
		second += 12
	default: // 下午3点、5点
		if a, b, ok := s.part.hours(h); ok {
			second = max(a, b)
		}
	}
	if !ok {
		return refused(piece(), "")
	}
	return s.time(piece(), 60*first+minute, 60*second+minute)
}

// split separates numbers of days from the hour after them: 三十点 after 周一 is Wednesday at
// ten.
func (s *scanner) split(text string, p part) (days []string, hour string) {
	figures := strings.Split(closeUp(text), "")
	follows := p == anyPart && s.week && len(s.tokens) > 0 && s.tokens[len(s.tokens)-1].days != 0
	spaces := s.spaces(text)
	var cuts []int
	for i := range figures {
		if i > 0 && (!follows || dayWords["周"+figures[i-1]] == 0) {
			break
		}
		h := valueOf(strings.Join(figures[i:], ""))
		if h < 0 || i == 0 && s.to != "" {
			continue
		}
		if len(spaces) == 1 && spaces[0] == i { // the only space decides
			cuts = []int{i}
			break
		}
		if h < 24 {
			cuts = append(cuts, i)
		}
	}
	cut := 0
	if len(cuts) > 0 {
		cut = cuts[0]
		if s.second {
			cut = cuts[len(cuts)-1]
		}
	}
	return figures[:cut], strings.Join(figures[cut:], "")
}

// spaces returns the positions in a text at the beginning of rest that have a space before
// them.
func (s *scanner) spaces(text string) (places []int) {
	if s.spaced {
		places = []int{0}
	}
	at := 0
	for _, field := range strings.Fields(text) {
		if at > 0 {
			places = append(places, at)
		}
		at += utf8.RuneCountInString(field)
	}
	return places
}

// minutes reads the minutes after an hour in Chinese; -1 if they are invalid.
func (s *scanner) minutes() (n int) {
	m := minutes.FindStringSubmatch(s.rest)
	if m == nil {
		return 0
	}
	rest := s.rest[len(m[0]):]
	switch figures := closeUp(m[3]); {
	case m[1] == "半":
		n = 30
	case m[1] != "":
	case m[2] == "一" || m[2] == "1":
		n = 15
	case m[2] != "":
		n = 45
	case m[4] == "" && (another.MatchString(rest) || utf8.RuneCountInString(figures) == 1 && figures[0] > '9'):
		return 0 // the next hour, or the number of a day
	default:
		n = valueOf(figures)
	}
	s.rest = rest
	return n
}
