package config

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2/unstable"
)

// position is a position in a file; line and column count from 1.
type position struct{ line, column int }

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.line, q.line), cmp.Compare(p.column, q.column))
}

// countColumns returns a function that converts positions whose columns count bytes, as in
// the TOML library, to positions whose columns count characters.
func countColumns(data []byte) func(line, column int) position {
	lines := bytes.Split(data, []byte("\n"))
	return func(line, column int) position {
		if line > 0 && line <= len(lines) {
			before := lines[line-1][:min(max(column-1, 0), len(lines[line-1]))]
			column -= len(before) - utf8.RuneCount(before)
		}
		return position{line, column}
	}
}

// place is a key and its position.
type place struct {
	key string
	at  position // the column counts bytes
}

// valueMark is the suffix of a key that denotes the position of its value.
const valueMark = " ="

// positions returns the position of each key of a TOML file: of tables, keys and array
// elements under names such as "subscription[0].channels[1]", and of values under the key
// with valueMark.
func positions(data []byte) map[string]position {
	at := map[string]position{}
	counted := countColumns(data)
	for _, x := range places(data) {
		if _, known := at[x.key]; !known {
			at[x.key] = counted(x.at.line, x.at.column)
		}
	}
	return at
}

// places returns the keys of a TOML file with their positions, in file order. Keys after a
// syntax error are missing.
func places(data []byte) (all []place) {
	p := &unstable.Parser{}
	p.Reset(data)
	w := &walk{parser: p, data: data}
	count, table := map[string]int{}, ""
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table:
			table = keyPath("", e.Key(), count)
			w.note(table, e.Key())
		case unstable.ArrayTable:
			name := rawPath(e.Key())
			count[name]++
			table = fmt.Sprintf("%s[%d]", name, count[name]-1)
			w.note(table, e.Key())
		case unstable.KeyValue:
			w.value(table, e)
		}
	}
	return w.all
}

// walk collects the keys of a file.
type walk struct {
	parser *unstable.Parser
	data   []byte
	all    []place
}

// value records a key and the keys in its value.
func (w *walk) value(table string, e *unstable.Node) {
	key, begins := rawPath(e.Key()), table
	if table != "" {
		key, begins = table+"."+key, table+"."
	}
	// A dotted key creates the tables that it names.
	parts, it := begins, e.Key()
	for it.Next() {
		parts += string(it.Node().Data)
		if it.IsLast() {
			w.behind(parts, it.Node())
		} else {
			w.note(parts, e.Key())
		}
		parts += "."
	}
	w.note(key, e.Key())
	children := e.Value().Children()
	for i := 0; children.Next(); i++ {
		child := children.Node()
		switch {
		case e.Value().Kind == unstable.InlineTable:
			w.value(key, child)
		case child.Raw.Length > 0:
			start := w.parser.Shape(child.Raw).Start
			w.all = append(w.all, place{fmt.Sprintf("%s[%d]", key, i), position{start.Line, start.Column}})
		}
	}
}

// behind records the position of the value after the last part of a key.
func (w *walk) behind(key string, last *unstable.Node) {
	shape := w.parser.Shape(last.Raw)
	rest := w.data[shape.End.Offset:]
	gap := len(rest) - len(bytes.TrimLeft(rest, " \t="))
	w.all = append(w.all, place{key + valueMark, position{shape.End.Line, shape.End.Column + gap}})
}

func (w *walk) note(key string, it unstable.Iterator) {
	if it.Next() {
		start := w.parser.Shape(it.Node().Raw).Start
		w.all = append(w.all, place{key, position{start.Line, start.Column}})
	}
}

// rawPath joins the parts of a key with dots.
func rawPath(it unstable.Iterator) string {
	var parts []string
	for it.Next() {
		parts = append(parts, string(it.Node().Data))
	}
	return strings.Join(parts, ".")
}

// keyPath joins the parts of a table's name. If the first part is an array of tables, it
// means the latest element.
func keyPath(prefix string, it unstable.Iterator, count map[string]int) string {
	path := prefix
	for it.Next() {
		if path != "" {
			path += "."
		}
		path += string(it.Node().Data)
		if n := count[path]; n > 0 {
			path = fmt.Sprintf("%s[%d]", path, n-1)
		}
	}
	return path
}

var index = regexp.MustCompile(`\[\d+\]`)

// plainKey returns a key's name without indices, as people write it.
func plainKey(key string) string { return index.ReplaceAllString(key, "") }
