package wire

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/digestbot/digestbot/bot/chat"
)

// SendError classifies the error of a request by what it means for the message.
func SendError(err error) error {
	if refusal, ok := errors.AsType[*APIError](err); ok {
		return classify(refusal)
	}
	if early, ok := errors.AsType[*notSent](err); ok {
		return &chat.SendError{Outcome: chat.Retryable, RetryAfter: early.wait, Err: fmt.Errorf("discord: %w", early)}
	}
	return InDoubt(err)
}

// NotPosted classifies the error of a request that has to precede a post:
// whatever its result, nothing was posted.
func NotPosted(err error) error {
	e, ok := errors.AsType[*chat.SendError](err)
	if !ok {
		e, _ = errors.AsType[*chat.SendError](SendError(err))
	}
	if e.Outcome == chat.InDoubt {
		e = &chat.SendError{Outcome: chat.Retryable, RetryAfter: e.RetryAfter, Err: fmt.Errorf("discord: nothing was posted: %w", err)}
	}
	return e
}

// Code returns Discord's error code of a refusal, or 0 if there is none or the
// server failed.
func Code(err error) int {
	if refusal, ok := errors.AsType[*APIError](err); ok && refusal.Status < 500 {
		return refusal.Code
	}
	return 0
}

// InDoubt wraps an error after which it is unknown whether the message was posted.
func InDoubt(err error) error {
	return &chat.SendError{Outcome: chat.InDoubt, Err: fmt.Errorf("discord: the post may have arrived: %w", err)}
}

// Codes that are not always failures.
const (
	UnknownChannel   = 10003
	UnknownMessage   = 10008  // it does not exist, or no longer
	OnlyThreads      = 40058  // the channel is a forum
	WrongKind        = 50024  // the channel may be a forum
	AlreadyPublished = 40033  // it is published already
	HasThread        = 160004 // it has one already
)

// Verdict is what an error means for a message, with an explanation for
// operators.
type Verdict struct {
	Outcome chat.Outcome
	Words   string
}

// Outcomes maps Discord's error codes to what they mean for a message that
// was refused, or for a change to one.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
var Outcomes = map[int]Verdict{
	10003:  {chat.RejectedChannel, "the channel does not exist or the bot is not in its server"},
	10004:  {chat.RejectedChannel, "the server does not exist or the bot is not in it"},
	10008:  {chat.RejectedPayload, "the message was removed"},
	10013:  {chat.RejectedChannel, "there is no such person"},
	10015:  {chat.RejectedChannel, "the webhook is gone"},
	10016:  {chat.RejectedChannel, "the webhook's service is gone"},
	20001:  {chat.RejectedAccount, "bots may not do this"},
	20009:  {chat.RejectedPayload, "Discord considers the content explicit"},
	20012:  {chat.RejectedAccount, "the bot is not allowed to act for this application"},
	20016:  {chat.Retryable, "slow mode"},
	20022:  {chat.Retryable, "the channel's limit for announcements is reached"},
	20028:  {chat.Retryable, "the channel's limit is reached"},
	20029:  {chat.Retryable, "the server's limit is reached"},
	20031:  {chat.RejectedPayload, "Discord does not allow the words of the title"},
	30007:  {chat.RejectedChannel, "the channel has as many webhooks as it can have"},
	30033:  {chat.RejectedChannel, "the thread has as many members as it can have"},
	30046:  {chat.Retryable, "the limit for editing old messages is reached"},
	40001:  {chat.RejectedAccount, "the token is not accepted: set a new one"},
	40002:  {chat.RejectedAccount, "the account must be verified"},
	40003:  {chat.Retryable, "the bot opens direct messages too fast"},
	40004:  {chat.Retryable, "Discord has switched off posting for a while"},
	40005:  {chat.RejectedPayload, "the message is too large"},
	40006:  {chat.Retryable, "Discord has switched this off for a while"},
	40007:  {chat.RejectedChannel, "the bot is banned from the server: invite it again"},
	40012:  {chat.RejectedAccount, "the account is disconnected: set a new token"},
	40058:  {chat.RejectedChannel, "it is a forum, which accepts no plain messages"},
	40062:  {chat.Retryable, "Discord limits requests for now"},
	40066:  {chat.RejectedChannel, "the forum requires a tag and has none that the bot may use: make one that everybody may use"},
	40067:  {chat.RejectedChannel, "the forum requires a tag: make one that everybody may use"},
	40333:  {chat.RejectedAccount, "Cloudflare blocks this machine"},
	50001:  {chat.RejectedChannel, "the bot cannot see the channel: give it View Channel"},
	50003:  {chat.RejectedChannel, "this cannot be done in a direct message"},
	50005:  {chat.RejectedPayload, "the message is somebody else's"},
	50006:  {chat.RejectedPayload, "the message is empty"},
	50007:  {chat.RejectedChannel, "this person accepts no messages from the bot"},
	50008:  {chat.RejectedChannel, "the channel accepts no text"},
	50009:  {chat.RejectedChannel, "the channel requires more verification than the bot has"},
	50013:  {chat.RejectedChannel, "the bot may not post here: give it Send Messages and Embed Links, and Create Public Threads and Send Messages in Threads if it opens threads or posts to a forum"},
	50014:  {chat.RejectedAccount, "the token is not accepted: set a new one"},
	50021:  {chat.RejectedPayload, "the message is Discord's own"},
	50024:  {chat.RejectedChannel, "this kind of channel accepts no messages"},
	50027:  {chat.RejectedChannel, "the webhook's token is not accepted"},
	50033:  {chat.RejectedChannel, "this person accepts no messages from the bot"},
	50035:  {chat.RejectedPayload, "Discord does not accept the form of the message"},
	50041:  {chat.RejectedAccount, "the version of the API is gone: take a newer digestbot"},
	50046:  {chat.RejectedPayload, "Discord does not accept the file"},
	50055:  {chat.RejectedChannel, "the server is not valid"},
	50068:  {chat.RejectedChannel, "the channel does not accept this type of message"},
	50080:  {chat.RejectedPayload, "stickers of a message cannot be changed"},
	50081:  {chat.RejectedPayload, "Discord does not accept the sticker"},
	50083:  {chat.RejectedChannel, "the thread is archived"},
	50109:  {chat.RejectedPayload, "the message is not JSON"},
	50178:  {chat.RejectedAccount, "the account must be verified"},
	50278:  {chat.RejectedChannel, "the bot shares no server with this person"},
	60003:  {chat.RejectedAccount, "the owner of the bot must switch on two-factor authentication"},
	110000: {chat.Retryable, "Discord is not ready"},
	110001: {chat.Retryable, "Discord is not ready"},
	130000: {chat.Retryable, "Discord is overloaded"},
	160005: {chat.RejectedChannel, "the thread is locked"},
	160006: {chat.RejectedChannel, "the server has as many threads as it can have"},
	160007: {chat.RejectedChannel, "the server has as many announcement threads as it can have"},
	200000: {chat.RejectedPayload, "the server's AutoMod blocked the message"},
	200001: {chat.RejectedPayload, "the server's AutoMod blocked the title"},
	220001: {chat.RejectedChannel, "it is a forum, which accepts no plain messages"},
	220003: {chat.RejectedChannel, "it is not a forum"},
	240000: {chat.RejectedPayload, "Discord considers a link harmful"},
}

// statuses maps the documented HTTP statuses without a Discord code to what
// they mean. An unknown code says nothing about the message.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#http
var statuses = map[int]Verdict{
	http.StatusBadRequest:            {chat.RejectedPayload, "Discord refuses the message"},
	http.StatusUnauthorized:          {chat.RejectedAccount, "the token is not accepted: set a new one"},
	http.StatusForbidden:             {chat.RejectedAccount, "this machine or account is blocked"},
	http.StatusNotFound:              {chat.RejectedAccount, "there is no Discord API at api_url"},
	http.StatusMethodNotAllowed:      {chat.RejectedAccount, "there is no Discord API at api_url"},
	http.StatusRequestEntityTooLarge: {chat.RejectedPayload, "the message is too large"},
}

// classify says what is known of a message after a refusal.
func classify(e *APIError) *chat.SendError {
	v := Verdict{chat.InDoubt, "the post may have arrived"}
	switch {
	case e.Status == http.StatusTooManyRequests:
		v = Verdict{chat.Retryable, "too many requests"}
	case e.Status < 400 || e.Status >= 500:
		// A failing server, or one that is not Discord, says nothing reliable about
		// the message.
	case e.Code != 0:
		v.Words = "the post may have arrived: digestbot does not know what Discord answered"
		if known, ok := Outcomes[e.Code]; ok {
			v = known
		}
	default:
		if known, ok := statuses[e.Status]; ok {
			v = known
		}
	}
	return &chat.SendError{Outcome: v.Outcome, RetryAfter: e.RetryAfter, Err: fmt.Errorf("discord: %s: %w", v.Words, e)}
}
