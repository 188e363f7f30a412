package digest

import (
	"cmp"
	"strings"
	"unicode/utf8"
)

// Series returns the name that all issues of a series share: id with each of its
// numbers replaced by "#". It is empty if the last element of id has no number. For
// index, which is the page of its folder, the folder's name counts. A number is a run
// of digits, or of Chinese numerals after 第.
//
//	issue-12        issue-#
//	2026/第十二期    #/第#期
//	issue-12/index  issue-#/index
func Series(id string) string {
	var name strings.Builder
	start := strings.LastIndexByte(strings.TrimSuffix(id, "/index"), '/') + 1
	numbered := false
	for rest := id; rest != ""; {
		at := len(id) - len(rest)
		n, ok := cutNumber(rest)
		if !ok {
			_, size := utf8.DecodeRuneInString(rest)
			name.WriteString(rest[:size])
			rest = rest[size:]
			continue
		}
		numbered = numbered || at >= start
		name.WriteString(n.lead + "#")
		rest = n.rest
	}
	if !numbered {
		return ""
	}
	return name.String()
}

// HigherFirst compares IDs: those of a series by their numbers, the highest first, and
// others alphabetically.
func HigherFirst(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		m, isNumber := cutNumber(x)
		n, both := cutNumber(y)
		switch {
		case isNumber && both:
			// 01 and 1 are the same number, but not the same name.
			if x[:len(x)-len(m.rest)] != y[:len(y)-len(n.rest)] {
				return cmp.Or(strings.Compare(m.lead, n.lead), cmp.Compare(n.value, m.value), strings.Compare(a, b))
			}
			x, y = m.rest, n.rest
		case isNumber:
			return -1
		case both:
			return 1
		default:
			one, size := utf8.DecodeRuneInString(x)
			two, other := utf8.DecodeRuneInString(y)
			if x[:size] != y[:other] {
				return cmp.Or(cmp.Compare(one, two), strings.Compare(x[:size], y[:other]))
			}
			x, y = x[size:], y[size:]
		}
	}
	return strings.Compare(a, b)
}

// number is a number at the start of a text: lead is the prefix before its digits, and
// rest the text after them.
type number struct {
	value uint64
	lead  string
	rest  string
}

// cutNumber cuts the number off the start of a text.
func cutNumber(s string) (n number, ok bool) {
	if s[0] < utf8.RuneSelf {
		if s[0] < '0' || s[0] > '9' {
			return n, false
		}
		n.rest = s
		n.digits()
		return n, true
	}
	n.rest = s
	if strings.HasPrefix(s, ordinalPrefix) {
		n.lead, n.rest = s[:len(ordinalPrefix)], s[len(ordinalPrefix):]
	}
	before := len(n.rest)
	n.digits()
	if len(n.rest) == before && n.lead != "" {
		value, size := ChineseNumber(n.rest)
		n.value, n.rest = uint64(value), n.rest[size:]
	}
	return n, len(n.rest) < before
}

const ordinalPrefix = "第"

// digits consumes the digits, including full-width ones, at the start of rest. The
// value of a number with more than 18 digits is capped at 1e18.
func (n *number) digits() {
	for n.rest != "" {
		r, size := rune(n.rest[0]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(n.rest)
		}
		if r >= '０' && r <= '９' {
			r -= '０' - '0'
		}
		if r < '0' || r > '9' {
			return
		}
		n.value = min(n.value*10+uint64(r-'0'), 1e18)
		n.rest = n.rest[size:]
	}
}

// ChineseNumber reads a number below ten thousand in Chinese numerals from the start of
// a text, such as 二〇二六 or 一百二十. size is its length in bytes, 0 if there is none.
func ChineseNumber(s string) (value, size int) {
	digit, total := 0, 0
	for _, r := range s {
		unit := 0
		switch r {
		case '十':
			unit = 10
		case '百':
			unit = 100
		case '千':
			unit = 1000
		case '〇', '零':
			digit *= 10
		default:
			n := strings.IndexRune("一二三四五六七八九", r)
			if n < 0 {
				return total + digit, size
			}
			digit = digit*10 + n/len("一") + 1
		}
		if unit > 0 {
			total += max(digit, 1) * unit
			digit = 0
		}
		if size += utf8.RuneLen(r); total+digit > 9999 {
			return 0, 0
		}
	}
	return total + digit, size
}
