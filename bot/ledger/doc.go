// Package ledger is the bot's memory: every delivery, its parts, their states,
// and how each slot ended. It holds the state machine and the Ledger interface;
// sqlite/ keeps it in a file, postgres/ in a database that replicas share,
// ledgertest/ is the suite that every ledger passes. It never knows a platform, a schedule or who calls it.
//
// # The states of a delivery
//
//	          (wait over, not wanted)                    posted, receipt saved
//	planned ────────────────────► skipped    ┌─────────────────────────────► sent
//	  │  ▲                                   │
//	  │  │ Retryable, or Find says absent    │      Rejected
//	  │  └──────────────┐            ┌───────┴──┐ ───────────────► failed
//	  │ freeze payloads │            │          │
//	  └────────────────────────────► sending ◄── the promise, saved BEFORE the call, part by part
//	                                 │  in-doubt error, or the process died here
//	                                 ▼
//	                              in doubt ── Find: there ─────────► sent (on with the next part)
//	                                 │  Find: absent ──► planned · inside the dedup window ──► sending, same key
//	                                 └─ cannot tell ──► held ── an admin ──► planned · skipped
//
// Anything held blocks nothing behind it: a channel is not silent because of one
// message that nobody can tell of. An admin releases it, and it is sent again, or
// forgets it; either is written down with who and when. A delivery whose channel
// or whose account the platform refuses is paused: it waits, is tried again at
// growing intervals, and holds up its channel, so that the backlog is posted in
// order when the platform takes it again. That is no state of its own: what is
// planned may be paused, and what is in doubt.
//
// A delivery that is sent can be revised: it is planned once more, the parts
// that are to say something else are edited at their places, new ones are posted
// behind them as above, and those that are too much are taken away. An edit is
// made again until it is known to be made, so it is never in doubt; when it
// cannot be made, the delivery is sent as it was, with the reason. A delivery
// that is posted with another is bundled from its planning on.
//
// # Whose a delivery is
//
// A delivery is of a digest, by the digest's ID, and its key is made of that ID
// and the channel. When the digest's file is moved, the delivery is given to the
// new ID (Move), its key stays as it was, because platforms know its messages by
// it, and what it said keeps the first ID (Said.Was). So a key may be taken by a
// digest that had the ID before; NewEdition makes another one for the digest that
// has it now. Older ledgers need no change: what they noted, day, headlines and
// pages, is enough.
//
// # Why
//
// A platform that took a message may fail to say so, and a process may die
// before it hears. So the promise comes before the deed: a row that says
// "sending" after a restart is looked up and never blindly repeated. Three
// lengths of time make the look-up mean something:
//
//	send time-out < settling time   a killed request may still be on its way
//	settling time < keeping rows    nothing looks back further than the ledger
//	first attempt + dedup window    until then a repeated key is answered with the first message
//
// The remaining risk: a process that is frozen between promise and call for longer
// than all of these, and a person who deletes the post while it is in doubt.
package ledger
