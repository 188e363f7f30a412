package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/digestbot/digestbot/bot/ledger"
)

// list is a column with a JSON array, or an empty text if there are no elements.
type list[T any] []T

// The lists of a delivery: what it said, and people's decisions about it.
type (
	said      = list[ledger.Said]
	decisions = list[ledger.Decision]
)

// Value encodes the list.
func (l list[T]) Value() (driver.Value, error) {
	if len(l) == 0 {
		return "", nil
	}
	text, err := json.Marshal(l)
	return string(text), err
}

// Scan decodes the list. Invalid JSON, as after damage, is an empty list: a delivery that
// says nothing is neither corrected nor posted again, and the other deliveries can be read.
func (l *list[T]) Scan(v any) error {
	*l = nil
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("list: got %T, want a text", v)
	}
	if json.Unmarshal([]byte(text), l) != nil {
		*l = nil
	}
	return nil
}
