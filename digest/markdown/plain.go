package markdown

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxPlain is how many entries plain front matter has at most.
const maxPlain = 50

// decodePlain reads YAML as most people write it: a key at the beginning of a
// line, and behind it a word, a word in quotes without escapes, a list in
// brackets, or a list of such words below it, with comments between. It gives
// what decodeFullYAML would give, down to lines and columns, and several times as
// fast. ok is false for everything else, good or bad: YAML has more to it.
func decodePlain(block string) (entries []entry, ok bool) {
	entries = make([]entry, 0, 8)
	open := false // the last key has no value yet, or a list that may go on
	for n := 1; block != ""; n++ {
		var line string
		line, block, _ = strings.Cut(block, "\n")
		text := strings.TrimLeft(line, " ")
		if text == "" || text[0] == '#' {
			continue
		}
		at := place{n, 1 + len(line) - len(text)}
		if item, ok := strings.CutPrefix(text, "- "); ok {
			if !open || !addPlainItem(&entries[len(entries)-1].value, item, at) {
				return nil, false
			}
			continue
		}
		colon := plainKey(line)
		if colon == 0 || len(entries) == maxPlain {
			return nil, false
		}
		key := line[:colon]
		if slices.ContainsFunc(entries, func(e entry) bool { return e.key == key }) {
			return nil, false
		}
		v, ok := plainRest(line[colon+1:], place{n, colon + 2})
		if !ok {
			return nil, false
		}
		open = v.kind == nothing
		entries = append(entries, entry{key, v})
	}
	return entries, len(entries) > 0
}

// place is a line and a column.
type place struct{ line, column int }

// plainKey is the length of the key that the line begins with, or 0.
func plainKey(line string) int {
	for i, c := range []byte(line) {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
		case i > 0 && (c == '_' || c == '-' || c >= '0' && c <= '9'):
		case c == ':' && (i+1 == len(line) || line[i+1] == ' '):
			return i
		default:
			return 0
		}
	}
	return 0
}

// addPlainItem adds what stands behind the dash at that place.
func addPlainItem(v *value, item string, dash place) bool {
	if v.kind == nothing {
		*v = value{kind: list, line: dash.line, column: dash.column, list: make([]value, 0, 8)}
	}
	if v.column != dash.column {
		return false
	}
	own, ok := plainRest(item, place{dash.line, dash.column + 2})
	if !ok || own.kind != scalar {
		return false
	}
	v.list = append(v.list, own)
	return true
}

// plainRest reads the rest of a line, which begins at that place.
func plainRest(s string, at place) (v value, ok bool) {
	trimmed := strings.TrimLeft(s, " ")
	at.column += len(s) - len(trimmed)
	if trimmed == "" || trimmed[0] == '#' {
		return value{}, true
	}
	if trimmed[0] == '[' {
		return plainList(trimmed, at)
	}
	v, rest, ok := plainScalar(trimmed, at, " #")
	return v, ok && over(rest)
}

// plainList reads a list in brackets.
func plainList(s string, at place) (v value, ok bool) {
	v = value{kind: list, line: at.line, column: at.column}
	rest := s[1:]
	for first := true; ; first = false {
		rest = strings.TrimLeft(rest, " ")
		if first && strings.HasPrefix(rest, "]") {
			return v, over(rest[1:])
		}
		item, after, ok := plainScalar(rest, place{at.line, at.column + utf8.RuneCountInString(s[:len(s)-len(rest)])}, ",]")
		if after = strings.TrimLeft(after, " "); !ok || after == "" {
			return value{}, false
		}
		v.list = append(v.list, item)
		switch rest = after[1:]; after[0] {
		case ',':
		case ']':
			return v, over(rest)
		default:
			return value{}, false
		}
	}
}

// over reports whether nothing follows on the line but a comment.
func over(rest string) bool {
	after := strings.TrimLeft(rest, " ")
	return after == "" || after[0] == '#' && len(after) < len(rest)
}

// plainScalar reads a word up to one of the ends, " #" being a comment and
// otherwise characters. In quotes it ends with them.
func plainScalar(s string, at place, ends string) (v value, rest string, ok bool) {
	if s == "" {
		return value{}, "", false
	}
	v = value{kind: scalar, line: at.line, column: at.column}
	if q := s[0]; q == '"' || q == '\'' {
		end := strings.IndexByte(s[1:], q)
		if end < 0 {
			return value{}, "", false
		}
		v.text, rest = s[1:1+end], s[2+end:]
		return v, rest, !strings.ContainsAny(v.text, "\\\t") && (q != '\'' || !strings.HasPrefix(rest, "'"))
	}
	end := len(s)
	if ends == " #" {
		if i := strings.Index(s, ends); i >= 0 {
			end = i
		}
	} else if end = strings.IndexAny(s, ends); end < 0 {
		return value{}, "", false
	}
	inList := ends != " #"
	if v.text = s[:end]; inList {
		v.text = strings.TrimRight(v.text, " ")
	}
	return v, s[end:], plainWord(v.text, inList)
}

// plainWord reports whether a word without quotes is one, and no null.
func plainWord(s string, inList bool) bool {
	switch {
	case s == "" || strings.IndexByte("-?:,[]{}#&*!|>'\"%@`=<~.+", s[0]) >= 0:
		return false
	case s[len(s)-1] == ' ': // after which the YAML library miscounts columns
		return false
	case strings.ContainsAny(s, "\t\\") || strings.Contains(s, ": ") || s[len(s)-1] == ':' || strings.EqualFold(s, "null"):
		return false
	case inList:
		return !strings.ContainsAny(s, "[]{}:#'\"")
	}
	return true
}
