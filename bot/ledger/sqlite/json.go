package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/digestbot/digestbot/bot/ledger"
)

// list is a column that keeps several things as a JSON array, or as nothing when
// there are none.
type list[T any] []T

// The lists of a delivery: what it said, and what people decided about it.
type (
	said      = list[ledger.Said]
	decisions = list[ledger.Decision]
)

// Value writes it.
func (l list[T]) Value() (driver.Value, error) {
	if len(l) == 0 {
		return "", nil
	}
	text, err := json.Marshal(l)
	return string(text), err
}

// Scan reads it back. Text that is no JSON array any more, as after damage, is nothing:
// a delivery that says nothing is neither corrected nor posted again, and the
// others can be read.
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
