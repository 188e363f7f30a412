// Package growth compares how long work takes, in processor time.
package growth

import (
	"runtime"
	"time"
)

// Of is how many times as long large takes as small, each at its best: they
// take turns until large is within Linear, or has had enough chances, so that what
// else the machine does does not count. For eight times the text it is about 8
// where the work grows as the text does, and 64 where it grows as its square.
func Of(small, large func()) (times float64) {
	runtime.LockOSThread() // whose time is measured
	defer runtime.UnlockOSThread()
	took := func(best *time.Duration, do func()) {
		began := ThreadTime()
		do()
		if t := ThreadTime() - began; *best == 0 || t < *best {
			*best = t
		}
	}
	// Next to no time is measured too badly to tell, and a measure that takes
	// seconds and much longer than it may needs no second chance.
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

// Linear is the most that Of may be for eight times the text.
const Linear = 24
