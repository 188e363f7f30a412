package chat

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Secret is a token that cannot be printed: every way of formatting or
// marshalling it gives "[secret]". Only Reveal gives the text.
type Secret struct{ text string }

// NewSecret wraps text as a secret.
func NewSecret(text string) Secret { return Secret{text: text} }

// Reveal returns the secret's text. Call it where the secret is used, and keep the result
// in no variable that outlives the call.
func (s Secret) Reveal() string { return s.text }

// Empty reports whether the secret is empty.
func (s Secret) Empty() bool { return s.text == "" }

// String hides the text.
func (s Secret) String() string { return "[secret]" }

// Format hides the text whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[secret]")) }

// MarshalText hides the text in JSON, TOML and structured logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// Token returns a token: the value of the environment variable, else the text of the file
// that is the value of key in config.toml, relative to Folder. If there is neither, it
// returns an empty Secret. An unreadable file is an error, as is a token that cannot be in
// a header. An error begins with the key or the variable. It contains the file's name only
// if that is a path, because people sometimes write the token itself there.
func (e Env) Token(variable, key, file string) (Secret, error) {
	if variable != "" {
		if text := bare(e.Getenv(variable)); text != "" {
			return sound(text, variable, "set it to the token alone")
		}
	}
	if file == "" {
		return Secret{}, nil
	}
	written := file
	if !filepath.IsAbs(file) {
		file = filepath.Join(e.Folder, file)
	}
	data, err := os.ReadFile(file)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	if err != nil {
		return Secret{}, fmt.Errorf("%s: %s cannot be read: %w: write the name of a file that holds the secret, not the secret", key, placeOf(written, file), err)
	}
	text := bare(string(data))
	if text == "" {
		return Secret{}, fmt.Errorf("%s: the file that it names is empty", key)
	}
	return sound(text, key, "write the token alone into the file, as one line of UTF-8")
}

// placeOf names the file that cannot be read: by its whole path if what was written is a
// path, else by its folder alone, because someone may have written the secret itself.
func placeOf(written, file string) string {
	whole, err := filepath.Abs(file)
	if err != nil {
		return "the file that it names"
	}
	folder, name := filepath.Split(written)
	switch {
	case MaskValue(written) != written || slices.ContainsFunc(strings.FieldsFunc(written, func(c rune) bool { return c == '/' || c == '\\' }), long):
		return "the file that it names"
	case folder == "" && strings.Trim(filepath.Ext(name), ".") == "":
		return "the file that it names in " + filepath.Dir(whole)
	}
	return whole
}

// long reports whether a part of a path is longer than people usually choose.
func long(part string) bool { return utf8.RuneCountInString(part) > 48 }

// bare returns text without what editors put around it: space, and the byte order mark that
// some write before UTF-8.
func bare(text string) string { return strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")) }

// sound returns a token as a Secret, or an error if it cannot be sent: it goes into a
// header, which may not contain control characters
// (https://www.rfc-editor.org/rfc/rfc9110#section-5.5).
func sound(text, from, remedy string) (Secret, error) {
	switch {
	case strings.ContainsAny(text, "\r\n"):
		return Secret{}, fmt.Errorf("%s: the token has more than one line: %s", from, remedy)
	case strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text):
		return Secret{}, fmt.Errorf("%s: the token has a character in it that cannot be sent: %s", from, remedy)
	}
	return NewSecret(text), nil
}
