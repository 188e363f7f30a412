// Package wire carries requests and events between the bot and Discord: REST
// requests under Discord's rate limits, the connection to the gateway, and the
// signatures of what Discord posts. It classifies Discord's errors by what they
// mean for a message.
//
// It never knows what a message says, or how it is laid out.
//
// # Why
//
// discordgo is used for its types and addresses. Its requests repeat a post after
// a 502, sleep on rate limits without looking at the context, hold one lock per
// channel while they do, and keep a bucket for every interaction for ever. So the
// requests are net/http's, and they go out when a permit is free (see Permits) and
// Discord's answers allow it (see Limiter). Its gateway session ends in a deadlock
// when Discord says "reconnect" before READY, answers an invalid session with
// IDENTIFY as fast as the line allows (a thousand of them reset the bot's token)
// and cannot be stopped while it reconnects; so the connection here is our own, a
// short loop that ends with its context.
package wire
