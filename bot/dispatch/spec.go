package dispatch

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/schedule"
	"github.com/digestbot/digestbot/digest"
)

// Spec is a subscription as people write it, in config.toml or in chat, apart
// from its name, its channels and whom it notifies. What is empty has its
// default.
type Spec struct {
	Schedule   string   `json:"schedule,omitempty"`
	Zone       string   `json:"zone,omitempty"`
	Categories []string `json:"categories,omitempty"`
	Tags       []string `json:"tags,omitempty"`
	Without    []string `json:"without,omitempty"`
	Skip       []string `json:"skip,omitempty"`
	Extra      []string `json:"extra,omitempty"`
	Wait       string   `json:"wait,omitempty"`
	MaxAge     string   `json:"max_age,omitempty"`
	OnEmpty    string   `json:"on_empty,omitempty"`
	Start      string   `json:"start,omitempty"`
	Style      string   `json:"style,omitempty"`
	Details    string   `json:"details,omitempty"`
	Picture    bool     `json:"picture,omitempty"`
	Bundle     bool     `json:"bundle,omitempty"`
	MaxParts   int      `json:"max_parts,omitempty"`
	Repeats    string   `json:"repeats,omitempty"`
	Within     string   `json:"repeats_within,omitempty"`
	Correct    string   `json:"corrections,omitempty"`
	Publish    bool     `json:"publish,omitempty"`
	Language   string   `json:"language,omitempty"`
}

// The defaults of a subscription.
const (
	defaultSchedule    = "30 8 * * *"
	defaultWait        = 2 * time.Hour
	defaultMaxAge      = 48 * time.Hour
	defaultRepeats     = 7 * 24 * time.Hour
	defaultCorrections = 48 * time.Hour
	defaultMaxParts    = 10
)

// AllStarts are the ways to begin in a channel, the default first: with the
// newest digest, or with the next one.
var AllStarts = []string{"latest", "next"}

// Problem is what is wrong with one field of a Spec.
type Problem struct {
	// Field is what config.toml calls it: "zone", "skip[1]".
	Field string
	// Value is what was written, and Choices, if there are any, what may be.
	Value   string
	Choices []string
	// Readings are what a schedule may mean, if there are two.
	Readings [][]schedule.Opening
	// Text says what is wrong and what to write instead.
	Text string
}

// Subscription is what the spec means. If there are problems it is not to be
// used.
func (spec Spec) Subscription(aliases digest.Aliases) (s Subscription, problems []Problem) {
	r := &specReader{}
	s.Match = Match{Categories: spec.Categories, Any: aliases.Names(spec.Tags), None: aliases.Names(spec.Without)}
	s.Zone = r.zone("zone", spec.Zone)
	var err error
	var two *schedule.Ambiguous
	switch s.Schedule, err = schedule.Parse(cmp.Or(spec.Schedule, defaultSchedule), s.Zone); {
	case errors.As(err, &two):
		lang := "en"
		if strings.ContainsFunc(spec.Schedule, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			lang = "zh"
		}
		r.refuse("schedule", spec.Schedule, "%v: write %q or %q", err, compose.Week(two.Readings[0], lang), compose.Week(two.Readings[1], lang))
		r.problems[len(r.problems)-1].Readings = two.Readings[:]
	case err != nil:
		r.refuse("schedule", spec.Schedule, "%v", err)
	default:
		s.Schedule = s.Schedule.On(r.calendar(spec))
	}
	s.OnEmpty = choose(r, "on_empty", spec.OnEmpty, AllOnEmpty, "%q is nothing to do then: write %s")
	s.Wait = r.duration("wait", spec.Wait, defaultWait)
	s.MaxAge = r.duration("max_age", spec.MaxAge, defaultMaxAge)
	s.StartLatest = choose(r, "start", spec.Start, AllStarts, `%q is neither: write %s, to begin with the newest digest or with the next one`) == AllStarts[0]
	s.Look = compose.Look{Zone: s.Zone, Picture: spec.Picture,
		Style:   choose(r, "style", spec.Style, compose.Styles, "%q is no style: write %s"),
		Details: choose(r, "details", spec.Details, compose.Places, "%q is no place for them: write %s"),
	}
	s.Bundle, s.Publish = spec.Bundle, spec.Publish
	if s.MaxParts = cmp.Or(spec.MaxParts, defaultMaxParts); s.MaxParts < 1 || s.MaxParts > ledger.PartLimit {
		r.refuse("max_parts", fmt.Sprint(spec.MaxParts), "%d is no number of messages: write one from 1 to %d", spec.MaxParts, ledger.PartLimit)
	}
	s.Repeats = choose(r, "repeats", spec.Repeats, AllRepeats, "%q is nothing that can be done with them: write %s")
	s.RepeatsWithin = r.duration("repeats_within", spec.Within, defaultRepeats)
	s.Corrections = r.duration("corrections", spec.Correct, defaultCorrections)
	if spec.Language != "" {
		if err := compose.CheckLanguage(spec.Language); err != nil {
			r.refuse("language", spec.Language, "%v", err)
		}
		s.Language = spec.Language
	}
	return s, r.problems
}

// specReader collects what is wrong with a spec.
type specReader struct{ problems []Problem }

func (r *specReader) refuse(field, value, format string, args ...any) {
	r.problems = append(r.problems, Problem{Field: field, Value: value, Text: fmt.Sprintf(format, args...)})
}

// choose reads one of a few values; the first is the default.
func choose[T ~string](r *specReader, field, value string, choices []T, format string) T {
	chosen := cmp.Or(T(value), choices[0])
	if !slices.Contains(choices, chosen) {
		r.refuse(field, value, format, value, Either(choices))
		for _, c := range choices {
			last := &r.problems[len(r.problems)-1]
			last.Choices = append(last.Choices, string(c))
		}
	}
	return chosen
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

// calendar reads the days that are moved.
func (r *specReader) calendar(spec Spec) (c schedule.Calendar) {
	for _, list := range []struct {
		name  string
		texts []string
		add   func(schedule.Days)
	}{{"skip", spec.Skip, c.Skip}, {"extra", spec.Extra, c.Extra}} {
		for i, text := range list.texts {
			days, err := schedule.ParseDays(text)
			if err != nil {
				r.refuse(fmt.Sprintf("%s[%d]", list.name, i), text, "%v", err)
				continue
			}
			list.add(days)
		}
	}
	return c
}

// zone loads a time zone; without a name it is UTC.
func (r *specReader) zone(field, name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil || strings.EqualFold(name, "local") {
		r.refuse(field, name, `%q is no time zone: write a name of the tz database such as "Asia/Shanghai", "Europe/Berlin" or "UTC"`, name)
		return time.UTC
	}
	return zone
}

func (r *specReader) duration(field, text string, fallback time.Duration) time.Duration {
	if text == "" {
		return fallback
	}
	d, err := ParseWait(text)
	if err != nil {
		r.refuse(field, text, "%v", err)
	}
	return d
}

// ParseWait reads a length of time.
func ParseWait(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf(`%q is no length of time: write hours and minutes such as "2h", "90m" or "0h"`, text)
	}
	return d, nil
}
