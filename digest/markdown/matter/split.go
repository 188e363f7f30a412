package matter

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// delimiters are the lines that open front matter, the format that follows, and the
// lines that close it. They must start at the first column.
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

// Split separates front matter from the body, and returns the offset of the body. A
// file without front matter is all body; so is a file that begins with a rule (a
// thematic break) and prose. Duplicate keys are removed.
func Split(data []byte) (m Matter, body int, err *Error) {
	m, body, err = cutMatter(data)
	m.Entries = lastWins(m.Entries)
	return m, body, err
}

// cutMatter is Split with duplicate keys.
func cutMatter(data []byte) (m Matter, body int, err *Error) {
	start := len(data) - len(bytes.TrimLeft(data, "\n"))
	if after := jsonObject(data, start); after > 0 {
		m.Line, m.Block = start, data[start:after] // only newlines precede it
		if err := affordable(m.Block); err != nil {
			return m, after, err
		}
		m.Entries, err = decode(m.Block, jsonFormat)
		if err == nil || bytes.HasSuffix(m.Block, []byte("\n")) {
			return m, after, err
		}
		m = Matter{} // prose that begins with a brace
	}
	first, next := lexicon.LineAt(data, start)
	for _, d := range delimiters {
		if string(first) != d.open {
			continue
		}
		block, after, closed := enclosed(data, next, d.close)
		m.Line = bytes.Count(data[:next], []byte("\n"))
		if d.open == "{" {
			block, m.Line = data[start:after], m.Line-1
		}
		if !closed {
			return unclosed(m, data, next, d.format)
		}
		m.Block = block
		if err := affordable(block); err != nil {
			return m, after, err
		}
		m.Entries, err = decode(block, d.format)
		switch {
		case !fits(block, d.format, m.Entries, err):
			return Matter{}, 0, nil // prose between two rules
		case err != nil && !err.spaced && d.format == yamlFormat && strayBelow(block):
			return unclosed(m, data, next, d.format) // what closes it is really a rule further down
		}
		return m, after, err
	}
	if m, body, err = unopened(data, start); m.Entries == nil {
		m, body, err = bareHeader(data, start)
	}
	return m, body, err
}

// jsonObject returns the offset after the object at start, including the rest of its
// line if that is only spaces. It returns 0 if there is no object with a key.
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
		if rest, next := lexicon.LineAt(data, at+1); len(rest) == 0 {
			return next
		}
		return at + 1
	}
	return 0
}

// fits reports whether a block between two delimiters is front matter, given the result
// of decoding it. Front matter is a mapping, as a whole or line by line, and begins
// with a key. Prose may look like that, but then it has none of the usual keys, and
// there is an empty line after the rule, or lines that are not entries.
func fits(block []byte, f *format, entries []Entry, err *Error) bool {
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
	return !apart && keyAtStart(entries[0].Key) && (err == nil || startsWithKey(block) && !stray(block))
}

// keyAtStart reports whether a key is one word that begins with a letter.
func keyAtStart(key string) bool {
	first, _ := utf8.DecodeRuneInString(key)
	return (first == '_' || lexicon.IsLetter(first)) && !strings.Contains(key, " ")
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
		if !lexicon.IsBlank(line) && !bytes.ContainsAny(line[:1], " \t#]}") && !bytes.HasPrefix(line, []byte("- ")) && !yamlFormat.key.Match(spaced) {
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
func unopened(data []byte, start int) (m Matter, body int, err *Error) {
	first, _ := lexicon.LineAt(data, start)
	first, _ = spaceColon(first)
	key := yamlFormat.key.FindSubmatch(first)
	if key == nil || !slices.Contains([]string{"title", "date", "layout", "tags", "categories", "author"}, lexicon.Lower(string(key[1]))) {
		return Matter{}, 0, nil
	}
	block, after, closed := enclosed(data, start, []string{"---"})
	if !closed || affordable(block) != nil || bytes.Contains(bytes.TrimSpace(block), []byte("\n\n")) {
		return Matter{}, 0, nil
	}
	entries, err := decode(block, yamlFormat)
	if err != nil && !err.spaced || len(entries) < 2 {
		return Matter{}, 0, nil
	}
	return Matter{Entries: entries, Block: block, Line: bytes.Count(data[:start], []byte("\n"))}, after, err
}

// bareHeader reads lines like Title: words at the very beginning of a file, up
// to an empty line. One of them has to be the title or the date.
func bareHeader(data []byte, start int) (m Matter, body int, err *Error) {
	known := false
	var tight []tightLine
	n := 0
	for at := start; at < len(data); n++ {
		text, next := lexicon.LineAt(data, at)
		if len(text) == 0 {
			break
		}
		spaced, t := spaceColon(text)
		line := string(spaced)
		key := yamlFormat.key.FindStringSubmatch(line)
		if key == nil || strings.Contains(key[1], " ") || n > 30 {
			return Matter{}, 0, nil
		}
		if t.found {
			t.line = n + 1
			tight = append(tight, t)
		}
		known = known || strings.EqualFold(key[1], "title") || strings.EqualFold(key[1], "date")
		m.Entries = append(m.Entries, Entry{Key: key[1], Value: Value{Kind: Scalar, Text: strings.TrimSpace(line[len(key[0]):]), Line: n + 1, Column: 1 + utf8.RuneCountInString(key[0])}})
		at = next
		body = next
	}
	if !known || n < 2 {
		return Matter{}, 0, nil
	}
	m.Block = data[start:body]
	m.Line = bytes.Count(data[:start], []byte("\n"))
	return m, body, spacingError(m.Entries, tight)
}

// unclosed reads front matter that lacks its last line: it ends at the first
// empty line. It has one of the usual keys; all else is taken for a rule.
func unclosed(m Matter, data []byte, start int, f *format) (Matter, int, *Error) {
	end := len(data)
	if i := bytes.Index(data[start:], []byte("\n\n")); i >= 0 {
		end = start + i + 1
	}
	block := data[start:end]
	if f.key == nil || affordable(block) != nil {
		return Matter{}, 0, nil
	}
	entries, err := decode(block, f)
	if spaced, _ := spaceColon(block); usual(entries) == 0 || !f.key.Match(spaced) {
		return Matter{}, 0, nil
	}
	m.Entries, m.Block = entries, block
	if err == nil || !err.spaced {
		err = &Error{Column: 1, Message: "it is not closed"}
	}
	return m, end, err
}

// enclosed is the block from start to one of the closing lines, and the offset
// of what follows that line.
func enclosed(data []byte, start int, closings []string) (block []byte, after int, closed bool) {
	for at := start; at < len(data); {
		line, next := lexicon.LineAt(data, at)
		for _, c := range closings {
			if string(line) == c {
				return data[start:at], next, true
			}
		}
		at = next
	}
	return nil, start, false
}
