// Package digest holds what is read: Digest, Story, Source, Tag and Library,
// an immutable index that is swapped whole. It knows no platform, no schedule
// and no clock.
//
// # One digest, from file to posted message
//
//  1. A file lands in the library folder; digest/source notices and
//     digest/markdown reads it. Anything that makes no sense becomes a
//     Problem with line and column; a bad file never takes the others down, and
//     neither does a bug of ours that one of them finds.
//  2. NewLibrary files the digests by day, category and tag, and digest/source
//     swaps the new Library in whole.
//  3. At 08:30 in the zone of a subscription, bot/schedule yields the slot, and
//     bot/plan enters one delivery for each channel in the ledger. Planning twice
//     has no effect.
//  4. bot/engine wakes a delivery. bot/deliver has bot/post make its text once:
//     bot/compose words the message, and the adapter renders the payloads.
//  5. bot/deliver saves the promise in the ledger, the adapter posts with the
//     idempotency key (adapters/discord/send.go), and the receipt is saved. Other
//     channels run beside it.
//  6. The power fails in between? On the next start the row still says "sending".
//     bot/deliver reconciles it: while the platform answers a repeated key with the
//     first message, it sends again; after that, it first looks for the message in the
//     channel.
package digest
