package growth

import (
	"time"

	"golang.org/x/sys/unix"
)

// ThreadTime is how long this thread has had a processor. Other programs make
// little difference to it.
func ThreadTime() time.Duration {
	var used unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &used); err != nil {
		panic(err) // clock_gettime(2) knows no error of this clock
	}
	return time.Duration(used.Nano())
}
