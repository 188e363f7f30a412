// Package bot holds when, whether and again, in rooms of their own: chat (the
// contract with platforms), compose (our wording), schedule (slots),
// subscription (what people want), ledger (the memory), dispatch (plan and deliver), engine (what wakes a delivery),
// command (the /digest verbs), panics (a bug costs one thing), cache (what was used lately)
// and retry (how long to wait). None of them knows a platform.
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
//     channel its digests stand. An answer that is still true is given again.
//  3. compose words the answer, in the reader's language where the platform
//     tells it. The adapter's Render, the same that lays out a digest, makes
//     payloads of it; the reply is private if the command says so.
//  4. Anything that goes wrong is said to the reader in plain words; the log gets the
//     cause with request, channel and user. A panic is no end of anything but the
//     request (package panics).
//
// The other walk, of a digest from its file to a posted message, is told in
// package digest.
package bot
