package body

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark-emoji/definition"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// maxShortcode is greater than the length of every emoji name.
const maxShortcode = 48

// emojiAt returns the emoji whose name in colons is at the start of s, as in :rocket:,
// and its length in s; 0 for none. The next character must not belong to a word, so
// repo:ok:1 contains none.
func emojiAt[S string | []byte](s S) (emoji string, n int) {
	emoji, n = named(s)
	if n == 0 || n == len(s) {
		return emoji, n
	}
	next, _ := utf8.DecodeRuneInString(string(s[n:min(len(s), n+utf8.UTFMax)]))
	if _, again := named(s[n:]); again == 0 && joinsShortcode(next) {
		return "", 0
	}
	return emoji, n
}

// named is like emojiAt, but ignores what follows.
func named[S string | []byte](s S) (emoji string, n int) {
	if len(s) < 3 || s[0] != ':' {
		return "", 0
	}
	n = 1
	for n < min(len(s), maxShortcode) && (s[n] >= 'a' && s[n] <= 'z' || s[n] >= '0' && s[n] <= '9' || s[n] == '_' || s[n] == '+' || s[n] == '-') {
		n++
	}
	if n == 1 || n == len(s) || s[n] != ':' {
		return "", 0
	}
	found, ok := definition.Github().Get(string(s[1:n]))
	if !ok || !found.IsUnicode() {
		return "", 0
	}
	return string(found.Unicode), n + 1
}

// joinsShortcode reports whether a character next to colons makes them part of a word,
// an address or an expression.
func joinsShortcode(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.M) || strings.ContainsRune(`:/\=&#@$%+_`, r)
}

// ReplaceShortcodes replaces the names of emoji in a text by the emoji.
func ReplaceShortcodes(s string) string {
	if strings.IndexByte(s, ':') < 0 {
		return s // the usual case
	}
	var b strings.Builder
	kept, behind := 0, false // behind says that an emoji ends here
	for i := 0; i < len(s); {
		if s[i] == ':' {
			before, _ := utf8.DecodeLastRuneInString(s[:i])
			if emoji, n := emojiAt(s[i:]); n > 0 && (i == 0 || behind || !joinsShortcode(before)) {
				b.WriteString(s[kept:i] + emoji)
				i += n
				kept, behind = i, true
				continue
			}
		}
		i, behind = i+1, false
	}
	return b.String() + s[kept:]
}

// shortcodes parses the names of emoji in running text.
type shortcodes struct{}

func (shortcodes) Trigger() []byte { return []byte{':'} }

func (shortcodes) Parse(parent ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	emoji, n := emojiAt(line)
	if n == 0 {
		return nil
	}
	if before := block.PrecendingCharacter(); joinsShortcode(before) {
		if _, behind := parent.LastChild().(*reworded); !behind || before != ':' {
			return nil
		}
	}
	block.Advance(n)
	return &reworded{written: string(line[:n]), shown: emoji}
}
