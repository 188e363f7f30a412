package main

import (
	"os"
	"runtime/debug"
)

// garbage is how much of it may gather, in percent of what the program holds. Most of
// that is the index of the library, which hardly changes, and a bot mostly waits: to
// collect more often than by the usual rule costs nothing that counts but at the first
// start, which reads all files and takes a quarter longer.
const garbage = 25

// saveMemory keeps the memory of the program low. GOGC and GOMEMLIMIT know better
// (https://pkg.go.dev/runtime#hdr-Environment_Variables).
func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
