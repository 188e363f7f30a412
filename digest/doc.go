// Package digest holds what is read: Digest, Story, Source, Tag and Library,
// an immutable index that is swapped whole. It knows no platform, no schedule
// and no clock.
//
// # One digest, from file to posted message
//
//  1. A file lands in the library folder; digest/source notices and
//     digest/markdown reads it. What could not be made sense of becomes a
//     Problem with line and column; a bad file never takes the others down, and
//     neither does a bug of ours that one of them finds.
//  2. NewLibrary files the digests by day, category and tag, and digest/source
//     swaps the new Library in whole.
//  3. At 08:30 in a subscription's zone bot/schedule yields the slot and
//     bot/dispatch (plan.go) enters one delivery per channel in the ledger.
//     Planned twice is planned once.
//  4. The engine wakes a delivery; bot/dispatch (deliver.go) asks bot/compose
//     for the message and the adapter for payloads, and freezes them.
//  5. The ledger saves the promise; the adapter (adapters/discord/send.go)
//     posts with the key; the receipt is saved. Other channels run beside it.
//  6. Power fails in between? On the next start the row still says "sending",
//     and bot/dispatch (reconcile.go) looks whether the message is there
//     before anything is sent again.
package digest
