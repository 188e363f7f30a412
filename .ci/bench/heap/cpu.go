package main

import (
	"os"
	"runtime/pprof"
)

func cpu() func() {
	f, _ := os.Create("/tmp/cold.prof")
	pprof.StartCPUProfile(f)
	return func() { pprof.StopCPUProfile(); f.Close() }
}
