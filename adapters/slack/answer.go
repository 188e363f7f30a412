package slack

import (
	"bytes"
	"encoding/json"
	"errors"
)

var errNoObject = errors.New("it is no JSON object")

// members are the members of a JSON object. Their values are told apart and not
// read: Slack's answer to a post repeats the whole post, of which nobody wants
// to know anything but when it was made.
func members(data []byte) (map[string]json.RawMessage, error) {
	data = bytes.TrimSpace(data)
	if len(data) < 2 || data[0] != '{' || data[len(data)-1] != '}' {
		return nil, errNoObject
	}
	rest := bytes.TrimSpace(data[1 : len(data)-1])
	found := map[string]json.RawMessage{}
	for len(rest) > 0 {
		n := text(rest)
		if n < 0 {
			return nil, errNoObject
		}
		name := string(rest[1 : n-1])
		var ok bool
		if rest, ok = bytes.CutPrefix(bytes.TrimSpace(rest[n:]), []byte(":")); !ok {
			return nil, errNoObject
		}
		if n = value(rest); n < 0 {
			return nil, errNoObject
		}
		v := bytes.TrimSpace(rest[:n])
		if len(v) == 0 {
			return nil, errNoObject
		}
		found[name] = v
		if rest = rest[n:]; len(rest) > 0 {
			if rest = bytes.TrimSpace(rest[1:]); len(rest) == 0 {
				return nil, errNoObject // a comma, and nothing behind it
			}
		}
	}
	return found, nil
}

// text is the length of the JSON string that data begins with; -1 if there is
// none.
func text(data []byte) int {
	if len(data) == 0 || data[0] != '"' {
		return -1
	}
	for i := 1; ; {
		n := bytes.IndexByte(data[i:], '"')
		if n < 0 {
			return -1
		}
		i += n + 1
		slashes := 0
		for data[i-2-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i
		}
	}
}

// value is how far it is to the comma behind the value that data begins with, or
// to its end; -1 if strings or brackets stay open.
func value(data []byte) int {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			n := text(data[i:])
			if n < 0 {
				return -1
			}
			i += n - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return -1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	if depth != 0 {
		return -1
	}
	return len(data)
}
