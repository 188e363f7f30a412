package matter

import (
	"bytes"
	"io"
	"regexp"
	"strings"

	"github.com/adrg/frontmatter"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// The input of the front matter decoders is limited, because deep nesting takes them
// quadratic time.
const (
	MaxFrontMatter = 64 << 10
	maxNesting     = 100
)

// format is a format of front matter.
type format struct {
	name   string
	decode func(block []byte) ([]Entry, error)
	// key matches the start of a top-level entry up to its value. It is nil if entries
	// cannot be separated by lines.
	key *regexp.Regexp
}

var (
	yamlFormat = &format{"yaml", decodeYAML, regexp.MustCompile(`^([\pL_][\pL\pN_. -]*?)\s*:(?:\s+|$)`)}
	tomlFormat = &format{"toml", decodeTOML, regexp.MustCompile(`^([\w-]+)\s*=\s*`)}
	jsonFormat = &format{"json", decodeJSON, nil}
)

// affordable returns an error if the block exceeds the limits.
func affordable(block []byte) *Error {
	if len(block) > MaxFrontMatter {
		return &Error{Line: 1, Column: 1, Message: "it is longer than 64 KiB"}
	}
	if bytes.Count(block, []byte("["))+bytes.Count(block, []byte("{")) <= maxNesting {
		return nil
	}
	depth := 0
	for i, c := range block {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if depth > maxNesting {
			line, column := lexicon.Position(block, i)
			return &Error{Line: line, Column: column, Message: "it is nested too deeply"}
		}
	}
	return nil
}

// fence ends front matter, and also begins it, followed by the name of its format.
const fence = "---"

// parse passes the block to the frontmatter package. That package ignores spaces around
// the closing line, which might be a line of text in a value; such a block is decoded
// directly.
func (f *format) parse(block []byte) (entries []Entry, err error) {
	for line := range bytes.Lines(block) {
		if string(bytes.TrimSpace(line)) == fence {
			return f.decode(block)
		}
	}
	own := frontmatter.NewFormat(fence+f.name, fence, func(b []byte, v any) (err error) {
		*v.(*[]Entry), err = f.decode(b)
		return err
	})
	text := io.MultiReader(strings.NewReader(fence+f.name+"\n"), bytes.NewReader(block), strings.NewReader("\n"+fence+"\n"))
	_, err = frontmatter.MustParse(text, &entries, own)
	return entries, err
}
