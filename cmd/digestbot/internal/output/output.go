// Package output writes for people, for machines and into the log, so that nothing that
// is written drives a terminal or is a secret, whatever people named their files and
// wrote into them. It never knows what is written.
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

// Seemly is text as a terminal may show it: nothing in it drives the terminal or is a
// secret.
func Seemly(text string) string { return digest.Escape(chat.Mask(text)) }

// Text is where lines for people go; each write is whole lines.
type Text struct{ io.Writer }

func (t Text) Write(b []byte) (int, error) {
	if _, err := io.WriteString(t.Writer, Seemly(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// JSON is where JSON goes; each write is whole values. Text that a terminal should not
// show is escaped as JSON has it, and what looks like a secret is masked, as for people.
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

// jsonString is a string as JSON has it.
var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// maskJSON masks a string of JSON by what it says: masked as it is written, it could
// lose a backslash.
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
