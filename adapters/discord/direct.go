package discord

import (
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
)

// directPrefix begins the id of a channel of direct messages to a user, which
// has an id of Discord's own only once it is open. Nobody can configure it.
const directPrefix = "@"

// Direct is the channel of direct messages to a user.
func (a *Adapter) Direct(user string) chat.Channel {
	return chat.Channel{Adapter: a.name, ID: directPrefix + user}
}

// directUser is the user whom a channel of direct messages is for.
func directUser(c chat.Channel) (user string, ok bool) {
	return strings.CutPrefix(c.ID, directPrefix)
}
