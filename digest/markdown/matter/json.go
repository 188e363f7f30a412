package matter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

func decodeJSON(block []byte) ([]Entry, error) {
	d := json.NewDecoder(bytes.NewReader(block))
	var object json.RawMessage
	if err := d.Decode(&object); err != nil {
		at := len(block)
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = max(int(e.Offset)-1, 0)
		}
		line, column := lexicon.Position(block, at)
		return nil, &Error{Line: line, Column: column, Message: err.Error()}
	}
	if object[0] != '{' {
		return nil, errors.New("an object is expected")
	}
	d = json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	_, err := d.Token() // the opening brace
	var entries []Entry
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		entries = append(entries, Entry{Key: key.(string), Value: decodedValue(v)})
	}
	return entries, err
}

// decodedValue converts a decoded value.
func decodedValue(v any) Value {
	switch v := v.(type) {
	case nil:
		return Value{}
	case []any:
		l := Value{Kind: List, Line: 1, Column: 1}
		for _, item := range v {
			l.List = append(l.List, decodedValue(item))
		}
		return l
	case map[string]any:
		t := Value{Kind: Table, Line: 1, Column: 1}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			t.Table = append(t.Table, Entry{Key: key, Value: decodedValue(v[key])})
		}
		return t
	default:
		return Value{Kind: Scalar, Text: fmt.Sprint(v), Line: 1, Column: 1}
	}
}
