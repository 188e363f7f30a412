// Package bot decides when to post, whether to post, and whether to post again. Its
// rooms, from the ground up:
//
//	chat          the contract with platforms
//	ledger        the memory: deliveries, slots, settings, what admins did
//	schedule      slots of a calendar
//	compose       our wording, in each language
//	vocabulary    the names in a library, and what is like a name
//	subscription  what people want
//	platforms     which adapters there are, and what can be reached
//	post          a digest as it is posted
//	notice        what admins, channels and followers are told
//	deliver       one attempt after another, until it is certain
//	plan          what is owed to whom
//	dispatch      these together, and the rules that they keep
//	engine        what wakes a delivery, in one process or in several replicas
//	access        which channels a person may ask about
//	command       the verbs of /digest
//
// panics, cache, retry, dates, fuzzy and refs serve all of them. None of them knows a platform.
//
// # Glossary
//
//	digest        a Markdown file that was read: a title, stories, sections
//	subscription  which digests go to which channels, when, and in which style
//	slot          one opening of a schedule; it ends with a recorded outcome
//	delivery      one digest owed to one channel
//	part          one message of a delivery
//	idempotency   the key of a part: a platform that gets it twice posts once, or
//	key           the message is found by it
//	promise       the row that says "sending", saved before the request
//	receipt       where a platform has put a message
//	in doubt      nobody knows whether a part was posted
//	settle        to wait until a request that was cut short is over
//	reconcile     to find out whether a part in doubt was posted
//	replica       one of several processes that share a ledger
//	lease         the right of one replica to do something, which ends by itself
//	held          a delivery that waits for an admin's decision
//	circuit       it stops requests to a channel or account that the platform
//	breaker       refuses (which is then blocked), except for an occasional probe
//	pause         an admin's word that a channel gets nothing new
//	resend        to post a digest again, by hand
//	bundle        one post for all digests that a slot owes to a channel
//	notice        a message about posts, to admins or in place of a post
//	specimen      a message that every adapter must render without losing a word
//
// # One /digest tag AI, from a click to a reply
//
//  1. A reader presses a tag button or types the command, and the platform
//     brings it over a connection of the bot's or, signed, to its HTTP server.
//     The adapter makes a chat.Request of it, once however often it is brought,
//     and says within a second that the answer is on its way if it is not there
//     by then. The adapter knows who is an admin.
//  2. command.Desk reads the line with the one grammar (chat.Command.Parse),
//     finds the verb, refuses who may not use it, and calls its file, tag.go.
//     That asks the Library, which is in memory, and the ledger where in this
//     channel its digests stand. Answers that are still valid come from a cache.
//  3. compose words the answer, in the reader's language where the platform
//     tells it. The adapter's Render, the same that lays out a digest, makes
//     payloads of it; the reply is private if the command says so.
//  4. Anything that goes wrong is said to the reader in plain words; the log gets the
//     cause with request, channel and user. A panic ends only that
//     request (package panics).
//
// The other walk, of a digest from its file to a posted message, is told in
// package digest.
package bot
