//go:build !linux

package growth

import "time"

var startOfTests = time.Now()

// ThreadTime is the time that has gone by, where the system does not tell how long
// a thread has had a processor.
func ThreadTime() time.Duration { return time.Since(startOfTests) }
