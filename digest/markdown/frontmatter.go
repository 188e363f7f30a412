package markdown

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/adrg/frontmatter"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	yamltoken "github.com/goccy/go-yaml/token"
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
	notes []string // what lint says of it
}

// value is what stands behind a key: a word exactly as it is written, so that
// NO, 1.20 and 2026 stay what they are, or a list.
type value struct {
	kind         kind
	bare         bool // a scalar of YAML without quotes
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
	spaced       bool // and so it was once each key had a space behind its colon
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
	block   []byte
	line    int // the file's line before the first line of the block
}

// place is where the file has a key, as foldKey has it. Decoders know the place of a value at most,
// and none of a value that is empty.
func (m *matter) place(key string) digest.Position {
	for _, at := range anyKey.FindAllSubmatchIndex(m.block, -1) {
		if foldKey(string(m.block[at[2]:at[3]])) == key {
			line, column := position(m.block, at[2])
			return digest.Position{Line: int32(m.line + line), Column: int32(column)}
		}
	}
	return digest.Position{}
}

// anyKey matches a key of one word in any format, at the beginning of a line or
// in JSON, whatever quotes and spaces stand around it.
var anyKey = regexp.MustCompile(`(?m)(?:^|[{,])` + aroundKey + `([\pL_][\pL\pN_-]*)` + aroundKey + `[:=：]`)

// aroundKey matches spaces, of which some have no width, and quotes.
const aroundKey = `[ \t\pZ\x{200B}\x{FEFF}"'“”‘’]*`

// foldKey is a key in lower case without what is neither letter nor digit, so
// that publishDate and publish_date are one.
func foldKey(key string) string {
	plain := true
	for i := range len(key) {
		plain = plain && letter(key[i])
	}
	if plain {
		return lower(key)
	}
	return strings.Map(func(c rune) rune {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return -1
		}
		return unicode.ToLower(c)
	}, key)
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

// words are those of a value, of which a list has commas between them. It does
// not look into lists of lists: aliases make a few lines worth millions of words.
func (v value) words() string {
	if v.kind != list {
		return v.text
	}
	all := make([]string, len(v.list))
	for i, item := range v.list {
		all[i] = item.text
	}
	return strings.Join(all, ", ")
}

// splitMatter separates front matter from the body, which begins at the offset
// that it returns. A file without front matter is all body, and so is a rule in
// the first line with what stands below it. No key is there twice.
func splitMatter(data []byte) (m matter, body int, err *matterError) {
	m, body, err = cutMatter(data)
	m.entries = lastWins(m.entries)
	return m, body, err
}

// lastWins keeps the last of the entries that have one key, as Jekyll does.
func lastWins(entries []entry) []entry {
	last := make(map[string]int, len(entries))
	for i := range entries {
		e := &entries[i]
		if _, twice := last[lower(e.key)]; twice {
			e.notes = append(e.notes, fmt.Sprintf("%q stands above already; the last one counts", e.key))
		}
		last[lower(e.key)] = i
	}
	kept := entries[:0]
	for i, e := range entries {
		if last[lower(e.key)] == i {
			kept = append(kept, e)
		}
	}
	return kept
}

// cutMatter is splitMatter, but for keys that are there twice.
func cutMatter(data []byte) (m matter, body int, err *matterError) {
	start := len(data) - len(bytes.TrimLeft(data, "\n"))
	if after := jsonObject(data, start); after > 0 {
		m.line, m.block = start, data[start:after] // only ends of lines stand above it
		if err := affordable(m.block); err != nil {
			return m, after, err
		}
		m.entries, err = decode(m.block, jsonFormat)
		if err == nil || bytes.HasSuffix(m.block, []byte("\n")) {
			return m, after, err
		}
		m = matter{} // prose that begins with a brace
	}
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
		m.block = block
		if err := affordable(block); err != nil {
			return m, after, err
		}
		m.entries, err = decode(block, d.format)
		switch {
		case !fits(block, d.format, m.entries, err):
			return matter{}, 0, nil // prose between two rules
		case err != nil && !err.spaced && d.format == yamlFormat && strayBelow(block):
			return unclosed(m, data, next, d.format) // the line that closes it is a rule further down
		}
		return m, after, err
	}
	if m, body, err = unopened(data, start); m.entries == nil {
		m, body, err = bareHeader(data, start)
	}
	return m, body, err
}

// jsonObject is the offset behind the object at start, with the end of its line
// if nothing but spaces stands before that. It is 0 if there is no object with a key.
func jsonObject(data []byte, start int) (after int) {
	if start == len(data) || data[start] != '{' || !bytes.HasPrefix(bytes.TrimSpace(data[start+1:]), []byte(`"`)) {
		return 0
	}
	depth, quoted := 0, false
	for at := start; at < len(data); at++ {
		switch c := data[at]; {
		case quoted && c == '\\':
			at++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if depth > 0 {
			continue
		}
		if rest, next := lineAt(data, at+1); len(rest) == 0 {
			return next
		}
		return at + 1
	}
	return 0
}

// likeMatter is what looks like front matter at the beginning of a file of which
// none could be read: the lines behind a delimiter or a brace, or a title or date
// with the lines below it. It ends at the next delimiter or empty line.
func likeMatter(data []byte) matter {
	start := len(data) - len(bytes.TrimLeft(data, " \t\n"))
	first, next := lineAt(data, start)
	if !likesMatter.Match(first) {
		return matter{}
	}
	end := next
	for end < len(data) {
		line, after := lineAt(data, end)
		if text := bytes.TrimLeft(line, " \t"); len(text) == 0 && end > next || likesDelimiter.Match(text) {
			break
		}
		end = after
	}
	return matter{block: data[start:end], line: bytes.Count(data[:start], []byte("\n"))}
}

// likesMatter matches the first line of what is meant as front matter, and
// likesDelimiter a line that closes it. Some keyboards make one dash of three
// hyphens.
var (
	likesMatter    = regexp.MustCompile("^(?:---|\\+\\+\\+|;;;|—|```(?:ya?ml|toml|json)|\\{(?:[^{%]|$)|(?i:title|date)\\s*[:=：])")
	likesDelimiter = regexp.MustCompile("^(?:---+|\\+\\+\\++|;;;+|\\.\\.\\.|—+|```)$")
)

// draftIn is the first entry in the block that says draft, however it is written:
// its key and word, and the offset of the key, -1 if there is none. Prose goes on
// behind the word.
func draftIn(block []byte) (key, word string, at int) {
	start := 0
	for line := range bytes.Lines(block) {
		pattern, from := draftLine, 0
		if text := bytes.TrimLeft(line, " \t"); len(text) > 0 && strings.IndexByte(`{,"'`, text[0]) >= 0 {
			pattern = draftWithin
		}
		for {
			m := pattern.FindSubmatchIndex(line[from:])
			if m == nil {
				break
			}
			key = string(line[from+m[2] : from+m[3]])
			if word, draft := draftWord(foldKey(key), string(line[from+m[1]:])); draft {
				return key, word, start + from + m[2]
			}
			if from += m[1]; pattern == draftLine {
				break
			}
		}
		start += len(line)
	}
	return "", "", -1
}

// draftWord is the word behind such a key that makes the file a draft.
func draftWord(key, rest string) (word string, draft bool) {
	rest, _, _ = strings.Cut(rest, " #")
	rest = strings.TrimLeftFunc(rest, aroundWord)
	if rest == "" {
		draft, _ = saysDraft(key, "")
		return "", draft
	}
	for word := range strings.FieldsFuncSeq(rest, func(r rune) bool { return separatesWords(r) || strings.ContainsRune("[](){}", r) }) {
		word = strings.TrimFunc(word, aroundWord)
		if draft, odd := saysDraft(key, word); draft && (!odd || !strings.Contains(word, " ")) {
			return word, true
		}
		if !strings.HasSuffix(key, "status") && key != "state" {
			break // what follows is another entry
		}
	}
	return "", false
}

// aroundWord reports whether r may stand around a word: a space, a quote, a
// bracket.
func aroundWord(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("[({\"'“”‘’\u200B\uFEFF", r)
}

// draftLine matches a line up to the value of a key that may say draft, and
// draftWithin such a key anywhere in a line of which the entries stand one behind
// the other.
var (
	draftLine   = regexp.MustCompile(`(?i)^` + aroundKey + draftKey)
	draftWithin = regexp.MustCompile(`(?i)(?:^|[{,"'\s])` + aroundKey + draftKey)
)

const draftKey = `((?:is[_-]?)?draft|published|publish|(?:post[_-])?status|state)` + aroundKey + `[:=：]+`

// usualKeys are those by which a few lines with colons are front matter and no
// prose.
var usualKeys = words(`title expirydate unpublishdate lastmod modified updated author authors source
	categories category tags tag keywords topics draft published publish status state lang language locale layout type slug url permalink
	description summary excerpt subtitle series image cover weight id aliases comments toc
	标题 標題 日期 时间 作者 标签 標籤 分类 分類 摘要 タイトル 日付 タグ 제목 날짜 태그`)

// isUsual reports whether an entry has a usual key.
func isUsual(e entry) bool { return usualKeys.words[lower(e.key)] || dateRank(e.key) > 0 }

// usual is how many of the entries have a usual key.
func usual(entries []entry) (n int) {
	for _, e := range entries {
		if isUsual(e) {
			n++
		}
	}
	return n
}

// fits reports whether a block between two delimiters is front matter, given
// what was read of it. Front matter is a mapping, as a whole or line by line,
// and begins with a key. Prose may do so, too; but then it has none of the usual
// keys, and stands apart from the rule or has other lines.
func fits(block []byte, f *format, entries []entry, err *matterError) bool {
	text := bytes.TrimSpace(block)
	switch {
	case len(text) == 0:
		return true
	case f == jsonFormat:
		text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("{")))
		return err == nil || bytes.HasPrefix(text, []byte(`"`)) || bytes.HasPrefix(text, []byte("}"))
	case len(entries) == 0:
		return f == tomlFormat && err == nil // comments, or tables of what is not wanted here
	case f == tomlFormat:
		return true
	case slices.ContainsFunc(entries, isUsual):
		return err == nil || startsWithKey(block)
	}
	apart := block[0] == '\n'
	return !apart && keyAtStart(entries[0].key) && (err == nil || startsWithKey(block) && !stray(block))
}

// keyAtStart reports whether a key is one word that begins with a letter.
func keyAtStart(key string) bool {
	first, _ := utf8.DecodeRuneInString(key)
	return (first == '_' || isLetter(first)) && !strings.Contains(key, " ")
}

// startsWithKey reports whether the first line of a block that is neither empty
// nor a comment is an entry.
func startsWithKey(block []byte) bool {
	for line := range bytes.Lines(block) {
		if tells(line) {
			spaced, _ := spaceColon(line)
			return yamlFormat.key.Match(spaced)
		}
	}
	return false
}

// stray reports whether a line at the first column is none that front matter
// has: an entry, an item, a comment, the end of a list or table.
func stray(block []byte) bool {
	for line := range bytes.Lines(block) {
		spaced, _ := spaceColon(line)
		if !blank(line) && !bytes.ContainsAny(line[:1], " \t#]}") && !bytes.HasPrefix(line, []byte("- ")) && !yamlFormat.key.Match(spaced) {
			return true
		}
	}
	return false
}

// strayBelow reports whether there is such a line below an empty one.
func strayBelow(block []byte) bool {
	_, below, found := bytes.Cut(block, []byte("\n\n"))
	return found && stray(below)
}

// unopened reads YAML front matter that only its last line delimits, as Hexo
// takes it. Its first line is an entry that front matter is known to have, so
// that a heading with a rule under it is none.
func unopened(data []byte, start int) (m matter, body int, err *matterError) {
	first, _ := lineAt(data, start)
	first, _ = spaceColon(first)
	key := yamlFormat.key.FindSubmatch(first)
	if key == nil || !slices.Contains([]string{"title", "date", "layout", "tags", "categories", "author"}, lower(string(key[1]))) {
		return matter{}, 0, nil
	}
	block, after, closed := enclosed(data, start, []string{"---"})
	if !closed || affordable(block) != nil || bytes.Contains(bytes.TrimSpace(block), []byte("\n\n")) {
		return matter{}, 0, nil
	}
	entries, err := decode(block, yamlFormat)
	if err != nil && !err.spaced || len(entries) < 2 {
		return matter{}, 0, nil
	}
	return matter{entries: entries, block: block, line: bytes.Count(data[:start], []byte("\n"))}, after, err
}

// bareHeader reads lines like Title: words at the very beginning of a file, up
// to an empty line. One of them has to be the title or the date.
func bareHeader(data []byte, start int) (m matter, body int, err *matterError) {
	known := false
	var tight []tightLine
	n := 0
	for at := start; at < len(data); n++ {
		text, next := lineAt(data, at)
		if len(text) == 0 {
			break
		}
		spaced, t := spaceColon(text)
		line := string(spaced)
		key := yamlFormat.key.FindStringSubmatch(line)
		if key == nil || strings.Contains(key[1], " ") || n > 30 {
			return matter{}, 0, nil
		}
		if t.found {
			t.line = n + 1
			tight = append(tight, t)
		}
		known = known || strings.EqualFold(key[1], "title") || strings.EqualFold(key[1], "date")
		m.entries = append(m.entries, entry{key: key[1], value: value{kind: scalar, text: strings.TrimSpace(line[len(key[0]):]), line: n + 1, column: 1 + utf8.RuneCountInString(key[0])}})
		at = next
		body = next
	}
	if !known || n < 2 {
		return matter{}, 0, nil
	}
	m.block = data[start:body]
	m.line = bytes.Count(data[:start], []byte("\n"))
	return m, body, spacingError(m.entries, tight)
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
// empty line. It has one of the usual keys; all else is taken for a rule.
func unclosed(m matter, data []byte, start int, f *format) (matter, int, *matterError) {
	end := len(data)
	if i := bytes.Index(data[start:], []byte("\n\n")); i >= 0 {
		end = start + i + 1
	}
	block := data[start:end]
	if f.key == nil || affordable(block) != nil {
		return matter{}, 0, nil
	}
	entries, err := decode(block, f)
	if spaced, _ := spaceColon(block); usual(entries) == 0 || !f.key.Match(spaced) {
		return matter{}, 0, nil
	}
	m.entries, m.block = entries, block
	if err == nil || !err.spaced {
		err = &matterError{column: 1, message: "it is not closed"}
	}
	return m, end, err
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

// decode reads the block. When it is broken, the entries that make sense each
// by itself come with the error.
func decode(block []byte, f *format) ([]entry, *matterError) {
	entries, err := decodeSpaced(block, f)
	if f == yamlFormat {
		// A line in quotes or brackets may look as if it lacked a space, too. Then
		// nothing is gained.
		if spaced, tight := spaceColons(block); len(tight) > 0 {
			if again, _ := decodeSpaced(spaced, f); len(again) > len(entries) || usual(again) > usual(entries) {
				return again, spacingError(again, tight)
			}
		}
	}
	return entries, err
}

// decodeSpaced is decode for what has a space behind each colon.
func decodeSpaced(block []byte, f *format) ([]entry, *matterError) {
	entries, err := f.parse(block)
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

// fence is what front matter ends with, and begins with before the name of its
// format.
const fence = "---"

// parse hands the block to the frontmatter package. That takes a line for the end
// that is one but for spaces around it, as there may be in the text of a value;
// such a block is decoded at once.
func (f *format) parse(block []byte) (entries []entry, err error) {
	for line := range bytes.Lines(block) {
		if string(bytes.TrimSpace(line)) == fence {
			return f.decode(block)
		}
	}
	own := frontmatter.NewFormat(fence+f.name, fence, func(b []byte, v any) (err error) {
		*v.(*[]entry), err = f.decode(b)
		return err
	})
	text := io.MultiReader(strings.NewReader(fence+f.name+"\n"), bytes.NewReader(block), strings.NewReader("\n"+fence+"\n"))
	_, err = frontmatter.MustParse(text, &entries, own)
	return entries, err
}

// tightLine is a line that begins with a key whose colon has no space behind it,
// or is a full-width one.
type tightLine struct {
	found    bool
	line     int // from 1
	key      string
	inserted bool // a space was, so that what follows is one column further right
}

// spaceColons is the block with ": " behind each key at the beginning of a line,
// and the lines that were not written so.
func spaceColons(block []byte) (spaced []byte, tight []tightLine) {
	n, done := 0, 0 // the lines, and how much of the block is in spaced
	at := 0
	for line := range bytes.Lines(block) {
		n++
		other, t := spaceColon(line)
		if t.found {
			t.line = n
			tight = append(tight, t)
			spaced = append(append(spaced, block[done:at]...), other...)
			done = at + len(line)
		}
		at += len(line)
	}
	if len(tight) == 0 {
		return block, nil
	}
	return append(spaced, block[done:]...), tight
}

// spaceColon is the line with ": " behind the key that it begins with. It is
// line itself when there is nothing to mend: an address is no key, and neither
// is a time of day.
func spaceColon(line []byte) (spaced []byte, t tightLine) {
	if colon := bytes.IndexByte(line, ':'); colon >= 0 && colon+1 < len(line) && (line[colon+1] == ' ' || line[colon+1] == '\n') && bytes.IndexByte(line[:colon], "："[0]) < 0 {
		return line, t // as most
	}
	end := 0 // of the key
	for end < len(line) {
		r, size := utf8.DecodeRune(line[end:])
		if !isLetter(r) && (end == 0 || r != '-' && !unicode.IsDigit(r)) && r != '_' {
			break
		}
		end += size
	}
	rest := line[end:]
	wide, isWide := bytes.CutPrefix(bytes.TrimPrefix(rest, []byte(" ")), []byte("："))
	after, isTight := bytes.CutPrefix(rest, []byte(":"))
	switch {
	case end == 0 || !isWide && !isTight:
		return line, t
	case isWide:
		after = wide
	case len(after) == 0 || strings.IndexByte(" \t\n/:", after[0]) >= 0:
		return line, t
	}
	t = tightLine{found: true, key: string(line[:end]), inserted: len(after) > 0 && strings.IndexByte(" \t\n", after[0]) < 0}
	spaced = append(append(spaced, line[:end]...), ':')
	if t.inserted {
		spaced = append(spaced, ' ')
	}
	return append(spaced, after...), t
}

// spacingError is what is wrong with the lines, nil if there is none. It brings
// the entries back to the columns that they have in the file.
func spacingError(entries []entry, tight []tightLine) *matterError {
	if len(tight) == 0 {
		return nil
	}
	moved := map[int]bool{}
	for _, t := range tight {
		moved[t.line] = t.inserted
	}
	// No problem names a place deeper than an item of a list.
	for i := range entries {
		v := &entries[i].value
		if moved[v.line] {
			v.column--
		}
		v.list = slices.Clone(v.list) // an alias shares it
		for j := range v.list {
			if moved[v.list[j].line] {
				v.list[j].column--
			}
		}
	}
	first := tight[0]
	others := ""
	if n := len(tight) - 1; n == 1 {
		others = "; another line lacks it, too"
	} else if n > 1 {
		others = fmt.Sprintf("; %d other lines lack it, too", n)
	}
	return &matterError{
		line: first.line, column: 1 + utf8.RuneCountInString(first.key), spaced: true,
		message: fmt.Sprintf("write a space behind the colon: %q%s", first.key+": …", others),
	}
}

// salvage reads each top-level entry of a broken block by itself. An entry
// that cannot be decoded is taken literally, which is what the writer of
// title: "A "quoted" title" meant. An empty place in a list is passed over.
// whole reports whether nothing was lost by that: what was taken literally is
// one line.
func salvage(block []byte, f *format) (entries []entry, whole bool) {
	if f.key == nil {
		return nil, false
	}
	whole = true
	lines := bytes.SplitAfter(block, []byte("\n"))
	for i := 0; i < len(lines); i++ {
		m := f.key.FindSubmatch(lines[i])
		if m == nil {
			whole = whole && !tells(lines[i])
			continue
		}
		first := i
		for i+1 < len(lines) && !f.key.Match(lines[i+1]) {
			i++
		}
		text := bytes.Join(lines[first:i+1], nil)
		own, err := f.decode(text)
		if err != nil {
			own, err = f.decode(emptyPlace.ReplaceAll(text, []byte("$1")))
		}
		if err != nil || len(own) == 0 {
			words := strings.TrimSpace(string(lines[first][len(m[0]):]))
			if n := len(words); n > 1 && words[0] == words[n-1] && (words[0] == '"' || words[0] == '\'') {
				words = words[1 : n-1]
			}
			own = []entry{{key: string(m[1]), value: value{kind: scalar, text: words, line: 1, column: 1}}}
			whole = whole && !slices.ContainsFunc(lines[first+1:i+1], tells) && words != "" && strings.IndexByte("[{*&!|>%@", words[0]) < 0
		}
		for _, e := range own {
			e.value.line += first
			for j := range e.value.list {
				e.value.list[j].line += first
			}
			entries = append(entries, e)
		}
	}
	return entries, whole
}

// emptyPlace matches the empty places behind a bracket or comma of a list.
var emptyPlace = regexp.MustCompile(`([\[,])(?:[ \t]*,)+`)

// tells reports whether a line is neither empty nor a comment.
func tells(line []byte) bool { return !blank(line) && line[0] != '#' }

func decodeYAML(block []byte) ([]entry, error) {
	// The library drops tabs within a value. In front of a line they are an error.
	text := innerTab.ReplaceAll(block, []byte("$1 "))
	text = numberCut.ReplaceAll(text, []byte("$1"+keptSpace+"$2"))
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
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
	y := yamlReader{anchors: map[string]value{}}
	entries := y.entries(pairs)
	for i := range entries {
		e := &entries[i]
		if _, number, cut := strings.Cut(e.value.text, keptSpace+"#"); cut && e.key == "title" {
			e.notes = append(e.notes, fmt.Sprintf("YAML takes %q for a comment; write the title in quotes", "#"+number))
		}
	}
	return entries, nil
}

// innerTab matches a tab behind something else of its line.
var innerTab = regexp.MustCompile(`([^\t\n])\t`)

// numberCut matches a title of which YAML takes the number for a comment. A
// space that is none to YAML keeps it.
var numberCut = regexp.MustCompile(`(?m)^(title[ ]*: +[^\s#'"\[{|>&*!%@\x60].*?) +(#\d.*)$`)

const keptSpace = "\u00A0"

// yamlReader is the reading of a block.
type yamlReader struct {
	anchors map[string]value
	merged  int // entries that merge keys have brought
}

// entries are the entries of a mapping. A merge key stands for those of another
// mapping, or of a list of them, of which the first one counts
// (https://yaml.org/type/merge.html). It counts where it stands, as it does in
// Ruby and in Hugo.
func (y *yamlReader) entries(pairs []*ast.MappingValueNode) (entries []entry) {
	merged := map[string]bool{}
	for _, p := range pairs {
		v := y.value(p.Value)
		if _, merges := p.Key.(*ast.MergeKeyNode); !merges {
			key := yamlKey(p.Key)
			if merged[key] {
				entries = slices.DeleteFunc(entries, func(e entry) bool { return e.key == key })
				delete(merged, key)
			}
			entries = append(entries, entry{key: key, value: v})
			continue
		}
		from := map[string]bool{}
		for _, t := range append([]value{v}, v.list...) {
			for _, e := range t.table {
				if y.merged++; y.merged > maxFields {
					return entries
				}
				if !from[e.key] {
					entries = append(entries, e)
				}
				from[e.key], merged[e.key] = true, true
			}
		}
	}
	return entries
}

// yamlKey is a key as it is written; a list or table for a key is all its text.
func yamlKey(n ast.MapKeyNode) string {
	if k, ok := n.(*ast.MappingKeyNode); ok { // behind a question mark
		return k.Value.String()
	}
	if _, ok := n.(ast.ScalarNode); ok {
		return n.GetToken().Value
	}
	return n.String()
}

// value keeps scalars as they are written. An alias shares the value of
// its anchor, so that a bomb of aliases stays small.
func (y *yamlReader) value(n ast.Node) value {
	var v value
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return value{}
	case *ast.AnchorNode:
		v = y.value(n.Value)
		y.anchors[n.Name.GetToken().Value] = v
		return v
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		if v, ok := y.anchors[name]; ok {
			return v
		}
		v = value{kind: scalar, text: "*" + name} // a writer's asterisk
	case *ast.TagNode:
		return y.value(n.Value)
	case *ast.LiteralNode:
		v = value{kind: scalar, text: n.Value.Value}
	case *ast.StringNode:
		v = value{kind: scalar, text: n.Value, bare: n.Token.Type == yamltoken.StringType}
	case *ast.SequenceNode:
		v.kind = list
		for _, item := range n.Values {
			v.list = append(v.list, y.value(item))
		}
	case *ast.MappingNode:
		v.kind, v.table = table, lastWins(y.entries(n.Values))
	case *ast.MappingValueNode:
		v.kind, v.table = table, lastWins(y.entries([]*ast.MappingValueNode{n}))
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
				entries = append(entries, entry{key: key[1:], value: tomlValue(&p, e.Value())})
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(valid)) {
		if v := decodedValue(valid[key]); key != "taxonomies" && (v.kind == table || v.kind == list && len(v.list) > 0 && v.list[0].kind == table) {
			entries = append(slices.DeleteFunc(entries, func(e entry) bool { return e.key == key }), entry{key: key, value: v})
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
	var object json.RawMessage
	if err := d.Decode(&object); err != nil {
		at := len(block)
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = max(int(e.Offset)-1, 0)
		}
		line, column := position(block, at)
		return nil, &matterError{line: line, column: column, message: err.Error()}
	}
	if object[0] != '{' {
		return nil, errors.New("an object is expected")
	}
	d = json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	_, err := d.Token() // the brace
	var entries []entry
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		entries = append(entries, entry{key: key.(string), value: decodedValue(v)})
	}
	return entries, err
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
			t.table = append(t.table, entry{key: key, value: decodedValue(v[key])})
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
