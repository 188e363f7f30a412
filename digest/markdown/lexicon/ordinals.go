package lexicon

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var ordinalHead = regexp.MustCompile(`^\s*(?:[(（【\[]\s?(?:\d{1,3}|[一二三四五六七八九十]{1,3})\s?[)）】\]]|#\d{1,3}(?:[.:：、]|\s)|(?:No|NO|Top|TOP)\.?\s?\d{1,3}[.:：、]|\d{1,3}\s?[.、．:：)）]|\d{1,3}\s[|｜–—-]\s|\d\x{FE0F}?\x{20E3}|🔟|[①-⑳㉑-㉟❶-❿]|[一二三四五六七八九十]{1,3}[、．.：:]|第[一二三四五六七八九十\d]{1,3}(?:[条则項项]?[、．.：:]|[条则]\s?))\s*`)

// OrdinalLength returns the length of the number at the start of a headline. A number
// like 3.5 or 10:30 is not an ordinal.
func OrdinalLength(s string) int {
	if first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " ")); !counts(first) {
		return 0 // the usual case
	}
	n := len(ordinalHead.FindString(s))
	next, _ := utf8.DecodeRuneInString(s[n:])
	if n > 0 && unicode.IsDigit(next) && !unicode.IsSpace(rune(s[n-1])) && s[n-1] < utf8.RuneSelf && strings.IndexByte(".:", s[n-1]) >= 0 {
		return 0
	}
	return n
}

// counts reports whether an ordinal may begin with r.
func counts(r rune) bool {
	switch r {
	case '(', '[', '#', 'N', 'T', '第', '一', '二', '三', '四', '五', '六', '七', '八', '九', '十':
		return true
	}
	return unicode.IsDigit(r) || r >= 0x2460 && ScriptOf(r) != Han
}

// StripOrdinal returns a headline without the number at its start.
func StripOrdinal(s string) string { return strings.TrimSpace(s[OrdinalLength(s):]) }
