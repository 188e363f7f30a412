package subscription

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/schedule"
	"github.com/digestbot/digestbot/digest"
)

// Spec is a subscription as people write it, in config.toml or in chat: the written value
// of each of the Settings, by name, with the type of its Zero. A missing setting has its
// default.
type Spec map[string]any

// Put sets a setting from the text that a person typed: lists are separated by commas, and
// an empty text means the default. It reports whether the text can be read; otherwise the
// spec is unchanged.
func (spec Spec) Put(name, text string) bool {
	of, known := SettingOf(name)
	text = strings.TrimSpace(text)
	if !known || text == "" {
		delete(spec, name)
		return known
	}
	switch of.Zero.(type) {
	case string:
		spec[name] = of.current(text)
	case []string:
		texts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",，、;；", r) })
		for i := range texts {
			texts[i] = strings.TrimSpace(texts[i])
		}
		spec[name] = slices.DeleteFunc(texts, func(x string) bool { return x == "" })
	case bool:
		switch strings.ToLower(text) {
		case "yes", "on", "true", "是", "好", "1":
			spec[name] = true
		case "no", "off", "false", "否", "不", "0":
			spec[name] = false
		default:
			return false
		}
	case int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return false
		}
		spec[name] = n
	}
	return true
}

// Written returns a setting as people type it; empty if it has its default.
func (spec Spec) Written(name string) string {
	switch v := spec[name].(type) {
	case string:
		return v
	case []string:
		return strings.Join(v, ", ")
	case bool:
		of, _ := SettingOf(name)
		if v && of.Default != yes {
			return yes
		}
		if !v && of.Default == yes {
			return no
		}
	case int:
		return strconv.Itoa(v)
	}
	return ""
}

// UnmarshalJSON reads what the ledger has stored. It ignores settings that no longer exist.
func (spec *Spec) UnmarshalJSON(data []byte) error {
	var kept map[string]json.RawMessage
	if err := json.Unmarshal(data, &kept); err != nil {
		return err
	}
	*spec = Spec{}
	for _, of := range Settings {
		raw, ok := kept[of.Name]
		if !ok {
			continue
		}
		v := reflect.New(reflect.TypeOf(of.Zero))
		if err := json.Unmarshal(raw, v.Interface()); err != nil {
			return fmt.Errorf("%s: %w", of.Name, err)
		}
		(*spec)[of.Name] = of.current(v.Elem().Interface())
	}
	return nil
}

// Problem says what is wrong with one field of a Spec.
type Problem struct {
	Setting Setting
	// Field is the name of the setting. Key is its key in config.toml, with the index in a
	// list: "zone", "skip[1]".
	Field, Key string
	// Value is what was written.
	Value string
	// Readings are the possible meanings of a schedule, if there are two.
	Readings [][]schedule.Opening
	// Text says what is wrong and what to write instead.
	Text string
}

// Names are the names from the configuration that a subscription may use.
type Names struct {
	// Aliases are other names of tags.
	Aliases digest.Aliases
	// Libraries are the names of the libraries.
	Libraries []string
}

// Subscription converts the spec, using the given names. If there are problems, the
// Subscription must not be used.
func (spec Spec) Subscription(names Names) (Subscription, []Problem) {
	r := &reading{names: names}
	for _, r.of = range Settings {
		r.of.read(r, r.of.current(spec[r.of.Name]))
	}
	if r.Schedule != nil {
		r.Schedule = r.Schedule.On(r.calendar)
	}
	return r.Subscription, r.problems
}

// longest is the longest time that a subscription made in chat may look back: the ledger
// keeps more in any case.
const longest = 7 * 24 * time.Hour

// Check returns what is wrong with the spec of a subscription that is made in chat, using
// the given names.
func (spec Spec) Check(names Names) []Problem {
	s, problems := spec.Subscription(names)
	for _, of := range Settings {
		if of.length != nil && *of.length(&s) > longest {
			text := spec.Written(of.Name)
			problems = append(problems, Problem{Setting: of, Field: of.Name, Key: of.Key, Value: text, Text: fmt.Sprintf("%q is too long: a week is the most", text)})
		}
	}
	return problems
}

// LooksBack returns the longest time that a subscription looks back.
func (s *Subscription) LooksBack() (longest time.Duration) {
	for _, of := range Settings {
		if of.length != nil {
			longest = max(longest, *of.length(s))
		}
	}
	return longest
}
