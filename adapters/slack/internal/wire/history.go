package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

const (
	// skew is how far Slack's clock may be behind ours.
	skew = time.Minute
	// pageSize is well within what conversations.history returns at once to an app created in
	// its own workspace. Other apps get 15 messages per minute
	// (https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps).
	pageSize = 200
	// maxPages limits a search in which every page claims that another follows.
	maxPages = 50
)

// OpenConversation returns the id of the bot's conversation with a user.
func (c *Client) OpenConversation(ctx context.Context, user string) (channel string, err error) {
	var opened struct {
		Refusal
		Channel struct {
			ID string `json:"id"`
		} `json:"channel"`
	}
	err = c.ask(ctx, "conversations.open", url.Values{"users": {user}}, &opened)
	return opened.Channel.ID, err
}

// CheckMember returns an error if the bot is not a member of a channel. The error
// is the one that Slack would give for a post there.
func (c *Client) CheckMember(ctx context.Context, channel string) error {
	if strings.HasPrefix(channel, "D") {
		return nil // a direct conversation cannot be left
	}
	var info struct {
		Refusal
		Channel struct {
			Member   bool `json:"is_member"`
			Archived bool `json:"is_archived"`
		} `json:"channel"`
	}
	const method = "conversations.info"
	if err := c.ask(ctx, method, url.Values{"channel": {channel}}, &info); err != nil {
		return err
	}
	why := Refusal{Code: "not_in_channel"}
	switch {
	case info.Channel.Member:
		return nil
	case info.Channel.Archived:
		why.Code = "is_archived"
	}
	return &chat.SendError{Outcome: chat.RejectedChannel, Err: fmt.Errorf("%s: %w", method, why)}
}

// History reads the history of a channel, or of a thread, from shortly before
// since. It passes each message to see, which ends the search by returning true
// or an error. At the end of the history, it calls atEnd with the ts from which
// it was read; atEnd returns an error if the history is not to be trusted.
func (c *Client) History(ctx context.Context, channel, thread string, since time.Time, see func(message json.RawMessage) (found bool, err error), atEnd func(oldest string) error) error {
	method := "conversations.history"
	query := url.Values{
		"channel": {channel}, "oldest": {stampOf(since.Add(-skew))}, "inclusive": {"true"},
		"limit": {strconv.Itoa(pageSize)}, "include_all_metadata": {"true"},
	}
	if thread != "" {
		method = "conversations.replies"
		query.Set("ts", thread)
	}
	for range maxPages {
		var page struct {
			Refusal
			Messages []json.RawMessage `json:"messages"`
			HasMore  bool              `json:"has_more"`
		}
		if err := c.ask(ctx, method, query, &page); err != nil {
			return err
		}
		if page.Messages == nil {
			return fmt.Errorf("%s: Slack answered ok without messages", method)
		}
		for _, m := range page.Messages {
			found, err := see(m)
			if err != nil {
				return fmt.Errorf("%s: %w", method, err)
			}
			if found {
				return nil
			}
		}
		switch next := page.Details.Cursor; {
		case next == "" && !page.HasMore:
			if err := atEnd(query.Get("oldest")); err != nil {
				return fmt.Errorf("%s: %w", method, err)
			}
			return nil
		case next == "" || next == query.Get("cursor"):
			return fmt.Errorf("%s: there is more, but Slack does not say where", method)
		default:
			query.Set("cursor", next)
		}
	}
	return fmt.Errorf("%s: there are more than %d messages", method, maxPages*pageSize)
}

// stampOf formats a time as Slack does.
func stampOf(t time.Time) string {
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
}
