package discordfake

import (
	"net/http"
	"slices"
	"strconv"
)

// Permission bits.
// https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags
const (
	viewChannel         = 1 << 10
	sendMessages        = 1 << 11
	embedLinks          = 1 << 14
	readHistory         = 1 << 16
	createPublicThreads = 1 << 35
	sendInThreads       = 1 << 38
)

// botRole is the bot's role in every server.
const botRole = "900000000000000003"

// getRoles returns the role of @everyone, which only allows viewing, and the bot's.
func (f *Fake) getRoles(w http.ResponseWriter, r *http.Request) {
	if guild, ok := f.inGuild(w, r); ok {
		reply(w, http.StatusOK, []map[string]any{
			{"id": guild, "name": "@everyone", "permissions": bits(viewChannel | readHistory), "mentionable": false},
			{"id": botRole, "name": BotName, "permissions": bits(viewChannel | sendMessages | embedLinks | readHistory | createPublicThreads | sendInThreads), "mentionable": false},
		})
	}
}

// getMember returns the bot as a member of a server, and refuses to return any other
// member.
func (f *Fake) getMember(w http.ResponseWriter, r *http.Request) {
	switch _, ok := f.inGuild(w, r); {
	case !ok:
	case r.PathValue("user") != BotID:
		refuse(w, http.StatusNotFound, 10007, "Unknown Member")
	default:
		reply(w, http.StatusOK, map[string]any{"user": map[string]any{"id": BotID, "username": BotName, "bot": true}, "roles": []string{botRole}})
	}
}

// inGuild returns the server of the request if the bot is in it.
func (f *Fake) inGuild(w http.ResponseWriter, r *http.Request) (guild string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if guild = r.PathValue("guild"); !slices.Contains(f.guilds(), guild) {
		refuse(w, http.StatusNotFound, 10004, "Unknown Guild")
		return guild, false
	}
	return guild, true
}

// overwrites denies the bot's role what it may not do in the channel.
func (c *channel) overwrites() []map[string]any {
	deny := 0
	for _, x := range []struct {
		is   bool
		bits int
	}{{c.NoAccess, viewChannel}, {c.NoPosts, sendMessages}, {c.NoHistory, readHistory}, {c.NoThreads, createPublicThreads | sendInThreads}} {
		if x.is {
			deny |= x.bits
		}
	}
	if deny == 0 {
		return []map[string]any{}
	}
	return []map[string]any{{"id": botRole, "type": 0, "allow": "0", "deny": bits(deny)}}
}

func bits(n int) string { return strconv.Itoa(n) }
