// Package wire exchanges requests and events between the bot and Discord: REST
// requests within Discord's rate limits, the gateway connection, and the
// signatures of Discord's HTTP requests. It classifies Discord's errors by
// their consequences for a message.
//
// It never knows what a message says or how it is laid out.
//
// # Why
//
// discordgo is used only for its types and endpoints. Its HTTP client repeats a
// post after a 502, sleeps on rate limits without regard to the context, holds one
// lock per channel in the meantime, and never frees the bucket of an interaction.
// This package therefore uses net/http, and sends a request when a permit is free
// (see Permits) and Discord's earlier answers allow it (see Limiter). discordgo's
// gateway session deadlocks when Discord sends "reconnect" before READY, answers
// an invalid session with IDENTIFY as fast as the connection allows (after a
// thousand of them, Discord resets the bot's token), and cannot be stopped while
// it reconnects. This package therefore has its own connection: a short loop that
// ends with its context.
package wire
