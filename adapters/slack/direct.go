package slack

import (
	"context"
	"errors"
	"strings"

	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// Direct is the conversation of the bot with a user. Its id is that of the user,
// behind an @, and is not for people to write: config.toml has channels.
func (a *Adapter) Direct(user string) chat.Channel {
	return directTo(a.name, user)
}

func directTo(adapter, user string) chat.Channel {
	return chat.Channel{Adapter: adapter, ID: "@" + user}
}

// resolve is the id of a channel as Slack has it: that of the conversation with
// a user, which is opened if need be, once. An error says that nothing was done
// in the channel.
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
		err = errors.New("conversations.open: Slack said ok and no channel")
	}
	if err != nil {
		return "", openingError(err)
	}
	a.conversations.Put(user, opened)
	return opened, nil
}

// openingError is an error of opening a conversation as one of posting to it: to open
// it posts nothing, so what is in doubt may be tried again, and what the account
// or the request lacks for it is lacking for this conversation alone.
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
