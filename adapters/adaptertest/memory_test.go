package adaptertest

import "testing"

func TestHeld(t *testing.T) {
	type shelf struct {
		books map[string][]map[int]bool
		next  *shelf
		any   any
	}
	s := &shelf{books: map[string][]map[int]bool{"a": {{1: true, 2: true}, nil}, "b": nil}}
	s.next = &shelf{next: s, any: map[string]string{"c": "d"}}
	if got := Held(s); got != 5 {
		t.Errorf("got %d, want 5", got)
	}
}
