package language

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/schedule"
)

// When describes a schedule in words that schedule.Parse can read; a schedule that is too
// complicated is returned as it was written.
func (w *Words) When(s *schedule.Schedule) string {
	if week := s.Week(); len(week) > 0 {
		return w.Week(week)
	}
	return s.String()
}

// Week describes days and times in words. A missing time is "…".
func (w *Words) Week(week []schedule.Opening) string {
	var all []string
	for _, o := range week {
		all = append(all, w.opening(o))
	}
	return strings.Join(all, w.Say("; "))
}

// opening describes the times of some days.
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
