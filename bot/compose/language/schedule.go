package language

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/schedule"
)

// When tells in words when a schedule opens, so that schedule.Parse reads it; as it
// was written if that is not so simple.
func (w *Words) When(s *schedule.Schedule) string {
	if week := s.Week(); len(week) > 0 {
		return w.Week(week)
	}
	return s.String()
}

// Week writes days and times in words. A time that is missing is "…".
func (w *Words) Week(week []schedule.Opening) string {
	var all []string
	for _, o := range week {
		all = append(all, w.opening(o))
	}
	return strings.Join(all, w.Say("; "))
}

// opening is the times of some days.
func (w *Words) opening(o schedule.Opening) string {
	times := []string{"…"}
	if len(o.Times) > 0 {
		times = nil
	}
	for _, at := range o.Times {
		times = append(times, fmt.Sprintf("%d:%02d", at[0], at[1]))
	}
	at := w.List(times)
	workdays := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	switch {
	case len(o.Days) == 7:
		return w.Say("daily at %s", at)
	case slices.Equal(o.Days, workdays):
		return w.Say("weekdays at %s", at)
	case slices.Equal(o.Days, []time.Weekday{time.Saturday, time.Sunday}):
		return w.Say("weekends at %s", at)
	}
	var days []string
	for _, d := range o.Days {
		days = append(days, w.Say(d.String()[:3]))
	}
	return w.Say("%[1]s at %[2]s", w.List(days), at)
}
