package slack

import (
	"context"
	"errors"
	"strings"

	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// Direct returns the bot's conversation with a user. Its id is the user's id
// with an @ before it, and is not meant for people to write: config.toml has
// channels.
func (a *Adapter) Direct(user string) chat.Channel {
	return directTo(a.name, user)
}

func directTo(adapter, user string) chat.Channel {
	return chat.Channel{Adapter: adapter, ID: "@" + user}
}

// resolve returns Slack's id of a channel. For a conversation with a user, it
// opens the conversation once if necessary. An error means that nothing was
// done in the channel.
func (a *Adapter) resolve(ctx context.Context, id string) (string, error) {
	user, ok := strings.CutPrefix(id, "@")
	if !ok {
		return id, nil
	}
	if known, ok := a.conversations.Get(user); ok {
		return known, nil
	}
	if why := a.Capabilities().Off; why != "" {
		return "", &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New(why)}
	}
	opened, err := a.client.OpenConversation(ctx, user)
	if err == nil && CheckChannel(opened) != nil {
		err = errors.New("conversations.open: Slack answered ok without a channel")
	}
	if err != nil {
		return "", openingError(err)
	}
	a.conversations.Put(user, opened)
	return opened, nil
}

// openingError converts an error of opening a conversation to one of posting to it.
// Opening posts nothing, so it can be retried if it is in doubt. If the account or
// the request lacks something, only this conversation is affected.
func openingError(err error) error {
	e, ok := errors.AsType[*chat.SendError](err)
	if !ok {
		return &chat.SendError{Outcome: chat.Retryable, Err: err}
	}
	said, _ := errors.AsType[wire.Refusal](err)
	out := *e
	switch {
	case e.Outcome == chat.InDoubt:
		out.Outcome = chat.Retryable
	case e.Outcome == chat.RejectedPayload, said.Code == "missing_scope":
		out.Outcome = chat.RejectedChannel
	}
	return &out
}
