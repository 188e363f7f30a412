package matter

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Normalize returns the bytes as UTF-8 without BOM, with lines that end in \n and no
// control characters except tabs. Invalid bytes become U+FFFD; line and column are the
// position of the first one, or 0 if there is none.
func Normalize(data []byte) (text []byte, line, column int) {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if bytes.IndexByte(data, '\r') >= 0 {
		data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	}
	clean, valid := check(data)
	if !valid {
		at := 0
		for at < len(data) {
			c, size := utf8.DecodeRune(data[at:])
			if c == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		line, column = lexicon.Position(data, at)
	}
	if !clean || !valid {
		data = bytes.Map(func(c rune) rune {
			if unicode.IsControl(c) && c != '\n' && c != '\t' {
				return -1
			}
			return c
		}, bytes.ToValidUTF8(data, []byte("\uFFFD")))
	}
	return data, line, column
}

// check reports whether data has no control characters except tabs and newlines, and
// whether it is valid UTF-8.
func check(data []byte) (clean, valid bool) {
	clean = true
	for i := 0; i < len(data); {
		c := data[i]
		switch {
		case c >= ' ' && c < 0x7F:
			i++
		case c > 0xE0 && c < 0xF0 && c != 0xED && i+2 < len(data) && data[i+1]&0xC0 == 0x80 && data[i+2]&0xC0 == 0x80:
			i += 3 // U+1000 to U+CFFF and U+E000 to U+FFFF, all of which are clean
		case c < utf8.RuneSelf:
			clean = clean && (c == '\n' || c == '\t')
			i++
		default:
			r, size := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && size == 1 {
				return clean, false
			}
			clean = clean && r >= 0xA0
			i += size
		}
	}
	return clean, true
}
