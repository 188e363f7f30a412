// Package growth compares the processor time of two pieces of work.
package growth

import (
	"runtime"
	"time"
)

// Of returns how many times as long large takes as small, comparing the best runs
// of each. The two take turns until large is within Linear or has had enough
// chances, so that other load on the machine does not count. For eight times the
// text, the result is about 8 if the work grows linearly and 64 if it grows
// quadratically.
func Of(small, large func()) (times float64) {
	runtime.LockOSThread() // ThreadTime measures this thread
	defer runtime.UnlockOSThread()
	took := func(best *time.Duration, do func()) {
		began := ThreadTime()
		do()
		if t := ThreadTime() - began; *best == 0 || t < *best {
			*best = t
		}
	}
	// Very short times cannot be measured well enough, and a run that takes
	// seconds and far exceeds the limit needs no second chance.
	const least, enough, chances = 200 * time.Microsecond, time.Second, 20
	var few, many time.Duration
	for range chances {
		took(&few, small)
		took(&many, large)
		if times = float64(many) / float64(max(few, least)); times <= Linear || many > enough && times > 2*Linear {
			break
		}
	}
	return times
}

// Linear is the maximum of Of for eight times the text.
const Linear = 24
