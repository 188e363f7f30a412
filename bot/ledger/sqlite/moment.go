package sqlite

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// moment is a time as the file stores it: nanoseconds since 1970, or NULL for the zero
// time.
type moment time.Time

// Value encodes the time.
func (m moment) Value() (driver.Value, error) {
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
