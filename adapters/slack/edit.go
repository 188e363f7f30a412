package slack

import (
	"context"
	"errors"
	"fmt"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// Edit replaces a message with p. Slack notifies nobody.
func (a *Adapter) Edit(ctx context.Context, r chat.Receipt, p chat.Payload, key chat.Key) error {
	id, err := a.resolve(ctx, r.Channel.ID)
	if err != nil {
		return err
	}
	body, err := a.addressed(p, target{Channel: id, TS: r.ID}, key)
	if err != nil {
		return err
	}
	if err := a.client.UpdateMessage(ctx, body); err != nil {
		return notFound(a.retryWithout(body, err))
	}
	return nil
}

// Remove removes a message. It succeeds if the message does not exist.
func (a *Adapter) Remove(ctx context.Context, r chat.Receipt) error {
	if why := a.Capabilities().Off; why != "" {
		return &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New(why)}
	}
	id, err := a.resolve(ctx, r.Channel.ID)
	if err != nil {
		return err
	}
	body, err := layout.JSON(target{Channel: id, TS: r.ID})
	if err != nil {
		return &chat.SendError{Outcome: chat.RejectedPayload, Err: err}
	}
	err = notFound(a.client.DeleteMessage(ctx, body))
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	a.sightings.forget(r.Channel)
	return nil
}

// notFound adds chat.ErrNotFound to an error if Slack says that the message
// does not exist.
func notFound(err error) error {
	if r, ok := errors.AsType[wire.Refusal](err); ok && r.Code == "message_not_found" {
		return fmt.Errorf("%w: %w", chat.ErrNotFound, err)
	}
	return err
}
