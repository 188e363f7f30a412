package markdown

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/adrg/frontmatter"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/digestbot/digestbot/digest"
)

// What is handed to the decoders of front matter is bounded; deep nesting costs
// them quadratic time.
const (
	maxFrontMatter = 64 << 10
	maxNesting     = 100
)

// entry is one key of the front matter. Its line and column are those of the
// value, counted from 1 within the block.
type entry struct {
	key   string
	value value
}

// value is what stands behind a key: a word exactly as it is written, so that
// NO, 1.20 and 2026 stay what they are, or a list.
type value struct {
	kind         kind
	text         string
	list         []value
	table        []entry
	line, column int
}

type kind uint8

const (
	nothing kind = iota
	scalar
	list
	table
)

// matterError is what is wrong with front matter, and where within the block.
type matterError struct {
	line, column int
	message      string
	lenient      bool // all of it was read nonetheless
}

func (e *matterError) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.line, e.column, e.message)
}

// format is one way to write front matter.
type format struct {
	name   string
	decode func(block []byte) ([]entry, error)
	// key matches the beginning of a top-level entry up to its value. It is
	// nil when entries cannot be told apart by lines.
	key *regexp.Regexp
}

var (
	yamlFormat = &format{"yaml", decodeYAML, regexp.MustCompile(`^([\pL_][\pL\pN_. -]*?)\s*:(?:\s+|$)`)}
	tomlFormat = &format{"toml", decodeTOML, regexp.MustCompile(`^([\w-]+)\s*=\s*`)}
	jsonFormat = &format{"json", decodeJSON, nil}
)

// delimiters are the lines that open front matter, what follows them, and the
// lines that close it. Both stand at the first column.
var delimiters = []struct {
	open   string
	format *format
	close  []string
}{
	{"---", yamlFormat, []string{"---", "..."}},
	{"---yaml", yamlFormat, []string{"---"}},
	{"+++", tomlFormat, []string{"+++"}},
	{"---toml", tomlFormat, []string{"---"}},
	{";;;", jsonFormat, []string{";;;"}},
	{"---json", jsonFormat, []string{"---"}},
	{"{", jsonFormat, []string{"}"}},
}

// matter is the front matter of a file.
type matter struct {
	entries []entry
	line    int // the file's line before the first line of the block
}

// get is the first of the keys that has a value.
func (m *matter) get(keys ...string) value {
	for _, key := range keys {
		for _, e := range m.entries {
			if strings.EqualFold(e.key, key) && e.value.kind != nothing {
				return e.value
			}
		}
	}
	return value{}
}

// splitMatter separates front matter from the body, which begins at the offset
// that it returns. A file without front matter is all body; a rule in the
// first line is no front matter.
func splitMatter(data []byte) (m matter, body int, err *matterError) {
	start := len(data) - len(bytes.TrimLeft(data, "\n"))
	first, next := lineAt(data, start)
	for _, d := range delimiters {
		if string(first) != d.open {
			continue
		}
		block, after, closed := enclosed(data, next, d.close)
		m.line = bytes.Count(data[:next], []byte("\n"))
		if d.open == "{" {
			block, m.line = data[start:after], m.line-1
		}
		if !closed {
			return unclosed(m, data, next, d.format)
		}
		if err := affordable(block); err != nil {
			return m, after, err
		}
		m.entries, err = decode(block, d.format)
		if m.entries == nil && err == nil && !blank(block) {
			return matter{}, 0, nil // prose between two rules
		}
		return m, after, err
	}
	if m, body = unopened(data, start); m.entries == nil {
		m, body = bareHeader(data, start)
	}
	return m, body, nil
}

// unopened reads YAML front matter that only its last line delimits, as Hexo
// takes it. Its first line is an entry that front matter is known to have, so
// that a heading with a rule under it is none.
func unopened(data []byte, start int) (m matter, body int) {
	first, _ := lineAt(data, start)
	key := yamlFormat.key.FindStringSubmatch(string(first))
	if key == nil || !slices.Contains([]string{"title", "date", "layout", "tags", "categories", "author"}, strings.ToLower(key[1])) {
		return matter{}, 0
	}
	block, after, closed := enclosed(data, start, []string{"---"})
	if !closed || affordable(block) != nil || bytes.Contains(bytes.TrimSpace(block), []byte("\n\n")) {
		return matter{}, 0
	}
	entries, err := decode(block, yamlFormat)
	if err != nil || len(entries) < 2 {
		return matter{}, 0
	}
	return matter{entries: entries, line: bytes.Count(data[:start], []byte("\n"))}, after
}

// bareHeader reads lines like Title: words at the very beginning of a file, up
// to an empty line. One of them has to be the title or the date.
func bareHeader(data []byte, start int) (m matter, body int) {
	known := false
	n := 0
	for at := start; at < len(data); n++ {
		text, next := lineAt(data, at)
		if len(text) == 0 {
			break
		}
		line := string(text)
		key := yamlFormat.key.FindStringSubmatch(line)
		if key == nil || strings.Contains(key[1], " ") || n > 30 {
			return matter{}, 0
		}
		known = known || strings.EqualFold(key[1], "title") || strings.EqualFold(key[1], "date")
		m.entries = append(m.entries, entry{key[1], value{kind: scalar, text: strings.TrimSpace(line[len(key[0]):]), line: n + 1, column: 1 + utf8.RuneCountInString(key[0])}})
		at = next
		body = next
	}
	if !known || n < 2 {
		return matter{}, 0
	}
	m.line = bytes.Count(data[:start], []byte("\n"))
	return m, body
}

// affordable reports whether the block keeps the bounds.
func affordable(block []byte) *matterError {
	if len(block) > maxFrontMatter {
		return &matterError{line: 1, column: 1, message: "it is longer than 64 KiB"}
	}
	if bytes.Count(block, []byte("["))+bytes.Count(block, []byte("{")) <= maxNesting {
		return nil
	}
	depth := 0
	for i, c := range block {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if depth > maxNesting {
			line, column := position(block, i)
			return &matterError{line: line, column: column, message: "it is nested too deeply"}
		}
	}
	return nil
}

// unclosed reads front matter that lacks its last line: it ends at the first
// empty line. What does not begin with a key is taken for a rule instead.
func unclosed(m matter, data []byte, start int, f *format) (matter, int, *matterError) {
	end := len(data)
	if i := bytes.Index(data[start:], []byte("\n\n")); i >= 0 {
		end = start + i + 1
	}
	block := data[start:end]
	if f.key == nil || !f.key.Match(block) || affordable(block) != nil {
		return matter{}, 0, nil
	}
	m.entries, _ = decode(block, f)
	return m, end, &matterError{column: 1, message: "it is not closed"}
}

// enclosed is the block from start to one of the closing lines, and the offset
// of what follows that line.
func enclosed(data []byte, start int, closings []string) (block []byte, after int, closed bool) {
	for at := start; at < len(data); {
		line, next := lineAt(data, at)
		for _, c := range closings {
			if string(line) == c {
				return data[start:at], next, true
			}
		}
		at = next
	}
	return nil, start, false
}

// lineAt is the line at the offset without spaces at its end, and the offset
// of the next one.
func lineAt(data []byte, at int) (line []byte, next int) {
	next = len(data)
	if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
		next = at + i + 1
	}
	return bytes.TrimRight(data[at:next], " \t\n"), next
}

func blank(b []byte) bool { return len(bytes.TrimSpace(b)) == 0 }

// fence closes the blocks that are handed to the frontmatter package. That
// package trims lines before it compares them, so it would take an indented
// --- inside a block scalar for the end; control characters never reach it.
const fence = "\x00"

// lineEnd stands for the ends of lines in what is handed to the frontmatter
// package, which copies every line twice. So there is one.
const lineEnd = "\x01"

// readers are what the frontmatter package reads from; it would make one of
// 4 KiB for each file.
var readers = sync.Pool{New: func() any { return bufio.NewReader(nil) }}

// decode reads the block. When it is broken, the entries that make sense each
// by itself come with the error.
func decode(block []byte, f *format) ([]entry, *matterError) {
	var entries []entry
	own := frontmatter.NewFormat(fence+f.name, fence, func(b []byte, v any) (err error) {
		*v.(*[]entry), err = f.decode(bytes.ReplaceAll(b, []byte(lineEnd), []byte("\n")))
		return err
	})
	fenced := make([]byte, 0, len(block)+16)
	fenced = append(append(append(fenced, fence+f.name+"\n"...), block...), "\n"+fence+"\n"...)
	for i, c := range fenced[len(fence+f.name+"\n"):][:len(block)] {
		if c == '\n' {
			fenced[len(fence+f.name+"\n")+i] = lineEnd[0]
		}
	}
	reader := readers.Get().(*bufio.Reader)
	defer readers.Put(reader)
	reader.Reset(bytes.NewReader(fenced))
	_, err := frontmatter.MustParse(reader, &entries, own)
	if err == nil {
		return entries, nil
	}
	broken, ok := errors.AsType[*matterError](err)
	if !ok {
		broken = &matterError{line: 1, column: 1, message: err.Error()}
	}
	entries, broken.lenient = salvage(block, f)
	return entries, broken
}

// salvage reads each top-level entry of a broken block by itself. An entry
// that cannot be decoded is taken literally, which is what the writer of
// title: "A "quoted" title" meant. whole reports whether nothing was lost by
// that: no key is there twice, and what was taken literally is one line.
func salvage(block []byte, f *format) (entries []entry, whole bool) {
	if f.key == nil {
		return nil, false
	}
	whole = true
	seen := map[string]bool{}
	lines := bytes.SplitAfter(block, []byte("\n"))
	for i := 0; i < len(lines); i++ {
		m := f.key.FindSubmatch(lines[i])
		if m == nil {
			continue
		}
		first := i
		for i+1 < len(lines) && !f.key.Match(lines[i+1]) {
			i++
		}
		own, err := f.decode(bytes.Join(lines[first:i+1], nil))
		if err != nil || len(own) == 0 {
			text := strings.TrimSpace(string(lines[first][len(m[0]):]))
			if n := len(text); n > 1 && text[0] == text[n-1] && (text[0] == '"' || text[0] == '\'') {
				text = text[1 : n-1]
			}
			own = []entry{{string(m[1]), value{kind: scalar, text: text, line: 1, column: 1}}}
			whole = whole && i == first && text != "" && strings.IndexByte("[{*&!|>%@", text[0]) < 0
		}
		for _, e := range own {
			e.value.line += first
			for j := range e.value.list {
				e.value.list[j].line += first
			}
			whole = whole && !seen[e.key]
			seen[e.key] = true
			entries = append(entries, e)
		}
	}
	return entries, whole
}

func decodeYAML(block []byte) ([]entry, error) {
	if entries, ok := decodePlain(string(block)); ok {
		return entries, nil
	}
	return decodeFullYAML(block)
}

func decodeFullYAML(block []byte) ([]entry, error) {
	file, err := parser.ParseBytes(block, 0)
	if err != nil {
		if e, ok := errors.AsType[*yaml.SyntaxError](err); ok && e.Token != nil {
			return nil, &matterError{line: e.Token.Position.Line, column: e.Token.Position.Column, message: e.Message}
		}
		return nil, err
	}
	if len(file.Docs) == 0 {
		return nil, nil
	}
	var pairs []*ast.MappingValueNode
	switch n := file.Docs[0].Body.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	}
	anchors := map[string]value{}
	var entries []entry
	for _, p := range pairs {
		entries = append(entries, entry{p.Key.GetToken().Value, yamlValue(p.Value, anchors)})
	}
	return entries, nil
}

// yamlValue keeps scalars as they are written. An alias shares the value of
// its anchor, so that a bomb of aliases stays small.
func yamlValue(n ast.Node, anchors map[string]value) value {
	var v value
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return value{}
	case *ast.AnchorNode:
		v = yamlValue(n.Value, anchors)
		anchors[n.Name.GetToken().Value] = v
		return v
	case *ast.AliasNode:
		return anchors[n.Value.GetToken().Value]
	case *ast.TagNode:
		return yamlValue(n.Value, anchors)
	case *ast.LiteralNode:
		v = value{kind: scalar, text: n.Value.Value}
	case *ast.StringNode:
		v = value{kind: scalar, text: n.Value}
	case *ast.SequenceNode:
		v.kind = list
		for _, item := range n.Values {
			v.list = append(v.list, yamlValue(item, anchors))
		}
	case *ast.MappingNode:
		v.kind = table
		for _, p := range n.Values {
			v.table = append(v.table, entry{p.Key.GetToken().Value, yamlValue(p.Value, anchors)})
		}
	case *ast.MappingValueNode:
		v.kind = table
		v.table = []entry{{n.Key.GetToken().Value, yamlValue(n.Value, anchors)}}
	default:
		v = value{kind: scalar, text: n.GetToken().Value}
	}
	t := n.GetToken()
	if pair, ok := n.(*ast.MappingValueNode); ok {
		t = pair.Key.GetToken()
	} else if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		t = m.Values[0].Key.GetToken()
	}
	if t != nil && t.Position != nil {
		v.line, v.column = t.Position.Line, t.Position.Column
	}
	return v
}

// decodeTOML keeps the keys of the top level and those of [taxonomies], where
// Zola has its tags, as they are written, and tables as they are understood.
func decodeTOML(block []byte) ([]entry, error) {
	var valid map[string]any
	if err := toml.Unmarshal(block, &valid); err != nil {
		if e, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, column := e.Position()
			return nil, &matterError{line: line, column: column, message: strings.TrimPrefix(e.Error(), "toml: ")}
		}
		return nil, err
	}
	var p unstable.Parser
	p.Reset(block)
	var entries []entry
	wanted := true
	for p.NextExpression() {
		e := p.Expression()
		key := ""
		for k := e.Key(); k.Next(); {
			key += "." + string(k.Node().Data)
		}
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			wanted = key == ".taxonomies"
		case unstable.KeyValue:
			if wanted {
				entries = append(entries, entry{key[1:], tomlValue(&p, e.Value())})
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(valid)) {
		if v := decodedValue(valid[key]); key != "taxonomies" && (v.kind == table || v.kind == list && len(v.list) > 0 && v.list[0].kind == table) {
			entries = append(slices.DeleteFunc(entries, func(e entry) bool { return e.key == key }), entry{key, v})
		}
	}
	return entries, p.Error()
}

func tomlValue(p *unstable.Parser, n *unstable.Node) value {
	v := value{kind: scalar, text: string(n.Data)}
	at := p.Shape(n.Raw).Start
	v.line, v.column = at.Line, at.Column
	switch n.Kind {
	case unstable.Array:
		v.kind = list
		for items := n.Children(); items.Next(); {
			if item := items.Node(); item.Kind != unstable.Comment {
				v.list = append(v.list, tomlValue(p, item))
			}
		}
	case unstable.InlineTable:
		v.kind = table
	}
	return v
}

func decodeJSON(block []byte) ([]entry, error) {
	d := json.NewDecoder(bytes.NewReader(block))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil {
		at := len(block)
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = max(int(e.Offset)-1, 0)
		}
		line, column := position(block, at)
		return nil, &matterError{line: line, column: column, message: err.Error()}
	}
	var entries []entry
	for _, key := range slices.Sorted(maps.Keys(object)) {
		entries = append(entries, entry{key, decodedValue(object[key])})
	}
	return entries, nil
}

// decodedValue is the value of what a decoder made of it.
func decodedValue(v any) value {
	switch v := v.(type) {
	case nil:
		return value{}
	case []any:
		l := value{kind: list, line: 1, column: 1}
		for _, item := range v {
			l.list = append(l.list, decodedValue(item))
		}
		return l
	case map[string]any:
		t := value{kind: table, line: 1, column: 1}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			t.table = append(t.table, entry{key, decodedValue(v[key])})
		}
		return t
	default:
		return value{kind: scalar, text: fmt.Sprint(v), line: 1, column: 1}
	}
}

// fieldsOf are the entries that are wanted; the first one counts where a key is
// there twice. Aliases make a few lines worth millions of values, so there is a
// budget of them.
func fieldsOf(entries []entry, wanted func(key string) bool, budget *int) digest.Fields {
	var fields digest.Fields
	for _, e := range entries {
		if *budget < 0 {
			break
		}
		if wanted(e.key) {
			fields = append(fields, digest.Field{Key: strings.Clone(e.key), Value: plainValue(e.value, budget)})
		}
	}
	slices.SortStableFunc(fields, func(a, b digest.Field) int { return strings.Compare(a.Key, b.Key) })
	return slices.CompactFunc(fields, func(a, b digest.Field) bool { return a.Key == b.Key })
}

// plainValue is the value of a field.
func plainValue(v value, budget *int) any {
	if *budget--; *budget < 0 {
		return nil
	}
	switch v.kind {
	case scalar:
		return strings.Clone(v.text)
	case list:
		items := []any{}
		for _, item := range v.list {
			if *budget < 0 {
				break
			}
			items = append(items, plainValue(item, budget))
		}
		return items
	case table:
		return fieldsOf(v.table, func(string) bool { return true }, budget)
	}
	return nil
}
