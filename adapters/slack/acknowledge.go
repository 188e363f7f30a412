package slack

import (
	"sync"
	"time"
)

// acknowledge sends an acknowledgement with a payload. If going is set, work on
// the request continues afterwards.
type acknowledge func(with []byte, going bool)

// keep puts a payload into the acknowledgement. It returns false if the
// acknowledgement was already sent. Anything sent after keep returns comes after
// the acknowledgement.
type keep func(with []byte, going bool) bool

// acknowledgeWithin answers a request that holds a slot. The acknowledgement carries the
// payload that answer keeps in time, or else late; a timer alone decides when it is sent.
func (a *admission) acknowledgeWithin(within time.Duration, late []byte, send acknowledge, answer func(keep)) {
	defer a.release()
	var one sync.Once
	once := func(with []byte, going bool) (sent bool) {
		one.Do(func() { // a concurrent call waits until it is sent
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
