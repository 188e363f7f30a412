package matter

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/dates"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Entry is one key of the front matter.
type Entry struct {
	Key   string
	Value Value
	Notes []string // for lint
}

// Value is the value of a key: a scalar exactly as written, so that NO, 1.20 and 2026
// do not change, a list or a table. Its line and column count from 1 within the block.
type Value struct {
	Kind         Kind
	Bare         bool // a YAML scalar without quotes
	Text         string
	List         []Value
	Table        []Entry
	Line, Column int
}

// Kind is the kind of a value.
type Kind uint8

// The kinds of value. Nothing is the zero value: no key, or one without a value.
const (
	Nothing Kind = iota
	Scalar
	List
	Table
)

// Error says what is wrong with front matter, and where in the block.
type Error struct {
	Line, Column int
	Message      string
	Lenient      bool // everything was read nonetheless
	spaced       bool // everything was read after inserting spaces after colons
}

func (e *Error) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// Matter is the front matter of a file.
type Matter struct {
	Entries []Entry
	Block   []byte // the text between the delimiters
	Line    int    // the number of lines in the file before the block
}

// Place returns the position of a key, given in the form of FoldKey. Decoders give at
// most the position of a value, and none for an empty value.
func (m *Matter) Place(key string) digest.Position {
	for _, at := range anyKey.FindAllSubmatchIndex(m.Block, -1) {
		if FoldKey(string(m.Block[at[2]:at[3]])) == key {
			line, column := lexicon.Position(m.Block, at[2])
			return digest.Position{Line: int32(m.Line + line), Column: int32(column)}
		}
	}
	return digest.Position{}
}

// anyKey matches a key of one word in any format, at the start of a line or in JSON,
// with any quotes and spaces around it.
var anyKey = regexp.MustCompile(`(?m)(?:^|[{,])` + aroundKey + `([\pL_][\pL\pN_-]*)` + aroundKey + `[:=：]`)

// aroundKey matches spaces, including zero-width ones, and quotes.
const aroundKey = `[ \t\pZ\x{200B}\x{FEFF}"'“”‘’]*`

// FoldKey returns a key in lower case with only letters and digits, so that publishDate
// and publish_date are equal.
func FoldKey(key string) string {
	plain := true
	for i := range len(key) {
		plain = plain && lexicon.IsASCIILetter(key[i])
	}
	if plain {
		return lexicon.Lower(key)
	}
	return strings.Map(func(c rune) rune {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return -1
		}
		return unicode.ToLower(c)
	}, key)
}

// Get returns the value of the first of the keys that has one.
func (m *Matter) Get(keys ...string) Value {
	for _, key := range keys {
		for _, e := range m.Entries {
			if strings.EqualFold(e.Key, key) && e.Value.Kind != Nothing {
				return e.Value
			}
		}
	}
	return Value{}
}

// Words returns the text of a value, or the texts of a list joined with commas. It
// ignores nested lists, because with aliases a few lines can stand for millions of
// words.
func (v Value) Words() string {
	if v.Kind != List {
		return v.Text
	}
	all := make([]string, len(v.List))
	for i, item := range v.List {
		all[i] = item.Text
	}
	return strings.Join(all, ", ")
}

// FieldsOf returns the wanted entries. Of duplicate keys, the first one counts. With
// aliases, a few lines can stand for millions of values, so budget limits their number.
func FieldsOf(entries []Entry, wanted func(key string) bool, budget *int) digest.Fields {
	var fields digest.Fields
	for _, e := range entries {
		if *budget < 0 {
			break
		}
		if wanted(e.Key) {
			fields = append(fields, digest.Field{Key: strings.Clone(e.Key), Value: plainValue(e.Value, budget)})
		}
	}
	slices.SortStableFunc(fields, func(a, b digest.Field) int { return strings.Compare(a.Key, b.Key) })
	return slices.CompactFunc(fields, func(a, b digest.Field) bool { return a.Key == b.Key })
}

// plainValue returns the value of a field.
func plainValue(v Value, budget *int) any {
	if *budget--; *budget < 0 {
		return nil
	}
	switch v.Kind {
	case Scalar:
		return strings.Clone(v.Text)
	case List:
		items := []any{}
		for _, item := range v.List {
			if *budget < 0 {
				break
			}
			items = append(items, plainValue(item, budget))
		}
		return items
	case Table:
		return FieldsOf(v.Table, func(string) bool { return true }, budget)
	}
	return nil
}

// PositionOf returns the position in the file of a value of the front matter. line is
// the number of lines before the block.
func PositionOf(line int, v Value) digest.Position {
	return digest.Position{Line: int32(line + v.Line), Column: int32(v.Column)}
}

// Instant returns the time given by the first of the keys, in the form of FoldKey, that
// has a value, together with the value and the position of the key. The time is zero if
// it cannot be understood. A loose key that gives no time is skipped.
func (m *Matter) Instant(keys ...string) (time.Time, Value, digest.Position) {
	for _, key := range keys {
		for _, e := range m.Entries {
			if FoldKey(e.Key) != key || e.Value.Kind == Nothing || e.Value.Kind == Scalar && e.Value.Text == "" {
				continue
			}
			if w, ok := dates.Parse(e.Value.Text, e.Value.Bare); ok {
				return w.Day, e.Value, m.Place(key)
			}
			if !LooseDateKeys.Words[key] {
				return time.Time{}, e.Value, digest.Position{}
			}
		}
	}
	return time.Time{}, Value{}, digest.Position{}
}

// MaxValues is the most values of front matter that are examined or kept.
const MaxValues = 10000

// First returns the value of the first of the keys in a table that has one.
func (v Value) First(keys ...string) Value {
	m := Matter{Entries: v.Table}
	return m.Get(keys...)
}

// lastWins keeps the last of several entries with the same key, as Jekyll does.
func lastWins(entries []Entry) []Entry {
	last := make(map[string]int, len(entries))
	for i := range entries {
		e := &entries[i]
		if _, twice := last[lexicon.Lower(e.Key)]; twice {
			e.Notes = append(e.Notes, fmt.Sprintf("%q stands above already; the last one counts", e.Key))
		}
		last[lexicon.Lower(e.Key)] = i
	}
	kept := entries[:0]
	for i, e := range entries {
		if last[lexicon.Lower(e.Key)] == i {
			kept = append(kept, e)
		}
	}
	return kept
}
