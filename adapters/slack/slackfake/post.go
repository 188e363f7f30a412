package slackfake

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// PostTo delivers what people do by signed requests to an address instead
// of Socket Mode.
func (f *Fake) PostTo(address string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.endpoint = address
}

// Sign signs a request as Slack would at the given time
// (https://docs.slack.dev/authentication/verifying-requests-from-slack).
func Sign(r *http.Request, body []byte, secret string, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	h := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(h, "v0:%s:%s", stamp, body)
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(h.Sum(nil)))
}

// encoded returns an envelope as Slack posts it: commands as a form,
// interactions in the payload field of a form, events as JSON.
func (e *envelope) encoded() (body []byte, contentType string) {
	payload, _ := e.body["payload"].(object)
	data, err := json.Marshal(payload)
	if err != nil {
		panic(err) // it consists of text
	}
	const form = "application/x-www-form-urlencoded"
	switch e.body["type"] {
	case "slash_commands":
		values := url.Values{}
		for name, value := range payload {
			values.Set(name, fmt.Sprint(value))
		}
		return []byte(values.Encode()), form
	case "interactive":
		return []byte(url.Values{"payload": {string(data)}}.Encode()), form
	}
	return data, "application/json"
}

// post posts an envelope. Slack waits three seconds for the answer. It redelivers
// only events, if they were not answered successfully.
func (f *Fake) post(endpoint string, e *envelope, retry int) {
	body, contentType := e.encoded()
	ctx, cancel := context.WithTimeout(context.Background(), ackFor)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return // without an acknowledgement
	}
	req.Header.Set("Content-Type", contentType)
	if retry > 0 && e.body["type"] == "events_api" {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(retry))
		req.Header.Set("X-Slack-Retry-Reason", "http_timeout")
	}
	Sign(req, body, SigningSecret, time.Now())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	e.acknowledge(data)
	f.touch()
}

// carried handles the payload of an acknowledgement. The mutex must be held.
func (f *Fake) carried(a *Act, kind string, answer []byte) {
	payload, _ := a.envelope.body["payload"].(object)
	if len(bytes.TrimSpace(answer)) == 0 {
		if payload["type"] == "view_submission" {
			a.view.closed = true
		}
		return
	}
	switch {
	case kind == "slash_commands":
		var raw map[string]json.RawMessage
		args := map[string]string{}
		if json.Unmarshal(answer, &raw) == nil {
			for name, value := range raw {
				var s string
				if json.Unmarshal(value, &s) != nil {
					s = string(value)
				}
				args[name] = s
			}
		} else {
			args["text"] = string(answer)
		}
		messages, refusal := compose(args)
		if refusal != nil {
			return // Slack would show an error
		}
		to := a.user
		if args["response_type"] == "in_channel" {
			to = ""
		}
		a.replies = append(a.replies, f.keep(messages[0], a.channel, to))
	case payload["type"] == "block_suggestion":
		var said struct {
			Options []object `json:"options"`
		}
		var c checker
		if json.Unmarshal(answer, &said) != nil || len(said.Options) > maxOptions {
			return
		}
		for i, o := range said.Options {
			c.option(strings.Repeat("/", i), o)
		}
		if len(c.problems) == 0 {
			a.options = said.Options
		}
	case payload["type"] == "view_submission":
		f.submitted(a, answer)
	}
}
