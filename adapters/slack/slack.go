// Package slack is the adapter for a Slack workspace: it lays messages out in
// Block Kit, draws them, posts them through the Web API to channels and
// threads, finds again, corrects and removes what it has posted, takes slash
// commands, buttons, menus and forms, over Socket Mode or by HTTP, and shows
// the App Home. It never knows a digest, and no
// type of Slack's leaves it.
//
// The verbs of the adapter stand here. Below them, internal/render lays messages out
// and knows no connection, and internal/wire talks to Slack and knows no layout.
//
// # Why
//
// Slack has no key that makes a post idempotent
// (https://github.com/slackapi/slack-api-specs/issues/10). So every post
// carries its key in metadata and in the id of its first block, and Find reads
// the history of the channel, or the thread, for it.
//
// # How absence becomes certain
//
// No answer of Slack's does: with internal_error or fatal_error, an HTTP status of
// 500 and more, or a connection that broke, the post may stand or come to stand.
// These together do:
//
//   - The attempt is over. It was answered, or given up before the first look, and
//     a connection that is given up, or whose process dies, takes back what has not
//     left the machine.
//   - The look is complete. The bot is a member of the channel, and the history
//     was read from a minute before the first attempt, page by page to its end.
//   - The history is not behind. It shows the latest message of the place that the
//     bot knows of, from the answer to a post or from another look.
//   - Three looks in a row agree, 25 s, 50 s and 75 s after the attempt began. A
//     look that failed, or that showed a history which is behind, does not count,
//     and the looks begin anew, as they do when the clock was set.
//
// So a post that was not carried out is made again some 75 s after it was tried,
// and one that was carried out is not made twice if it shows by then: 20 s for the
// attempt, 25 s for a history that lags, and 30 s to spare. That a newer message
// shows proves nothing of an older one, because a history may come out of order.
//
// Nothing repeats a request by itself: internal/wire says of every error what is
// known, and when to post.
package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/bot/cache"
	"github.com/digestbot/digestbot/bot/chat"
)

// Config is the table [adapters.slack] of config.toml.
type Config struct {
	// APIURL is the base of the Web API: GovSlack's, or that of a test stand.
	APIURL string `toml:"api_url"`
	// BotTokenFile holds the bot token, xoxb-…. The environment variable
	// SLACK_BOT_TOKEN goes before it for the adapter named slack.
	BotTokenFile string `toml:"bot_token_file"`
	// AppTokenFile holds the app-level token, xapp-…, that commands need. The
	// environment variable SLACK_APP_TOKEN goes before it for the adapter
	// named slack.
	AppTokenFile string `toml:"app_token_file"`
	// Listen is how commands come: "socket", over a connection that the bot
	// opens, or "http", posted by Slack to the bot's HTTP server.
	Listen string `toml:"listen"`
	// SigningSecretFile holds the signing secret, which Slack signs with what it
	// posts. The environment variable SLACK_SIGNING_SECRET goes before it for
	// the adapter named slack.
	SigningSecretFile string `toml:"signing_secret_file"`
	// AdminUsers and AdminGroups are the ids of users, and of user groups whose
	// members, are admins beside those of the workspace. Guests never are.
	AdminUsers  []string `toml:"admin_users"`
	AdminGroups []string `toml:"admin_groups"`
	// PostsPerMinute is how many posts the workspace is taken to allow in any
	// minute. Slack says "several hundred".
	PostsPerMinute int `toml:"posts_per_minute"`
}

// Defaults is the configuration of an adapter that says nothing.
func Defaults() Config { return Config{APIURL: slack.APIURL, Listen: "socket", PostsPerMinute: 300} }

const (
	// settle is how long after an attempt the history is looked at first, and how
	// far each look is from the next. Slack publishes no bound for how late a post
	// shows; seconds have been seen
	// (https://github.com/korotovsky/slack-mcp-server/issues/284). The last of
	// looks is 75 s after the attempt began.
	settle = 25 * time.Second
	looks  = 3
	// lagLimit is how long a history that does not show what the bot knows to
	// stand is taken to be behind. After that somebody has removed the message.
	lagLimit = 7 * time.Minute
	// gap is chat.postMessage's limit for one channel
	// (https://docs.slack.dev/apis/web-api/rate-limits).
	gap = time.Second
)

// Adapter is one workspace.
type Adapter struct {
	name     string
	log      *slog.Logger
	in       func(languages ...string) chat.Wording
	first    func(ctx context.Context, ids ...string) bool // whether no other process has begun to answer
	shared   bool                                          // whether other processes of the bot listen, too
	client   *wire.Client
	bot, app chat.Secret
	signing  chat.Secret
	config   Config
	byHTTP   bool   // and not over Socket Mode
	home     string // where people reach the HTTP server; empty where nobody has said it
	path     string
	mounted  bool
	times    times
	heard    atomic.Pointer[listener] // what comes by HTTP; nil unless Listen runs
	others   atomic.Int64             // connections that others hold on Socket Mode
	broken   atomic.Pointer[error]    // why people cannot reach the bot; nil while they can

	account       account
	reads         wire.Cooldown // keeps searches back together
	sightings     sightings
	degraded      degraded
	conversations cache.Recent[string, string] // the conversations with users
	people        people
}

var (
	_ chat.Adapter  = (*Adapter)(nil)
	_ chat.Finder   = (*Adapter)(nil)
	_ chat.Editor   = (*Adapter)(nil)
	_ chat.Drawer   = (*Adapter)(nil)
	_ chat.Listener = (*Adapter)(nil)

	_ chat.Connected     = (*Adapter)(nil)
	_ chat.Correspondent = (*Adapter)(nil)
	_ chat.Counter       = (*Adapter)(nil)
	_ chat.Crowded       = (*Adapter)(nil)
	_ chat.Examiner      = (*Adapter)(nil)
)

// Open reads the tokens and opens the adapter. Without a bot token it renders
// and can send nothing; without an app token it hears no commands.
func Open(env chat.Env, c Config) (*Adapter, error) {
	base, err := url.Parse(strings.TrimSuffix(c.APIURL, "/") + "/")
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" {
		return nil, fmt.Errorf("adapters.%s.api_url: %q is not an address: write one such as %s", env.Name, c.APIURL, slack.APIURL)
	}
	if c.PostsPerMinute < 1 {
		return nil, fmt.Errorf("adapters.%s.posts_per_minute: %d is no number of posts: write one such as %d", env.Name, c.PostsPerMinute, Defaults().PostsPerMinute)
	}
	if c.Listen != "" && c.Listen != "socket" && c.Listen != "http" {
		return nil, fmt.Errorf("adapters.%s.listen: %q is no way in: write \"socket\" or \"http\"", env.Name, c.Listen)
	}
	for i, id := range c.AdminUsers {
		if !userID.MatchString(id) {
			return nil, fmt.Errorf("adapters.%s.admin_users[%d]: %q: a Slack user is written as the member ID in the profile, such as U0123456789", env.Name, i, id)
		}
	}
	for i, id := range c.AdminGroups {
		if err := CheckMention(id); err != nil {
			return nil, fmt.Errorf("adapters.%s.admin_groups[%d]: %q: %w", env.Name, i, id, err)
		}
	}
	botVariable, appVariable, signingVariable, path := "", "", "", pathOf(env.Name)
	if env.Name == "slack" {
		botVariable, appVariable, signingVariable = "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"
	}
	bot, err := env.Token(botVariable, "adapters."+env.Name+".bot_token_file", c.BotTokenFile)
	if err != nil {
		return nil, err
	}
	app, err := env.Token(appVariable, "adapters."+env.Name+".app_token_file", c.AppTokenFile)
	if err != nil {
		return nil, err
	}
	signing, err := env.Token(signingVariable, "adapters."+env.Name+".signing_secret_file", c.SigningSecretFile)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(bot.Reveal(), "xapp-") || strings.HasPrefix(app.Reveal(), "xox") {
		return nil, fmt.Errorf("adapters.%s: the tokens are mixed up: the bot token begins with xoxb-, the app token with xapp-", env.Name)
	}
	client, log := wire.New(base, bot, app, c.PostsPerMinute), env.Log.With("adapter", env.Name)
	a := &Adapter{
		name: env.Name, log: log, in: env.In, first: env.First, shared: env.Claim != nil, client: client, bot: bot, app: app, signing: signing, config: c,
		byHTTP: c.Listen == "http", path: path,
		times:  times{Times: wire.DefaultTimes(), grace: replyGrace, inTime: inTime, locale: localeWithin},
		people: people{client: client, log: log, adminUsers: c.AdminUsers, adminGroups: c.AdminGroups},
	}
	if env.URL != nil {
		a.home = env.URL.String()
	}
	a.broken.Store(&errNotYet)
	if a.byHTTP && env.Mount != nil {
		env.Mount(path, http.HandlerFunc(a.serveHTTP))
		a.mounted = true
	}
	return a, nil
}

// pathOf is where Slack posts to the adapter of a name, if it listens to HTTP.
func pathOf(name string) string {
	if name == "slack" {
		return "/slack/"
	}
	return "/slack/" + name + "/"
}

// Close lets go of idle connections.
func (a *Adapter) Close() error {
	a.client.Close()
	return nil
}

// errNotYet is so before Listen has come to anything.
var errNotYet = errors.New("it is not connected yet")

// Connection is nil while Socket Mode stands, or Slack's requests are served, or
// nobody could give commands anyway.
func (a *Adapter) Connection() error {
	if why := a.broken.Load(); why != nil {
		return *why
	}
	return nil
}

// Capabilities are Slack's facts.
func (a *Adapter) Capabilities() chat.Capabilities {
	c := chat.Capabilities{Settle: settle, Looks: looks, Gap: gap, Counted: wire.Period, Threads: true}
	if a.bot.Empty() {
		c.Off = "there is no bot token: set SLACK_BOT_TOKEN or bot_token_file"
		if a.name != "slack" {
			c.Off = "there is no bot token: set bot_token_file"
		}
	}
	return c
}

// CountPosts has each of these posts use up a permit for its minute.
func (a *Adapter) CountPosts(answered []time.Time) { a.client.Posts.Count(answered) }

var userID = regexp.MustCompile(`^[UW][A-Z0-9]{7,}$`)

// CheckChannel says in words what is wrong with a channel's id.
func CheckChannel(id string) error { return render.CheckChannel(id) }

// CheckMention says in words what is wrong with the id of a user group.
func CheckMention(id string) error { return render.CheckMention(id) }
