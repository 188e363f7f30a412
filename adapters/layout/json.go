package layout

import (
	"bytes"
	"encoding/json"
)

// JSON encodes v for a platform: without the escapes that only HTML needs,
// which would count towards the platform's limits.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
