package discord

import (
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
)

// directPrefix begins the id of a direct-message channel before the channel
// is opened and has an id of Discord's. It cannot be configured.
const directPrefix = "@"

// Direct returns the channel for direct messages to a user.
func (a *Adapter) Direct(user string) chat.Channel {
	return chat.Channel{Adapter: a.name, ID: directPrefix + user}
}

// directUser returns the user of a direct-message channel.
func directUser(c chat.Channel) (user string, ok bool) {
	return strings.CutPrefix(c.ID, directPrefix)
}
