package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// forget gives back the pages of the program's own file that are in memory:
// most of them only its start has needed, and what is needed again comes back
// from the file. Of the mappings those are taken that nothing was written to.
func forget() {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	mappings, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	var from, to uintptr
	for line := range strings.Lines(string(mappings)) {
		switch fields := strings.Fields(line); {
		case len(fields) == 6 && fields[5] == program:
			if _, err := fmt.Sscanf(fields[0], "%x-%x", &from, &to); err != nil {
				return
			}
		case len(fields) >= 5:
			from, to = 0, 0
		case fields[0] == "Anonymous:" && fields[1] == "0" && from < to:
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED)
		}
	}
}
