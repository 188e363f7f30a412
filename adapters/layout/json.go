package layout

import (
	"bytes"
	"encoding/json"
)

// JSON writes v as platforms take it: without the escapes that only HTML needs,
// which would count against their limits.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
