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

// Value stands behind a key: a word exactly as it is written, so that NO, 1.20 and
// 2026 stay as they are, a list or a table. Its line and column count from 1 within
// the block.
type Value struct {
	Kind         Kind
	Bare         bool // a scalar of YAML without quotes
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

// Error says what is wrong with front matter, and where within the block.
type Error struct {
	Line, Column int
	Message      string
	Lenient      bool // all of it was read nonetheless
	spaced       bool // and so it was once each key had a space behind its colon
}

func (e *Error) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// Matter is the front matter of a file.
type Matter struct {
	Entries []Entry
	Block   []byte // between its delimiters
	Line    int    // the file's line before the first line of the block
}

// Place is where the file has a key, as FoldKey has it. Decoders know the place of a value at most,
// and none of a value that is empty.
func (m *Matter) Place(key string) digest.Position {
	for _, at := range anyKey.FindAllSubmatchIndex(m.Block, -1) {
		if FoldKey(string(m.Block[at[2]:at[3]])) == key {
			line, column := lexicon.Position(m.Block, at[2])
			return digest.Position{Line: int32(m.Line + line), Column: int32(column)}
		}
	}
	return digest.Position{}
}

// anyKey matches a key of one word in any format, at the beginning of a line or
// in JSON, whatever quotes and spaces stand around it.
var anyKey = regexp.MustCompile(`(?m)(?:^|[{,])` + aroundKey + `([\pL_][\pL\pN_-]*)` + aroundKey + `[:=：]`)

// aroundKey matches spaces, of which some have no width, and quotes.
const aroundKey = `[ \t\pZ\x{200B}\x{FEFF}"'“”‘’]*`

// FoldKey is a key in lower case without what is neither letter nor digit, so
// that publishDate and publish_date are one.
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

// Get is the first of the keys that has a value.
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

// Words are those of a value, of which a list has commas between them. It does
// not look into lists of lists: aliases make a few lines worth millions of words.
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

// FieldsOf are the entries that are wanted; the first one counts where a key is
// there twice. Aliases make a few lines worth millions of values, so there is a
// budget of them.
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

// plainValue is the value of a field.
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

// PositionOf is the place in the file of a value of the front matter, of which
// the block begins behind that line.
func PositionOf(line int, v Value) digest.Position {
	return digest.Position{Line: int32(line + v.Line), Column: int32(v.Column)}
}

// Instant is the time behind the first of the keys, as FoldKey has them, with a value,
// with the value and the place of the key. The time is zero if it cannot be
// understood. A loose key without a time counts as none.
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

// MaxValues is the number of values of the front matter that are looked at, or kept,
// at most.
const MaxValues = 10000

// First is the first of the keys of a table that has a value.
func (v Value) First(keys ...string) Value {
	m := Matter{Entries: v.Table}
	return m.Get(keys...)
}

// lastWins keeps the last of the entries that have one key, as Jekyll does.
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
