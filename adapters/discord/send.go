package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// sendTimeout is the maximum duration of a post. It is shorter than
// Capabilities.Settle.
const sendTimeout = 12 * time.Second

// Send posts p in one request. The key is sent as the nonce, which Discord
// compares for a few minutes, and in the custom ids of the buttons, which
// remain readable in the channel's history. A thread that does not exist yet
// is opened first. If a channel is a forum, Send learns so from Discord's
// refusal.
func (a *Adapter) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	m, ctx, cancel, err := a.prepare(ctx, p, key)
	if err != nil {
		return chat.Receipt{}, err
	}
	defer cancel()
	at, err := a.dir.resolve(ctx, to)
	if err != nil {
		return chat.Receipt{}, err
	}
	switch {
	case to.Thread != "":
		if err := a.dir.openThread(ctx, to, m); err != nil {
			return chat.Receipt{}, wire.NotPosted(err)
		}
	case a.dir.knownForum(to.ID):
		return a.forum.send(ctx, to, m, key)
	}
	var posted struct {
		ID string `json:"id"`
	}
	err = a.rest.Call(ctx, http.MethodPost, discordgo.EndpointChannelMessages(messageChannel(at)), m, &posted)
	switch {
	case err == nil && posted.ID != "":
		if a.rest.Limiter.Permits.Idle() {
			_, _ = a.Home(ctx, to) // the link is optional, and other requests go first
		}
		return a.dir.receipt(to, posted.ID), nil
	case err == nil:
		return chat.Receipt{}, wire.InDoubt(errors.New("the answer has no id"))
	case wire.Code(err) == wire.UnknownMessage:
		// The message with this nonce was posted and has been deleted since.
		// https://github.com/discord/discord-api-docs/pull/6647
		return chat.Receipt{Channel: to}, nil
	case to.Thread == "" && (wire.Code(err) == wire.WrongKind || wire.Code(err) == wire.OnlyThreads):
		if where, err := a.dir.place(ctx, to.ID); err != nil {
			return chat.Receipt{}, wire.NotPosted(err)
		} else if where.forum() {
			return a.forum.send(ctx, to, m, key)
		}
	}
	return chat.Receipt{}, wire.SendError(err)
}

// prepare prepares the message and the context for Send and Edit.
func (a *Adapter) prepare(ctx context.Context, p chat.Payload, key chat.Key) (render.Message, context.Context, context.CancelFunc, error) {
	if err := a.checkToken(); err != nil {
		return render.Message{}, nil, nil, err
	}
	m, err := render.Stamp(p, key)
	if err != nil {
		return render.Message{}, nil, nil, &chat.SendError{Outcome: chat.RejectedPayload, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	return m, ctx, cancel, nil
}

// checkToken returns an error if the bot cannot make requests.
func (a *Adapter) checkToken() error {
	if a.off != "" {
		return &chat.SendError{Outcome: chat.RejectedAccount, Err: fmt.Errorf("discord: %s", a.off)}
	}
	return nil
}
