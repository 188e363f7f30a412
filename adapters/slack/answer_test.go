package slack

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

var objects = []string{
	`{}`, ` { } `, `{"ok":true}`, "{\n \"ok\" : false ,\t\"error\" : \"no_text\" }\n", `{"a":1,"a":2}`,
	`{"ok":true,"message":{"text":"a, b: \"c\" {[ \\","blocks":[{"a":[1,2,{}]},[]]},"ts":"1.000001"}`,
	`{"a":"\\\\","b":"\\\"","c":null,"d":-1.5e3,"e":""}`, `{"中文":"字，“”","":"@everyone <!channel>"}`,
}

func TestMembersAreThoseOfTheLibrary(t *testing.T) {
	for _, s := range objects {
		compareMembers(t, s)
	}
	for _, s := range []string{
		``, `null`, `[]`, `"{}"`, `{`, `}`, `{"ok":true`, `{"ok"}`, `{"ok":}`, `{"ok":true,}`, `{,}`, `{"a":"}`, `{"a":{}`,
		`{"a":1}}`, `{"ok":true,"ts":"1`, `{"ok":true}{"ok":true}`, `<html>{"ok":true}</html>`, `{"a":]}`, `{1:2}`, `{"a":"\"}`,
	} {
		if got, err := members([]byte(s)); err == nil {
			t.Errorf("%q: got %q, want an error", s, got)
		}
	}
}

func FuzzMembers(f *testing.F) {
	for _, s := range objects {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = members([]byte(s))
		// The library reads what is escaped in a name, which Slack never does.
		if json.Valid([]byte(s)) && strings.HasPrefix(s, "{") && utf8.ValidString(s) && !strings.Contains(s, `\`) {
			compareMembers(t, s)
		}
	})
}

func compareMembers(t *testing.T, s string) {
	t.Helper()
	var want map[string]json.RawMessage
	if err := json.Unmarshal([]byte(s), &want); err != nil {
		t.Fatal(err)
	}
	got, err := members([]byte(s))
	if err != nil || len(got) != len(want) {
		t.Errorf("%q: got %q %v, want %q", s, got, err, want)
	}
	for name, v := range want {
		if string(got[name]) != string(v) {
			t.Errorf("%q: %q is %s, want %s", s, name, got[name], v)
		}
	}
}
