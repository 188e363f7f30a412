package discord

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
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
	err = a.rest.send(ctx, http.MethodPost, discordgo.EndpointChannelMessages(inside(to)), body, &posted)
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
	return chat.Receipt{}, verdict(err)
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

// verdict says what an error of a request means for the message.
func verdict(err error) error {
	if refusal, ok := errors.AsType[*apiError](err); ok {
		return classify(refusal)
	}
	if early, ok := errors.AsType[*unsent](err); ok {
		return &chat.SendError{Outcome: chat.Retryable, RetryAfter: early.wait, Err: fmt.Errorf("discord: %w", early)}
	}
	return inDoubt(err)
}

// absent is the verdict on a request that had to come before a post: whatever
// became of it, nothing was posted.
func absent(err error) error {
	e, ok := errors.AsType[*chat.SendError](err)
	if !ok {
		e, _ = errors.AsType[*chat.SendError](verdict(err))
	}
	if e.Outcome == chat.InDoubt {
		e = &chat.SendError{Outcome: chat.Retryable, RetryAfter: e.RetryAfter, Err: fmt.Errorf("discord: nothing was posted: %w", err)}
	}
	return e
}

// code is Discord's code of a refusal; 0 when there was none.
func code(err error) int {
	if refusal, ok := errors.AsType[*apiError](err); ok {
		return refusal.Code
	}
	return 0
}

func inDoubt(err error) error {
	return &chat.SendError{Outcome: chat.InDoubt, Err: fmt.Errorf("discord: the post may have arrived: %w", err)}
}

// What stamp looks for in a payload. Within a text quotes have a backslash, so
// these are nowhere but where they mean what they say.
const (
	unstamped = `"custom_id":"` + keyEnd
	silent    = `"allowed_mentions":{"parse":[]`
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
	for before, after, more := bytes.Cut(p[:len(p)-1], []byte(unstamped)); ; before, after, more = bytes.Cut(after, []byte(unstamped)) {
		out = append(out, before...)
		if !more {
			break
		}
		out = append(append(append(out, unstamped[:len(unstamped)-len(keyEnd)]...), key...), keyEnd...)
	}
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

// Codes that are no failure, or not always one.
const (
	unknownChannel = 10003
	unknownMessage = 10008  // it is not there (any more)
	onlyThreads    = 40058  // the channel is a forum
	wrongKind      = 50024  // the channel may be one
	published      = 40033  // it is already
	hasThread      = 160004 // it has one already
)

// outcomes say what Discord's codes mean for a post that was refused.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
var outcomes = map[int]struct {
	outcome chat.Outcome
	words   string
}{
	10003:  {chat.RejectedChannel, "the channel does not exist or the bot is not in its server"},
	10004:  {chat.RejectedChannel, "the server does not exist or the bot is not in it"},
	10015:  {chat.RejectedChannel, "the webhook is gone"},
	20001:  {chat.RejectedAccount, "bots may not do this"},
	20009:  {chat.RejectedPayload, "Discord takes the content for explicit"},
	20012:  {chat.RejectedAccount, "the bot is not allowed to act for this application"},
	20016:  {chat.Retryable, "slow mode"},
	20022:  {chat.Retryable, "the channel's limit for announcements is reached"},
	20028:  {chat.Retryable, "the channel's limit is reached"},
	20029:  {chat.Retryable, "the server's limit is reached"},
	30033:  {chat.RejectedChannel, "the thread has as many members as it can have"},
	30046:  {chat.Retryable, "the limit for editing old messages is reached"},
	40001:  {chat.RejectedAccount, "the token is not accepted: set a new one"},
	40002:  {chat.RejectedAccount, "the account must be verified"},
	40004:  {chat.Retryable, "Discord has switched off posting for a while"},
	40005:  {chat.RejectedPayload, "the message is too large"},
	40006:  {chat.Retryable, "Discord has switched this off for a while"},
	40058:  {chat.RejectedChannel, "it is a forum, which takes no plain messages"},
	40062:  {chat.Retryable, "Discord limits itself"},
	40333:  {chat.RejectedAccount, "Cloudflare blocks this machine"},
	50001:  {chat.RejectedChannel, "the bot cannot see the channel: give it View Channel"},
	50006:  {chat.RejectedPayload, "the message is empty"},
	50007:  {chat.RejectedChannel, "this person takes no messages from the bot"},
	50008:  {chat.RejectedChannel, "the channel takes no text"},
	50009:  {chat.RejectedChannel, "the channel asks for more verification than the bot has"},
	50013:  {chat.RejectedChannel, "the bot may not post here: give it Send Messages and Embed Links, and Create Public Threads and Send Messages in Threads if it opens threads or posts to a forum"},
	50014:  {chat.RejectedAccount, "the token is not accepted: set a new one"},
	50024:  {chat.RejectedChannel, "this kind of channel takes no messages"},
	50027:  {chat.RejectedChannel, "the webhook's token is not accepted"},
	50035:  {chat.RejectedPayload, "Discord does not take the form of the message"},
	50046:  {chat.RejectedPayload, "Discord does not take the file"},
	50055:  {chat.RejectedChannel, "the server is not valid"},
	50068:  {chat.RejectedChannel, "the channel does not take this type of message"},
	50080:  {chat.RejectedPayload, "stickers of a message cannot be changed"},
	50083:  {chat.RejectedChannel, "the thread is archived"},
	50109:  {chat.RejectedPayload, "the message is not JSON"},
	50278:  {chat.RejectedChannel, "the bot shares no server with this person"},
	110000: {chat.Retryable, "Discord is not ready"},
	130000: {chat.Retryable, "Discord is overloaded"},
	160005: {chat.RejectedChannel, "the thread is locked"},
	160006: {chat.RejectedChannel, "the server has as many threads as it can have"},
	160007: {chat.RejectedChannel, "the server has as many announcement threads as it can have"},
	200000: {chat.RejectedPayload, "the server's AutoMod blocked the message"},
	200001: {chat.RejectedPayload, "the server's AutoMod blocked the title"},
	220001: {chat.RejectedChannel, "it is a forum, which takes no plain messages"},
	220003: {chat.RejectedChannel, "it is no forum"},
	240000: {chat.RejectedPayload, "Discord takes a link for harmful"},
}

// classify says what is known of a message after a refusal.
func classify(e *apiError) *chat.SendError {
	known, ok := outcomes[e.Code]
	switch {
	case e.Status >= 500:
		// The code of a failing server says nothing of the message.
		known.outcome, known.words = chat.InDoubt, "the post may have arrived"
	case e.Status == http.StatusTooManyRequests:
		known.outcome, known.words = chat.Retryable, "too many requests"
	case ok:
	case e.Status == http.StatusUnauthorized:
		known.outcome, known.words = chat.RejectedAccount, "the token is not accepted: set a new one"
	case e.Status == http.StatusForbidden && e.Code == 0:
		known.outcome, known.words = chat.RejectedAccount, "this machine or account is blocked"
	case e.Status == http.StatusForbidden:
		known.outcome, known.words = chat.RejectedChannel, "the bot may not post here"
	case e.Status == http.StatusNotFound && e.Code == 0:
		known.outcome, known.words = chat.RejectedAccount, "there is no Discord API at api_url"
	case e.Status == http.StatusNotFound:
		known.outcome, known.words = chat.RejectedChannel, "the channel does not exist"
	case e.Status == http.StatusRequestTimeout:
		known.outcome, known.words = chat.InDoubt, "the post may have arrived"
	case e.Status >= 400:
		known.outcome, known.words = chat.RejectedPayload, "Discord refuses the message"
	default: // a redirection is the word of something that is not Discord
		known.outcome, known.words = chat.InDoubt, "the post may have arrived"
	}
	return &chat.SendError{Outcome: known.outcome, RetryAfter: e.RetryAfter, Err: fmt.Errorf("discord: %s: %w", known.words, e)}
}

// posted is a message in a channel's history, as far as Find looks at it.
type posted struct {
	ID     string `json:"id"`
	Author struct {
		ID string `json:"id"`
	} `json:"author"`
	Components []struct {
		Components []struct {
			CustomID string `json:"custom_id"`
		} `json:"components"`
	} `json:"components"`
}

func (m posted) carries(key chat.Key) bool {
	for _, r := range m.Components {
		for _, c := range r.Components {
			if strings.HasPrefix(c.CustomID, string(key)+keyEnd) {
				return true
			}
		}
	}
	return false
}

// Find reads the channel's history from a minute before since to its end.
//
// Without the permission to read the history Discord answers with an empty
// list, not with an error
// (https://docs.discord.com/developers/resources/message#get-channel-messages),
// so an empty list proves nothing. Then Find asks for a single message that
// does not exist, which Discord denies with an error of its own only to those
// who may read.
func (a *Adapter) Find(ctx context.Context, in chat.Channel, key chat.Key, since time.Time) (chat.Receipt, error) {
	if a.off != "" {
		return chat.Receipt{}, fmt.Errorf("discord: %s", a.off)
	}
	self, err := a.account(ctx)
	if err != nil {
		return chat.Receipt{}, fmt.Errorf("discord: account: %w", err)
	}
	from := snowflakeOf(since.Add(-time.Minute))
	if in.Thread == "" {
		where, err := a.place(ctx, in.ID)
		if err != nil {
			return chat.Receipt{}, fmt.Errorf("discord: channel: %w", err)
		}
		if where.forum() {
			return a.findInForum(ctx, in, where, self, key, from, "")
		}
	}
	const page = 100
	channel := inside(in)
	for after, seen := from, 0; ; {
		var list []posted
		query := discordgo.EndpointChannelMessages(channel) + "?limit=" + strconv.Itoa(page) + "&after=" + strconv.FormatUint(after, 10)
		switch err := a.rest.call(ctx, http.MethodGet, query, nil, &list); {
		case in.Thread != "" && code(err) == unknownChannel:
			return chat.Receipt{}, chat.ErrNotFound // the thread was never opened
		case err != nil:
			return chat.Receipt{}, fmt.Errorf("discord: history: %w", err)
		}
		for _, m := range list {
			if m.Author.ID == self && m.carries(key) {
				return a.receipt(in, m.ID), nil
			}
			id, err := strconv.ParseUint(m.ID, 10, 64)
			if err != nil {
				return chat.Receipt{}, fmt.Errorf("discord: history: id %q is no number", m.ID)
			}
			after = max(after, id)
		}
		if seen += len(list); len(list) == page {
			continue
		}
		if seen == 0 {
			if err := a.mayRead(ctx, channel, from); err != nil {
				return chat.Receipt{}, err
			}
		}
		return chat.Receipt{}, chat.ErrNotFound
	}
}

// mayRead gives an error unless the bot is known to see the channel's history.
func (a *Adapter) mayRead(ctx context.Context, channel string, nobody uint64) error {
	err := a.rest.call(ctx, http.MethodGet, discordgo.EndpointChannelMessage(channel, strconv.FormatUint(nobody, 10)), nil, nil)
	refusal, ok := errors.AsType[*apiError](err)
	switch {
	case err == nil, ok && refusal.Code == unknownMessage:
		return nil
	case ok && refusal.Status == http.StatusForbidden:
		return fmt.Errorf("discord: the bot may not read the history: give it Read Message History: %w", err)
	default:
		return fmt.Errorf("discord: history: %w", err)
	}
}

// account is the id of the bot's own account, asked for once.
func (a *Adapter) account(ctx context.Context) (string, error) {
	a.mu.Lock()
	self := a.self
	a.mu.Unlock()
	if self != "" {
		return self, nil
	}
	var me struct {
		ID string `json:"id"`
	}
	if err := a.rest.call(ctx, http.MethodGet, discordgo.EndpointUser("@me"), nil, &me); err != nil {
		return "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.self = me.ID
	return me.ID, nil
}

// epoch is where snowflakes begin to count, in Unix milliseconds.
const epoch = 1420070400000

// snowflakeOf is the least id that a message of that time can have.
func snowflakeOf(t time.Time) uint64 { return uint64(max(t.UnixMilli()-epoch, 0)) << 22 }
