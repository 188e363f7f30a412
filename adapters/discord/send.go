package discord

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/bot/chat"
)

// sendTimeout is how long a post may take. It is shorter than
// Capabilities.Settle.
const sendTimeout = 12 * time.Second

// Send posts p in one request. The key goes with it as the nonce, which
// Discord compares for a few minutes, and into the custom ids of the buttons,
// which stay readable in the channel's history. A thread that is not there yet
// is opened before. What kind a channel is, Discord says when it refuses.
func (a *Adapter) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	body, ctx, cancel, err := a.prepare(ctx, p, key)
	if err != nil {
		return chat.Receipt{}, err
	}
	defer cancel()
	at, err := a.located(ctx, to)
	if err != nil {
		return chat.Receipt{}, err
	}
	switch {
	case to.Thread != "":
		if err := a.openThread(ctx, to, body); err != nil {
			return chat.Receipt{}, absent(err)
		}
	case a.knownForum(to.ID):
		return a.sendToForum(ctx, to, body, key)
	}
	var posted struct {
		ID string `json:"id"`
	}
	err = a.rest.send(ctx, http.MethodPost, discordgo.EndpointChannelMessages(inside(at)), body, &posted)
	switch {
	case err == nil && posted.ID != "":
		return a.receipt(to, posted.ID), nil
	case err == nil:
		return chat.Receipt{}, inDoubt(errors.New("the answer has no id"))
	case code(err) == unknownMessage:
		// The message with this nonce was posted and has been deleted since.
		// https://github.com/discord/discord-api-docs/pull/6647
		return chat.Receipt{Channel: to}, nil
	case to.Thread == "" && (code(err) == wrongKind || code(err) == onlyThreads):
		if where, err := a.place(ctx, to.ID); err != nil {
			return chat.Receipt{}, absent(err)
		} else if where.forum() {
			return a.sendToForum(ctx, to, body, key)
		}
	}
	return chat.Receipt{}, judge(err)
}

// prepare makes ready what Send and Edit send.
func (a *Adapter) prepare(ctx context.Context, p chat.Payload, key chat.Key) ([]byte, context.Context, context.CancelFunc, error) {
	if err := a.able(); err != nil {
		return nil, nil, nil, err
	}
	body, err := stamp(p, key)
	if err != nil {
		return nil, nil, nil, &chat.SendError{Outcome: chat.RejectedPayload, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	return body, ctx, cancel, nil
}

// able gives an error when the bot can make no request.
func (a *Adapter) able() error {
	if a.off != "" {
		return &chat.SendError{Outcome: chat.RejectedAccount, Err: fmt.Errorf("discord: %s", a.off)}
	}
	return nil
}

// inside is the id of the channel that a message stands in: a thread is one.
func inside(c chat.Channel) string { return cmp.Or(c.Thread, c.ID) }

// receipt is the receipt of a message.
func (a *Adapter) receipt(in chat.Channel, id string) chat.Receipt {
	return chat.Receipt{Channel: in, ID: id, URL: a.link(in, id)}
}

// What stamp looks for in a payload. Within a text quotes have a backslash, so
// these are nowhere but where they mean what they say. They begin without their
// first quote, which is everywhere and would make looking for them slow.
const (
	unstamped = `custom_id":"` + keyEnd
	silent    = `allowed_mentions":{"parse":[]`
)

// stamp puts the key into a payload of Render: before the line of each button,
// and as the nonce at its end.
func stamp(p chat.Payload, key chat.Key) ([]byte, error) {
	buttons := bytes.Count(p, []byte(unstamped))
	switch {
	case len(p) < 2 || p[0] != '{' || p[len(p)-1] != '}':
		return nil, errors.New("payload: it is no JSON object")
	case buttons == 0:
		return nil, errors.New("payload: it has no button to carry the key")
	case !bytes.Contains(p, []byte(silent)):
		return nil, errors.New("payload: it does not say that it notifies nobody")
	}
	out := make([]byte, 0, len(p)+(buttons+1)*len(key)+len(`,"nonce":"","enforce_nonce":true`))
	for p = p[:len(p)-1]; buttons > 0; buttons-- {
		at := bytes.Index(p, []byte(unstamped)) + len(unstamped) - len(keyEnd)
		out = append(append(out, p[:at]...), key...)
		p = p[at:]
	}
	out = append(out, p...)
	out = append(append(append(out, `,"nonce":"`...), key...), `","enforce_nonce":true}`...)
	return out, nil
}

// readMessage reads a payload that has its stamp.
func readMessage(body []byte) (message, error) {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return m, &chat.SendError{Outcome: chat.RejectedPayload, Err: fmt.Errorf("payload: %w", err)}
	}
	return m, nil
}
