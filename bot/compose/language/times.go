package language

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/dates"
)

// Date formats a day.
func (w *Words) Date(t time.Time) string { return w.layout(t, w.Say("2 January 2006")) }

// Moment formats a day and a time.
func (w *Words) Moment(t time.Time) string { return w.layout(t, w.Say("2 January 2006, 15:04")) }

// offset formats a clock's offset from UTC, for example UTC+8 or UTC−3:30.
func offset(t time.Time) string {
	_, seconds := t.Zone()
	sign, minutes := "+", seconds/60
	if minutes < 0 {
		sign, minutes = "−", -minutes
	}
	switch {
	case minutes == 0:
		return "UTC"
	case minutes%60 == 0:
		return fmt.Sprintf("UTC%s%d", sign, minutes/60)
	}
	return fmt.Sprintf("UTC%s%d:%02d", sign, minutes/60, minutes%60)
}

// Since says on which day something was posted here before, or that it was today; with the
// weekday alone if that is enough.
func (w *Words) Since(t, today time.Time) string {
	var day string
	switch days := int(dates.Midnight(today).Sub(dates.Midnight(t)).Hours() / 24); {
	case days == 0:
		return w.Say("↻ earlier today")
	case 0 < days && days < 7:
		day = w.Say(t.Format("Mon"))
	case t.Year() == today.Year():
		day = w.layout(t, w.Say("2 January"))
	default:
		day = w.Date(t)
	}
	return w.Say("↻ since %s", day)
}

// layout formats a time by a layout of package time, with the translated name of the month.
func (w *Words) layout(t time.Time, layout string) string {
	told := t.Format(layout)
	if month := t.Month().String(); strings.Contains(told, month) {
		return strings.Replace(told, month, w.Say(month), 1)
	}
	return told
}

// Instant returns an instant, formatted in the zone for platforms that cannot show it in
// each reader's own.
func (w *Words) Instant(t time.Time, zone *time.Location) chat.Span {
	if zone == nil {
		return w.Zoned(t, zone)
	}
	return chat.Span{Text: w.Moment(t.In(zone)), Time: t}
}

// Zoned returns an instant with the clock's offset from UTC, for readers who may be in
// another zone.
func (w *Words) Zoned(t time.Time, zone *time.Location) chat.Span {
	here := t.In(cmp.Or(zone, time.UTC))
	return chat.Span{Text: w.Moment(here) + " " + offset(here), Time: t}
}
