package adaptertest

import "time"

// Growth is how many times as long large takes as small, at its best of a few
// tries, so that what else the machine does counts little. For eight times the
// text it is 8 where the work grows as the text does, and 64 where it grows as
// its square; Linear lies between them.
func Growth(small, large func()) float64 {
	best := func(do func()) time.Duration {
		least := time.Duration(0)
		for i := range 4 {
			began := time.Now()
			do()
			if took := time.Since(began); i == 0 || took < least {
				least = took
			}
			if least > time.Second {
				break
			}
		}
		return least
	}
	// What takes next to no time is measured too badly to tell.
	const least = 200 * time.Microsecond
	return float64(best(large)) / float64(max(best(small), least))
}

// Linear is the most that Growth may be for eight times the text.
const Linear = 24
