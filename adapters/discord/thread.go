package discord

import (
	"context"
	"fmt"
	"net/http"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// openThread ensures that a message has a thread, which is named after the
// first message in it. The thread has the id of the message that it belongs
// to. In a forum, each message already has one.
// https://docs.discord.com/developers/resources/channel#start-thread-from-message
func (d *directory) openThread(ctx context.Context, to chat.Channel, m render.Message) error {
	d.mu.Lock()
	opened := d.threads[to.ID] == to.Thread
	d.mu.Unlock()
	if opened {
		return nil
	}
	if where, err := d.place(ctx, to.ID); err != nil || where.forum() {
		return err
	}
	err := d.rest.Call(ctx, http.MethodPost, discordgo.EndpointChannelMessageThread(to.ID, to.Thread), opening{Name: render.ThreadName(m), AutoArchive: archiveAfter}, nil)
	switch wire.Code(err) {
	case wire.UnknownMessage:
		return &chat.SendError{Outcome: chat.RejectedChannel, Err: fmt.Errorf("discord: the message that the thread belongs to was removed: %w", err)}
	case wire.HasThread:
		err = nil
	}
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.threads[to.ID] = to.Thread
	return nil
}
