package generator

import (
	"bytes"
	"strings"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// NestingLength is the length of what may open containers at the beginning of a line.
func NestingLength[S string | []byte](line S) int {
	n := 0
	for n < len(line) {
		if strings.IndexByte(" \t>-*+", line[n]) >= 0 {
			n++
			continue
		}
		end := n
		for end < len(line) && end < n+9 && line[end] >= '0' && line[end] <= '9' {
			end++
		}
		if end == n || end+1 >= len(line) || line[end] != '.' && line[end] != ')' || line[end+1] != ' ' && line[end+1] != '\t' {
			break
		}
		n = end + 2
	}
	return n
}

// fences tells which places of a body are in fenced code. It is asked from the
// beginning to the end.
type fences struct {
	next int    // the line up to which it has looked
	open []byte // the fence of the code that goes on there
}

func (f *fences) hold(body []byte, at int) bool {
	for f.next <= at && f.next < len(body) {
		var line []byte
		line, f.next = lexicon.LineAt(body, f.next)
		line = line[NestingLength(line):]
		rest := bytes.TrimLeft(line, "`~")
		fence := line[:len(line)-len(rest)]
		switch {
		case len(fence) < 3 || bytes.Count(fence, fence[:1]) < len(fence):
		case f.open == nil && (fence[0] == '~' || bytes.IndexByte(rest, '`') < 0):
			f.open = fence
		case f.open != nil && fence[0] == f.open[0] && len(fence) >= len(f.open) && lexicon.IsBlank(rest):
			f.open = nil
		}
	}
	return f.open != nil
}

// Overwrite overwrites all but the ends of lines.
func Overwrite(b []byte, with byte) {
	for i := range b {
		if b[i] != '\n' {
			b[i] = with
		}
	}
}

// LineBefore is what stands before the offset in its line, as far as it matters
// to know whether there are words.
func LineBefore(body []byte, at int) []byte {
	line := body[max(at-100, 0):at]
	return line[bytes.LastIndexByte(line, '\n')+1:]
}

// LineBehind is what stands at and behind the offset in its line, as far as it
// matters.
func LineBehind(body []byte, at int) []byte {
	line := body[at:min(at+100, len(body))]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	return line
}
