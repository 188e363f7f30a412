package lexicon

import (
	"regexp"
	"sync"
)

// Pattern returns a regular expression that is compiled when it is first used, and panics then
// if its syntax is wrong. A start that reads no file need not compile what reads them.
func Pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
