package matter

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// decode reads the block. If it is broken, decode returns the error with the entries
// that are valid by themselves.
func decode(block []byte, f *format) ([]Entry, *Error) {
	entries, err := decodeSpaced(block, f)
	if f == yamlFormat {
		// A line in quotes or brackets may only look as if a space were missing. Then
		// inserting spaces gains nothing.
		if spaced, tight := spaceColons(block); len(tight) > 0 {
			if again, _ := decodeSpaced(spaced, f); len(again) > len(entries) || usual(again) > usual(entries) {
				return again, spacingError(again, tight)
			}
		}
	}
	return entries, err
}

// decodeSpaced is decode without inserting missing spaces.
func decodeSpaced(block []byte, f *format) ([]Entry, *Error) {
	entries, err := f.parse(block)
	if err == nil {
		return entries, nil
	}
	broken, ok := errors.AsType[*Error](err)
	if !ok {
		broken = &Error{Line: 1, Column: 1, Message: err.Error()}
	}
	entries, broken.Lenient = salvage(block, f)
	return entries, broken
}

// tightLine is a line that begins with a key whose colon is full-width or not followed
// by a space.
type tightLine struct {
	found    bool
	line     int // from 1
	key      string
	inserted bool // a space was inserted, so the value is one column further right
}

// spaceColons returns the block with ": " after each key at the start of a line, and
// the lines that it had to change.
func spaceColons(block []byte) (spaced []byte, tight []tightLine) {
	n, done := 0, 0 // number of lines, and how much of the block was copied to spaced
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

// spaceColon returns the line with ": " after the key at its start. It returns line
// itself if there is nothing to fix. An address or a time of day does not begin with a
// key.
func spaceColon(line []byte) (spaced []byte, t tightLine) {
	if colon := bytes.IndexByte(line, ':'); colon >= 0 && colon+1 < len(line) && (line[colon+1] == ' ' || line[colon+1] == '\n') && bytes.IndexByte(line[:colon], "："[0]) < 0 {
		return line, t // the usual case
	}
	end := 0 // of the key
	for end < len(line) {
		r, size := utf8.DecodeRune(line[end:])
		if !lexicon.IsLetter(r) && (end == 0 || r != '-' && !unicode.IsDigit(r)) && r != '_' {
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

// spacingError returns the error for tight lines, or nil if there are none. It corrects
// the columns of entries to those in the file.
func spacingError(entries []Entry, tight []tightLine) *Error {
	if len(tight) == 0 {
		return nil
	}
	moved := map[int]bool{}
	for _, t := range tight {
		moved[t.line] = t.inserted
	}
	// Problems refer at most to items of a list.
	for i := range entries {
		v := &entries[i].Value
		if moved[v.Line] {
			v.Column--
		}
		v.List = slices.Clone(v.List) // an alias may share it
		for j := range v.List {
			if moved[v.List[j].Line] {
				v.List[j].Column--
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
	return &Error{
		Line: first.line, Column: 1 + utf8.RuneCountInString(first.key), spaced: true,
		Message: fmt.Sprintf("write a space behind the colon: %q%s", first.key+": …", others),
	}
}

// salvage reads each top-level entry of a broken block by itself. An entry that cannot
// be decoded is taken literally, which is what the author of title: "A "quoted" title"
// meant. Empty items of a list are skipped. whole reports whether nothing was lost,
// that is, whether each entry taken literally is one line.
func salvage(block []byte, f *format) (entries []Entry, whole bool) {
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
			own = []Entry{{Key: string(m[1]), Value: Value{Kind: Scalar, Text: words, Line: 1, Column: 1}}}
			whole = whole && !slices.ContainsFunc(lines[first+1:i+1], tells) && words != "" && strings.IndexByte("[{*&!|>%@", words[0]) < 0
		}
		for _, e := range own {
			e.Value.Line += first
			for j := range e.Value.List {
				e.Value.List[j].Line += first
			}
			entries = append(entries, e)
		}
	}
	return entries, whole
}

// emptyPlace matches empty items after a bracket or comma of a list.
var emptyPlace = regexp.MustCompile(`([\[,])(?:[ \t]*,)+`)

// tells reports whether a line is neither empty nor a comment.
func tells(line []byte) bool { return !lexicon.IsBlank(line) && line[0] != '#' }

// isUsual reports whether an entry has a usual key.
func isUsual(e Entry) bool { return usualKeys.Words[lexicon.Lower(e.Key)] || DateRank(e.Key) > 0 }

// usual returns how many of the entries have a usual key.
func usual(entries []Entry) (n int) {
	for _, e := range entries {
		if isUsual(e) {
			n++
		}
	}
	return n
}
