package slack

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
)

// Direct is the conversation of the bot with a user. Its id is that of the user,
// behind an @, and is not for people to write: config.toml has channels.
func (a *Adapter) Direct(user string) chat.Channel {
	return chat.Channel{Adapter: a.name, ID: "@" + user}
}

// resolve is the id of a channel as Slack has it: that of the conversation with
// a user, which is opened if need be, once. An error says that nothing was done
// in the channel.
func (a *Adapter) resolve(ctx context.Context, id string) (string, error) {
	user, ok := strings.CutPrefix(id, "@")
	if !ok {
		return id, nil
	}
	if known, ok := a.directs.Get(user); ok {
		return known, nil
	}
	var opened struct {
		refusal
		Channel struct {
			ID string `json:"id"`
		} `json:"channel"`
	}
	if why := a.Capabilities().Off; why != "" {
		return "", &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New(why)}
	}
	err := a.ask(ctx, "conversations.open", url.Values{"users": {user}}, &opened)
	if err == nil && CheckChannel(opened.Channel.ID) != nil {
		err = errors.New("conversations.open: Slack said ok and no channel")
	}
	if err != nil {
		return "", apart(err)
	}
	a.directs.Put(user, opened.Channel.ID)
	return opened.Channel.ID, nil
}

// apart is an error of opening a conversation as one of posting to it: to open
// it posts nothing, so what is in doubt may be tried again, and what the account
// or the request lacks for it is lacking for this conversation alone.
func apart(err error) error {
	e, ok := errors.AsType[*chat.SendError](err)
	if !ok {
		return &chat.SendError{Outcome: chat.Retryable, Err: err}
	}
	said, _ := errors.AsType[refusal](err)
	out := *e
	switch {
	case e.Outcome == chat.InDoubt:
		out.Outcome = chat.Retryable
	case e.Outcome == chat.RejectedPayload, said.Code == "missing_scope":
		out.Outcome = chat.RejectedChannel
	}
	return &out
}
