package chat

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Secret is a token that cannot be printed: every way of formatting or
// marshalling it gives "[secret]". Only Reveal gives the text.
type Secret struct{ text string }

// NewSecret keeps text as a secret.
func NewSecret(text string) Secret { return Secret{text: text} }

// Reveal is the secret's text. Call it where the secret is used and keep the
// result in no variable that outlives the call.
func (s Secret) Reveal() string { return s.text }

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s.text == "" }

// String hides the text.
func (s Secret) String() string { return "[secret]" }

// Format hides the text whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[secret]")) }

// MarshalText hides the text in JSON, TOML and structured logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// Token finds a token: the environment variable of that name, else the text
// of the file, whose name is relative to Folder. Neither is an error; an unreadable
// file is. The error does not tell
// the file's name, because people write the token itself there.
func (e Env) Token(variable, file string) (Secret, error) {
	if variable != "" {
		if text := strings.TrimSpace(e.Getenv(variable)); text != "" {
			return NewSecret(text), nil
		}
	}
	if file == "" {
		return Secret{}, nil
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(e.Folder, file)
	}
	data, err := os.ReadFile(file)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	if err != nil {
		return Secret{}, fmt.Errorf("the file that it names cannot be read: %w: write the name of a file that holds the secret, not the secret", err)
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		return Secret{}, errors.New("the file that it names is empty")
	}
	return NewSecret(text), nil
}
