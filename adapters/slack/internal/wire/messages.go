package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// Posted is Slack's answer to a post.
type Posted struct {
	Refusal
	TS      string `json:"ts"`
	Message struct {
		Thread string `json:"thread_ts"`
	} `json:"message"`
}

// PostMessage posts to a channel as soon as there is a permit, which is returned
// later, even if the call panics.
func (c *Client) PostMessage(ctx context.Context, channel string, body []byte) (answer Posted, err error) {
	const method = "chat.postMessage"
	if wait, err := c.Posts.Take(ctx); err != nil {
		return answer, &chat.SendError{Outcome: chat.Retryable, RetryAfter: wait, Err: fmt.Errorf("%s: %w", method, err)}
	}
	defer func() { c.Posts.Done(channel, err) }()
	if err := c.call(ctx, method, jsonBody, body, &answer); err != nil {
		return answer, err
	}
	if answer.TS == "" {
		return answer, &chat.SendError{Err: fmt.Errorf("%s: Slack answered ok without a ts", method)}
	}
	return answer, nil
}

// UpdateMessage replaces a message with the body. If Slack currently accepts no
// more edits, the error says how long to wait.
func (c *Client) UpdateMessage(ctx context.Context, body []byte) error {
	if wait := takeEdit(c.edits, time.Now()); wait > 0 {
		return &chat.SendError{Outcome: chat.Retryable, RetryAfter: wait, Err: errors.New("chat.update: Slack accepts no more edits in this minute")}
	}
	return c.call(ctx, "chat.update", jsonBody, body, &Refusal{})
}

// DeleteMessage removes the message named in the body.
func (c *Client) DeleteMessage(ctx context.Context, body []byte) error {
	return c.call(ctx, "chat.delete", jsonBody, body, &Refusal{})
}

// Respond posts to a response URL, which is as secret as a token. The URL must use
// https, or be on the host of the API.
func (c *Client) Respond(ctx context.Context, to string, body []byte) error {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "https" && (u.Scheme != c.Base.Scheme || u.Host != c.Base.Host) {
		return errors.New("the response URL is not https")
	}
	got, err := c.post(ctx, to, jsonBody, "", body)
	if got.code == 0 {
		return err
	}
	var why Refusal // empty on success, or if the answer is not JSON
	if json.Unmarshal(got.data, &why) == nil && why.Code != "" {
		return why
	}
	if got.code != http.StatusOK {
		return fmt.Errorf("Slack answered %s", got.status)
	}
	return nil
}
