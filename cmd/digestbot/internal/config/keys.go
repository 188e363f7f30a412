package config

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/digestbot/digestbot/bot/fuzzy"
)

// position is a place in a file; line and column count from 1.
type position struct{ line, column int }

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.line, q.line), cmp.Compare(p.column, q.column))
}

// countColumns takes positions whose columns count bytes, as those of the TOML
// library do, to those that count characters, as people do.
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

// positions finds where each key of a TOML file stands: tables, keys and the
// elements of arrays, by names such as "subscription[0].channels[1]". Keys
// behind a syntax error are missing.
func positions(data []byte) map[string]position {
	p := &unstable.Parser{}
	p.Reset(data)
	at, count, table := map[string]position{}, map[string]int{}, ""
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table:
			table = keyPath("", e.Key(), count)
			note(at, p, table, e.Key())
		case unstable.ArrayTable:
			name := rawPath(e.Key())
			count[name]++
			table = fmt.Sprintf("%s[%d]", name, count[name]-1)
			note(at, p, table, e.Key())
		case unstable.KeyValue:
			noteValue(at, p, table, e)
		}
	}
	counted := countColumns(data)
	for key, p := range at {
		at[key] = counted(p.line, p.column)
	}
	return at
}

// noteValue notes a key, and what its value holds.
func noteValue(at map[string]position, p *unstable.Parser, table string, e *unstable.Node) {
	key := rawPath(e.Key())
	if table != "" {
		key = table + "." + key
	}
	note(at, p, key, e.Key())
	children := e.Value().Children()
	for i := 0; children.Next(); i++ {
		child := children.Node()
		switch {
		case e.Value().Kind == unstable.InlineTable:
			noteValue(at, p, key, child)
		case child.Raw.Length > 0:
			start := p.Shape(child.Raw).Start
			at[fmt.Sprintf("%s[%d]", key, i)] = position{start.Line, start.Column}
		}
	}
}

func note(at map[string]position, p *unstable.Parser, key string, it unstable.Iterator) {
	if it.Next() {
		start := p.Shape(it.Node().Raw).Start
		at[key] = position{start.Line, start.Column}
	}
}

// rawPath joins the parts of a key.
func rawPath(it unstable.Iterator) string {
	var parts []string
	for it.Next() {
		parts = append(parts, string(it.Node().Data))
	}
	return strings.Join(parts, ".")
}

// keyPath joins the parts of a table's name; the first part may be an array
// of tables, whose latest element is meant.
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

// plainKey is a key's name without indices, as people write it.
func plainKey(key string) string { return index.ReplaceAllString(key, "") }

// fieldOf finds the struct field that a key is read into.
func fieldOf(key []string, shape reflect.Type) (reflect.StructField, bool) {
	var field reflect.StructField
	for _, part := range key {
		if shape.Kind() == reflect.Map {
			shape = shape.Elem()
			field = reflect.StructField{Type: shape}
			continue
		}
		var ok bool
		if field, ok = fields(shape)[part]; !ok {
			return field, false
		}
		shape = field.Type
		for shape.Kind() == reflect.Slice && shape.Elem().Kind() == reflect.Struct {
			shape = shape.Elem()
		}
	}
	return field, true
}

// fields are the fields of a struct by their TOML names, those of embedded
// structs among them.
func fields(shape reflect.Type) map[string]reflect.StructField {
	out := map[string]reflect.StructField{}
	if shape.Kind() != reflect.Struct {
		return out
	}
	for _, f := range reflect.VisibleFields(shape) {
		if name := f.Tag.Get("toml"); name != "" && !f.Anonymous {
			out[name] = f
		}
	}
	return out
}

// unknownKey words the error of a key that nothing reads.
func unknownKey(key []string, shape reflect.Type) string {
	text := strings.Join(key, ".") + ": there is no such key"
	table, name := key[:len(key)-1], key[len(key)-1]
	if len(table) > 0 {
		field, ok := fieldOf(table, shape)
		if !ok {
			return text
		}
		shape = field.Type
		for shape.Kind() == reflect.Slice {
			shape = shape.Elem()
		}
	}
	if near := fuzzy.Match(name, slices.Sorted(maps.Keys(fields(shape)))); len(near) > 0 {
		return text + ": did you mean " + near[0] + "?"
	}
	return text
}

// typeName says in words what a value has to be.
func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text in quotes"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "a list of tables, each below its name in double brackets"
		}
		return "a list of texts in brackets"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	default:
		return "a table"
	}
}
