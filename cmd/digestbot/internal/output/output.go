// Package output writes for people, for machines and into the log, so that no output
// contains terminal control sequences or secrets, whatever file names and files contain. It
// does not know what is written.
package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"unicode"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// Seemly returns text that is safe for a terminal: without control sequences or secrets.
func Seemly(text string) string { return digest.Escape(chat.Mask(text)) }

// Text is a writer for lines for people; each write must be whole lines.
type Text struct{ io.Writer }

func (t Text) Write(b []byte) (int, error) {
	if _, err := io.WriteString(t.Writer, Seemly(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// JSON is a writer for JSON; each write must be whole values. Characters that a terminal
// should not get are escaped as JSON escapes, and anything that looks like a secret is
// masked, as for people.
type JSON struct{ io.Writer }

func (j JSON) Write(b []byte) (int, error) {
	var out bytes.Buffer
	for _, r := range string(jsonString.ReplaceAllFunc(b, maskJSON)) {
		if r > unicode.MaxASCII && digest.Unseemly(r) || r == '\x7f' {
			fmt.Fprintf(&out, "\\u%04x", r)
		} else {
			out.WriteRune(r)
		}
	}
	if _, err := j.Writer.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(b), nil
}

// jsonString matches a JSON string.
var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// maskJSON masks the decoded value of a JSON string: masking its encoded form could drop a
// backslash.
func maskJSON(literal []byte) []byte {
	var text string
	if json.Unmarshal(literal, &text) != nil || chat.Mask(text) == text {
		return literal
	}
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	if to.Encode(chat.Mask(text)) != nil {
		return literal
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
