// Package digest defines the content that the bot posts: Digest, Story, Source, Tag,
// and Library, an immutable index that is replaced as a whole. It knows no platform, no
// schedule and no clock.
//
// # One digest, from file to posted message
//
//  1. A file appears in the library folder; digest/source notices it and
//     digest/markdown reads it. Anything that makes no sense becomes a
//     Problem with line and column. A bad file never affects the others, even if
//     it triggers a bug in digestbot.
//  2. NewLibrary files the digests by day, category and tag, and digest/source
//     replaces the old Library with the new one.
//  3. At 08:30 in the zone of a subscription, bot/schedule yields the slot, and
//     bot/plan enters one delivery for each channel in the ledger. Planning twice
//     has no effect.
//  4. bot/engine wakes a delivery. bot/deliver has bot/post prepare it once:
//     bot/compose writes the message, and the adapter renders the payloads.
//  5. bot/deliver saves the promise in the ledger, the adapter posts with the
//     idempotency key (adapters/discord/send.go), and the receipt is saved. Other
//     channels are served in parallel.
//  6. If the power fails in between, the row still says "sending" on the next start.
//     bot/deliver reconciles it: as long as the platform answers a repeated key with
//     the first message, it sends again; after that, it first looks for the message in
//     the channel.
package digest
