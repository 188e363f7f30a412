package discord

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// posted is the part of a message in the history that Find uses.
type posted struct {
	ID     string `json:"id"`
	Author struct {
		ID string `json:"id"`
	} `json:"author"`
	Components []struct {
		Components []struct {
			CustomID string `json:"custom_id"`
		} `json:"components"`
	} `json:"components"`
}

func (m posted) carries(key chat.Key) bool {
	for _, r := range m.Components {
		for _, c := range r.Components {
			if strings.HasPrefix(c.CustomID, string(key)+render.KeyEnd) {
				return true
			}
		}
	}
	return false
}

// Find reads the channel's history from a minute before since to the end.
//
// Discord has been seen to fail on pages that contain messages of a certain
// kind (https://github.com/discord/discord-api-docs/issues/8611). Find then
// reads smaller pages up to that message, and continues from the end of the
// history down to it. It does not report a message as absent if it could not
// read everything.
//
// Without permission to read the history, Discord returns an empty list instead
// of an error
// (https://docs.discord.com/developers/resources/message#get-channel-messages),
// so an empty list proves nothing until mayRead confirms it.
func (a *Adapter) Find(ctx context.Context, in chat.Channel, key chat.Key, since time.Time) (chat.Receipt, error) {
	if a.off != "" {
		return chat.Receipt{}, fmt.Errorf("discord: %s", a.off)
	}
	self, err := a.dir.account(ctx)
	if err != nil {
		return chat.Receipt{}, fmt.Errorf("discord: account: %w", err)
	}
	at, err := a.dir.resolve(ctx, in)
	if err != nil {
		return chat.Receipt{}, err
	}
	from := snowflake.At(since.Add(-time.Minute))
	if in.Thread == "" {
		where, err := a.dir.place(ctx, at.ID)
		if err != nil {
			return chat.Receipt{}, fmt.Errorf("discord: channel: %w", err)
		}
		if where.forum() {
			return a.forum.find(ctx, in, where, self, key, from, "")
		}
	}
	h := history{rest: a.rest, channel: messageChannel(at), low: from, high: math.MaxUint64, wanted: func(m posted) bool {
		return m.Author.ID == self && m.carries(key)
	}}
	found, err := h.search(ctx)
	switch {
	case found != "":
		return a.dir.receipt(in, found), nil
	case in.Thread != "" && wire.Code(err) == wire.UnknownChannel:
		return chat.Receipt{}, chat.ErrNotFound // the thread was never opened
	case err == nil && h.seen == 0:
		err = a.dir.mayRead(ctx, messageChannel(at))
	}
	if err != nil {
		return chat.Receipt{}, fmt.Errorf("discord: history: %w", err)
	}
	return chat.Receipt{}, chat.ErrNotFound
}
