// Package slack is the adapter for a Slack workspace. It lays messages out in
// Block Kit, draws them, and posts them through the Web API to channels and
// threads. It finds, edits and removes what it has posted. It receives slash
// commands, buttons, menus and forms over Socket Mode or HTTP, and shows the
// App Home. It never knows a digest, and it exposes none of Slack's types.
//
// This package has the adapter's methods. Package internal/render lays messages out
// and knows no connection; internal/wire talks to Slack and knows no layout.
//
// # Why
//
// Slack has no idempotency key for posts
// (https://github.com/slackapi/slack-api-specs/issues/10). Every post therefore carries its
// key in its metadata and in the id of its first block, and Find searches the history of
// the channel or thread for it.
//
// # How absence becomes certain
//
// No answer from Slack proves absence: after internal_error or fatal_error, an
// HTTP status of at least 500, or a broken connection, the post may exist or still
// appear. These conditions together do prove it:
//
//   - The attempt is over. It was answered or cancelled before the first look, and
//     closing the connection, or the death of the process, discards what has not
//     left the machine.
//   - The look is complete. The bot is a member of the channel, and the history
//     was read from a minute before the first attempt, page by page to its end.
//   - The history is up to date. It shows the latest message in the channel or
//     thread that the bot knows from the answer to a post or from another look.
//   - Three looks in a row agree, 25 s, 50 s and 75 s after the attempt began. A
//     look that failed, or that showed an outdated history, does not count, and
//     the looks start over. They also start over if the clock was set.
//
// So a post that failed is made again about 75 s after the attempt, and a post
// that succeeded is not repeated if it is visible by then: 20 s for the attempt,
// 25 s for a history that lags, and a margin of 30 s. A newer message in the
// history does not prove that an older one is absent, because messages may appear
// out of order.
//
// Nothing retries a request on its own: internal/wire says for every error what
// is known, and when to post again.
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
	// APIURL is the base URL of the Web API. Change it for GovSlack or a test server.
	APIURL string `toml:"api_url"`
	// BotTokenFile holds the bot token, xoxb-…. For the adapter named slack,
	// the environment variable SLACK_BOT_TOKEN takes precedence.
	BotTokenFile string `toml:"bot_token_file"`
	// AppTokenFile holds the app-level token, xapp-…, which commands require.
	// For the adapter named slack, the environment variable SLACK_APP_TOKEN
	// takes precedence.
	AppTokenFile string `toml:"app_token_file"`
	// Listen is how commands arrive: "socket", over a connection that the bot
	// opens, or "http", posted by Slack to the bot's HTTP server.
	Listen string `toml:"listen"`
	// SigningSecretFile holds the secret with which Slack signs its HTTP
	// requests. For the adapter named slack, the environment variable
	// SLACK_SIGNING_SECRET takes precedence.
	SigningSecretFile string `toml:"signing_secret_file"`
	// AdminUsers are ids of users, and AdminGroups ids of user groups, who are
	// admins of the bot in addition to the admins of the workspace. Guests are
	// never admins.
	AdminUsers  []string `toml:"admin_users"`
	AdminGroups []string `toml:"admin_groups"`
	// PostsPerMinute is the assumed limit of posts in the workspace in any
	// minute. Slack says "several hundred".
	PostsPerMinute int `toml:"posts_per_minute"`
}

// Defaults returns the default configuration.
func Defaults() Config { return Config{APIURL: slack.APIURL, Listen: "socket", PostsPerMinute: 300} }

const (
	// settle is the time between an attempt and the first look into the history,
	// and between looks. Slack publishes no bound for the delay before a post
	// appears; seconds have been observed
	// (https://github.com/korotovsky/slack-mcp-server/issues/284). The last look
	// is 75 s after the attempt began.
	settle = 25 * time.Second
	looks  = 3
	// lagLimit is how long a history that lacks a known message is considered
	// outdated. After that, the message must have been removed.
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
	byHTTP   bool   // instead of Socket Mode
	home     string // public URL of the HTTP server; empty if unknown
	path     string
	mounted  bool
	times    times
	heard    atomic.Pointer[listener] // receives HTTP requests; nil unless Listen runs
	others   atomic.Int64             // Socket Mode connections held by others
	broken   atomic.Pointer[error]    // why people cannot reach the bot; nil while they can

	account       account
	reads         wire.Cooldown // makes all searches wait together
	sightings     sightings
	degraded      degraded
	conversations cache.Recent[string, string] // conversations with users
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

// Open reads the tokens and opens the adapter. Without a bot token, it can
// only render; without an app token, it receives no commands.
func Open(env chat.Env, c Config) (*Adapter, error) {
	base, err := url.Parse(strings.TrimSuffix(c.APIURL, "/") + "/")
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" {
		return nil, fmt.Errorf("adapters.%s.api_url: %q is not an address: write one such as %s", env.Name, c.APIURL, slack.APIURL)
	}
	if c.PostsPerMinute < 1 {
		return nil, fmt.Errorf("adapters.%s.posts_per_minute: %d is no number of posts: write one such as %d", env.Name, c.PostsPerMinute, Defaults().PostsPerMinute)
	}
	if c.Listen != "" && c.Listen != "socket" && c.Listen != "http" {
		return nil, fmt.Errorf("adapters.%s.listen: %q is not supported: write \"socket\" or \"http\"", env.Name, c.Listen)
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

// pathOf returns the path to which Slack posts for the adapter with this name, if it
// listens on HTTP.
func pathOf(name string) string {
	if name == "slack" {
		return "/slack/"
	}
	return "/slack/" + name + "/"
}

// Close closes idle connections.
func (a *Adapter) Close() error {
	a.client.Close()
	return nil
}

// errNotYet is the state of the connection before Listen has established one.
var errNotYet = errors.New("it is not connected yet")

// Connection returns nil while Socket Mode is connected, while Slack's requests
// are served, or if people could not give commands anyway.
func (a *Adapter) Connection() error {
	if why := a.broken.Load(); why != nil {
		return *why
	}
	return nil
}

// Capabilities returns the facts about Slack.
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

// CountPosts lets each of these posts use up a permit for its minute.
func (a *Adapter) CountPosts(answered []time.Time) { a.client.Posts.Count(answered) }

var userID = regexp.MustCompile(`^[UW][A-Z0-9]{7,}$`)

// CheckChannel says in words what is wrong with a channel's id.
func CheckChannel(id string) error { return render.CheckChannel(id) }

// CheckMention says in words what is wrong with the id of a user group.
func CheckMention(id string) error { return render.CheckMention(id) }
