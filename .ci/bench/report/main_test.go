package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	const passed = `{"Action":"pass","Package":"p","Test":"TestA"}` + "\n"
	for _, tt := range []struct {
		name, in, says string
		fine           bool
	}{
		{"all pass", passed + `{"Action":"pass","Package":"p"}`, "tests: 1 passed, 0 failed, 0 skipped; packages: 1 fine, 0 failed", true},
		{"no test", `{"Action":"pass","Package":"p"}`, "0 passed", false},
		{"nothing", "", "0 passed", false},
		{"one fails", passed + `{"Action":"output","Package":"p","Test":"TestB","Output":"it is 2\n"}` + "\n" + `{"Action":"fail","Package":"p","Test":"TestB"}`, "it is 2\n", false},
		{"one is skipped", passed + `{"Action":"output","Package":"p","Test":"TestB","Output":"no browser\n"}` + "\n" + `{"Action":"skip","Package":"p","Test":"TestB"}`, "SKIPPED p TestB\nno browser\n", false},
		{"a program breaks off", passed + `{"Action":"output","Package":"p","Test":"TestB","Output":"panic: 2\n"}` + "\n" + `{"Action":"fail","Package":"p"}`, "panic: 2\n", false},
		{"words of go", passed + "go: no such module", "go: no such module\n", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if fine := report(strings.NewReader(tt.in), &out); fine != tt.fine {
				t.Errorf("it is fine: %v, want %v", fine, tt.fine)
			}
			if !strings.Contains(out.String(), tt.says) {
				t.Errorf("it says %q, want %q in it", out.String(), tt.says)
			}
		})
	}
}
