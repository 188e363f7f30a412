package deliver

import "time"

const (
	// SendTimeout bounds one attempt. It is shorter than the settling time of
	// every adapter, so that a killed request is over before its absence is
	// believed.
	SendTimeout = 15 * time.Second
	// stopGrace is how long an attempt that is under way may go on after the
	// bot was asked to stop.
	stopGrace = 3 * time.Second
	// retryLimit is how long a delivery or a correction is tried, or kept while
	// nothing gets through, before it has failed: over a weekend.
	retryLimit = 3 * 24 * time.Hour
	// publishLimit is how long it is tried to pass a post on.
	publishLimit = 2 * time.Hour
	// attemptLimit is how many attempts may end in doubt, with the message
	// found absent after each, before the part is held.
	attemptLimit = 80
	// doubtLimit is how long a part may stay in doubt because it cannot be looked
	// for, before it is held: longer than platforms are down.
	doubtLimit = 6 * time.Hour
)
