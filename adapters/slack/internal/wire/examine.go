package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Grant is what Slack says about the bot token: whose it is, and what it may do.
type Grant struct {
	Name, Team string
	Scopes     []string
	// Date is the Date header of the answer, and Asked the time of the request.
	Date  string
	Asked time.Time
}

// Grant requests the owner and the scopes of the bot token.
// https://docs.slack.dev/authentication/installing-with-oauth#asking
func (c *Client) Grant(ctx context.Context) (Grant, error) {
	g := Grant{Asked: time.Now()}
	got, err := c.post(ctx, c.Base.String()+"auth.test", form, "Bearer "+c.bot.Reveal(), nil)
	if err != nil {
		return g, fmt.Errorf("no connection: %w", err)
	}
	g.Date = got.header.Get("Date")
	var me struct {
		Refusal
		Name string `json:"user"`
		Team string `json:"team"`
	}
	switch err := json.Unmarshal(got.data, &me); {
	case got.code != http.StatusOK || err != nil:
		return g, fmt.Errorf("it answers %s", got.status)
	case !me.OK:
		return g, me.Refusal
	}
	g.Name, g.Team = me.Name, me.Team
	for scope := range strings.SplitSeq(got.header.Get("X-OAuth-Scopes"), ",") {
		if scope = strings.TrimSpace(scope); scope != "" && !slices.Contains(g.Scopes, scope) {
			g.Scopes = append(g.Scopes, scope)
		}
	}
	return g, nil
}

// FewAtOnce is the number of messages in a page of the history for a rate-limited app
// (https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps).
const FewAtOnce = 15

// Page reads the newest messages of a channel, and returns how many there are in one
// page, and whether more follow.
func (c *Client) Page(ctx context.Context, channel string) (n int, more bool, err error) {
	var page struct {
		Refusal
		Messages []json.RawMessage `json:"messages"`
		HasMore  bool              `json:"has_more"`
	}
	err = c.ask(ctx, "conversations.history", url.Values{"channel": {channel}, "limit": {strconv.Itoa(pageSize)}}, &page)
	return len(page.Messages), page.HasMore || page.Details.Cursor != "", err
}

// OpenSocket requests a Socket Mode address, but does not connect to it.
func (c *Client) OpenSocket(ctx context.Context) error {
	if _, _, err := c.api.StartSocketModeContext(ctx); err != nil {
		return sdkError(err)
	}
	return nil
}
