package discord

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
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

// resolve is a channel as Discord knows it: direct messages by the id of their
// channel, which is opened if it must be, and always the same. Its error says
// that nothing was posted.
// https://docs.discord.com/developers/resources/user#create-dm
func (a *Adapter) resolve(ctx context.Context, c chat.Channel) (chat.Channel, error) {
	user, ok := directUser(c)
	if !ok {
		return c, nil
	}
	if !snowflake.Valid(user) {
		return c, &chat.SendError{Outcome: chat.RejectedChannel, Err: fmt.Errorf("discord: %q is not a user", user)}
	}
	a.mu.Lock()
	id := a.direct[user]
	a.mu.Unlock()
	if id == "" {
		var opened struct {
			ID string `json:"id"`
		}
		if err := a.rest.Call(ctx, http.MethodPost, discordgo.EndpointUserChannels("@me"), map[string]string{"recipient_id": user}, &opened); err != nil {
			return c, wire.NotPosted(err)
		}
		if id = opened.ID; !snowflake.Valid(id) {
			return c, wire.NotPosted(fmt.Errorf("the answer has no channel for user %s", user))
		}
		a.mu.Lock()
		a.direct[user] = id
		a.mu.Unlock()
	}
	c.ID = id
	return c, nil
}

// Home is the server of a channel; direct messages have none.
func (a *Adapter) Home(ctx context.Context, c chat.Channel) (string, error) {
	if _, ok := directUser(c); ok {
		return "", nil
	}
	a.mu.Lock()
	guild := a.guilds[c.ID]
	a.mu.Unlock()
	if guild != "" {
		return guild, nil
	}
	if err := a.able(); err != nil {
		return "", err
	}
	where, err := a.place(ctx, c.ID)
	if err != nil {
		return "", fmt.Errorf("discord: channel: %w", err)
	}
	return where.Guild, nil
}
