package main

import (
	"os"
	"runtime/debug"
)

// garbage is the GOGC percentage. Most of the heap is the index of the library, which
// hardly changes, and the bot is mostly idle. Collecting more often than by default
// therefore costs nothing noticeable, except at the first start, which reads all files and
// takes a quarter longer.
const garbage = 25

// saveMemory keeps memory use low, unless GOGC is set. GOMEMLIMIT applies as well
// (https://pkg.go.dev/runtime#hdr-Environment_Variables).
func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
