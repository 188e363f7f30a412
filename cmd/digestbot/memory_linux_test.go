package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
)

// What the program's file has in memory is given back, and the program goes on.
func TestForget(t *testing.T) {
	resident := func() (kilobytes int) {
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(status), "RssFile:")
		if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
			t.Fatal(err)
		}
		return kilobytes
	}
	before := resident()
	forget()
	if after := resident(); after >= before {
		t.Errorf("%d kB of files are resident, %d were before", after, before)
	}
}

// The collector is as it was when everything is read.
func TestBeforeReading(t *testing.T) {
	percent := debug.SetGCPercent(77)
	defer debug.SetGCPercent(percent)
	limit := debug.SetMemoryLimit(1 << 40)
	defer debug.SetMemoryLimit(limit)
	for _, size := range []int64{0, bulk, 100 << 20} {
		done := beforeReading(1000, size)
		if during := debug.SetMemoryLimit(-1); (during < 1<<40) != (size >= bulk) {
			t.Errorf("while %d bytes are read the limit is %d", size, during)
		}
		done()
		if after := debug.SetMemoryLimit(-1); after != 1<<40 {
			t.Errorf("after %d bytes the limit is %d, want %d", size, after, 1<<40)
		}
		if after := debug.SetGCPercent(77); after != 77 {
			t.Errorf("after %d bytes the percentage is %d, want 77", size, after)
		}
	}
}
