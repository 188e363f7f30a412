package deliver

import "time"

const (
	// SendTimeout limits one attempt. It is shorter than the settling time of every
	// adapter, so that a killed request is over before its absence is believed.
	SendTimeout = 15 * time.Second
	// stopGrace is the grace period of an attempt in flight after the bot was asked to
	// stop.
	stopGrace = 3 * time.Second
	// retryLimit is how long a delivery or a correction is tried, or kept while the
	// platform refuses it, before it fails: long enough for a weekend.
	retryLimit = 3 * 24 * time.Hour
	// publishLimit is how long publishing a post is tried.
	publishLimit = 2 * time.Hour
	// attemptLimit is how many attempts may end in doubt, with the message found absent
	// after each, before the part is held.
	attemptLimit = 80
	// doubtLimit is how long a part may stay in doubt because searching for it fails,
	// before it is held: longer than platform outages last.
	doubtLimit = 6 * time.Hour
)
