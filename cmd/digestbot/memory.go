package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// idlePercent is how much garbage may gather beside a library, which is most of
// what a bot holds and hardly changes. To collect it that often costs nothing
// that counts in a bot that mostly waits. In one that is asked more than often
// times a second it costs a good part of each answer, so busyPercent may gather
// until a few seconds after that. Who sets GOGC knows better.
const (
	idlePercent = 20
	busyPercent = 100
	often       = 200
)

// started is after how long all is done that only the start does.
const started = 5 * time.Second

// saveMemory gives back what only the start has needed, and keeps it low. asked
// is how many commands there have been.
func saveMemory(ctx context.Context, asked func() uint64) {
	fixed := os.Getenv("GOGC") != ""
	if !fixed {
		debug.SetGCPercent(idlePercent)
	}
	select {
	case <-ctx.Done():
		return
	case <-time.After(started):
		release()
	}
	if fixed {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for before, busy := asked(), 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := asked()
		switch {
		case now-before > often:
			if busy == 0 {
				debug.SetGCPercent(busyPercent)
			}
			busy = 5
		case busy > 1:
			busy--
		case busy == 1:
			busy = 0
			debug.SetGCPercent(idlePercent)
			debug.FreeOSMemory()
		}
		before = now
	}
}

// release gives back what is not needed any more.
func release() {
	debug.FreeOSMemory()
	forget()
}

// bulk is how many bytes of files are many to read at once.
const bulk = 2 << 20

// perDigest is what a digest takes beside the bytes of its file, and a quarter
// more: with less room, a library at its size is collected once a file or two.
const perDigest = 1664

// beforeReading prepares for reading files of so many bytes, until done is
// called. A heap that grows to its size in one go is collected again and again
// by the usual rule, and takes twice its size in the end. Here it is collected
// when it comes to what the library will take and a little more, which is known
// well enough. Where it takes more, the runtime sees to it that collecting takes
// half of the time at most.
func beforeReading(files int, size int64) (done func()) {
	if size < bulk {
		return func() {}
	}
	release() // above all what a fetch has left
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	limit, percent := debug.SetMemoryLimit(-1), debug.SetGCPercent(400)
	debug.SetMemoryLimit(min(limit, int64(m.Sys-m.HeapReleased)+8<<20+size+int64(files)*perDigest))
	return func() { // serve gives back what this has left a little later
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}
