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
	"sync"
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
	// chat.update takes 50 calls a minute and tolerates a burst
	// (https://docs.slack.dev/apis/web-api/rate-limits).
	editGap   = time.Minute / 50
	editBurst = 20
	// maxUnseen bounds how many pictures that Slack could not fetch are kept in
	// mind.
	maxUnseen = 1000
)

// Send posts p with one request of chat.postMessage.
//
// Slack puts a reply to a message that was removed into the channel itself,
// and says so by leaving the thread out of its answer
// (https://github.com/slack-go/slack/issues/1571): the receipt tells.
func (a *Adapter) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	place := map[string]string{"channel": to.ID}
	if to.Thread != "" {
		place["thread_ts"] = to.Thread
	}
	var posted struct {
		TS      string `json:"ts"`
		Message struct {
			Thread string `json:"thread_ts"`
		} `json:"message"`
	}
	if err := a.put(ctx, "chat.postMessage", place, p, key, &posted); err != nil {
		return chat.Receipt{}, err
	}
	if posted.TS == "" {
		return chat.Receipt{}, &chat.SendError{Err: errors.New("chat.postMessage: Slack said ok and no ts")}
	}
	if posted.Message.Thread == "" {
		to.Thread = ""
	}
	return a.receipt(to, posted.TS), nil
}

// Edit puts p in the place of a message. Slack notifies nobody of it.
func (a *Adapter) Edit(ctx context.Context, r chat.Receipt, p chat.Payload, key chat.Key) error {
	if wait := a.edits.take(time.Now()); wait > 0 {
		return &chat.SendError{Outcome: chat.Retryable, RetryAfter: wait, Err: errors.New("chat.update: Slack takes no more changes in this minute")}
	}
	place := map[string]string{"channel": r.Channel.ID, "ts": r.ID}
	return absent(a.put(ctx, "chat.update", place, p, key, &refusal{}))
}

// Remove takes a message away. One that is not there is taken away already.
func (a *Adapter) Remove(ctx context.Context, r chat.Receipt) error {
	if why := a.Capabilities().Off; why != "" {
		return &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New(why)}
	}
	body, err := marshal(map[string]string{"channel": r.Channel.ID, "ts": r.ID})
	if err != nil {
		return &chat.SendError{Outcome: chat.RejectedPayload, Err: err}
	}
	err = absent(a.call(ctx, "chat.delete", jsonBody, body, &refusal{}))
	if errors.Is(err, chat.ErrNotFound) {
		return nil
	}
	return err
}

// pace keeps calls to a rate, with some at once after a rest.
type pace struct {
	mu   sync.Mutex
	next time.Time // when all calls so far would have been made one by one
}

// take takes a call, or says how long to wait for one.
func (p *pace) take(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait := p.next.Add(-editBurst * editGap).Sub(now); wait > 0 {
		return wait
	}
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(editGap)
	return 0
}

// absent is an error with chat.ErrNotFound in it when Slack says that the
// message is not there.
func absent(err error) error {
	if r, ok := errors.AsType[refusal](err); ok && r.Code == "message_not_found" {
		return fmt.Errorf("%w: %w", chat.ErrNotFound, err)
	}
	return err
}

// put runs the method that puts p, stamped with key, in its place.
func (a *Adapter) put(ctx context.Context, method string, place map[string]string, p chat.Payload, key chat.Key, into any) error {
	if why := a.Capabilities().Off; why != "" {
		return &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New(why)}
	}
	body, err := a.stamp(p, place, key)
	if err != nil {
		return &chat.SendError{Outcome: chat.RejectedPayload, Err: err}
	}
	err = a.call(ctx, method, jsonBody, body, into)
	if err != nil && a.forgo(p, err) {
		return &chat.SendError{Outcome: chat.Retryable, RetryAfter: gap, Err: err}
	}
	return err
}

// stamp adds the place and the key to a payload. Nothing else is changed, but
// that a picture which Slack could not fetch is a link.
func (a *Adapter) stamp(p chat.Payload, place map[string]string, key chat.Key) ([]byte, error) {
	body, blocks, err := a.shown(p)
	if err != nil {
		return nil, err
	}
	if len(blocks) > 0 {
		blocks[0]["block_id"] = quoted(blockMark + string(key))
		if body["blocks"], err = marshal(blocks); err != nil {
			return nil, fmt.Errorf("payload: %w", err)
		}
	}
	for name, value := range place {
		body[name] = quoted(value)
	}
	body["metadata"] = json.RawMessage(fmt.Sprintf(`{"event_type":%q,"event_payload":{"key":%s}}`, eventType, quoted(string(key))))
	return marshal(body)
}

// fields are a JSON object of which only a few members matter.
type fields = map[string]json.RawMessage

// shown is a payload taken apart. In place of pictures that Slack could not
// fetch it has links.
func (a *Adapter) shown(p chat.Payload) (body fields, blocks []fields, err error) {
	if err := json.Unmarshal(p, &body); err != nil {
		return nil, nil, fmt.Errorf("payload: %w", err)
	}
	if body == nil {
		return nil, nil, errors.New("payload: it is no object")
	}
	if body["blocks"] == nil {
		return body, nil, nil
	}
	if err := json.Unmarshal(body["blocks"], &blocks); err != nil {
		return nil, nil, fmt.Errorf("payload: blocks: %w", err)
	}
	for i, b := range blocks {
		if b == nil {
			return nil, nil, errors.New("payload: blocks: one of them is no object")
		}
		address, alt := pictured(b)
		a.mu.Lock()
		unseen := address != "" && a.unseen[address]
		a.mu.Unlock()
		if !unseen {
			continue
		}
		var small smallPrint
		small.link(chat.Link{Title: alt, URL: address})
		data, err := marshal(small.done()[0].block)
		if err != nil {
			return nil, nil, fmt.Errorf("payload: %w", err)
		}
		blocks[i] = fields{}
		if err := json.Unmarshal(data, &blocks[i]); err != nil {
			return nil, nil, fmt.Errorf("payload: %w", err)
		}
	}
	return body, blocks, nil
}

// pictured is the address of an image block and its words; nothing for any
// other block.
func pictured(block fields) (address, alt string) {
	if string(block["type"]) != `"image"` ||
		json.Unmarshal(block["image_url"], &address) != nil || json.Unmarshal(block["alt_text"], &alt) != nil {
		return "", ""
	}
	return address, alt
}

// forgo reports whether a payload was refused for a picture that Slack could
// not fetch, and keeps in mind which. Slack refuses the whole message then,
// now and then even when the picture is there
// (https://github.com/slackapi/python-slack-sdk/issues/1782).
func (a *Adapter) forgo(p chat.Payload, err error) bool {
	refused, ok := errors.AsType[refusal](err)
	if !ok || !strings.Contains(refused.Error(), "downloading image failed") {
		return false
	}
	_, blocks, err := a.shown(p)
	if err != nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.unseen) >= maxUnseen {
		clear(a.unseen)
	}
	some := false
	for _, b := range blocks {
		if address, _ := pictured(b); address != "" {
			a.unseen[address], some = true, true
		}
	}
	return some
}

func quoted(s string) json.RawMessage {
	data, _ := json.Marshal(s) // a string always marshals
	return data
}

// receipt tells where a message stands. Its address is known once the account is.
func (a *Adapter) receipt(in chat.Channel, ts string) chat.Receipt {
	r := chat.Receipt{Channel: in, ID: ts}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.account != nil {
		r.URL = a.account.url + "archives/" + url.PathEscape(in.ID) + "/p" + strings.ReplaceAll(url.PathEscape(ts), ".", "")
		if in.Thread != "" {
			r.URL += "?" + url.Values{"thread_ts": {in.Thread}, "cid": {in.ID}}.Encode()
		}
	}
	return r
}

// Find reads the channel's history, or the thread, from since on, back to its
// end, for the message with the key that this bot posted. Where the thread is
// gone it reads the history, since Slack puts replies there then.
func (a *Adapter) Find(ctx context.Context, in chat.Channel, key chat.Key, since time.Time) (chat.Receipt, error) {
	if why := a.Capabilities().Off; why != "" {
		return chat.Receipt{}, errors.New(why)
	}
	self, err := a.self(ctx)
	if err != nil {
		return chat.Receipt{}, err
	}
	method := "conversations.history"
	query := url.Values{
		"channel": {in.ID}, "oldest": {stampOf(since.Add(-skew))}, "inclusive": {"true"},
		"limit": {strconv.Itoa(pageSize)}, "include_all_metadata": {"true"},
	}
	if in.Thread != "" {
		method = "conversations.replies"
		query.Set("ts", in.Thread)
	}
	for range maxPages {
		var page struct {
			Messages []json.RawMessage `json:"messages"`
			HasMore  bool              `json:"has_more"`
			Next     struct {
				Cursor string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		err := a.call(ctx, method, form, []byte(query.Encode()), &page)
		if r, ok := errors.AsType[refusal](err); ok && r.Code == "thread_not_found" {
			in.Thread = ""
			return a.Find(ctx, in, key, since)
		}
		if err != nil {
			return chat.Receipt{}, err
		}
		if page.Messages == nil {
			return chat.Receipt{}, fmt.Errorf("%s: Slack said ok and no messages", method)
		}
		for _, m := range page.Messages {
			ts, err := own(m, self.bot, key)
			if err != nil {
				return chat.Receipt{}, fmt.Errorf("%s: %w", method, err)
			}
			if ts != "" {
				return a.receipt(in, ts), nil
			}
		}
		switch next := page.Next.Cursor; {
		case next == "" && !page.HasMore:
			return chat.Receipt{}, chat.ErrNotFound
		case next == "" || next == query.Get("cursor"):
			return chat.Receipt{}, fmt.Errorf("%s: it goes on, and Slack does not say where", method)
		default:
			query.Set("cursor", next)
		}
	}
	return chat.Receipt{}, fmt.Errorf("%s: it goes on after %d messages", method, maxPages*pageSize)
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

// verdicts are the error codes of the methods that post, change, remove and
// read back messages, and what goes for every method
// (https://docs.slack.dev/reference/methods/chat.postMessage#errors and those
// of chat.update, chat.delete, conversations.history and
// conversations.replies). A code that is not here was refused for a reason we
// do not know; the post is not there.
var verdicts = func() map[string]verdict {
	table := map[string]verdict{}
	enter := func(v verdict, codes ...string) {
		v.known = true
		for _, code := range codes {
			table[code] = v
		}
	}
	// Slack says of these that some aspect of the operation may have succeeded.
	enter(verdict{outcome: chat.InDoubt}, "fatal_error", "internal_error", "service_unavailable", "update_failed")

	enter(verdict{outcome: chat.Retryable}, "invalid_cursor", "list_record_comment_fetch_failed", "ratelimited", "rate_limited", "streaming_state_conflict")
	enter(verdict{outcome: chat.Retryable, wait: longWait},
		"external_channel_migrating", "message_limit_exceeded", "org_login_required", "request_timeout", "team_added_to_org")

	enter(verdict{outcome: chat.RejectedPayload},
		"as_user_not_supported", "attachment_payload_limit_exceeded", "draft_already_deleted", "draft_already_sent",
		"draft_has_conflict", "draft_not_found", "duplicate_channel_not_found", "duplicate_message_not_found",
		"invalid_arg_name", "invalid_arguments", "invalid_array_arg", "invalid_blocks", "invalid_blocks_format",
		"invalid_charset", "invalid_form_data", "invalid_metadata_format", "invalid_metadata_schema",
		"invalid_post_type", "markdown_text_conflict", "metadata_must_be_sent_from_app", "metadata_too_large",
		"missing_file_data", "missing_post_type", "msg_blocks_too_long", "msg_too_long", "no_text",
		"send_on_behalf_not_allowed", "too_many_attachments", "too_many_contact_cards",
		"block_mismatch", "blocked_file_type", "cant_broadcast_message", "file_deleted", "file_is_deleted",
		"file_not_found", "file_share_limit_reached", "invalid_attachments", "max_file_sharing_exceeded",
		"no_dual_broadcast_content_update", "unable_to_share_files", "message_not_found",
		"invalid_metadata_filter_keys", "invalid_ts_latest", "invalid_ts_oldest")
	// What goes for one message is no reason to give up its channel.
	enter(verdict{outcome: chat.RejectedPayload, advice: "the workspace's settings close a message to changes after a time"}, "edit_window_closed")
	enter(verdict{outcome: chat.RejectedPayload, advice: "the message is not the bot's own, or the workspace keeps it"},
		"cant_delete_message", "cant_update_message", "compliance_exports_prevent_deletion")

	enter(verdict{outcome: chat.RejectedChannel},
		"access_denied", "app_access_restricted", "cannot_reply_to_message", "ekm_access_denied", "messages_tab_disabled",
		"no_permission", "restricted_action", "restricted_action_non_threadable_channel",
		"restricted_action_read_only_channel", "restricted_action_thread_locked",
		"restricted_action_thread_only_channel", "slack_connect_canvas_sharing_blocked",
		"slack_connect_file_link_sharing_blocked", "slack_connect_lists_sharing_blocked", "team_not_found",
		"channel_is_limited_access", "method_not_supported_for_channel_type", "posting_to_channel_denied",
		"slack_connect_blocked_file_type", "slack_connect_clip_sharing_blocked", "slack_connect_file_upload_sharing_blocked")
	enter(verdict{outcome: chat.RejectedChannel, advice: "the message that the thread hung under was removed"}, "invalid_thread_ts", "thread_not_found")
	enter(verdict{outcome: chat.RejectedChannel, advice: "the id is wrong, or the channel is private and the bot was not invited to it"}, "channel_not_found")
	enter(verdict{outcome: chat.RejectedChannel, advice: "invite the bot to the channel with /invite"}, "not_in_channel")
	enter(verdict{outcome: chat.RejectedChannel, advice: "the channel is archived"}, "is_archived", "is_inactive")

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
