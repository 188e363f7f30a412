package generator

import (
	"bytes"
	"strings"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// NestingLength returns the length of the markers that may open containers at the start
// of a line.
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

// fences finds out which offsets of a body are in fenced code. hold must be called with
// ascending offsets.
type fences struct {
	next int    // where the next unread line begins
	open []byte // the fence of the open code block, or nil
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

// Overwrite overwrites everything but newlines.
func Overwrite(b []byte, with byte) {
	for i := range b {
		if b[i] != '\n' {
			b[i] = with
		}
	}
}

// LineBefore returns the part of the line before the offset, at most 100 bytes.
func LineBefore(body []byte, at int) []byte {
	line := body[max(at-100, 0):at]
	return line[bytes.LastIndexByte(line, '\n')+1:]
}

// LineBehind returns the part of the line from the offset on, at most 100 bytes.
func LineBehind(body []byte, at int) []byte {
	line := body[at:min(at+100, len(body))]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	return line
}
