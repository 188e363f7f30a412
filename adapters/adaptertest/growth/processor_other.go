//go:build !linux

package growth

import "time"

var startOfTests = time.Now()

// ThreadTime returns the elapsed time, because this system does not report the
// processor time of a thread.
func ThreadTime() time.Duration { return time.Since(startOfTests) }
