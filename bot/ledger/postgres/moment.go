package postgres

import (
	"fmt"
	"strconv"
	"time"
)

// moment is a time as the database stores it: nanoseconds since 1970, or NULL for the zero
// time.
type moment time.Time

// value returns the time as a parameter of a statement.
func (m moment) value() (any, error) {
	t := time.Time(m)
	if t.IsZero() {
		return nil, nil
	}
	if !time.Unix(0, t.UnixNano()).Equal(t) {
		return nil, fmt.Errorf("time %s: it is outside the years 1678 to 2262", t)
	}
	return t.UnixNano(), nil
}

// Scan decodes the time, in UTC.
func (m *moment) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*m = moment{}
	case int64:
		*m = moment(time.Unix(0, v).UTC())
	default:
		return fmt.Errorf("time: got %T, want an integer", v)
	}
	return nil
}

// MarshalJSON encodes the time as a part of a row.
func (m moment) MarshalJSON() ([]byte, error) {
	v, err := m.value()
	if err != nil || v == nil {
		return []byte("null"), err
	}
	return strconv.AppendInt(nil, v.(int64), 10), nil
}

// UnmarshalJSON decodes the time, in UTC.
func (m *moment) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*m = moment{}
		return nil
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("time: %w", err)
	}
	*m = moment(time.Unix(0, n).UTC())
	return nil
}
