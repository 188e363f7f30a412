package language

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/schedule"
)

// The description of a schedule in every language is read back as the same schedule.
func TestWhen(t *testing.T) {
	for expr, want := range map[string]string{
		"30 8 * * *":                           "daily at 8:30|每天 8:30|每天 8:30",
		"weekdays 8:30, weekends 10:00, 18:00": "weekdays at 8:30; weekends at 10:00, 18:00|工作日 8:30；周末 10:00、18:00|工作日 8:30；週末 10:00、18:00",
		"周五17点，周一9点、18点":                       "Mon at 9:00, 18:00; Fri at 17:00|周一 9:00、18:00；周五 17:00|週一 9:00、18:00；週五 17:00",
		"fri to mon 晚上11点；周二晚上9点":              "Mon, Fri, Sat, Sun at 23:00; Tue at 21:00|周一、周五、周六、周日 23:00；周二 21:00|週一、週五、週六、週日 23:00；週二 21:00",
		"0 9 29 2 *":                           "0 9 29 2 *|0 9 29 2 *|0 9 29 2 *",
	} {
		s, err := schedule.Parse(expr, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, lang := range []string{"en", "zh-Hans", "zh-Hant"} {
			text := In(lang).When(s)
			got = append(got, text)
			again, err := schedule.Parse(text, time.UTC)
			if err != nil || !reflect.DeepEqual(again.Week(), s.Week()) {
				t.Errorf("%q is told as %q, which is not understood so: %v", expr, text, err)
			}
		}
		if got := strings.Join(got, "|"); got != want {
			t.Errorf("%q is told as\n%s, want\n%s", expr, got, want)
		}
	}
}

// A reading of a schedule shows which of its parts is missing.
func TestWeekWithoutTime(t *testing.T) {
	readings := []schedule.Opening{{Days: []time.Weekday{time.Monday}, Times: [][2]int{{9, 0}}}, {Days: []time.Weekday{time.Friday}}}
	if got := In("en").Week(readings) + "|" + In("zh").Week(readings); got != "Mon at 9:00; Fri at …|周一 9:00；周五 …" {
		t.Errorf("got %s", got)
	}
}
