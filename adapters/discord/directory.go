package discord

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// place is the part of Discord's channel object that the bot uses.
type place struct {
	Guild string                 `json:"guild_id"`
	Type  discordgo.ChannelType  `json:"type"`
	Flags discordgo.ChannelFlags `json:"flags"`
	Tags  []forumTag             `json:"available_tags"`
}

type forumTag struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Moderated bool   `json:"moderated"`
}

// forum reports whether a channel takes no plain messages, but opens a thread
// for each post.
func (p place) forum() bool {
	return p.Type == discordgo.ChannelTypeGuildForum || p.Type == discordgo.ChannelTypeGuildMedia
}

// directory caches information about the account and its channels. It asks Discord
// for anything not yet known.
type directory struct {
	rest *wire.Client

	mu      sync.Mutex
	guilds  map[string]string // by channel: its server
	places  map[string]place  // by channel, as last seen
	threads map[string]string // by channel: the thread opened last
	direct  map[string]string // by user: the direct-message channel
	self    string            // the account's id, once known
}

func newDirectory(rest *wire.Client) *directory {
	return &directory{rest: rest, guilds: map[string]string{}, places: map[string]place{}, threads: map[string]string{}, direct: map[string]string{}}
}

// knownForum reports whether a channel is known to be a forum.
func (d *directory) knownForum(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.places[id].forum()
}

// place looks up a channel. The type of a channel never changes, so it is
// requested only once. The tags of a forum do change, so a forum is requested
// each time.
func (d *directory) place(ctx context.Context, id string) (place, error) {
	d.mu.Lock()
	known, ok := d.places[id]
	d.mu.Unlock()
	if ok && !known.forum() {
		return known, nil
	}
	var p place
	if err := d.rest.Call(ctx, http.MethodGet, discordgo.EndpointChannel(id), nil, &p); err != nil {
		return p, err
	}
	d.learn(id, p.Guild)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.places[id] = p
	return p, nil
}

// guild returns the server of a channel, or "" if it is not known yet.
func (d *directory) guild(channel string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.guilds[channel]
}

// learn remembers the server of a channel.
func (d *directory) learn(channel, guild string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if guild != "" {
		d.guilds[channel] = guild
	}
}

// account returns the id of the bot's own account, which is requested only once.
func (d *directory) account(ctx context.Context) (string, error) {
	d.mu.Lock()
	self := d.self
	d.mu.Unlock()
	if self != "" {
		return self, nil
	}
	var me struct {
		ID string `json:"id"`
	}
	if err := d.rest.Call(ctx, http.MethodGet, discordgo.EndpointUser("@me"), nil, &me); err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.self = me.ID
	return me.ID, nil
}

// resolve returns a channel with Discord's own id. For direct messages, it
// opens the channel if necessary; its id never changes. An error means that
// nothing was posted.
// https://docs.discord.com/developers/resources/user#create-dm
func (d *directory) resolve(ctx context.Context, c chat.Channel) (chat.Channel, error) {
	user, ok := directUser(c)
	if !ok {
		return c, nil
	}
	if !snowflake.Valid(user) {
		return c, &chat.SendError{Outcome: chat.RejectedChannel, Err: fmt.Errorf("discord: %q is not a user", user)}
	}
	d.mu.Lock()
	id := d.direct[user]
	d.mu.Unlock()
	if id == "" {
		var opened struct {
			ID string `json:"id"`
		}
		if err := d.rest.Call(ctx, http.MethodPost, discordgo.EndpointUserChannels("@me"), map[string]string{"recipient_id": user}, &opened); err != nil {
			return c, wire.NotPosted(err)
		}
		if id = opened.ID; !snowflake.Valid(id) {
			return c, wire.NotPosted(fmt.Errorf("the answer has no channel for user %s", user))
		}
		d.mu.Lock()
		d.direct[user] = id
		d.mu.Unlock()
	}
	c.ID = id
	return c, nil
}

// mayRead returns an error unless the bot can evidently read the channel's
// history: it sees a message, or there never was one, or Discord says that the
// last one no longer exists, which it tells only those who may read.
func (d *directory) mayRead(ctx context.Context, channel string) error {
	var any []posted
	if err := d.rest.Call(ctx, http.MethodGet, discordgo.EndpointChannelMessages(channel)+"?limit=1", nil, &any); err != nil {
		return err
	}
	if len(any) > 0 {
		return nil
	}
	var in struct {
		Last string `json:"last_message_id"`
	}
	if err := d.rest.Call(ctx, http.MethodGet, discordgo.EndpointChannel(channel), nil, &in); err != nil || in.Last == "" {
		return err
	}
	err := d.rest.Call(ctx, http.MethodGet, discordgo.EndpointChannelMessage(channel, in.Last), nil, nil)
	refusal, ok := errors.AsType[*wire.APIError](err)
	switch {
	case err == nil, wire.Code(err) == wire.UnknownMessage:
		return nil
	case ok && refusal.Status == http.StatusForbidden:
		return fmt.Errorf("the bot may not read it: give it Read Message History: %w", err)
	default:
		return err
	}
}

// link returns the URL of a message for people, or "" if the channel's
// server is not known yet.
func (d *directory) link(in chat.Channel, message string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	guild, place := d.guilds[in.ID], messageChannel(in)
	if user, ok := directUser(in); ok {
		guild, place = "@me", d.direct[user]
	}
	if guild == "" || place == "" || message == "" {
		return ""
	}
	return "https://discord.com/channels/" + guild + "/" + place + "/" + message
}

// receipt returns the receipt of a message.
func (d *directory) receipt(in chat.Channel, id string) chat.Receipt {
	return chat.Receipt{Channel: in, ID: id, URL: d.link(in, id)}
}

// messageChannel returns the id of the channel that contains a message; a thread is a
// channel, too.
func messageChannel(c chat.Channel) string { return cmp.Or(c.Thread, c.ID) }
