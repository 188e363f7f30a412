package slack

import (
	"sync"
	"time"
)

// acknowledge sends an acknowledgement off, with what it carries. Going says that
// the work on the request goes on behind it.
type acknowledge func(with []byte, going bool)

// keep has the acknowledgement carry something, and is false if it has been sent
// off already. Anything said behind it comes later than the acknowledgement.
type keep func(with []byte, going bool) bool

// acknowledgeWithin answers a request that holds a slot. The acknowledgement carries what
// the answer keeps in time, else late; when it goes out depends on a timer alone.
func (a *admission) acknowledgeWithin(within time.Duration, late []byte, send acknowledge, answer func(keep)) {
	defer a.release()
	var one sync.Once
	once := func(with []byte, going bool) (sent bool) {
		one.Do(func() { // a call while it is on its way waits for it
			sent = true
			send(with, going)
		})
		return sent
	}
	timer := time.AfterFunc(within, func() {
		a.contain("acknowledge a request", func() { once(late, true) })
	})
	defer timer.Stop()
	a.contain("answer a request", func() { answer(once) })
	once(nil, false)
}
