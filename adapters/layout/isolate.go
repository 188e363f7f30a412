package layout

import (
	"strings"
	"unicode/utf8"
)

// Isolate puts each line of s that has right-to-left letters or direction
// marks between U+2068 (first strong isolate) and U+2069 (pop directional
// isolate), so that it cannot change the direction of the text around it
// (https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates). All
// other lines, and lines that are already isolated, stay as they are.
// Isolates that are not closed within such a line are removed, as in Clean.
//
// Call it last, just before the text is escaped: Split and Cut would
// separate the two marks.
func Isolate(s string) string {
	at := strings.IndexFunc(s, rightToLeft)
	if at < 0 {
		return s
	}
	from := strings.LastIndexByte(s[:at], '\n') + 1
	lines := strings.Split(s[from:], "\n")
	for i, line := range lines {
		if !strings.ContainsFunc(line, rightToLeft) {
			continue
		}
		if line = Clean(line); !isolated(line) {
			line = string(firstStrongIsolate) + line + string(popIsolate)
		}
		lines[i] = line
	}
	return s[:from] + strings.Join(lines, "\n")
}

// isolated reports whether the first character of s opens an isolate that
// the last one closes.
func isolated(s string) bool {
	open := 0
	for i, r := range s {
		switch {
		case isolate(r):
			open++
		case r == popIsolate:
			open--
		}
		if open == 0 {
			return r == popIsolate && i+utf8.RuneLen(r) == len(s)
		}
	}
	return false
}

// rightToLeft reports whether r is written from right to left or is a direction
// mark: Hebrew to Arabic Extended-A, the presentation forms, and the two ranges
// outside the first plane that Unicode reserves for these scripts
// (https://www.unicode.org/Public/UCD/latest/ucd/extracted/DerivedBidiClass.txt).
func rightToLeft(r rune) bool {
	switch {
	case r < 0x0590:
		return false
	case r <= 0x08FF, r == 0x200E, r == 0x200F:
		return true
	case r < 0xFB1D:
		return false
	}
	return r <= 0xFDFF || 0xFE70 <= r && r <= 0xFEFC || 0x10800 <= r && r <= 0x10FFF || 0x1E800 <= r && r <= 0x1EFFF
}
