package digest

import (
	"cmp"
	"strings"
	"unicode/utf8"
)

// Series is the name that the numbers of a series have in common: ID with each
// of its numbers replaced by "#". It is empty when the last element of the ID
// has no number; for index, which is a page of its folder, the folder's name
// counts. A number is a run of digits, or of Chinese numerals behind 第.
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

// HigherFirst orders IDs: those of a series by their numbers, the highest first,
// and others by their letters.
func HigherFirst(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		m, isNumber := cutNumber(x)
		n, both := cutNumber(y)
		switch {
		case isNumber && both:
			// 01 and 1 are the same number, and not the same name.
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

// number is a number at the beginning of a text: lead is what stands before its
// digits, and rest what follows them.
type number struct {
	value uint64
	lead  string
	rest  string
}

// cutNumber cuts off the number that a text begins with.
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

// digits takes the digits, also those of full width, that rest begins with. A
// number that is longer than a number of 18 digits counts as one of them.
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

// ChineseNumber is the number below ten thousand that Chinese numerals at the
// beginning of a text write, as 二〇二六 or as 一百二十; size is how many bytes
// they take, 0 when there are none.
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
