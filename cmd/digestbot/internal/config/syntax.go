package config

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/digestbot/digestbot/bot/chat"
)

// text converts the file to plain UTF-8. It refuses a file in an unreadable encoding, and
// returns false.
func (r *reader) text(data []byte) ([]byte, bool) {
	const remedy = "save it as UTF-8: in an editor by Save As, in PowerShell with Set-Content -Encoding utf8"
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")), bytes.IndexByte(data[:min(len(data), 64)], 0) >= 0:
		r.problems = append(r.problems, problem{position{1, 1}, "the file is saved as UTF-16: " + remedy})
		return nil, false
	case !utf8.Valid(data):
		at, line := 0, 1
		for at < len(data) {
			c, size := utf8.DecodeRune(data[at:])
			if c == utf8.RuneError && size == 1 {
				break
			}
			if c == '\n' {
				line++
			}
			at += size
		}
		column := utf8.RuneCount(data[bytes.LastIndexByte(data[:at], '\n')+1:at]) + 1
		r.problems = append(r.problems, problem{position{line, column}, fmt.Sprintf("byte 0x%02X is not UTF-8, so the file is in another encoding: ", data[at]) + remedy})
		return nil, false
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), true
}

// mostMends is the maximum number of syntax mistakes that are repaired.
const mostMends = 50

// parse parses the TOML. A line with a syntax mistake is refused, and read as it was
// probably meant, so that all other mistakes are found, too. It returns false, and reports
// it, if it is unclear how the file continues after a mistake.
func (r *reader) parse(data []byte) (tree map[string]any, ok bool) {
	r.broken = map[int]bool{}
	for range mostMends {
		data = r.headers(data)
		tree = nil
		err := toml.Unmarshal(data, &tree)
		if err == nil {
			r.at = positions(data)
			for key, p := range r.at {
				if r.broken[p.line] {
					r.refused[key] = true // keeps it from being reported as missing
				}
			}
			return tree, true
		}
		e, known := errors.AsType[*toml.DecodeError](err)
		if !known {
			r.problems = append(r.problems, problem{position{1, 1}, err.Error()})
			return nil, false
		}
		s := newSlip(data, e)
		s.kinds = r.kinds
		s.explain()
		at := countColumns(data)(s.line+1, s.column+1)
		if r.broken[at.line] {
			s.mended = false // the guess was wrong
		} else {
			r.problems = append(r.problems, problem{at, s.says})
			r.broken[at.line] = true
		}
		if !s.mended {
			break
		}
		data = []byte(strings.Join(s.lines, "\n"))
	}
	r.problems = append(r.problems, problem{position{1 << 30, 0}, "the rest of the file cannot be checked before this is corrected"})
	return nil, false
}

// slip is a syntax mistake.
type slip struct {
	lines        []string
	line, column int // counted from 0; the column in bytes
	message      string
	data         []byte
	kinds        []adapterKind

	says   string
	mended bool // lines were repaired
}

func newSlip(data []byte, e *toml.DecodeError) *slip {
	line, column := e.Position()
	s := &slip{lines: strings.Split(string(data), "\n"), line: line - 1, column: column - 1, message: strings.TrimPrefix(e.Error(), "toml: "), data: data}
	s.line = min(max(s.line, 0), len(s.lines)-1)
	s.column = min(max(s.column, 0), len(s.lines[s.line]))
	return s
}

// say refuses the line, and replaces it with another one for reading.
func (s *slip) say(read, format string, args ...any) {
	s.says, s.mended = fmt.Sprintf(format, args...), true
	s.lines[s.line] = read
}

// lookalikes are characters that are mistaken for those of TOML: from word processors, and
// from Chinese and Japanese input methods.
var lookalikes = strings.NewReplacer(
	"“", `"`, "”", `"`, "„", `"`, "‟", `"`, "«", `"`, "»", `"`, "＂", `"`, "「", `"`, "」", `"`, "‘", "'", "’", "'", "‚", "'",
	"＝", "=", "：", ":", "，", ",", "、", ",", "［", "[", "］", "]", "【", "[", "】", "]", "＃", "#", "．", ".", "\u00a0", " ", "\u3000", " ", "\u200b", "", "\ufeff", "",
)

const typographic = "“”„‟«»＂「」‘’‚"

// foreign finds the first lookalike in a line, starting at from.
func foreign(line string, from int) (c rune, at int) {
	for i, c := range line[from:] {
		if x := string(c); lookalikes.Replace(x) != x {
			return c, from + i
		}
	}
	return 0, -1
}

var (
	otherComment = regexp.MustCompile(`^\s*(//|;|--|/\*|<!--|%|\*)`)
	headerLine   = regexp.MustCompile(`^(\s*)(\[+)\s*([^\]\[#]*?)\s*(\]*)\s*(#.*)?$`)
	keyLine      = regexp.MustCompile(`^(\s*)((?:"[^"]*"|'[^']*'|[\pL\pN\pM_.-]+)+)(\s*)(:=|=>|==|=|:|)(\s*)(.*)$`)
	keyOfLine    = regexp.MustCompile(`^\s*(?:"[^"]*"|'[^']*'|[\w.-]+)+\s*=`)
	spacedKey    = regexp.MustCompile(`^([\w-]+)\s*=\s*(.*)$`)
	yamlLine     = regexp.MustCompile(`^\s*[\w-]+:\s*(?:#.*)?$|^\s*- `)
	firstHeader  = regexp.MustCompile(`^\s*\[+[^\]]*\]+`)
)

// explain says what is wrong with the line, and repairs it.
func (s *slip) explain() {
	line := strings.TrimSuffix(s.lines[s.line], "\r")
	s.lines[s.line] = line
	trimmed := strings.TrimSpace(line)
	switch {
	case strings.Contains(s.message, "already"):
		s.twice(line)
		return
	case strings.Contains(s.message, "multiline"):
		for i := range s.lines[:s.line+1] {
			if strings.Contains(s.lines[i], `"""`) || strings.Contains(s.lines[i], "'''") {
				s.line, s.column = i, max(strings.Index(s.lines[i], `"""`), strings.Index(s.lines[i], "'''"))
			}
		}
		s.says = "the text in three quotation marks has no end: write three more where it ends"
		return
	case yamlLine.MatchString(line):
		s.says = `this looks like YAML, and the file is TOML: write a table such as [library] above, and path = "posts" below it`
		return
	case strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "<"):
		s.says = "this is not TOML: write key = value, each on a line of its own; digestbot's own config.toml is an example"
		return
	case otherComment.MatchString(line) && !keyOfLine.MatchString(line):
		if m := keyLine.FindStringSubmatch(line); m == nil || m[4] == "" {
			s.say("", `a comment begins with #: write # in place of %s`, otherComment.FindStringSubmatch(line)[1])
			return
		}
	}
	if c, at := foreign(line, 0); at >= 0 && strings.ContainsRune(typographic, c) && s.about(line, at) {
		read := lookalikes.Replace(line)
		s.column = at
		s.say(read, "%c is a typographic quotation mark: write the straight one, %s%s", c, straight(c), s.example(read, ", as in "))
		return
	}
	if c, at := foreign(line, min(s.column, len(line))); at == s.column {
		s.say(line[:at]+lookalikes.Replace(string(c))+line[at+utf8.RuneLen(c):], "%s", strange(c))
		return
	}
	if strings.HasPrefix(trimmed, "[") && !s.inList(line) {
		s.header(line)
		return
	}
	if s.inList(line) {
		s.item(line)
		return
	}
	m := keyLine.FindStringSubmatch(line)
	if m == nil {
		s.says = "this line is neither a table, such as [library], nor key = value"
		s.mended, s.lines[s.line] = true, ""
		return
	}
	s.key(m[1], m[2], m[4], m[6])
}

// key explains a mistake in a line that begins with a key.
func (s *slip) key(indent, key, separator, value string) {
	spaced := spacedKey.FindStringSubmatch(value)
	switch {
	case separator == "" && spaced != nil && !strings.ContainsAny(key, `"'`):
		read := key + "_" + spaced[1]
		s.say(indent+read+" = "+readable(spaced[2]), "a key cannot contain a space: write %s", read)
		return
	case separator == "" && value == "":
		s.say(indent+key+` = ""`, "%s has no value: write %s, or remove the line", key, s.like(key))
		return
	case separator == "":
		s.say(indent+key+" = "+readable(value), "there is no = between key and value: write %s", s.written(key, value))
		return
	case separator != "=":
		s.column = strings.Index(s.lines[s.line], separator)
		if separator == "==" || separator == "=>" {
			s.column = len(indent) + len(key) + strings.Index(s.lines[s.line][len(indent)+len(key):], separator)
		}
		s.say(indent+key+" = "+readable(value), "there is %s between key and value: write =, as in %s", separator, s.written(key, value))
		return
	case strings.Contains(s.message, "start of key") || s.column < len(indent)+len(key):
		quoted := `"` + strings.Trim(key, `"'`) + `"`
		s.say(indent+quoted+" = "+value, "a key with letters other than a to z needs quotes: write %s", s.written(quoted, value))
		return
	}
	s.value(indent+key+" = ", key, value)
}

// value explains a value that cannot be read.
func (s *slip) value(before, key, value string) {
	bare := strings.TrimSpace(withoutComment(value))
	lower := strings.ToLower(strings.Trim(bare, `"'`))
	of, known := s.leaf(key)
	switch {
	case bare == "":
		s.say(before+`""`, "%s has no value: write %s, or remove the line", key, s.like(key))
	case slices.Contains([]string{"null", "nil", "none", "undefined", "~"}, lower):
		s.say("", "TOML has no %s: remove the line to use the default", bare)
	case slices.Contains([]string{"true", "yes", "on"}, lower):
		s.say(before+"true", "%s is not a TOML value: write %s = true", bare, key)
	case slices.Contains([]string{"false", "no", "off"}, lower):
		s.say(before+"false", "%s is not a TOML value: write %s = false", bare, key)
	case strings.HasPrefix(bare, "["):
		s.list(before, key, bare)
	case strings.Contains(s.message, "escape"):
		s.say(before+`""`, `in double quotes, a backslash begins a special character: write the text in single quotes%s`, s.example(before+"'"+strings.Trim(bare, `"`)+"'", ": "))
	case strings.Contains(s.message, "new line") || strings.Contains(s.message, "terminated"):
		s.column = strings.Index(s.lines[s.line], value)
		text, _, _ := strings.Cut(value, " #")
		s.say(before+`""`, "the text has no quotation mark at its end: write %s", s.written(key, text))
	case strings.HasPrefix(bare, `"`), strings.HasPrefix(bare, "'"):
		s.behind(before, key, bare)
	case strings.Contains(s.message, "leading zero"):
		s.say(before+`""`, "a number cannot begin with 0: write %s", s.written(key, strings.TrimLeft(bare, "0")))
	case known && of.kind != "text in quotes" && !strings.ContainsAny(bare, ",;"):
		s.say(before+`""`, "%s must be %s, for example %s = %s", key, of.kind, key, of.example)
	case strings.HasSuffix(bare, ",") || strings.HasSuffix(bare, ";"):
		s.say(before+`""`, "nothing may follow a value: remove the %s at the end of the line", bare[len(bare)-1:])
	default:
		s.column = strings.Index(s.lines[s.line], value)
		s.say(before+`""`, "text needs quotes: write %s", s.written(key, bare))
	}
}

// behind explains what follows a string.
func (s *slip) behind(before, key, bare string) {
	end := strings.IndexByte(bare[1:], bare[0]) + 2
	text, rest := bare[:end], strings.TrimSpace(bare[end:])
	switch {
	case rest == "," || rest == ";":
		s.say(before+text, "nothing may follow a value: remove the %s at the end of the line", rest)
	case keyOfLine.MatchString(rest):
		s.say(before+text, "there are two keys on this line: write each on a line of its own")
	case strings.HasPrefix(rest, ","):
		s.say(before+`""`, "several values are a list in brackets: write %s", s.written(key, "["+bare+"]"))
	case bare[0] == '\'' && !strings.Contains(bare, `"`):
		s.say(before+`""`, "the text ends at its second ': write it in double quotes%s", s.example(before+`"`+strings.Trim(bare, "'")+`"`, ": "))
	case bare[0] == '"' && !strings.Contains(bare, "'"):
		s.say(before+`""`, "the text ends at its second \": write it in single quotes%s", s.example(before+"'"+strings.TrimSuffix(bare[1:], `"`)+"'", ": "))
	default:
		s.say(before+text, "nothing may follow a value: remove the rest, or write # before a comment")
	}
}

// list explains a mistake in a list on one line.
func (s *slip) list(before, key, bare string) {
	read := before + listOf(bare)
	missing := strings.Contains(s.message, "',' or ']'")
	switch {
	case strings.Count(bare, "'")%2 == 1 && !strings.Contains(bare, `"`):
		s.say(read, "a text that contains ' needs double quotes: write %s", s.written(key, listOf(bare)))
	case missing && !strings.Contains(bare, "]"):
		s.say(read, "the list has no ] at its end: write %s", s.written(key, listOf(bare)))
	case missing:
		s.say(read, "there is no comma between two values of the list: write %s", s.written(key, listOf(bare)))
	case strings.Contains(bare, "]") && strings.IndexByte(bare, ']') < len(bare)-1 && s.column >= len(s.lines[s.line])-len(bare):
		rest := bare[strings.IndexByte(bare, ']')+1:]
		s.say(before+bare[:len(bare)-len(rest)], "nothing may follow a value: remove the %s at the end of the line", strings.TrimSpace(rest))
	case strings.Contains(bare, "]"):
		s.say(read, "texts in a list need quotes: write %s", s.written(key, listOf(bare)))
	default:
		s.says = "texts in a list need quotes, with commas between them, and ] after the last one"
	}
}

// listOf returns a list as it was probably meant.
func listOf(bare string) string {
	var texts []string
	whole := strings.Count(bare, "'")%2 == 1 // they are apostrophes
	for _, text := range strings.FieldsFunc(strings.Trim(bare, "[] "), func(c rune) bool { return c == ',' || c == '"' || c == '\'' && !whole }) {
		if text = strings.Trim(text, " \t'"); text != "" {
			texts = append(texts, `"`+text+`"`)
		}
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// inList reports whether the mistake is in a list that began on an earlier line.
func (s *slip) inList(line string) bool {
	before := line[:min(s.column, len(line))]
	value := strings.Contains(s.message, "start of value") || strings.Contains(s.message, "quoted") || strings.Contains(s.message, "array value") || strings.Contains(s.message, "inline table")
	if !value || strings.Contains(before, "=") {
		return false
	}
	for i := s.line - 1; i >= 0; i-- {
		if keyOfLine.MatchString(s.lines[i]) {
			_, after, _ := strings.Cut(s.lines[i], "=")
			return strings.HasPrefix(strings.TrimSpace(after), "[")
		}
		if firstHeader.MatchString(s.lines[i]) {
			return false
		}
	}
	return false
}

// item explains a mistake in a line of a list that spans several lines.
func (s *slip) item(line string) {
	begun := s.line - 1
	for !keyOfLine.MatchString(s.lines[begun]) {
		begun--
	}
	trimmed := strings.TrimSpace(withoutComment(line))
	switch {
	case strings.Contains(s.message, "array value") && (keyOfLine.MatchString(line) || firstHeader.MatchString(line)):
		s.lines[s.line-1] += " ]"
		if strings.Contains(s.lines[s.line-1], "#") {
			s.lines[s.line-1] = withoutComment(s.lines[s.line-1]) + "]"
		}
		s.say(line, "the list that begins on line %d has no ] at its end: write it above this line", begun+1)
	case strings.Contains(s.message, "array value"):
		s.lines[s.line-1] = strings.TrimRight(withoutComment(s.lines[s.line-1]), " \t") + ","
		s.say(line, "there is no comma between two values of the list that begins on line %d: write one after each", begun+1)
	case !strings.ContainsAny(trimmed, `"'[]{}=`):
		item := `"` + strings.TrimSuffix(trimmed, ",") + `",`
		s.say(item, "texts in a list need quotes: write %s", item)
	default:
		s.says = fmt.Sprintf("the list that begins on line %d has a mistake here: write texts in quotes, with commas between them, and ] after the last one", begun+1)
	}
}

// header explains a mistake in the name of a table.
func (s *slip) header(line string) {
	m := headerLine.FindStringSubmatch(line)
	switch {
	case m == nil:
		s.says = "the name of a table must be alone on its line: write for example [library]"
		if header := firstHeader.FindString(line); header != "" {
			s.mended, s.lines[s.line] = true, header
		}
		return
	case m[3] == "":
		s.says = "the table has no name: write for example [library]"
		return
	}
	name := strings.Join(strings.Fields(m[3]), ".")
	n := min(max(len(m[2]), len(m[4])), 2)
	read := strings.Repeat("[", n) + name + strings.Repeat("]", n)
	s.column = len(m[1])
	if len(m[2]) == n && len(m[4]) == n && read == strings.TrimSpace(m[2]+m[3]+m[4]) {
		s.twice(line)
		return
	}
	if strings.ContainsAny(m[3], " \t") {
		s.say(m[1]+read, "a name of several parts needs dots between them: write %s", read)
		return
	}
	s.say(m[1]+read, "the brackets around the name of a table do not match: write %s", read)
}

// twice explains a key or table that already exists.
func (s *slip) twice(line string) {
	all := places(s.data)
	key, first := "", 0
	for _, x := range all {
		if x.at.line != s.line+1 || strings.HasSuffix(x.key, valueMark) {
			continue
		}
		for _, y := range all {
			if y.at.line <= s.line && (y.key == x.key || plainKey(y.key) == x.key) {
				key, first = plainKey(x.key), y.at.line
			}
		}
	}
	s.mended, s.lines[s.line] = true, ""
	header := firstHeader.MatchString(line)
	if header {
		s.lines[s.line] = fmt.Sprintf("[%s%d]", setAside, s.line)
	}
	switch {
	case key == "":
		s.says = "this name already has a value: remove one of the two"
	case header:
		s.says = fmt.Sprintf("%s is already on line %d: write all its keys there, and remove this line", strings.TrimSpace(withoutComment(line)), first)
		if key == "library" {
			s.says += "; for several libraries, write [[library]] above each, and a name into each"
		}
	default:
		s.says = fmt.Sprintf("%s: it is already on line %d: remove one of the two", key, first)
	}
}

// setAside is the prefix of tables that are parsed and then ignored.
const setAside = "set-aside-"

// about reports whether a mistake concerns a quotation mark.
func (s *slip) about(line string, at int) bool {
	return s.column <= at || strings.Contains(s.message, "new line") || strings.Contains(s.message, "terminated") || strings.Contains(s.message, "newline") && at <= s.column && !insideText(line, at)
}

// insideText reports whether a position in a line is between straight quotation marks.
func insideText(line string, at int) bool {
	return strings.Count(line[:at], `"`)%2 == 1 && strings.Contains(line[at:], `"`)
}

func straight(c rune) string { return lookalikes.Replace(string(c)) }

// strange describes a character that looks like another one.
func strange(c rune) string {
	switch plain := lookalikes.Replace(string(c)); plain {
	case "":
		return fmt.Sprintf("there is an invisible character here (U+%04X): remove it", c)
	case " ":
		return fmt.Sprintf("this is not an ordinary space (U+%04X): write an ordinary space, or none", c)
	default:
		return fmt.Sprintf("%c is a lookalike (U+%04X): write %s", c, c, plain)
	}
}

// withoutComment returns a value without a comment that follows it.
func withoutComment(text string) string {
	in := rune(0)
	for i, c := range text {
		switch {
		case in != 0 && c == in:
			in = 0
		case in == 0 && (c == '"' || c == '\''):
			in = c
		case in == 0 && c == '#':
			return text[:i]
		}
	}
	return text
}

// readable returns value if it can be parsed, else a value that can be.
func readable(value string) string {
	var any map[string]any
	if toml.Unmarshal([]byte("a = "+value), &any) == nil {
		return value
	}
	return `""`
}

// written returns how to write a line. It includes the value only if that may be shown: the
// value of an unknown key may be a secret.
func (s *slip) written(key, value string) string {
	value = strings.TrimSpace(withoutComment(value))
	if !strings.HasPrefix(value, "[") && readable(value) != value {
		value = strings.Trim(value, `"',;`)
		if strings.ContainsAny(value, `\"`) {
			value = "'" + value + "'"
		} else {
			value = `"` + value + `"`
		}
	}
	if _, known := s.leaf(key); !known || len(value) > 80 || readable(value) != value || chat.MaskValue(value) != value {
		value = `"…"`
	}
	return key + " = " + value
}

// leaf returns what is known of a key on the line.
func (s *slip) leaf(key string) (leaf, bool) {
	table := ""
	for i := min(s.line, len(s.lines)-1); i >= 0 && table == ""; i-- {
		if m := headerLine.FindStringSubmatch(s.lines[i]); m != nil {
			table = m[3]
		}
	}
	return leafOf(table, key, s.kinds)
}

// example returns a repaired line to show after a mistake, if it may be shown.
func (s *slip) example(line, before string) string {
	m := keyLine.FindStringSubmatch(line)
	if m == nil || m[4] != "=" {
		return ""
	}
	if text := s.written(m[2], m[6]); !strings.HasSuffix(text, `"…"`) {
		return before + text
	}
	return ""
}

// like returns an example of how to write a key.
func (s *slip) like(key string) string {
	if of, known := s.leaf(key); known {
		return key + " = " + of.example
	}
	return key + ` = "…"`
}

// headers renames tables with a wrong name, so that they are read, and refuses that name.
func (r *reader) headers(data []byte) []byte {
	var lines []string
	several := false // several libraries
	p := &unstable.Parser{}
	p.Reset(data)
	for p.NextExpression() {
		e := p.Expression()
		several = several || e.Kind == unstable.ArrayTable && rawPath(e.Key()) == "library"
	}
	p.Reset(data)
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind != unstable.Table && e.Kind != unstable.ArrayTable {
			continue
		}
		it := e.Key()
		var parts []string
		line, column := 0, 0
		for it.Next() {
			if len(parts) == 0 {
				start := p.Shape(it.Node().Raw).Start
				line, column = start.Line, start.Column
			}
			parts = append(parts, string(it.Node().Data))
		}
		list := e.Kind == unstable.ArrayTable
		want, why := r.headerOf(parts, list)
		if several && !list && strings.Join(parts, "") == "library" {
			want, why = "[[library]]", "there is [[library]], too, and each library needs double brackets, with a name below"
		}
		if why == "" {
			continue
		}
		if lines == nil {
			lines = strings.Split(string(data), "\n")
		}
		at := countColumns(data)(line, column)
		r.problems = append(r.problems, problem{at, fmt.Sprintf("%s: %s: write %s", bracketed(parts, list), why, want)})
		lines[line-1] = firstHeader.ReplaceAllLiteralString(lines[line-1], want)
	}
	if lines == nil {
		return data
	}
	return []byte(strings.Join(lines, "\n"))
}

func bracketed(parts []string, list bool) string {
	if list {
		return "[[" + strings.Join(parts, ".") + "]]"
	}
	return "[" + strings.Join(parts, ".") + "]"
}

// headerOf returns how to write the name of a table, and why not as it is; empty if it is
// right.
func (r *reader) headerOf(parts []string, list bool) (want, why string) {
	name, named, double := parts[0], slices.Clone(parts), list
	switch low := strings.ToLower(name); {
	case low == "subscription" || low == "subscriptions":
		named[0] = "subscription"
		if len(parts) == 1 && !list {
			double, why = true, "there may be several subscriptions, so it needs double brackets"
		}
	case low == "library" || low == "libraries":
		named[0] = "library"
	case slices.ContainsFunc(r.kinds, func(k adapterKind) bool { return k.Name == low }):
		named, double, why = append([]string{"adapters", low}, parts[1:]...), false, "platforms are tables below adapters"
	case low == "adapter" || low == "adapters":
		named[0] = "adapters"
		if list {
			double, why = false, "it is one table"
		}
		if len(parts) > 1 && parts[1] != strings.ToLower(parts[1]) && slices.ContainsFunc(r.kinds, func(k adapterKind) bool { return strings.EqualFold(k.Name, parts[1]) }) {
			named[1], why = strings.ToLower(parts[1]), "names of platforms are written in small letters"
		}
	case low == "tag" || low == "tags" || low == "aliases":
		named[0], double = "tags", false
	case low == "http" || low == "server":
		named[0], double = "http", false
	}
	switch {
	case why != "":
	case named[0] != name && strings.EqualFold(named[0], name):
		why = "names of tables are written in small letters"
	case named[0] != name:
		why = "there is no such table"
	case double != list:
		why = "there is one such table, in single brackets"
	}
	return bracketed(named, double), why
}
