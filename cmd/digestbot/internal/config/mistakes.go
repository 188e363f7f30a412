package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// mistakes are what is wrong with a file, by the keys where it is wrong.
type mistakes struct {
	path     string
	at       map[string]position // of keys, such as "subscription[0].channels[1]"
	problems []problem

	broken  map[int]bool    // the lines whose syntax was refused
	refused map[string]bool // the keys that were refused, so that nobody misses them
	misfits map[string]bool // those of them whose values are of another type
}

type problem struct {
	at   position
	text string
}

// lines are what is wrong, a line each, in the order of the file.
func (m *mistakes) lines() []string {
	slices.SortStableFunc(m.problems, func(a, b problem) int { return a.at.compare(b.at) })
	lines := make([]string, len(m.problems))
	for i, p := range m.problems {
		where := fmt.Sprintf("%s:%d:%d", m.path, p.at.line, p.at.column)
		if p.at.column == 0 {
			where = m.path // it is about no place
		}
		lines[i] = where + ": " + digest.Escape(chat.MaskValue(p.text))
	}
	return slices.Compact(lines)
}

// refuse notes a problem with the value of a key.
func (m *mistakes) refuse(key, format string, args ...any) {
	m.note(m.position(key), plainKey(key)+": "+fmt.Sprintf(format, args...))
	m.refused[key] = true
}

// note notes a problem, unless its line was refused as a whole.
func (m *mistakes) note(at position, text string) {
	if !m.broken[at.line] {
		m.problems = append(m.problems, problem{at, text})
	}
}

// position is where a key stands; a key that does not, where its table does.
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

// settingKey is what the key of a setting looks like.
var settingKey = regexp.MustCompile(`^(?:(?:http|heartbeat|state|library(?:\[\d+\])?|adapters|tags|subscription)(?:\.\S+)?|state|keep|admin_channel)$`)

// configError is an error in words that hide secrets.
type configError struct {
	text  string
	cause error
}

func (e *configError) Error() string { return e.text }

func (e *configError) Unwrap() error { return e.cause }
