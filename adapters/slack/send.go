package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

const (
	// eventType names the metadata of a post, blockMark begins the id of its
	// first block. Metadata may be dropped when Slack does not like it; a
	// block's id comes back as it was sent.
	eventType = "digest_part"
	blockMark = "dg:"

	// skew is how far Slack's clock may be behind ours.
	skew = time.Minute
	// pageSize is well within what conversations.history gives at once.
	pageSize = 200
	// maxPages ends a search that history keeps answering with one more page.
	maxPages = 50
	// maxAnswer is the most of an answer that is read.
	maxAnswer = 8 << 20
	// longWait is the wait for a workspace that is full or moving.
	longWait = 5 * time.Minute
)

// Send posts p with one request of chat.postMessage.
func (a *Adapter) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	if why := a.Capabilities().Off; why != "" {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New(why)}
	}
	body, err := stamp(p, to.ID, key)
	if err != nil {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedPayload, Err: err}
	}
	var posted struct {
		Channel string `json:"channel"`
		TS      string `json:"ts"`
	}
	if err := a.call(ctx, "chat.postMessage", jsonBody, body, &posted); err != nil {
		return chat.Receipt{}, err
	}
	if posted.TS == "" {
		return chat.Receipt{}, &chat.SendError{Err: errors.New("chat.postMessage: Slack said ok and no ts")}
	}
	if posted.Channel == "" {
		posted.Channel = to.ID
	}
	return a.receipt(to, posted.Channel, posted.TS), nil
}

// stamp adds the channel and the key to a payload and changes nothing else.
func stamp(p chat.Payload, channel string, key chat.Key) ([]byte, error) {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(p, &body); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	if body == nil {
		return nil, errors.New("payload: it is no object")
	}
	var blocks []map[string]json.RawMessage
	if body["blocks"] != nil {
		if err := json.Unmarshal(body["blocks"], &blocks); err != nil {
			return nil, fmt.Errorf("payload: blocks: %w", err)
		}
	}
	if len(blocks) > 0 && blocks[0] != nil {
		blocks[0]["block_id"] = quoted(blockMark + string(key))
		marked, err := marshal(blocks)
		if err != nil {
			return nil, fmt.Errorf("payload: %w", err)
		}
		body["blocks"] = marked
	}
	body["channel"] = quoted(channel)
	body["metadata"] = json.RawMessage(fmt.Sprintf(`{"event_type":%q,"event_payload":{"key":%s}}`, eventType, quoted(string(key))))
	return marshal(body)
}

func quoted(s string) json.RawMessage {
	data, _ := json.Marshal(s) // a string always marshals
	return data
}

// receipt tells where a message stands. Its address is known once the account is.
func (a *Adapter) receipt(in chat.Channel, channel, ts string) chat.Receipt {
	r := chat.Receipt{Channel: in, ID: ts}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.account != nil {
		r.URL = a.account.url + "archives/" + url.PathEscape(channel) + "/p" + strings.ReplaceAll(url.PathEscape(ts), ".", "")
	}
	return r
}

// Find reads the channel's history from since on, back to its end, for the
// message with the key that this bot posted.
func (a *Adapter) Find(ctx context.Context, in chat.Channel, key chat.Key, since time.Time) (chat.Receipt, error) {
	if why := a.Capabilities().Off; why != "" {
		return chat.Receipt{}, errors.New(why)
	}
	self, err := a.self(ctx)
	if err != nil {
		return chat.Receipt{}, err
	}
	query := url.Values{
		"channel": {in.ID}, "oldest": {stampOf(since.Add(-skew))}, "inclusive": {"true"},
		"limit": {strconv.Itoa(pageSize)}, "include_all_metadata": {"true"},
	}
	for range maxPages {
		var page struct {
			Messages []json.RawMessage `json:"messages"`
			HasMore  bool              `json:"has_more"`
			Next     struct {
				Cursor string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		if err := a.call(ctx, "conversations.history", form, []byte(query.Encode()), &page); err != nil {
			return chat.Receipt{}, err
		}
		if page.Messages == nil {
			return chat.Receipt{}, errors.New("conversations.history: Slack said ok and no messages")
		}
		for _, m := range page.Messages {
			ts, err := own(m, self.bot, key)
			if err != nil {
				return chat.Receipt{}, fmt.Errorf("conversations.history: %w", err)
			}
			if ts != "" {
				return a.receipt(in, in.ID, ts), nil
			}
		}
		switch next := page.Next.Cursor; {
		case next == "" && !page.HasMore:
			return chat.Receipt{}, chat.ErrNotFound
		case next == "" || next == query.Get("cursor"):
			return chat.Receipt{}, errors.New("conversations.history: it goes on, and Slack does not say where")
		default:
			query.Set("cursor", next)
		}
	}
	return chat.Receipt{}, fmt.Errorf("conversations.history: it goes on after %d messages", maxPages*pageSize)
}

// own is the ts of a message of the history if this bot posted it with the
// key. Only the bot's own messages are read further than to see that they are:
// others may hold anything.
func own(message json.RawMessage, bot string, key chat.Key) (ts string, err error) {
	var from struct {
		BotID string `json:"bot_id"`
	}
	if json.Unmarshal(message, &from) != nil || from.BotID != bot {
		return "", nil
	}
	var m struct {
		TS       string `json:"ts"`
		Metadata struct {
			Type    string         `json:"event_type"`
			Payload map[string]any `json:"event_payload"`
		} `json:"metadata"`
		Blocks []struct {
			ID string `json:"block_id"`
		} `json:"blocks"`
	}
	if err := json.Unmarshal(message, &m); err != nil {
		return "", fmt.Errorf("a message of the bot: %w", err)
	}
	if m.Metadata.Type == eventType && m.Metadata.Payload["key"] == string(key) ||
		len(m.Blocks) > 0 && m.Blocks[0].ID == blockMark+string(key) {
		return m.TS, nil
	}
	return "", nil
}

// stampOf is a time as Slack writes it.
func stampOf(t time.Time) string {
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
}

// The content types of a request.
const (
	jsonBody = "application/json; charset=utf-8"
	form     = "application/x-www-form-urlencoded"
)

// call runs a method of the Web API with one request. Its error is a *chat.SendError that says what is known of the method:
// whether it may have run.
func (a *Adapter) call(ctx context.Context, method, kind string, body []byte, into any) error {
	fail := func(o chat.Outcome, wait time.Duration, err error) error {
		return &chat.SendError{Outcome: o, RetryAfter: wait, Err: fmt.Errorf("%s: %w", method, err)}
	}
	// Nothing can have reached Slack without a connection. What happens once
	// there is one is another matter: then only an answer tells.
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base.String()+method, bytes.NewReader(body))
	if err != nil {
		return fail(chat.RejectedAccount, 0, err)
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Authorization", "Bearer "+a.bot.Reveal())
	resp, err := a.http.Do(req)
	if err != nil {
		if connected.Load() {
			return fail(chat.InDoubt, 0, cause(err))
		}
		return fail(chat.Retryable, 0, cause(err))
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	var said refusal
	decoded := err == nil && json.Unmarshal(data, &said) == nil
	wait := retryAfter(resp.Header.Get("Retry-After"), time.Now())
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		return fail(chat.Retryable, wait, errors.New("Slack asks to wait"))
	case code >= 500, code == http.StatusRequestTimeout:
		return fail(chat.InDoubt, 0, fmt.Errorf("Slack answered %s", resp.Status))
	case decoded && !said.OK && said.Code != "":
		v := verdicts[said.Code]
		if !v.known {
			v.outcome = chat.Retryable // refused for a reason that is new to us
		}
		return fail(v.outcome, max(wait, v.wait), said)
	case code != http.StatusOK:
		return fail(chat.Retryable, wait, fmt.Errorf("something before Slack answered %s", resp.Status))
	case err != nil:
		return fail(chat.InDoubt, 0, fmt.Errorf("the answer broke off: %w", cause(err)))
	case !decoded || !said.OK || json.Unmarshal(data, into) != nil:
		return fail(chat.InDoubt, 0, errors.New("the answer cannot be read"))
	}
	return nil
}

// cause drops the address from an error of the HTTP client: a response URL is
// as good as a token.
func cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// refusal is how Slack answers what it does not do, with HTTP status 200.
type refusal struct {
	OK       bool   `json:"ok"`
	Code     string `json:"error"`
	Needed   string `json:"needed"`
	Provided string `json:"provided"`
	Details  struct {
		Messages []string `json:"messages"`
	} `json:"response_metadata"`
}

// Error is the code, with what Slack says about it and what to do.
func (r refusal) Error() string {
	var b strings.Builder
	b.WriteString(r.Code)
	if r.Needed != "" {
		fmt.Fprintf(&b, " (needed: %s; provided: %s)", r.Needed, r.Provided)
	}
	for _, m := range r.Details.Messages {
		b.WriteString(" " + m)
	}
	if advice := verdicts[r.Code].advice; advice != "" {
		b.WriteString(": " + advice)
	}
	return b.String()
}

// verdict is what an error code tells of a method that was called.
type verdict struct {
	known   bool
	outcome chat.Outcome
	wait    time.Duration // at least
	advice  string        // to an operator
}

// verdicts are the error codes of chat.postMessage and what goes for every
// method (https://docs.slack.dev/reference/methods/chat.postMessage#errors).
// A code that is not here was refused for a reason we do not know; the post is
// not there.
var verdicts = func() map[string]verdict {
	table := map[string]verdict{}
	enter := func(v verdict, codes ...string) {
		v.known = true
		for _, code := range codes {
			table[code] = v
		}
	}
	// Slack says of these that some aspect of the operation may have succeeded.
	enter(verdict{outcome: chat.InDoubt}, "fatal_error", "internal_error", "service_unavailable")

	enter(verdict{outcome: chat.Retryable}, "ratelimited", "rate_limited")
	enter(verdict{outcome: chat.Retryable, wait: longWait},
		"message_limit_exceeded", "org_login_required", "request_timeout", "team_added_to_org")

	enter(verdict{outcome: chat.RejectedPayload},
		"as_user_not_supported", "attachment_payload_limit_exceeded", "draft_already_deleted", "draft_already_sent",
		"draft_has_conflict", "draft_not_found", "duplicate_channel_not_found", "duplicate_message_not_found",
		"invalid_arg_name", "invalid_arguments", "invalid_array_arg", "invalid_blocks", "invalid_blocks_format",
		"invalid_charset", "invalid_form_data", "invalid_metadata_format", "invalid_metadata_schema",
		"invalid_post_type", "markdown_text_conflict", "metadata_must_be_sent_from_app", "metadata_too_large",
		"missing_file_data", "missing_post_type", "msg_blocks_too_long", "msg_too_long", "no_text",
		"send_on_behalf_not_allowed", "too_many_attachments", "too_many_contact_cards")

	enter(verdict{outcome: chat.RejectedChannel},
		"access_denied", "app_access_restricted", "cannot_reply_to_message", "ekm_access_denied", "messages_tab_disabled",
		"no_permission", "restricted_action", "restricted_action_non_threadable_channel",
		"restricted_action_read_only_channel", "restricted_action_thread_locked",
		"restricted_action_thread_only_channel", "slack_connect_canvas_sharing_blocked",
		"slack_connect_file_link_sharing_blocked", "slack_connect_lists_sharing_blocked", "team_not_found")
	enter(verdict{outcome: chat.RejectedChannel, advice: "the id is wrong, or the channel is private and the bot was not invited to it"}, "channel_not_found")
	enter(verdict{outcome: chat.RejectedChannel, advice: "invite the bot to the channel with /invite"}, "not_in_channel")
	enter(verdict{outcome: chat.RejectedChannel, advice: "the channel is archived"}, "is_archived")

	enter(verdict{outcome: chat.RejectedAccount},
		"accesslimited", "deprecated_endpoint", "enterprise_is_restricted", "is_bot", "method_deprecated",
		"team_access_not_granted", "two_factor_setup_required", "unknown_method")
	enter(verdict{outcome: chat.RejectedAccount, advice: "Slack does not accept the token: install the app again and copy its token"},
		"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked")
	enter(verdict{outcome: chat.RejectedAccount, advice: "the token is of the wrong kind: the bot token begins with xoxb-, the app token with xapp-"}, "not_allowed_token_type")
	enter(verdict{outcome: chat.RejectedAccount, advice: "add the scope to the app and install it again"}, "missing_scope")
	return table
}()

// retryAfter reads a Retry-After header: seconds, with a fraction perhaps, or
// a date. Zero is no advice.
func retryAfter(header string, now time.Time) time.Duration {
	const day = 24 * time.Hour
	if seconds, err := strconv.ParseFloat(strings.TrimSpace(header), 64); err == nil {
		if seconds > 0 {
			return time.Duration(min(seconds, day.Seconds()) * float64(time.Second))
		}
		return 0
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(0, at.Sub(now)), day)
	}
	return 0
}
