package schedule_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/digestbot/digestbot/bot/schedule"
)

// TestWords: words open at the same times as their cron expressions.
func TestWords(t *testing.T) {
	for _, c := range []struct {
		words string
		crons []string // together
	}{
		{"weekdays 8:30", []string{"30 8 * * 1-5"}},
		{"Weekdays at 08:30", []string{"30 8 * * 1-5"}},
		{"daily 9:00", []string{"0 9 * * *"}},
		{"every day at 9am", []string{"0 9 * * *"}},
		{"mon,wed,fri 18:00", []string{"0 18 * * 1,3,5"}},
		{"Mondays and Thursdays 6:15pm", []string{"15 18 * * 1,4"}},
		{"mon wed fri 18:00 20:00", []string{"0 18 * * 1,3,5", "0 20 * * 1,3,5"}},
		{"mon-fri 8:30, 18:00", []string{"30 8 * * 1-5", "0 18 * * 1-5"}},
		{"fri to mon 12am", []string{"0 0 * * 5,6,0,1"}},
		{"weekends 10", []string{"0 10 * * 0,6"}},
		{"8:30", []string{"30 8 * * *"}},
		{"8:30 and 17.45", []string{"30 8 * * *", "45 17 * * *"}},
		{"12pm daily", []string{"0 12 * * *"}},
		{"工作日 8:30", []string{"30 8 * * 1-5"}},
		{"工作日早上八点半", []string{"30 8 * * 1-5"}},
		{"每天 9点", []string{"0 9 * * *"}},
		{"每天九点、下午三点一刻", []string{"0 9 * * *", "15 15 * * *"}},
		{"周一 周三 9:00", []string{"0 9 * * 1,3"}},
		{"周一三五 9:00", []string{"0 9 * * 1,3,5"}},
		{"周一、三、五 ９：００", []string{"0 9 * * 1,3,5"}},
		{"周一至周五 8点30分", []string{"30 8 * * 1-5"}},
		{"星期一到五晚上十点", []string{"0 22 * * 1-5"}},
		{"週末 十二點", []string{"0 12 * * 0,6"}},
		{"週日 二十三點", []string{"0 23 * * 0"}},

		// Each time is bound to its days, in either order.
		{"weekdays 8:30, weekends 10:00", []string{"30 8 * * 1-5", "0 10 * * 0,6"}},
		{"weekdays: 8:30; weekends: 10:00.", []string{"30 8 * * 1-5", "0 10 * * 0,6"}},
		{"8:30 weekdays 10:00 weekends", []string{"30 8 * * 1-5", "0 10 * * 0,6"}},
		{"工作日8点半 周末10点", []string{"30 8 * * 1-5", "0 10 * * 0,6"}},
		{"工作日：8点半；周末：10点。", []string{"30 8 * * 1-5", "0 10 * * 0,6"}},
		{"周一至周五 8点半，周末 10 点", []string{"30 8 * * 1-5", "0 10 * * 0,6"}},
		{"Monday 9am and Friday 5pm", []string{"0 9 * * 1", "0 17 * * 5"}},
		{"9am on Monday and 5pm on Friday", []string{"0 9 * * 1", "0 17 * * 5"}},
		{"Monday, 9 a.m., Friday, 5 P.M.", []string{"0 9 * * 1", "0 17 * * 5"}},
		{"mon, wed 9:00 and 18:00", []string{"0 9,18 * * 1,3"}},
		{"mon, wed 9:00 and 18:00, fri 17:00", []string{"0 9,18 * * 1,3", "0 17 * * 5"}},
		{"mon, wed 9:00; wed, fri 18:00", []string{"0 9 * * 1,3", "0 18 * * 3,5"}},
		{"9:00, 18:00 weekdays", []string{"0 9,18 * * 1-5"}},
		{"monday 9:00 monday 18:00", []string{"0 9,18 * * 1"}},
		{"8:30；18：00", []string{"30 8 * * *", "0 18 * * *"}},

		// Ranges and lists of days.
		{"from monday through friday at 9:00", []string{"0 9 * * 1-5"}},
		{"周五至周一 9点", []string{"0 9 * * 5,6,0,1"}},
		{"周一～周五 9点", []string{"0 9 * * 1-5"}},
		{"mon/wed & fri 9", []string{"0 9 * * 1,3,5"}},
		{"weekdays and saturday 9:00", []string{"0 9 * * 1-6"}},
		{"mon, mon, weekdays 9:00", []string{"0 9 * * 1-5"}},
		{"9am 5pm mon tue wed", []string{"0 9,17 * * 1-3"}}, // five words, as many as cron has fields

		// Parts of the day.
		{"晚上12点", []string{"0 0 * * *"}},
		{"凌晨12点", []string{"0 0 * * *"}},
		{"晚上0点", []string{"0 0 * * *"}},
		{"晚上零点", []string{"0 0 * * *"}},
		{"晚上12點半", []string{"30 0 * * *"}},
		{"每天半夜十二点", []string{"0 0 * * *"}},
		{"晚上1点", []string{"0 1 * * *"}},
		{"夜裡三點", []string{"0 3 * * *"}},
		{"周一至周日晚上12点", []string{"0 0 * * *"}},
		{"周五零点", []string{"0 0 * * 5"}},
		{"周五凌晨12点、1点", []string{"0 0,1 * * 5"}},
		{"晚上5点", []string{"0 17 * * *"}},
		{"晚上11点半", []string{"30 23 * * *"}},
		{"晚上23点", []string{"0 23 * * *"}},
		{"深夜11点", []string{"0 23 * * *"}},
		{"傍晚6点", []string{"0 18 * * *"}},
		{"下午12点", []string{"0 12 * * *"}},
		{"中午11点 中午12点 中午1点", []string{"0 11,12,13 * * *"}},
		{"每天中午、午夜", []string{"0 0,12 * * *"}},
		{"清晨6点、上午10点", []string{"0 6,10 * * *"}},
		{"工作日早8点晚6点", []string{"0 8,18 * * 1-5"}},
		{"早上8点、10点", []string{"0 8,10 * * *"}},
		{"weekdays noon", []string{"0 12 * * 1-5"}},
		{"weekdays at 12 noon and 18:00", []string{"0 12,18 * * 1-5"}},
		{"daily midnight", []string{"0 0 * * *"}},
		{"12am and 12pm", []string{"0 0,12 * * *"}},
		{"9 o’clock daily", []string{"0 9 * * *"}},
		{"weekdays 08 and 6pm", []string{"0 8,18 * * 1-5"}}, // 08 is on a 24-hour clock
		{"12 and 3pm", []string{"0 12,15 * * *"}},
		{"8:30 and 6pm", []string{"30 8 * * *", "0 18 * * *"}},

		// Spaces, and adjacent numbers.
		{"每 天 9 点", []string{"0 9 * * *"}},
		{"工 作日 8 点 半", []string{"30 8 * * 1-5"}},
		{"晚上 12 点", []string{"0 0 * * *"}},
		{"周 一 8 点 15", []string{"15 8 * * 1"}},
		{"工作日　８：３０", []string{"30 8 * * 1-5"}},
		{"工作日8: 30", []string{"30 8 * * 1-5"}},
		{"8点10点18点", []string{"0 8,10,18 * * *"}},
		{"八点二十", []string{"20 8 * * *"}},
		{"八点零五分 十点十五分", []string{"5 8 * * *", "15 10 * * *"}},
		{"周五十点", []string{"0 10 * * 5"}},
		{"周一三五九点半", []string{"30 9 * * 1,3,5"}},
		{"星期一到五十点", []string{"0 10 * * 1-5"}},
		{"周一到二十点", []string{"0 10 * * 1,2"}},
		{"周一 二十点", []string{"0 20 * * 1"}},
		{"周一二 十点", []string{"0 10 * * 1,2"}},
		{"周二十二点", []string{"0 12 * * 2"}},
		{"周六日 9点钟", []string{"0 9 * * 0,6"}},
		{"每个工作日的 9 時 30 分", []string{"30 9 * * 1-5"}},
		{"周日和周六 10点整", []string{"0 10 * * 0,6"}},
	} {
		s, err := schedule.Parse(c.words, time.UTC)
		if err != nil {
			t.Errorf("%q: %v", c.words, err)
			continue
		}
		from := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
		opens := map[time.Time]bool{}
		for _, expr := range c.crons {
			one, err := schedule.Parse(expr, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range one.Between(from, from.AddDate(0, 0, 15)) {
				opens[at] = true
			}
		}
		got := s.Between(from, from.AddDate(0, 0, 15))
		for _, at := range got {
			if !opens[at] {
				t.Errorf("%q opens at %s, which %q do not", c.words, at, c.crons)
			}
		}
		if len(got) != len(opens) {
			t.Errorf("%q opens %d times, want %d", c.words, len(got), len(opens))
		}
		if s.String() != c.words {
			t.Errorf("%q is written %q", c.words, s)
		}
	}
}

// TestWordsOnExtraDays: an extra day is a work day, whatever day it is.
func TestWordsOnExtraDays(t *testing.T) {
	for _, c := range []struct{ words, day, want string }{
		{"weekdays 8:30 18:00", "2026-11-28", "08:30 18:00"}, // a Saturday
		{"weekdays 8:30, weekends 10:00", "2026-11-28", "08:30"},
		{"weekdays 8:30, sat 10:00", "2026-11-29", "08:30"},
		{"mon 9am, fri 5pm", "2026-11-28", "09:00 17:00"},
		{"mon 9am, fri 5pm", "2026-11-25", "09:00 17:00"}, // a Wednesday
		{"mon 9am, fri 5pm", "2026-11-27", "17:00"},       // a Friday
		{"sat 10:00, sun 11:00", "2026-11-25", "10:00 11:00"},
		{"sat 10:00, sun 11:00", "2026-11-29", "11:00"},
		{"30 8,18 * * 1-5", "2026-11-28", "08:30 18:30"},
	} {
		var got []string
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		moved := parse(t, c.words, time.UTC).On(calendar(t, "", c.day))
		for _, at := range moved.Between(day.Add(-time.Second), day.AddDate(0, 0, 1).Add(-time.Second)) {
			got = append(got, at.Format("15:04"))
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%q opens on the extra day %s at %s, want %s", c.words, c.day, got, c.want)
		}
	}
}

// brief formats a week in one line.
func brief(week []schedule.Opening) string {
	var all []string
	for _, o := range week {
		text := ""
		for _, d := range o.Days {
			text += d.String()[:2]
		}
		for _, at := range o.Times {
			text += fmt.Sprintf(" %d:%02d", at[0], at[1])
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// TestAmbiguous: a text with two readings is refused, and the error has both.
func TestAmbiguous(t *testing.T) {
	for words, want := range map[string][2]string{
		"Monday 9am Friday":          {"MoFr 9:00", "Mo 9:00, Fr"},
		"周一9点周五":                     {"MoFr 9:00", "Mo 9:00, Fr"},
		"周一9:00，周三":                  {"MoWe 9:00", "Mo 9:00, We"},
		"Monday, 9am Friday":         {"MoFr 9:00", "Mo, Fr 9:00"},
		"mon; wed 9:00":              {"MoWe 9:00", "Mo, We 9:00"},
		"9am Monday 5pm":             {"Mo 9:00 17:00", "Mo 9:00, TuWeThFrSaSu 17:00"},
		"8:30, weekends 10:00":       {"SaSu 8:30 10:00", "MoTuWeThFr 8:30, SaSu 10:00"},
		"weekdays 8:30; 18:00":       {"MoTuWeThFr 8:30 18:00", "MoTuWeThFr 8:30, SaSu 18:00"},
		"Monday 9:00 18:00 Friday":   {"MoFr 9:00 18:00", "Mo 9:00, Fr 18:00"},
		"Monday 9:00 18:00, Friday":  {"MoFr 9:00 18:00", "Mo 9:00 18:00, Fr"},
		"9am Monday, Friday 5pm":     {"MoFr 9:00 17:00", "Mo 9:00, Fr 17:00"},
		"mon 9am fri 5pm sun":        {"Mo 9:00, FrSu 17:00", "Mo 9:00, Fr 17:00, Su"},
		"Monday, 9am Friday, 5pm":    {"Mo 9:00, Fr 17:00", "MoTuWeThSaSu 17:00, Fr 9:00"},
		"daily 9:00, weekends 10:00": {"MoTuWeThFr 9:00, SaSu 9:00 10:00", "MoTuWeThFr 9:00, SaSu 10:00"},
		"工作日8点半，周五17点":               {"MoTuWeTh 8:30, Fr 8:30 17:00", "MoTuWeTh 8:30, Fr 17:00"},
		"mon to mon 9:00":            {"Mo 9:00", "MoTuWeThFrSaSu 9:00"},
		"早上12点":                      {"MoTuWeThFrSaSu 12:00", "MoTuWeThFrSaSu 0:00"},
		"上午十二點":                      {"MoTuWeThFrSaSu 12:00", "MoTuWeThFrSaSu 0:00"},
		"晚上4点":                       {"MoTuWeThFrSaSu 4:00", "MoTuWeThFrSaSu 16:00"},
		"周五晚上12点":                    {"Fr 0:00", "Sa 0:00"},
		"週日晚上1點半":                    {"Su 1:30", "Mo 1:30"},
		"周五半夜十二点":                    {"Fr 0:00", "Sa 0:00"},
		"Friday midnight":            {"Fr 0:00", "Sa 0:00"},
		"weekdays 12 midnight":       {"MoTuWeThFr 0:00", "TuWeThFrSa 0:00"},
		"下午3点、5点":                    {"MoTuWeThFrSaSu 5:00 15:00", "MoTuWeThFrSaSu 15:00 17:00"},
		"周五晚上10点、12点":                {"Fr 12:00 22:00", "Fr 22:00, Sa 0:00"},
		"9 and 10pm":                 {"MoTuWeThFrSaSu 9:00 22:00", "MoTuWeThFrSaSu 21:00 22:00"},
		"Monday 9am and Friday 5":    {"Mo 9:00, Fr 5:00", "Mo 9:00, Fr 17:00"},
		"周一二十点":                      {"Mo 20:00", "MoTu 10:00"},
		"周一、二十点":                     {"Mo 20:00", "MoTu 10:00"},
	} {
		_, err := schedule.Parse(words, time.UTC)
		var two *schedule.Ambiguous
		if !errors.As(err, &two) {
			t.Errorf("%q: got error %v, want both readings", words, err)
			continue
		}
		if got := [2]string{brief(two.Readings[0]), brief(two.Readings[1])}; got != want {
			t.Errorf("%q may be %q, want %q", words, got, want)
		}
		if !strings.Contains(err.Error(), "two ways") {
			t.Errorf("%q: got error %v", words, err)
		}
	}
}

func TestWordsErrors(t *testing.T) {
	for text, want := range map[string]string{
		"weekdays":               "no time of day",
		"每天":                     "no time of day",
		"weekdays 25:00":         `"25:00" is not understood`,
		"weekdays 13pm":          `"13pm" is not understood`,
		"daily 8:75":             `"8:75" is not understood`,
		"sometimes 8:30":         `"sometimes" is not understood`,
		"8:30 to 9:30":           "no day precedes",
		"mon to weekends 8:30":   "cannot end a range",
		"mon to 8:30":            "is not understood",
		"每周 9点":                  "is not understood",
		"@everyone 8:30":         "@every has no place",
		"daily <!channel> 8:30":  "is not understood",
		"周一 二十九点":                "is not understood",
		"daily 8:30 👩‍👩‍👧":       "is not understood",
		"daily \u202e8:30":       "is not understood",
		"daily 8:0":              "is not understood",
		"三十 8 * * *":             `the minute is "三十"`,
		"daily" + timesOf(25):    "more than 24 times",
		"weekdays 8:30 for ever": `"for" is not understood`,

		"noon":                         `"noon" does not name a day; write for example "daily noon"`,
		"午夜":                           `"午夜" does not name a day`,
		"凌晨13点":                        `"凌晨13点" is not understood: no hour of 凌晨 is 13`,
		"晚上13点":                        `no hour of 晚上 is 13`,
		"早上 13 点":                      `"早上13点" is not understood`,
		"中午9点":                         `no hour of 中午 is 9`,
		"早上":                           `"早上" is not understood: write an hour after it`,
		"0am daily":                    `"0am" is not understood: am and pm follow hours from 1 to 12`,
		"daily 13 p.m.":                `"13p.m." is not understood: am and pm`,
		"下午3pm":                        `"pm" is not understood`,
		"daily 11 noon":                `"11noon" is not understood`,
		"daily 24:00":                  `"24:00" is not understood: write 0:00 of the day after`,
		"周五24点":                        `write 0:00 of the day after`,
		"daily 1015":                   `"1015" is not understood: write a time such as "10:15"`,
		"daily 8:300":                  `"8:300" is not understood`,
		"daily 9:00:00":                `"9:00:00" is not understood`,
		"8点60分":                        `"8点60分" is not understood`,
		"every day except sunday 9:00": `"except" is not understood: name the days that remain`,
		"除了周日每天9点":                     `"除了" is not understood: name the days that remain`,
		"every 2 days 9:00":            `"days" is not understood`,
		"每两天9点":                        `"两天" is not understood`,
		"mon-fri 8:30-18:00":           `no day precedes "-"`,
		"mon to wed to fri 9:00":       `no day precedes "to"`,
		"9:00 mon to":                  `no day follows "to"`,
		"周一至 9点":                       `"9点" is not understood: a day must follow "至"`,
		"周十点":                          `"周十点" is not understood`,
		"@everyone 每天 9点":              `"@everyone" is not understood`,
		"every day 9:00 <@123>":        `"<@123>" is not understood`,
		"יום שני 9:00":                 "is not understood",
		"\xff\xfe 9:00":                "is not understood",
		"sometimes":                    `or days and times, for example "weekdays 8:30"`,
		strings.Repeat("每天 9点 ", 60):   "more than 256 characters",
	} {
		s, err := schedule.Parse(text, time.UTC)
		if err == nil {
			t.Errorf("%q is taken: it opens %s", text, s.Next(time.Unix(0, 0)))
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want %s in it", text, err, want)
		}
	}
}

func timesOf(n int) (text string) {
	for i := range n {
		text += fmt.Sprintf(" 8:%02d", i)
	}
	return text
}

// A schedule may have 256 characters, in any script.
func TestWordsMayBeLong(t *testing.T) {
	text := strings.Repeat("每天 9点 ", 42)
	if s, err := schedule.Parse(text, time.UTC); err != nil || brief(s.Week()) != "MoTuWeThFrSaSu 9:00" {
		t.Errorf("%d bytes: %v", len(text), err)
	}
}

func TestWeek(t *testing.T) {
	for expr, want := range map[string]string{
		"weekdays 18:00 8:30":        "MoTuWeThFr 8:30 18:00",
		"30 8 * * 1-5":               "MoTuWeThFr 8:30",
		"0 9,18 * * 7":               "Su 9:00 18:00",
		"每天 9点":                      "MoTuWeThFrSaSu 9:00",
		"@daily":                     "MoTuWeThFrSaSu 0:00",
		"30 8 1 * *":                 "",
		"30 8 * 6 *":                 "",
		"*/5 * * * *":                "",
		"30 8 1-31 1-12 *":           "",
		"30 8 * 1-12 tue":            "Tu 8:30",
		"0 */6 * * mon":              "Mo 0:00 6:00 12:00 18:00",
		"sun 10:00, mon-sat 8:30":    "MoTuWeThFrSa 8:30, Su 10:00",
		"fri 5pm; mon 9am; wed 5 pm": "Mo 9:00, WeFr 17:00",
	} {
		if got := brief(parse(t, expr, time.UTC).Week()); got != want {
			t.Errorf("%q: %s, want %s", expr, got, want)
		}
	}
}

// TestAnyWeekInWords: days and times, in any words and in either order, are read as they
// were meant.
func TestAnyWeekInWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(choices ...string) string { return rapid.SampledFrom(choices).Draw(t, "choice") }
		chinese, timesFirst := rapid.Bool().Draw(t, "chinese"), rapid.Bool().Draw(t, "times first")
		var text strings.Builder
		want := map[time.Weekday][]int{}
		days := rapid.Permutation([]time.Weekday{0, 1, 2, 3, 4, 5, 6}).Draw(t, "days")
		for len(days) > 0 && (len(want) == 0 || rapid.Bool().Draw(t, "more")) {
			some := days[:rapid.IntRange(1, len(days)).Draw(t, "of a group")]
			days = days[len(some):]
			times := rapid.SliceOfNDistinct(rapid.IntRange(0, 24*60-1), 1, 3, rapid.ID).Draw(t, "times")
			var names, clocks []string
			for _, d := range some {
				want[d] = slices.Sorted(slices.Values(times))
				names = append(names, inWords(pick, d, chinese))
			}
			plain := rapid.Bool().Draw(t, "plain") // 下午3点、5:00 has two readings
			for _, at := range times {
				clocks = append(clocks, atInWords(pick, at, chinese, plain))
			}
			between, join, end := pick(" ", ", ", " and "), pick(", ", " and "), pick(", ", " and ", "; ")
			if chinese {
				// Without a separator, the numbers of days and hours may run together.
				between, join, end = pick(" ", "", " 的"), pick("、", "，", "和"), pick("；", "，", "、")
			}
			left, right := strings.Join(names, join), strings.Join(clocks, join)
			if timesFirst {
				left, right = right, left
			}
			if between != " " && between != "" && between != " 的" {
				end = "; " // as strong as the separator within
			}
			if text.Len() > 0 {
				text.WriteString(end)
			}
			text.WriteString(left + between + right)
		}
		if utf8.RuneCountInString(text.String()) > 256 {
			t.Skip("too long for a schedule")
		}
		s, err := schedule.Parse(text.String(), time.UTC)
		if err != nil {
			t.Fatalf("%v", err)
		}
		got := map[time.Weekday][]int{}
		for _, o := range s.Week() {
			for _, d := range o.Days {
				for _, at := range o.Times {
					got[d] = append(got[d], 60*at[0]+at[1])
				}
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %v, want %v", text.String(), got, want)
		}
	})
}

// inWords formats a day in one of the ways in which people write it.
func inWords(pick func(...string) string, d time.Weekday, chinese bool) string {
	if chinese {
		return pick("周", "週", "星期", "礼拜", "每周") + string([]rune("日一二三四五六")[d])
	}
	return pick(d.String(), d.String()[:3], strings.ToLower(d.String())+"s", "every "+d.String())
}

// atInWords formats a time of day in one of the ways in which people write it.
func atInWords(pick func(...string) string, at int, chinese, plain bool) string {
	hour, minute := at/60, at%60
	clock := fmt.Sprintf("%02d:%02d", hour, minute)
	switch {
	case chinese && plain:
		return pick(clock, fmt.Sprintf("%02d点%d分", hour, minute), fmt.Sprintf("%d 时 %02d", hour, minute))
	case !chinese:
		half := "am"
		if hour >= 12 {
			half = "pm"
		}
		return pick(clock, fmt.Sprintf("%d:%02d%s", (hour+11)%12+1, minute, half), fmt.Sprintf("at %d:%02d", hour, minute))
	}
	figures := func(n int) string {
		one := []string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
		switch {
		case n < 10:
			return one[n]
		case n%10 == 0:
			return strings.TrimPrefix(one[n/10], "一") + "十"
		}
		return strings.TrimPrefix(one[n/10], "一") + "十" + one[n%10]
	}
	part, h := "上午", hour
	switch {
	case hour < 6:
		part = "凌晨"
	case hour == 12:
		part = "中午"
	case hour > 17:
		part, h = "晚上", hour-12
	case hour > 12:
		part, h = "下午", hour-12
	}
	return pick(part+fmt.Sprintf("%d 点 %d 分", h, minute), part+figures(h)+"点"+figures(minute)+"分", part+fmt.Sprintf("%d：%02d", h, minute))
}
