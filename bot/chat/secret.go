package chat

import (
	"fmt"
	"os"
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
// of the file. Neither is an error; an unreadable file is.
func (e Env) Token(variable, file string) (Secret, error) {
	if variable != "" {
		if text := strings.TrimSpace(e.Getenv(variable)); text != "" {
			return NewSecret(text), nil
		}
	}
	if file == "" {
		return Secret{}, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return Secret{}, fmt.Errorf("token file: %w", err)
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		return Secret{}, fmt.Errorf("token file %s: it is empty", file)
	}
	return NewSecret(text), nil
}
