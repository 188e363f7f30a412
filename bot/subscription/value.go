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

// Value is what may be written for a Setting.
type Value struct {
	// Zero has the type of what is written: a string, []string, bool or int.
	Zero any
	// Default is what is meant where nothing is written, as people would write it.
	Default string
	// Choices, if there are any, are all values, the default first.
	Choices []string
	// Former are names that choices had, which still count.
	Former map[string]string
	// Hint says in chat what may be written where there are no Choices. The languages
	// translate it; their test finds it only if it is written out.
	Hint string
	// Most is the highest of numbers that begin with 1; 0 where none are written.
	Most int
	// read puts what is written, nil if nothing is, into a subscription.
	read func(r *reading, written any)
	// length, of a length of time, is its field.
	length func(*Subscription) *time.Duration
}

// current is what is written, a choice by the name that it has now.
func (v Value) current(written any) any {
	text, _ := written.(string)
	if now, ok := v.Former[text]; ok {
		return now
	}
	return written
}

// formerly is a value whose choices had other names.
func formerly(v Value, names map[string]string) Value {
	v.Former = names
	return v
}

// reading makes a subscription of a Spec.
type reading struct {
	Subscription
	of       Setting // that is read
	names    Names
	calendar schedule.Calendar
	problems []Problem
}

// refuse notes a problem with a value that stands at a place, "[1]" in a list.
func (r *reading) refuse(at, value, format string, args ...any) {
	r.problems = append(r.problems, Problem{Setting: r.of, Field: r.of.Name + at, Key: r.of.Key + at, Value: value, Text: fmt.Sprintf(format, args...)})
}

// choice is one of a few values, the first the default.
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

// length is a length of time; fallback is in whole hours.
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

// yes is how chat writes what is true.
const yes = "yes"

// no is how chat writes what is false.
const no = "no"

// flag is yes or no, which is the default.
func flag(field func(*Subscription) *bool) Value {
	return Value{Zero: false, Choices: []string{no, yes}, read: func(r *reading, written any) { *field(&r.Subscription) = written == true }}
}

// unless is yes, which is the default, or no.
func unless(field func(*Subscription) *bool) Value {
	return Value{Zero: false, Default: yes, Choices: []string{yes, no}, read: func(r *reading, written any) { *field(&r.Subscription) = written != false }}
}

// number is a number from 1 to most of some things.
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

// list is a list of texts.
func list(set func(r *reading, texts []string)) Value {
	return Value{Zero: []string(nil), read: func(r *reading, written any) {
		texts, _ := written.([]string)
		set(r, texts)
	}}
}

// each reads a list of texts, one by one.
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

// dayList is a list of days that a schedule is moved by; one that cannot be read is
// moved by none.
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

// readSchedule reads a schedule, in the zone that was read before.
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

// ParseWait reads a length of time.
func ParseWait(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf(`%q is no length of time: write hours and minutes such as "2h", "90m" or "0h"`, text)
	}
	return d, nil
}
