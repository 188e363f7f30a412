package wire

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"
)

// Account is the account that the bot token belongs to.
type Account struct {
	URL  string // of the workspace, ending in a slash
	Bot  string // its id
	Name string
	Team string
}

// Account requests the account that the bot token belongs to.
func (c *Client) Account(ctx context.Context) (Account, error) {
	me, err := c.api.AuthTestContext(ctx)
	if err != nil {
		return Account{}, fmt.Errorf("auth.test: %w", sdkError(err))
	}
	if me.BotID == "" {
		return Account{}, errors.New("auth.test: the token is not a bot's: it begins with xoxb-")
	}
	return Account{URL: strings.TrimSuffix(me.URL, "/") + "/", Bot: me.BotID, Name: me.User, Team: me.Team}, nil
}

// User is what Slack says about a user. A guest has no admin rights, even if
// configured as an admin.
type User struct {
	Admin, Guest bool
	Locale       string
}

// User looks up a user.
func (c *Client) User(ctx context.Context, id string) (User, error) {
	u, err := c.api.GetUserInfoContext(ctx, id)
	if err != nil {
		return User{}, fmt.Errorf("users.info: %w", sdkError(err))
	}
	return userOf(u), nil
}

// GroupMembers returns the ids of the users in a user group.
func (c *Client) GroupMembers(ctx context.Context, group string) ([]string, error) {
	members, err := c.api.GetUserGroupMembersContext(ctx, group)
	if err != nil {
		return nil, fmt.Errorf("usergroups.users.list: %w", sdkError(err))
	}
	return members, nil
}

// userOf converts Slack's data about a user. An admin of another workspace
// that shares a channel with this one is not an admin here.
func userOf(u *slack.User) User {
	p := User{Locale: u.Locale, Guest: u.Deleted || u.IsBot || u.IsRestricted || u.IsUltraRestricted || u.IsStranger}
	p.Admin = !p.Guest && (u.IsAdmin || u.IsOwner || u.IsPrimaryOwner || u.Enterprise.IsAdmin || u.Enterprise.IsOwner)
	return p
}
