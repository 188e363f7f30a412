package slack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
)

// Send posts p with one request to chat.postMessage, when the rate limit allows it.
//
// Slack puts a reply to a removed message into the channel itself, and then
// omits the thread from its answer
// (https://github.com/slack-go/slack/issues/1571); the receipt says so.
func (a *Adapter) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	id, err := a.resolve(ctx, to.ID)
	if err != nil {
		return chat.Receipt{}, err
	}
	body, err := a.addressed(p, target{Channel: id, Thread: to.Thread}, key)
	if err != nil {
		return chat.Receipt{}, err
	}
	answer, err := a.client.PostMessage(ctx, id, body)
	if err != nil {
		return chat.Receipt{}, a.retryWithout(body, err)
	}
	if answer.Message.Thread == "" {
		to.Thread = ""
	}
	a.sightings.record(to, answer.TS)
	return a.receipt(to, id, answer.TS), nil
}

// addressed returns a payload with its channel and key. Apart from that,
// only pictures that Slack could not fetch are changed: they become links.
func (a *Adapter) addressed(p chat.Payload, at target, key chat.Key) ([]byte, error) {
	if why := a.Capabilities().Off; why != "" {
		return nil, &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New(why)}
	}
	body, err := a.degraded.apply(p)
	if err == nil {
		body, err = withKey(body, at, key)
	}
	if err != nil {
		return nil, &chat.SendError{Outcome: chat.RejectedPayload, Err: fmt.Errorf("payload: %w", err)}
	}
	return body, nil
}

// retryWithout converts an error of posting a body: if Slack may have refused its
// pictures or containers, the payload can be retried without them.
func (a *Adapter) retryWithout(body []byte, err error) error {
	if a.degraded.learn(body, err) {
		return &chat.SendError{Outcome: chat.Retryable, RetryAfter: gap, Err: err}
	}
	return err
}

// receipt returns the receipt of a message in a channel whose id at Slack is id.
// It has a URL only if the account is known.
func (a *Adapter) receipt(in chat.Channel, id, ts string) chat.Receipt {
	r := chat.Receipt{Channel: in, ID: ts}
	if known := a.account.get(); known != nil {
		r.URL = known.URL + "archives/" + url.PathEscape(id) + "/p" + strings.ReplaceAll(url.PathEscape(ts), ".", "")
		if in.Thread != "" {
			r.URL += "?" + url.Values{"thread_ts": {in.Thread}, "cid": {id}}.Encode()
		}
	}
	return r
}
