package discord

import (
	"context"
	"errors"
	"net/http"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// Publish publishes a message of an announcement channel to the channels that
// follow it. It does nothing in other channels, or if the message was
// removed.
// https://docs.discord.com/developers/resources/message#crosspost-message
func (a *Adapter) Publish(ctx context.Context, r chat.Receipt) error {
	_, private := directUser(r.Channel)
	if err := a.checkToken(); err != nil || r.ID == "" || r.Channel.Thread != "" || private {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	where, err := a.dir.place(ctx, r.Channel.ID)
	if err != nil {
		return wire.NotPosted(err)
	}
	if where.Type != discordgo.ChannelTypeGuildNews {
		return nil
	}
	err = a.change(ctx, http.MethodPost, r, "/crosspost", nil)
	if wire.Code(err) == wire.AlreadyPublished || errors.Is(err, chat.ErrNotFound) {
		return nil
	}
	return err
}
