// Package ledger is the bot's memory: every delivery, its parts, their states,
// and how each slot ended. It holds the state machine and the Ledger interface;
// sqlite/ keeps the ledger in a file, postgres/ in a database that replicas share,
// and ledgertest/ is the suite that every ledger passes. It knows nothing of
// platforms, schedules or its callers.
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
// A held delivery does not block those behind it: a channel does not fall silent
// because of one message whose outcome is unknown. An admin releases it, and it is
// sent again, or forgets it; either decision is recorded with who and when. A
// delivery whose channel or account the platform refuses is paused: it waits, is
// tried again at growing intervals, and holds up its channel, so that the backlog
// is posted in order once the platform accepts it again. That is not a state of its
// own: both planned and in-doubt deliveries may be paused.
//
// A delivery that is sent can be revised: it is planned once more. Parts whose
// text has changed are edited in place, new parts are posted after them as above,
// and surplus parts are removed. An edit is repeated until it is known to have
// succeeded, so it is never in doubt; if it cannot be made, the delivery remains
// sent, with the reason. A delivery that is posted with another is in the state
// bundled from its planning on.
//
// # Whose a delivery is
//
// A delivery belongs to a digest, by the digest's ID, and its key is derived from
// that ID and the channel. When the digest's file is moved, the delivery is given
// to the new ID (Move). Its key stays the same, because platforms know its messages
// by it, and its record of what it said keeps the first ID (Said.Was). So a key may
// be taken by a digest that had the ID before; NewEdition makes another key for the
// digest that has the ID now. Older ledgers need no migration: the day, headlines
// and pages that they recorded are enough.
//
// # Why
//
// A platform that accepted a message may fail to say so, and a process may die
// before it hears. So the promise is saved before the request: a row that says
// "sending" after a restart is in doubt, and bot/deliver reconciles it. Three
// durations make the lookup meaningful:
//
//	send time-out < settling time   a killed request may still take effect
//	settling time < keeping rows    nothing looks back further than the ledger
//	first attempt + dedup window    until then a repeated key is answered with the first message
//
// The remaining risks: a process that is frozen between promise and call for longer
// than all of these, and a person who deletes the post while it is in doubt.
package ledger
