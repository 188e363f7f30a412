package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/digestbot/digestbot/bot/ledger"
)

// said is what a delivery said as the file keeps it: a JSON array, or nothing
// when nothing was said.
type said []ledger.Said

// Value writes it.
func (s said) Value() (driver.Value, error) {
	if len(s) == 0 {
		return "", nil
	}
	text, err := json.Marshal(s)
	return string(text), err
}

// Scan reads it back.
func (s *said) Scan(v any) error {
	*s = nil
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("said: got %T, want a text", v)
	}
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), s); err != nil {
		return fmt.Errorf("said: %w", err)
	}
	return nil
}
