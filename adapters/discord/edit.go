package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// Edit replaces a message with p. Roles in it are not notified again.
// https://docs.discord.com/developers/resources/message#edit-message
func (a *Adapter) Edit(ctx context.Context, r chat.Receipt, p chat.Payload, key chat.Key) error {
	m, ctx, cancel, err := a.prepare(ctx, p, key)
	if err != nil {
		return err
	}
	defer cancel()
	if r.ID == "" {
		return chat.ErrNotFound
	}
	m.AllowedMentions.Roles = nil
	m.Nonce, m.EnforceNonce = "", false // only posts have a nonce
	if m.Embeds == nil {
		m.Embeds = []render.Embed{} // omitted embeds would stay
	}
	return a.change(ctx, http.MethodPatch, r, "", m)
}

// Remove deletes a message.
func (a *Adapter) Remove(ctx context.Context, r chat.Receipt) error {
	if err := a.checkToken(); err != nil || r.ID == "" {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	err := a.change(ctx, http.MethodDelete, r, "", nil)
	if errors.Is(err, chat.ErrNotFound) {
		return nil
	}
	return err
}

// change makes a request about an existing message.
func (a *Adapter) change(ctx context.Context, method string, r chat.Receipt, what string, body any) error {
	at, err := a.dir.resolve(ctx, r.Channel)
	if err != nil {
		return err
	}
	err = a.rest.Call(ctx, method, discordgo.EndpointChannelMessage(messageChannel(at), r.ID)+what, body, nil)
	switch {
	case err == nil:
		return nil
	case wire.Code(err) == wire.UnknownMessage, r.Channel.Thread != "" && wire.Code(err) == wire.UnknownChannel:
		return fmt.Errorf("discord: %w", chat.ErrNotFound)
	default:
		return wire.SendError(err)
	}
}
