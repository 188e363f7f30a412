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

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/adapters/slack/internal/render"
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
	// pageSize is well within what conversations.history gives at once to an
	// app that its workspace made. Others get 15 messages in a minute
	// (https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps).
	pageSize = 200
	// maxPages ends a search that history keeps answering with one more page.
	maxPages = 50
	// maxAnswer is the most of an answer that is read.
	maxAnswer = 8 << 20
	// longWait is the wait for a workspace that is full or moving.
	longWait = 5 * time.Minute
)

// Send posts p with one request of chat.postMessage, when it is its turn.
//
// Slack puts a reply to a message that was removed into the channel itself,
// and says so by leaving the thread out of its answer
// (https://github.com/slack-go/slack/issues/1571): the receipt tells.
func (a *Adapter) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	id, err := a.resolve(ctx, to.ID)
	if err != nil {
		return chat.Receipt{}, err
	}
	body, err := a.placed(p, target{Channel: id, Thread: to.Thread}, key)
	if err != nil {
		return chat.Receipt{}, err
	}
	answer, err := a.postMessage(ctx, id, body)
	if err != nil {
		return chat.Receipt{}, a.bare(body, err)
	}
	if answer.Message.Thread == "" {
		to.Thread = ""
	}
	a.saw(to, answer.TS)
	return a.receipt(to, id, answer.TS), nil
}

// posted is Slack's answer to a post.
type posted struct {
	refusal
	TS      string `json:"ts"`
	Message struct {
		Thread string `json:"thread_ts"`
	} `json:"message"`
}

// postMessage posts to a channel when there is a permit, which comes back a while
// later, also when the call panics.
func (a *Adapter) postMessage(ctx context.Context, channel string, body []byte) (answer posted, err error) {
	const method = "chat.postMessage"
	if wait, err := a.posts.take(ctx); err != nil {
		return answer, &chat.SendError{Outcome: chat.Retryable, RetryAfter: wait, Err: fmt.Errorf("%s: %w", method, err)}
	}
	defer func() { a.posts.answered(channel, err) }()
	if err := a.call(ctx, method, jsonBody, body, &answer); err != nil {
		return answer, err
	}
	if answer.TS == "" {
		return answer, &chat.SendError{Err: fmt.Errorf("%s: Slack said ok and no ts", method)}
	}
	return answer, nil
}

// Edit puts p in the place of a message. Slack notifies nobody of it.
func (a *Adapter) Edit(ctx context.Context, r chat.Receipt, p chat.Payload, key chat.Key) error {
	id, err := a.resolve(ctx, r.Channel.ID)
	if err != nil {
		return err
	}
	body, err := a.placed(p, target{Channel: id, TS: r.ID}, key)
	if err != nil {
		return err
	}
	if wait := takeEdit(a.edits, time.Now()); wait > 0 {
		return &chat.SendError{Outcome: chat.Retryable, RetryAfter: wait, Err: errors.New("chat.update: Slack takes no more changes in this minute")}
	}
	if err := a.call(ctx, "chat.update", jsonBody, body, &refusal{}); err != nil {
		return absent(a.bare(body, err))
	}
	return nil
}

// Remove takes a message away. One that is not there is taken away already.
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
	err = absent(a.call(ctx, "chat.delete", jsonBody, body, &refusal{}))
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	a.latest.Delete(r.Channel)
	return nil
}

// absent is an error with chat.ErrNotFound in it when Slack says that the
// message is not there.
func absent(err error) error {
	if r, ok := errors.AsType[refusal](err); ok && r.Code == "message_not_found" {
		return fmt.Errorf("%w: %w", chat.ErrNotFound, err)
	}
	return err
}

// target is where a payload goes.
type target struct {
	Channel string `json:"channel"`
	Thread  string `json:"thread_ts,omitempty"`
	TS      string `json:"ts,omitempty"` // of the message that it replaces
}

// metadata carries the key of a post, and comes back with the history.
type metadata struct {
	Type    string `json:"event_type"`
	Payload struct {
		Key string `json:"key"`
	} `json:"event_payload"`
}

// placed is a payload with its place and its key. Nothing else is changed, but
// that a picture which Slack could not fetch is a link.
func (a *Adapter) placed(p chat.Payload, at target, key chat.Key) ([]byte, error) {
	if why := a.Capabilities().Off; why != "" {
		return nil, &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New(why)}
	}
	body, err := a.stamped(p, at, key)
	if err != nil {
		return nil, &chat.SendError{Outcome: chat.RejectedPayload, Err: fmt.Errorf("payload: %w", err)}
	}
	return body, nil
}

func (a *Adapter) stamped(p chat.Payload, at target, key chat.Key) ([]byte, error) {
	p, err := a.degraded.apply(p)
	if err != nil {
		return nil, err
	}
	post := struct {
		*render.Body[json.RawMessage]
		target
		Metadata metadata `json:"metadata"`
	}{target: at, Metadata: metadata{Type: eventType}}
	post.Metadata.Payload.Key = string(key)
	if err := json.Unmarshal(p, &post.Body); err != nil {
		return nil, err
	}
	if post.Body == nil {
		return nil, errors.New("it is no object")
	}
	if len(post.Blocks) > 0 {
		var first map[string]json.RawMessage
		if err := json.Unmarshal(post.Blocks[0], &first); err != nil {
			return nil, fmt.Errorf("its first block: %w", err)
		}
		if first == nil {
			return nil, errors.New("its first block is no object")
		}
		if first["block_id"], err = layout.JSON(blockMark + string(key)); err != nil {
			return nil, err
		}
		if post.Blocks[0], err = layout.JSON(first); err != nil {
			return nil, err
		}
	}
	return layout.JSON(post)
}

// bare is an error of posting a body: one after which the payload can be tried
// again, without its pictures or containers, when they may be what Slack refused.
func (a *Adapter) bare(body []byte, err error) error {
	if a.degraded.learn(body, err) {
		return &chat.SendError{Outcome: chat.Retryable, RetryAfter: gap, Err: err}
	}
	return err
}

// receipt tells where a message stands, in a channel that Slack has under id. Its
// address is known once the account is.
func (a *Adapter) receipt(in chat.Channel, id, ts string) chat.Receipt {
	r := chat.Receipt{Channel: in, ID: ts}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.account != nil {
		r.URL = a.account.url + "archives/" + url.PathEscape(id) + "/p" + strings.ReplaceAll(url.PathEscape(ts), ".", "")
		if in.Thread != "" {
			r.URL += "?" + url.Values{"thread_ts": {in.Thread}, "cid": {id}}.Encode()
		}
	}
	return r
}

// Find reads the channel's history, or the thread, from since on, back to its
// end, for the message with the key that this bot posted. Where the thread is
// gone it reads the history, since Slack puts replies there then.
//
// It asks first whether the bot is a member of the channel: who is none is not
// shown everything, and then absence proves nothing. When Slack asks to wait
// with one search, the others wait too.
func (a *Adapter) Find(ctx context.Context, in chat.Channel, key chat.Key, since time.Time) (_ chat.Receipt, err error) {
	if why := a.Capabilities().Off; why != "" {
		return chat.Receipt{}, errors.New(why)
	}
	if wait := a.reads.closed(time.Now()); wait > 0 {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.Retryable, RetryAfter: wait, Err: fmt.Errorf("search: %w", errLimited)}
	}
	defer func() { a.reads.answered(err) }()
	self, err := a.self(ctx)
	if err != nil {
		return chat.Receipt{}, err
	}
	id, err := a.resolve(ctx, in.ID)
	if err != nil {
		return chat.Receipt{}, err
	}
	if err := a.member(ctx, id); err != nil {
		return chat.Receipt{}, err
	}
	r, err := a.search(ctx, in, id, key, since, self.bot)
	if why, ok := errors.AsType[refusal](err); ok && why.Code == "thread_not_found" {
		in.Thread = ""
		return a.search(ctx, in, id, key, since, self.bot)
	}
	return r, err
}

// member is an error when the bot is no member of a channel, in the words of
// what Slack answers to a post there.
func (a *Adapter) member(ctx context.Context, channel string) error {
	if strings.HasPrefix(channel, "D") {
		return nil // nobody can leave a conversation of two
	}
	var info struct {
		refusal
		Channel struct {
			Member   bool `json:"is_member"`
			Archived bool `json:"is_archived"`
		} `json:"channel"`
	}
	const method = "conversations.info"
	if err := a.ask(ctx, method, url.Values{"channel": {channel}}, &info); err != nil {
		return err
	}
	why := refusal{Code: "not_in_channel"}
	switch {
	case info.Channel.Member:
		return nil
	case info.Channel.Archived:
		why.Code = "is_archived"
	}
	return &chat.SendError{Outcome: chat.RejectedChannel, Err: fmt.Errorf("%s: %w", method, why)}
}

// search reads the history of a channel, which Slack has under id, or of a thread.
func (a *Adapter) search(ctx context.Context, in chat.Channel, id string, key chat.Key, since time.Time, bot string) (chat.Receipt, error) {
	method := "conversations.history"
	query := url.Values{
		"channel": {id}, "oldest": {stampOf(since.Add(-skew))}, "inclusive": {"true"},
		"limit": {strconv.Itoa(pageSize)}, "include_all_metadata": {"true"},
	}
	if in.Thread != "" {
		method = "conversations.replies"
		query.Set("ts", in.Thread)
	}
	newest := ""
	for range maxPages {
		var page struct {
			refusal
			Messages []json.RawMessage `json:"messages"`
			HasMore  bool              `json:"has_more"`
		}
		if err := a.ask(ctx, method, query, &page); err != nil {
			return chat.Receipt{}, err
		}
		if page.Messages == nil {
			return chat.Receipt{}, fmt.Errorf("%s: Slack said ok and no messages", method)
		}
		for _, m := range page.Messages {
			newest = max(newest, tsOf(m))
			ts, err := own(m, bot, key)
			if err != nil {
				return chat.Receipt{}, fmt.Errorf("%s: %w", method, err)
			}
			if ts != "" {
				return a.receipt(in, id, ts), nil
			}
		}
		switch next := page.Details.Cursor; {
		case next == "" && !page.HasMore:
			if err := a.behind(in, newest, query.Get("oldest")); err != nil {
				return chat.Receipt{}, fmt.Errorf("%s: %w", method, err)
			}
			return chat.Receipt{}, chat.ErrNotFound
		case next == "" || next == query.Get("cursor"):
			return chat.Receipt{}, fmt.Errorf("%s: it goes on, and Slack does not say where", method)
		default:
			query.Set("cursor", next)
		}
	}
	return chat.Receipt{}, fmt.Errorf("%s: it goes on after %d messages", method, maxPages*pageSize)
}

// sighting is the latest message that is known to stand in a channel or a thread.
type sighting struct {
	ts string
	at time.Time // when it became known
}

// saw notes that a message stands in a place.
func (a *Adapter) saw(in chat.Channel, ts string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if known, _ := a.latest.Get(in); ts > known.ts {
		a.latest.Put(in, sighting{ts, time.Now()})
	}
}

// behind is an error when a history from oldest on, whose newest message is given,
// lacks a message that stands in the place.
func (a *Adapter) behind(in chat.Channel, newest, oldest string) error {
	known, _ := a.latest.Get(in)
	if known.ts > newest && known.ts >= oldest && time.Since(known.at) < lagLimit {
		return fmt.Errorf("the history is behind: it does not show the message %s", known.ts)
	}
	a.saw(in, newest)
	return nil
}

// tsOf is the ts of a message, which orders messages as text does; empty for what
// has none.
func tsOf(message json.RawMessage) string {
	var m struct {
		TS string `json:"ts"`
	}
	_ = json.Unmarshal(message, &m) // others may hold anything
	return m.TS
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

// ask runs a method that changes nothing, and decodes its answer.
func (a *Adapter) ask(ctx context.Context, method string, query url.Values, into answer) error {
	return a.call(ctx, method, form, []byte(query.Encode()), into)
}

// answer is what a method answers, of which each has its own.
type answer interface{ refused() *refusal }

// call runs a method of the Web API with one request, and decodes its answer. Its
// error is a *chat.SendError that says what is known of the method: whether it may
// have run.
func (a *Adapter) call(ctx context.Context, method, kind string, body []byte, into answer) error {
	fail := func(o chat.Outcome, wait time.Duration, err error) error {
		return &chat.SendError{Outcome: o, RetryAfter: wait, Err: fmt.Errorf("%s: %w", method, err)}
	}
	// Nothing can have reached Slack without a connection. Anything that happens once
	// there is one is another matter: then only an answer tells.
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	got, err := a.post(ctx, a.base.String()+method, kind, "Bearer "+a.bot.Reveal(), body)
	if got.code == 0 {
		if connected.Load() {
			return fail(chat.InDoubt, 0, fmt.Errorf("the answer broke off: %w", err))
		}
		return fail(chat.Retryable, 0, fmt.Errorf("no connection: %w", err))
	}
	unreadable := json.Unmarshal(got.data, into)
	why := into.refused()
	wait := retryAfter(got.header.Get("Retry-After"), time.Now())
	switch {
	case got.code == http.StatusTooManyRequests:
		return fail(chat.Retryable, wait, errLimited)
	case got.code >= 500, got.code == http.StatusRequestTimeout:
		return fail(chat.InDoubt, 0, fmt.Errorf("Slack answered %s", got.status))
	case err == nil && unreadable == nil && !why.OK && why.Code != "":
		v := classify(why.Code)
		return fail(v.outcome, max(wait, v.wait), *why)
	case got.code != http.StatusOK:
		// Whatever said this stands between the bot and Slack, and may have let
		// the request through before it kept the answer back.
		return fail(chat.InDoubt, 0, fmt.Errorf("something before Slack answered %s", got.status))
	case err != nil:
		return fail(chat.InDoubt, 0, fmt.Errorf("the answer broke off: %w", err))
	case unreadable != nil:
		return fail(chat.InDoubt, 0, fmt.Errorf("the answer cannot be read: %w", unreadable))
	case !why.OK:
		return fail(chat.InDoubt, 0, errors.New("Slack did not say whether it worked"))
	}
	return nil
}

// received is an answer over HTTP. Its code is zero where there is none.
type received struct {
	code   int
	status string
	header http.Header
	data   []byte
}

// post makes one request and reads the answer. An error beside an answer says that
// it broke off.
func (a *Adapter) post(ctx context.Context, address, kind, authorization string, body []byte) (received, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return received{}, cause(err)
	}
	req.Header.Set("Content-Type", kind)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return received{}, cause(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return received{resp.StatusCode, resp.Status, resp.Header, data}, cause(err)
}

// errLimited is an answer with status 429.
var errLimited = errors.New("Slack asks to wait")

// cause drops the address from an error of the HTTP client: a response URL is
// as good as a token.
func cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// retryAfter reads a Retry-After header: seconds, with a fraction perhaps, or
// a date. Zero is no advice.
func retryAfter(header string, now time.Time) time.Duration {
	const day = 24 * time.Hour
	if header == "" {
		return 0
	}
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
