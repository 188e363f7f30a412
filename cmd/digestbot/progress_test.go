package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/cmd/digestbot/internal/output"
)

// A terminal shows what it is waiting for after two seconds, and then less and less often;
// a pipe shows nothing, and neither does a short wait.
func TestProgress(t *testing.T) {
	for _, tc := range []struct {
		terminal bool
		takes    time.Duration
		want     string
	}{
		{true, 1900 * time.Millisecond, ""},
		{true, 9 * time.Second, "0 of 10 (2s so far)|1 of 10 (4s so far)|2 of 10 (8s so far)|"},
		{false, time.Hour, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			p := &program{err: output.Text{Writer: &out}, terminal: tc.terminal}
			var looks atomic.Int64
			failed := errors.New("it failed")
			err := p.while(func() string { return fmt.Sprintf("%d of 10", looks.Add(1)-1) }, func() error { time.Sleep(tc.takes); return failed })
			if got := strings.ReplaceAll(out.String(), "\n", "|"); got != tc.want || !errors.Is(err, failed) {
				t.Errorf("%s on a terminal (%t): told %q, %v, want %q", tc.takes, tc.terminal, got, err, tc.want)
			}
		})
	}
}
