// Package discord posts messages to Discord and receives commands from there.
// Its files correspond to the adapter's methods: Render, Send, Find, Edit,
// Publish, Listen. Package internal/render lays messages out, and internal/wire
// handles the connections.
//
// It never knows a digest, a delivery or a schedule: it receives a
// chat.Message and produces the JSON of a channel message, stamped with a key
// so that the message can be found again.
package discord

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Config is the table [adapters.discord].
type Config struct {
	// TokenFile is a file with the bot's token. DISCORD_TOKEN takes precedence.
	TokenFile string `toml:"token_file"`
	// APIURL is the URL of Discord's REST API, which provides the URL of the
	// gateway.
	APIURL string `toml:"api_url"`
	// Guild is the server in which the commands are registered, with immediate
	// effect. The bot then answers, and posts subscriptions made in chat, only
	// there. If it is empty, the commands are registered in every server that the
	// bot is in.
	Guild string `toml:"guild"`
	// Listen is how interactions reach the bot: "gateway", to which the bot
	// connects, or "http", where Discord connects to the bot.
	Listen string `toml:"listen"`
	// PublicKey is the application's public key in hexadecimal, which verifies
	// the signatures of HTTP requests.
	PublicKey string `toml:"public_key"`
	// AdminRoles and AdminUsers are the ids of the bot's admins, in addition to
	// those who may manage the server. AdminUsers are admins in direct
	// messages, too.
	AdminRoles []string `toml:"admin_roles"`
	AdminUsers []string `toml:"admin_users"`
}

// Defaults returns the settings of a bot on discord.com.
func Defaults() Config { return Config{APIURL: "https://discord.com/api/v10", Listen: byGateway} }

// The values of Config.Listen.
const (
	byGateway = "gateway"
	byHTTP    = "http"
)

// Adapter is one bot account.
type Adapter struct {
	name         string
	off          string // why it cannot send; empty if it can
	guild        string
	channels     []string
	log          *slog.Logger
	in           func(languages ...string) chat.Wording
	first        func(ctx context.Context, ids ...string) bool // whether no other process has begun to answer
	mayAsk       func() bool                                   // whether this process may make requests that are not urgent
	token        chat.Secret
	rest         *wire.Client
	dir          *directory
	forum        *forum
	home         string                                                               // public URL of the HTTP server; empty if unknown
	endpoint     *endpoint                                                            // nil on the gateway
	dial         func(ctx context.Context, network, address string) (net.Conn, error) // dials the gateway
	disconnected atomic.Pointer[error]                                                // why people cannot reach the bot; nil while they can

	adminRoles, adminUsers []string
}

var (
	_ chat.Adapter   = (*Adapter)(nil)
	_ chat.Finder    = (*Adapter)(nil)
	_ chat.Editor    = (*Adapter)(nil)
	_ chat.Publisher = (*Adapter)(nil)
	_ chat.Drawer    = (*Adapter)(nil)
	_ chat.Listener  = (*Adapter)(nil)
	_ chat.Connected = (*Adapter)(nil)
	_ chat.Homer     = (*Adapter)(nil)
	_ chat.Examiner  = (*Adapter)(nil)

	_ chat.Correspondent = (*Adapter)(nil)
)

// Open reads the token and returns an adapter. It does not connect. Without
// a token, the adapter can only render.
func Open(env chat.Env, c Config) (*Adapter, error) {
	variable := ""
	if env.Name == "discord" {
		variable = "DISCORD_TOKEN"
	}
	token, err := env.Token(variable, "adapters."+env.Name+".token_file", c.TokenFile)
	if err != nil {
		return nil, err
	}
	if !layout.Link(c.APIURL) {
		return nil, fmt.Errorf("adapters.%s.api_url: %q is not an address: write one such as %s", env.Name, c.APIURL, Defaults().APIURL)
	}
	base, err := url.Parse(c.APIURL)
	if err != nil {
		return nil, fmt.Errorf("adapters.%s.api_url: %w", env.Name, err)
	}
	if c.Guild != "" && !snowflake.Valid(c.Guild) {
		return nil, fmt.Errorf("adapters.%s.guild: %q is not a server: write its id, a number of 17 to 20 digits (right-click the server, Copy Server ID)", env.Name, c.Guild)
	}
	if err := checkPeople(env.Name, c); err != nil {
		return nil, err
	}
	a := &Adapter{name: env.Name, guild: c.Guild, channels: slices.Clone(env.Channels), log: env.Log, in: env.In, first: env.First, mayAsk: env.MayAsk, dial: (&net.Dialer{}).DialContext,
		adminRoles: slices.Clone(c.AdminRoles), adminUsers: slices.Clone(c.AdminUsers), dir: newDirectory(nil)}
	if env.URL != nil {
		a.home = env.URL.String()
	}
	switch cmp.Or(c.Listen, byGateway) {
	case byGateway:
	case byHTTP:
		key, err := wire.ReadPublicKey(c.PublicKey)
		if err != nil {
			return nil, fmt.Errorf("adapters.%s.public_key: %w: copy the Public Key of the application at https://discord.com/developers/applications (General Information)", env.Name, err)
		}
		a.endpoint = &endpoint{key: key, path: "/discord/" + env.Name}
	default:
		return nil, fmt.Errorf("adapters.%s.listen: %q is not supported: write %q or %q", env.Name, c.Listen, byGateway, byHTTP)
	}
	a.disconnected.Store(&errNotYet)
	if token.Empty() {
		a.off = "it has no token: set token_file"
		if variable != "" {
			a.off = "it has no token: set DISCORD_TOKEN or token_file"
		}
		return a, nil
	}
	// People often paste the token with the prefix that it has in a request.
	a.token = chat.NewSecret(strings.TrimPrefix(token.Reveal(), "Bot "))
	a.rest = wire.NewClient(base, a.token)
	a.dir = newDirectory(a.rest)
	a.forum = &forum{rest: a.rest, dir: a.dir, tried: map[chat.Key]time.Time{}}
	if a.endpoint != nil && env.Mount != nil {
		env.Mount(a.endpoint.path, a.endpoint)
		a.endpoint.mounted = true
	}
	return a, nil
}

// checkPeople says in words what is wrong with the admins' ids.
func checkPeople(name string, c Config) error {
	for i, id := range c.AdminRoles {
		if err := CheckMention(id); err != nil {
			return fmt.Errorf("adapters.%s.admin_roles[%d]: %w", name, i, err)
		}
	}
	for i, id := range c.AdminUsers {
		if !snowflake.Valid(id) {
			return fmt.Errorf("adapters.%s.admin_users[%d]: %q is not a Discord user: write the id, a number of 17 to 20 digits (User Settings, Advanced, Developer Mode; then right-click the person, Copy User ID)", name, i, id)
		}
	}
	return nil
}

// Close closes idle connections.
func (a *Adapter) Close() error {
	if a.rest != nil {
		a.rest.Close()
	}
	return nil
}

// errNotYet is the state of the connection before Listen has established one.
var errNotYet = errors.New("it is not connected yet")

// Connection returns nil while the gateway is connected, or while Discord's
// requests are served.
func (a *Adapter) Connection() error {
	if why := a.disconnected.Load(); why != nil {
		return *why
	}
	return nil
}

const (
	// dedupWindow is how long Discord compares nonces. The documentation says only
	// "the past few minutes". For forums, where it promises nothing, forum.send
	// prevents duplicates.
	// https://docs.discord.com/developers/resources/message#create-message
	dedupWindow = 2 * time.Minute
	// settleTime is longer than sendTimeout, because a request that was
	// abandoned may still be in flight.
	settleTime = 20 * time.Second
)

// Capabilities returns the facts that the dispatcher decides by.
func (a *Adapter) Capabilities() chat.Capabilities {
	return chat.Capabilities{
		Off:         a.off,
		DedupWindow: dedupWindow,
		Settle:      settleTime,
		// Discord has been seen to accept five posts in five seconds.
		Gap:     time.Second,
		Threads: true,
		// A second gateway session would receive every event, too.
		OneListener: a.endpoint == nil,
	}
}

// CheckChannel says in words what is wrong with a channel id.
func CheckChannel(id string) error {
	if !snowflake.Valid(id) {
		return fmt.Errorf("%q is not a Discord channel: write its id, a number of 17 to 20 digits (User Settings, Advanced, Developer Mode; then right-click the channel, Copy Channel ID)", id)
	}
	return nil
}

// CheckMention says in words what is wrong with the id of a role to notify.
func CheckMention(id string) error {
	if !snowflake.Valid(id) {
		return fmt.Errorf("%q is not a Discord role: write its id, a number of 17 to 20 digits (User Settings, Advanced, Developer Mode; then Server Settings, Roles, right-click the role, Copy Role ID)", id)
	}
	return nil
}
