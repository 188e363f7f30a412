//go:build !linux

package main

import "time"

var startOfTests = time.Now()

// threadTime is the time that has gone by, where the system does not tell how long
// a thread has had a processor.
func threadTime() time.Duration { return time.Since(startOfTests) }
