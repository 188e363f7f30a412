package subscription

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/bot/schedule"
	"github.com/digestbot/digestbot/digest/zone"
)

// Value describes the possible values of a Setting.
type Value struct {
	// Zero has the type of written values: a string, []string, bool or int.
	Zero any
	// Default is the value if nothing is written, as people would write it.
	Default string
	// Choices, if there are any, are all allowed values, the default first.
	Choices []string
	// Former maps former names of choices, which are still accepted.
	Former map[string]string
	// Hint says in chat what may be written if there are no Choices. It is translated; the
	// test of the languages finds it only if it is a literal.
	Hint string
	// Most is the maximum of a number from 1; 0 for other values.
	Most int
	// read sets a subscription's field to what is written, nil if nothing is.
	read func(r *reading, written any)
	// length returns the field of a duration.
	length func(*Subscription) *time.Duration
}

// current returns the written value, a choice by its current name.
func (v Value) current(written any) any {
	text, _ := written.(string)
	if now, ok := v.Former[text]; ok {
		return now
	}
	return written
}

// formerly returns a value whose choices had other names.
func formerly(v Value, names map[string]string) Value {
	v.Former = names
	return v
}

// reading converts a Spec to a Subscription.
type reading struct {
	Subscription
	of       Setting // the one that is being read
	names    Names
	calendar schedule.Calendar
	problems []Problem
}

// refuse records a problem with a value; at is its index in a list, "[1]".
func (r *reading) refuse(at, value, format string, args ...any) {
	r.problems = append(r.problems, Problem{Setting: r.of, Field: r.of.Name + at, Key: r.of.Key + at, Value: value, Text: fmt.Sprintf(format, args...)})
}

// choice returns a Value that is one of a few, the first being the default.
func choice[T ~string](all []T, refusal string, set func(*Subscription, T)) Value {
	var choices []string
	for _, x := range all {
		choices = append(choices, string(x))
	}
	return Value{Zero: "", Default: choices[0], Choices: choices, read: func(r *reading, written any) {
		text, _ := written.(string)
		chosen := cmp.Or(text, r.of.Default)
		if !slices.Contains(choices, chosen) {
			r.refuse("", text, refusal, text, Either(choices))
		}
		set(&r.Subscription, T(chosen))
	}}
}

// length returns a Value that is a duration; fallback is in whole hours.
func length(fallback time.Duration, field func(*Subscription) *time.Duration) Value {
	return Value{Zero: "", Default: strings.TrimSuffix(fallback.String(), "0m0s"), Hint: "Write a length of time, for example 2h, a week at most.", length: field, read: func(r *reading, written any) {
		text, _ := written.(string)
		d, err := ParseWait(cmp.Or(text, r.of.Default))
		if err != nil {
			r.refuse("", text, "%v", err)
		}
		*field(&r.Subscription) = d
	}}
}

// yes is how chat writes true.
const yes = "yes"

// no is how chat writes false.
const no = "no"

// flag returns a Value of yes or no; no is the default.
func flag(field func(*Subscription) *bool) Value {
	return Value{Zero: false, Choices: []string{no, yes}, read: func(r *reading, written any) { *field(&r.Subscription) = written == true }}
}

// unless returns a Value of yes or no; yes is the default.
func unless(field func(*Subscription) *bool) Value {
	return Value{Zero: false, Default: yes, Choices: []string{yes, no}, read: func(r *reading, written any) { *field(&r.Subscription) = written != false }}
}

// number returns a Value from 1 to most; things says what it counts.
func number(fallback int, most int, things string, field func(*Subscription) *int) Value {
	return Value{Zero: 0, Default: fmt.Sprint(fallback), Most: most, read: func(r *reading, written any) {
		n, ok := written.(int)
		switch {
		case !ok:
			n = fallback
		case n == 0:
			r.refuse("", "0", "0 is no number of %s: write one from 1 to %d, or leave it out", things, most)
		case n < 0 || n > most:
			r.refuse("", fmt.Sprint(n), "%d is no number of %s: write one from 1 to %d", n, things, most)
		}
		*field(&r.Subscription) = n
	}}
}

// list returns a Value that is a list of texts.
func list(set func(r *reading, texts []string)) Value {
	return Value{Zero: []string(nil), read: func(r *reading, written any) {
		texts, _ := written.([]string)
		set(r, texts)
	}}
}

// each returns a function that reads a list of texts one by one.
func each[T any](parse func(r *reading, text string) (T, error), set func(*Match, []T)) func(*reading, any) {
	return func(r *reading, written any) {
		texts, _ := written.([]string)
		var all []T
		for i, text := range texts {
			v, err := parse(r, text)
			if err != nil {
				r.refuse(fmt.Sprintf("[%d]", i), text, "%v", err)
			}
			all = append(all, v)
		}
		set(&r.Match, all)
	}
}

// dayList returns a Value that is a list of days for the calendar of the schedule. If the
// schedule could not be read, it does nothing.
func dayList(add func(*schedule.Calendar, schedule.Days)) Value {
	read := func(r *reading, written any) {
		texts, _ := written.([]string)
		for i, text := range texts {
			if r.Schedule == nil {
				return
			}
			days, err := schedule.ParseDays(text)
			if err != nil {
				r.refuse(fmt.Sprintf("[%d]", i), text, "%v", err)
				continue
			}
			add(&r.calendar, days)
		}
	}
	return Value{Zero: []string(nil), Hint: "Write days, for example 2026-10-01 or 2026-10-01/2026-10-07.", read: read}
}

// readZone loads a time zone.
func readZone(r *reading, written any) {
	name, _ := written.(string)
	loaded, err := zone.Load(cmp.Or(name, r.of.Default))
	if err != nil {
		r.refuse("", name, "%v", err)
		loaded = time.UTC
	}
	r.Zone, r.Look.Zone = loaded, loaded
}

// readSchedule reads a schedule, in the zone that was read before it.
func readSchedule(r *reading, written any) {
	text, _ := written.(string)
	var err error
	var two *schedule.Ambiguous
	switch r.Schedule, err = schedule.Parse(cmp.Or(text, r.of.Default), r.Zone); {
	case errors.As(err, &two):
		lang := "en"
		if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			lang = "zh"
		}
		r.refuse("", text, "%v: write %q or %q", err, language.In(lang).Week(two.Readings[0]), language.In(lang).Week(two.Readings[1]))
		r.problems[len(r.problems)-1].Readings = two.Readings[:]
	case err != nil:
		r.refuse("", text, "%v", err)
	}
}

// readLanguage reads the language of the bot's own words.
func readLanguage(r *reading, written any) {
	tag, _ := written.(string)
	if tag == "" {
		return
	}
	if err := language.Check(tag); err != nil {
		r.refuse("", tag, "%v", err)
	}
	r.Language = tag
}

// Either lists what may be written.
func Either[T ~string](choices []T) string {
	var out strings.Builder
	for i, c := range choices {
		switch {
		case i > 0 && i == len(choices)-1:
			out.WriteString(" or ")
		case i > 0:
			out.WriteString(", ")
		}
		fmt.Fprintf(&out, "%q", string(c))
	}
	return out.String()
}

// ParseWait parses a duration.
func ParseWait(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf(`%q is no length of time: write hours and minutes such as "2h", "90m" or "0h"`, text)
	}
	return d, nil
}
