// Package dispatch decides what is owed to which channel and sees that it gets
// there once: plan (slots become deliveries), deliver (one attempt after
// another, promise before deed), reconcile (what is in doubt is settled),
// correct (posts follow their files).
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
// doubtLimit, is held: an admin decides, nothing is sent blindly. An edit and a
// publication may be done twice without harm, so they are simply done again.
//
// A file that changes after it was posted is a correction, unless none of its
// headlines was in the post: then it is another digest under an old name, and
// owed to the channel like any other. Pipelines that write latest.md anew repeat
// a story now and then, so a file about another day is another digest even if
// some of its headlines are old; and a headline may be put into other words, so
// one that keeps most of its pages on its day is the same. What is compared is what the digest says, not
// what was rendered of it: a new version of the bot corrects nothing.
package dispatch
