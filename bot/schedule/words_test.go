package schedule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/schedule"
)

// TestWords: words open when the cron expressions do that they stand for.
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

// TestWordsOnExtraDays: an extra day has the times of all days.
func TestWordsOnExtraDays(t *testing.T) {
	s, err := schedule.Parse("weekdays 8:30 18:00", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var c schedule.Calendar
	days, err := schedule.ParseDays("2026-11-28")
	if err != nil {
		t.Fatal(err)
	}
	c.Extra(days)
	saturday := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	if got := s.On(c).Between(saturday, saturday.AddDate(0, 0, 1)); len(got) != 2 {
		t.Errorf("an extra Saturday opens at %s, want 8:30 and 18:00", got)
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
		"8:30 to 9:30":           "stands behind no day",
		"mon to weekends 8:30":   "ends no range",
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

func TestWeekly(t *testing.T) {
	for expr, want := range map[string]string{
		"weekdays 18:00 8:30": "[Monday Tuesday Wednesday Thursday Friday] [[8 30] [18 0]] true",
		"30 8 * * 1-5":        "[Monday Tuesday Wednesday Thursday Friday] [[8 30]] true",
		"0 9,18 * * 7":        "[Sunday] [[9 0] [18 0]] true",
		"每天 9点":               "[Sunday Monday Tuesday Wednesday Thursday Friday Saturday] [[9 0]] true",
		"@daily":              "[Sunday Monday Tuesday Wednesday Thursday Friday Saturday] [[0 0]] true",
		"30 8 1 * *":          "[] [] false",
		"30 8 * 6 *":          "[] [] false",
		"*/5 * * * *":         "[] [] false",
		"30 8 1-31 1-12 *":    "[] [] false",
		"30 8 * 1-12 tue":     "[Tuesday] [[8 30]] true",
		"0 */6 * * mon":       "[Monday] [[0 0] [6 0] [12 0] [18 0]] true",
	} {
		s, err := schedule.Parse(expr, time.UTC)
		if err != nil {
			t.Errorf("%q: %v", expr, err)
			continue
		}
		days, times, ok := s.Weekly()
		if got := fmt.Sprint(days, times, ok); got != want {
			t.Errorf("%q: %s, want %s", expr, got, want)
		}
	}
}
