// Package dispatch decides what is owed to which channel and sees that it gets
// there once: plan (slots become deliveries), deliver (one attempt after
// another, promise before deed), reconcile (what is in doubt is settled).
//
// It never knows a platform, a file or the configuration: it is given
// adapters, a library and subscriptions. What wakes it is in bot/engine.
//
// # Why
//
// Planning is idempotent and every decision is written down before it is acted
// on, so a restart needs no special case: the same rows are read and the same
// rules go on from there. The rules of one attempt, by what Send says:
//
//	nil                the part is sent; on with the next
//	Retryable          the part is certainly absent: wait as long as asked, else back off
//	Rejected…          the delivery has failed, with the reason; no other channel is disturbed
//	InDoubt, or died   settle: inside the dedup window send again with the same key; after it
//	                   wait until the attempt has settled and look for the message
//
// A message that cannot be looked for, or whose fate cannot be told within
// doubtLimit, is held: an admin decides, nothing is sent blindly.
package dispatch
