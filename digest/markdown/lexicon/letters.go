package lexicon

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxFolded is greater than the length of every label, so longer texts need not be
// folded.
const MaxFolded = 100

// TrimToLetters removes everything but letters from both ends.
func TrimToLetters(s string) string {
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		if IsLetter(r) {
			break
		}
		s = s[size:]
	}
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		if IsLetter(r) {
			break
		}
		s = s[:len(s)-size]
	}
	return s
}

// IsLetter is a faster unicode.IsLetter for the letters that are most frequent here.
func IsLetter(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return IsASCIILetter(byte(r))
	case r >= 0x4E00 && r < 0xA000, r >= 0xAC00 && r < 0xD7A4:
		return true
	}
	return unicode.IsLetter(r)
}

// Lower is a faster strings.ToLower for Chinese and Japanese.
func Lower(s string) string {
	switch ascii, others := Capitals(s); {
	case others:
		return strings.ToLower(s)
	case ascii:
		var room [MaxFolded]byte
		return string(AppendLower(room[:0], s))
	}
	return s
}

// Capitals reports whether s has ASCII capitals, and whether it may have others.
// Chinese and Japanese have none.
func Capitals(s string) (ascii, others bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 0xE3 && c <= 0xE9, // U+3000 to U+9FFF
			c == 0xE2 && s[i+1] <= 0x83,                                     // U+2000 to U+20FF
			c == 0xEF && (s[i+1] != 0xBC || s[i+2] < 0xA1 || s[i+2] > 0xBA): // U+F000 to U+FFFF except U+FF21 to U+FF3A
			i += 2
		case c >= utf8.RuneSelf:
			return ascii, true
		case c >= 'A' && c <= 'Z':
			ascii = true
		}
	}
	return ascii, false
}

// AppendLower appends s with its ASCII capitals in lower case.
func AppendLower(b []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		b = append(b, c)
	}
	return b
}

// Width returns the width of s in columns: CJK characters take two.
func Width(s string) int {
	n := 0
	for s != "" {
		if c := s[0]; c < utf8.RuneSelf {
			n, s = n+1, s[1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		n, s = n+RuneWidth(r), s[size:]
	}
	return n
}

// RuneWidth returns the width of r in columns: 2 for CJK, else 1.
func RuneWidth(r rune) int {
	if IsCJK(r) {
		return 2
	}
	return 1
}

// IsASCIILetter reports whether a byte is an ASCII letter.
func IsASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
