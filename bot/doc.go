// Package bot decides when to post, whether to post, and whether to post again. Its
// packages, from the bottom up:
//
//	chat          the contract with platforms
//	ledger        the memory: deliveries, slots, settings, what admins did
//	schedule      the slots of a calendar
//	compose       our wording, in each language
//	vocabulary    the names in a library, and similar names
//	subscription  what people want posted, where and when
//	platforms     the adapters, and which of them can be reached
//	post          a digest as it is posted
//	notice        messages about posts, to admins, channels and followers
//	deliver       attempts to post, until the outcome is certain
//	plan          which digests are owed to which channels
//	dispatch      puts these together, and has the rules that they keep
//	engine        wakes deliveries, in one process or in several replicas
//	access        which channels a person may ask about
//	command       the verbs of /digest
//
// panics, cache, retry, dates, fuzzy and refs serve all of them. None of them knows a platform.
//
// # Glossary
//
//	digest        a Markdown file that was read: a title, stories, sections
//	subscription  which digests go to which channels, when, and in which style
//	slot          one scheduled time; it ends with a recorded outcome
//	delivery      one digest owed to one channel
//	part          one message of a delivery
//	attempt       one request to post, edit or remove a part
//	idempotency   the key of a part: a platform that gets it twice posts once, or
//	key           the message can be found by it
//	promise       the row that says "sending", saved before the request
//	receipt       where a platform has put a message
//	in doubt      it is not known whether a part was posted
//	settle        to wait until an interrupted request can no longer take effect
//	reconcile     to find out whether a part in doubt was posted
//	replica       one of several processes that share a ledger
//	lease         the right of one replica to do something; it expires by itself
//	held          a delivery that waits for an admin's decision
//	circuit       it stops requests to a channel or account that the platform
//	breaker       refuses (which is then blocked), except for an occasional probe
//	pause         an admin's order that a channel gets nothing new
//	resend        to post a digest again, by hand
//	bundle        one post for all digests that a slot owes to a channel
//	notice        a message about posts, to admins or in place of a post
//	specimen      a message that every adapter must render without losing a word
//
// # One /digest tag AI, from a click to a reply
//
//  1. A reader presses a tag button or types the command. The platform delivers
//     it over a connection that the bot opened or, signed, to the bot's HTTP server.
//     The adapter makes one chat.Request of it, however often it is delivered. If
//     the answer takes more than a second, the adapter says that it is on its way.
//     The adapter knows who is an admin.
//  2. command.Desk reads the line with the one grammar (chat.Command.Parse),
//     finds the verb, refuses people who may not use it, and calls its file, tag.go.
//     That asks the Library, which is in memory, and asks the ledger where the
//     digests were posted in this channel. Answers that are still valid come from
//     a cache.
//  3. compose words the answer, in the reader's language if the platform tells it.
//     The adapter's Render, which also lays out digests, makes payloads of it; the
//     reply is private if the command says so.
//  4. Errors are explained to the reader in plain words; the log gets the cause
//     with request, channel and user. A panic ends only that request (package
//     panics).
//
// The other walk, of a digest from its file to a posted message, is described in
// package digest.
package bot
