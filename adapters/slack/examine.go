package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// examination is one examination of an account. Its findings are in the order of the
// checks.
type examination struct {
	*Adapter
	chat.Examination
	chat.Findings
}

// appsPage is where apps are configured.
const appsPage = "https://api.slack.com/apps"

// channelsLimit is the maximum number of channels to check: conversations.history allows
// about 50 requests a minute (https://docs.slack.dev/apis/web-api/rate-limits).
const channelsLimit = 20

// Examine checks the account. It opens no Socket Mode connection.
func (a *Adapter) Examine(ctx context.Context, x chat.Examination) []chat.Finding {
	e := &examination{Adapter: a, Examination: x, Findings: chat.Findings{Of: a.name}}
	if off := a.Capabilities().Off; off != "" {
		e.Off(off, x.Channels)
		return e.All
	}
	grant, err := a.client.Grant(ctx)
	if grant.Date != "" {
		e.All = append(e.All, chat.ExamineClock(a.name, grant.Date, grant.Asked, time.Now()))
	}
	switch {
	case wire.Permanent(err):
		e.Add(chat.Failed, "token", "copy the Bot User OAuth Token of the app at "+appsPage+" (Install App), into SLACK_BOT_TOKEN or the file of bot_token_file", "Slack refuses it: %v", err)
		e.Add(chat.Unseen, "scopes and channels", "", "they cannot be checked without a token")
		return e.All
	case err != nil:
		e.Add(chat.Failed, "address", "look at the network, at proxies and at adapters."+a.name+".api_url; see https://slack-status.com", "Slack cannot be asked: %v", err)
		return e.All
	}
	e.Add(chat.Fine, "token", "", "it belongs to %s in %s", grant.Name, grant.Team)
	e.scopes(grant.Scopes)
	e.commands(ctx)
	limited := false
	e.Each(x.Channels, channelsLimit, func(c chat.Channel) { e.channel(ctx, c, &limited) })
	return e.All
}

// scopes checks the scopes of the token.
func (e *examination) scopes(has []string) {
	if len(has) == 0 {
		e.Add(chat.Unseen, "scopes", "", "Slack does not say which the token has")
		return
	}
	var lacks, optional []string
	for _, s := range Scopes(e.config) {
		switch text := fmt.Sprintf("%s (%s)", s.Name, s.Why); {
		case slices.Contains(has, s.Name):
		case s.Optional:
			optional = append(optional, text)
		default:
			lacks = append(lacks, text)
		}
	}
	fix := "put the manifest of digestbot setup slack --manifest into the app at " + appsPage + " (App Manifest), install the app again, and copy its token"
	if len(lacks) > 0 {
		e.Add(chat.Failed, "scopes", fix, "the token lacks %s", strings.Join(lacks, ", "))
	}
	if len(optional) > 0 {
		e.Add(chat.Risky, "scopes", fix+"; or do without", "the token lacks these optional scopes: %s", strings.Join(optional, ", "))
	}
	if len(lacks)+len(optional) == 0 {
		e.Add(chat.Fine, "scopes", "", "the token has all that the bot needs")
	}
}

// commands checks whether people can give commands.
func (e *examination) commands(ctx context.Context) {
	const subject = "commands"
	switch why := e.deaf(); {
	case e.byHTTP && e.signing.Empty():
		e.Add(chat.Risky, subject, "copy the signing secret (Basic Information) into SLACK_SIGNING_SECRET or the file of signing_secret_file", "%s, so nobody can give commands", why)
	case e.byHTTP && !strings.HasPrefix(e.home, "https://"):
		e.Add(chat.Risky, subject, "set http.url to the bot's public https address", "http.url does not say where Slack reaches the bot")
	case e.byHTTP:
		e.Add(chat.Unseen, subject, "", "Slack does not say where it posts commands: the Request URLs at %s must be %s", appsPage, e.home+e.path)
	case e.app.Empty():
		e.Add(chat.Risky, subject, "make an app-level token with the scope connections:write at "+appsPage+" (Basic Information), into SLACK_APP_TOKEN or the file of app_token_file", "%s, so nobody can give commands", why)
	case e.Listening:
		if n := e.Others(); n > 0 {
			e.Add(chat.Risky, subject, "end the other process, or give it an app of its own", "%s", crowded(n))
			return
		}
		e.Add(chat.Fine, subject, "", "there is an app token, and serve listens with it")
	default:
		if err := e.client.OpenSocket(ctx); err != nil {
			e.Add(chat.Failed, subject, "make a new app-level token with the scope connections:write at "+appsPage+" (Basic Information), and turn Socket Mode on", "Slack refuses the app token: %v", err)
			return
		}
		e.Add(chat.Fine, subject, "", "Slack accepts the app token, and Socket Mode is on")
	}
}

func crowded(n int) string {
	return fmt.Sprintf("others held %d connections with this app token when Slack last said hello, and receive some of the commands", n)
}

// Others returns how many connections others held when Slack last said hello.
func (a *Adapter) Others() int { return int(a.others.Load()) }

// channel checks whether the bot is a member of a channel and can read its own posts there.
func (e *examination) channel(ctx context.Context, c chat.Channel, limited *bool) {
	if strings.HasPrefix(c.ID, "U") || strings.HasPrefix(c.ID, "W") {
		return // a person
	}
	subject := c.String()
	err := e.client.CheckMember(ctx, c.ID)
	why, refused := errors.AsType[wire.Refusal](err)
	switch {
	case refused && why.Code == "not_in_channel":
		e.Add(chat.Failed, subject, "type /invite @digestbot there", "the bot is not in the channel")
		return
	case refused && why.Code == "is_archived":
		e.Add(chat.Failed, subject, "unarchive it, or write another one", "the channel is archived")
		return
	case refused && why.Code == "channel_not_found":
		e.Add(chat.Failed, subject, "write another channel; if this one is private, type /invite @digestbot there", "there is no such channel, or it is private and the bot is not in it")
		return
	case refused && why.Code == "missing_scope":
		e.Add(chat.Failed, subject, "see the scopes above", "the bot may not look up the channel: %v", err)
		return
	case err != nil:
		e.Add(chat.Risky, subject, "run this again later; see https://slack-status.com", "Slack does not say what it is: %s", chat.Reason(err))
		return
	}
	if *limited {
		e.Add(chat.Unseen, subject, "", "the bot is in it; its history is not read, as Slack limits the app")
		return
	}
	n, more, err := e.client.Page(ctx, c.ID)
	why, refused = errors.AsType[wire.Refusal](err)
	switch {
	case errors.Is(err, wire.ErrLimited), err == nil && more && n <= wire.FewAtOnce:
		*limited = true
		e.Add(chat.Risky, subject, "turn public distribution off at "+appsPage+" (Manage Distribution), or make an app of your own workspace with digestbot setup slack",
			"Slack gives the history %d messages at a time or asks to wait, as it does to an app that is distributed and not in its Marketplace: whether a post has arrived shows late, and posts are held", wire.FewAtOnce)
	case refused:
		e.Add(chat.Failed, subject, "put the manifest of digestbot setup slack --manifest into the app, and install it again", "the bot may not read whether a post has arrived: %v", why)
	case err != nil:
		e.Add(chat.Risky, subject, "run this again later; see https://slack-status.com", "its history cannot be read: %s", chat.Reason(err))
	default:
		e.Add(chat.Fine, subject, "", "the bot is in it, and reads its history")
	}
}
