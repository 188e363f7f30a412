package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// mistakes collects what is wrong with a file, by key.
type mistakes struct {
	path     string
	at       map[string]position // of keys, such as "subscription[0].channels[1]"
	problems []problem

	broken  map[int]bool    // lines whose syntax was refused
	refused map[string]bool // keys that were refused, which are not reported as missing
	misfits map[string]bool // refused keys whose values are empty or have the wrong type
}

type problem struct {
	at   position
	text string
}

// lines returns a line for each mistake, in file order.
func (m *mistakes) lines() []string {
	slices.SortStableFunc(m.problems, func(a, b problem) int { return a.at.compare(b.at) })
	lines := make([]string, len(m.problems))
	for i, p := range m.problems {
		where := fmt.Sprintf("%s:%d:%d", m.path, p.at.line, p.at.column)
		if p.at.column == 0 {
			where = m.path // it has no position
		}
		lines[i] = where + ": " + digest.Escape(chat.MaskValue(p.text))
	}
	return slices.Compact(lines)
}

// refuse records a problem with the value of a key, unless the value has the wrong type or
// is empty, which was recorded.
func (m *mistakes) refuse(key, format string, args ...any) {
	if m.misfits[key] {
		return
	}
	m.note(m.position(key), plainKey(key)+": "+fmt.Sprintf(format, args...))
	m.refused[key] = true
}

// note records a problem, unless its whole line was refused.
func (m *mistakes) note(at position, text string) {
	if !m.broken[at.line] {
		m.problems = append(m.problems, problem{at, text})
	}
}

// position returns the position of a key; if the key is missing, that of its table.
func (m *mistakes) position(key string) position {
	for key != "" {
		if p, ok := m.at[key]; ok {
			return p
		}
		key = key[:max(strings.LastIndexAny(key, ".["), 0)]
	}
	return position{1, 1}
}

func (m *mistakes) explain(err error) error {
	key, _, ok := strings.Cut(err.Error(), ": ")
	if !ok || !settingKey.MatchString(key) {
		return err
	}
	p := m.position(key)
	text := plainKey(key) + strings.TrimPrefix(err.Error(), key)
	return &configError{fmt.Sprintf("%s:%d:%d: %s", m.path, p.line, p.column, digest.Escape(chat.MaskValue(text))), err}
}

// settingKey matches the keys of settings.
var settingKey = regexp.MustCompile(`^(?:(?:http|heartbeat|state|library(?:\[\d+\])?|adapters|tags|subscription)(?:\.\S+)?|state|keep|admin_channel)$`)

// configError is an error whose text masks secrets.
type configError struct {
	text  string
	cause error
}

func (e *configError) Error() string { return e.text }

func (e *configError) Unwrap() error { return e.cause }
