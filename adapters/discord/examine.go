package discord

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// examination is one examination of an account. Its findings are in the order of the
// checks.
type examination struct {
	*Adapter
	chat.Examination
	chat.Findings
	guilds map[string]*standing // by server
	busy   bool                 // posts left no time for the checks
}

// standing is what the bot may do in a server: its roles, and the permissions of each role.
type standing struct {
	self  string
	roles []string
	bits  map[string]int64 // by role; the server's own id stands for @everyone
	err   error
}

// portal is where applications are configured.
const portal = "https://discord.com/developers/applications/"

// channelsLimit is the maximum number of channels to check, because more checks would delay
// posts.
const channelsLimit = 50

// Examine checks the account. It makes only GET requests to Discord.
func (a *Adapter) Examine(ctx context.Context, x chat.Examination) []chat.Finding {
	e := &examination{Adapter: a, Examination: x, Findings: chat.Findings{Of: a.name}, guilds: map[string]*standing{}}
	if a.off != "" {
		e.Off(a.off, x.Channels)
		return e.All
	}
	// A check uses as much of the rate limit as a post.
	quiet, cancel := context.WithTimeout(ctx, wire.ReadPatience)
	defer cancel()
	if !await(quiet, a.rest.Limiter.Permits.Idle) {
		e.Add(chat.Unseen, "account", "", postsFirst)
		return e.All
	}
	date, asked, err := a.rest.Date(ctx)
	switch {
	case errors.Is(err, wire.ErrBusy):
		e.Add(chat.Unseen, "account", "", postsFirst)
		return e.All
	case err != nil:
		e.Add(chat.Failed, "address", "look at the network, at proxies and at adapters."+a.name+".api_url", "Discord cannot be asked: %v", err)
		return e.All
	}
	e.All = append(e.All, chat.ExamineClock(a.name, date, asked, time.Now()))
	if app, ok := e.application(ctx); ok {
		e.sessions(ctx)
		if app != "" {
			e.commands(ctx, app)
		}
		e.Each(x.Channels, channelsLimit, func(c chat.Channel) { e.channel(ctx, c) })
	}
	return e.All
}

// postsFirst explains why a check was skipped, which is not a fault.
const postsFirst = "it is not checked now, because posts go first"

// silent records that Discord did not answer a check, or that the check was skipped.
func (e *examination) silent(state chat.State, subject, what string, err error) {
	e.busy = e.busy || errors.Is(err, wire.ErrBusy)
	if e.busy {
		e.Add(chat.Unseen, subject, "", postsFirst)
		return
	}
	e.Add(state, subject, "run this again later; see https://discordstatus.com", "Discord does not say %s: %v", what, err)
}

// application checks the token and where Discord sends interactions. If it returns false,
// no further checks are possible.
// https://docs.discord.com/developers/resources/application#get-current-application
func (e *examination) application(ctx context.Context) (id string, ok bool) {
	var app struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Key      string `json:"verify_key"`
		Endpoint string `json:"interactions_endpoint_url"`
	}
	err := e.rest.Call(ctx, http.MethodGet, discordgo.EndpointApplication("@me"), nil, &app)
	if refusal, is := errors.AsType[*wire.APIError](err); is && refusal.Status == http.StatusUnauthorized {
		e.Add(chat.Failed, "token", "copy it again at "+portal+" (Bot, Reset Token), into DISCORD_TOKEN or the file of token_file", "Discord refuses it")
		e.Add(chat.Unseen, "channels and commands", "", "they cannot be checked without a token")
		return "", false
	}
	if err != nil {
		e.silent(chat.Failed, "token", "whose it is", err)
		return "", true
	}
	e.Add(chat.Fine, "token", "", "it belongs to %s", app.Name)
	page := portal + app.ID + "/information"
	switch {
	case e.endpoint == nil && app.Endpoint == "":
		e.Add(chat.Fine, "endpoint", "", "Discord sends interactions to the gateway, where the bot listens")
	case e.endpoint == nil:
		e.Add(chat.Failed, "endpoint", fmt.Sprintf("remove the Interactions Endpoint URL at %s, or set listen = \"http\" in [adapters.%s]", page, e.name),
			"Discord sends interactions to %s, and the bot listens on the gateway", app.Endpoint)
	case !strings.EqualFold(app.Key, hex.EncodeToString(e.endpoint.key)):
		e.Add(chat.Failed, "endpoint", fmt.Sprintf("copy the Public Key of %s into adapters.%s.public_key", page, e.name), "public_key is not that of the application, so all of its requests are refused")
	case strings.TrimSuffix(app.Endpoint, "/") == e.home+e.endpoint.path:
		e.Add(chat.Fine, "endpoint", "", "Discord sends interactions to %s", app.Endpoint)
	case !strings.HasPrefix(e.home, "https://"):
		e.Add(chat.Risky, "endpoint", "set http.url to the bot's public https address", "http.url does not say where Discord reaches the bot, and Discord sends interactions to %q", app.Endpoint)
	default:
		e.Add(chat.Failed, "endpoint", fmt.Sprintf("enter %s as Interactions Endpoint URL at %s, while serve runs", e.home+e.endpoint.path, page),
			"Discord sends interactions to %s", cmp.Or(app.Endpoint, "the gateway, and the bot listens to http"))
	}
	return app.ID, true
}

// fewStarts is the number of remaining session starts below which there is a warning.
const fewStarts = 50

// sessions checks how often a gateway session may still be started.
// https://docs.discord.com/developers/events/gateway#session-start-limit-object
func (e *examination) sessions(ctx context.Context) {
	if e.endpoint != nil {
		return
	}
	in, err := wire.Sessions(ctx, e.rest)
	again := time.Duration(in.Limit.ResetAfter * float64(time.Millisecond)).Round(time.Second)
	switch {
	case err != nil:
		e.silent(chat.Risky, "gateway", "where it is", err)
	case in.Limit.Total > 0 && in.Limit.Remaining < fewStarts:
		e.Add(chat.Risky, "gateway", "see in the log why the bot starts so often", "%d of %d starts of a session are left for %v", in.Limit.Remaining, in.Limit.Total, again)
	default:
		e.Add(chat.Fine, "gateway", "", "%d of %d starts of a session are left; no privileged intent is needed", in.Limit.Remaining, in.Limit.Total)
	}
}

// commands checks whether the registered commands are up to date.
func (e *examination) commands(ctx context.Context, app string) {
	const restart = "start digestbot serve, which registers them"
	want, _ := registration(e.Command)
	var have []command
	err := e.rest.Call(ctx, http.MethodGet, commandsEndpoint(app, e.guild)+"?with_localizations=true", nil, &have)
	var missing []string
	for _, c := range want {
		if !slices.ContainsFunc(have, c.samePlace) {
			missing = append(missing, c.Name)
		}
	}
	switch {
	case wire.Code(err) == missingAccess:
		e.Add(chat.Failed, "commands", "invite the bot again with the link of digestbot setup discord, which has applications.commands", "the bot may not offer any in server %s", e.guild)
	case err != nil:
		e.silent(chat.Failed, "commands", "which there are", err)
	case len(missing) > 0 && !e.Listening:
		e.Add(chat.Risky, "commands", restart, "people are not offered %s", strings.Join(missing, ", "))
	case len(missing) > 0:
		e.Add(chat.Failed, "commands", restart, "people are not offered %s", strings.Join(missing, ", "))
	case !equalCommands(have, want):
		e.Add(chat.Risky, "commands", restart, "Discord offers those of another version of digestbot")
	default:
		e.Add(chat.Fine, "commands", "", "Discord offers all %d", len(want))
	}
}

// missingAccess is Discord's code for something that the bot may not see.
const missingAccess = 50001

// spot is a channel with its permission overwrites.
type spot struct {
	place
	Parent     string `json:"parent_id"`
	Overwrites []struct {
		ID    string `json:"id"`
		Allow string `json:"allow"`
		Deny  string `json:"deny"`
	} `json:"permission_overwrites"`
}

// isThread reports whether a channel is a thread, whose permissions are those of its
// parent.
func (s spot) isThread() bool {
	return s.Type == discordgo.ChannelTypeGuildNewsThread || s.Type == discordgo.ChannelTypeGuildPublicThread || s.Type == discordgo.ChannelTypeGuildPrivateThread
}

// channel checks whether the bot can post in a channel and read its own posts there.
func (e *examination) channel(ctx context.Context, c chat.Channel) {
	if _, direct := directUser(c); direct {
		return
	}
	subject := c.String()
	var at spot
	err := e.rest.Call(ctx, http.MethodGet, discordgo.EndpointChannel(c.ID), nil, &at)
	switch wire.Code(err) {
	case wire.UnknownChannel:
		e.Add(chat.Failed, subject, "write another channel, or invite the bot to its server with the link of digestbot setup discord", "the channel was deleted, or the bot is not in its server")
		return
	case missingAccess:
		e.Add(chat.Failed, subject, "give the bot's role View Channels there (Edit Channel, Permissions)", "the bot cannot see the channel")
		return
	}
	if err != nil {
		e.silent(chat.Failed, subject, "what it is", err)
		return
	}
	if e.guild != "" && at.Guild != e.guild {
		e.Add(chat.Risky, subject, "write the server's id into adapters."+e.name+".guild, or leave that out", "it is in server %s, and people are answered in server %s alone", at.Guild, e.guild)
		return
	}
	forum, threads := at.forum(), slices.Contains(e.Threads, c)
	if at.isThread() {
		threads = true
		err = e.rest.Call(ctx, http.MethodGet, discordgo.EndpointChannel(at.Parent), nil, &at)
	}
	may := int64(0)
	if err == nil {
		may, err = e.may(ctx, at)
	}
	if err != nil {
		e.silent(chat.Risky, subject, "what the bot may do there", err)
		return
	}
	var lacks []string
	for _, p := range Permissions(Needs{Threads: threads, Forums: forum}) {
		if may&p.bit == 0 {
			lacks = append(lacks, fmt.Sprintf("%s (%s)", p.Name, p.Why))
		}
	}
	if len(lacks) > 0 {
		e.Add(chat.Failed, subject, "give them to the bot's role there (Edit Channel, Permissions)", "the bot lacks %s", strings.Join(lacks, ", "))
		return
	}
	e.Add(chat.Fine, subject, "", "the bot has all the permissions that it needs there")
}

// may returns the bot's permissions in a channel, as bits.
// https://docs.discord.com/developers/topics/permissions#permission-overwrites
func (e *examination) may(ctx context.Context, at spot) (int64, error) {
	s := e.standing(ctx, at.Guild)
	if s.err != nil {
		return 0, s.err
	}
	bits := s.bits[at.Guild]
	for _, role := range s.roles {
		bits |= s.bits[role]
	}
	if bits&discordgo.PermissionAdministrator != 0 {
		return -1, nil
	}
	// Overwrites are applied in this order: for @everyone, for all roles together, for the bot
	// itself.
	for _, applies := range []func(id string) bool{
		func(id string) bool { return id == at.Guild },
		func(id string) bool { return slices.Contains(s.roles, id) },
		func(id string) bool { return id == s.self },
	} {
		var allow, deny int64
		for _, o := range at.Overwrites {
			if applies(o.ID) {
				allow, deny = allow|readBits(o.Allow), deny|readBits(o.Deny)
			}
		}
		bits = bits&^deny | allow
	}
	if bits&discordgo.PermissionViewChannel == 0 {
		return 0, nil
	}
	return bits, nil
}

// standing requests the bot's roles in a server and their permissions, once per server.
func (e *examination) standing(ctx context.Context, guild string) *standing {
	if known := e.guilds[guild]; known != nil {
		return known
	}
	s := &standing{bits: map[string]int64{}}
	e.guilds[guild] = s
	var roles []struct {
		ID   string `json:"id"`
		Bits string `json:"permissions"`
	}
	var member struct {
		Roles []string `json:"roles"`
	}
	if s.self, s.err = e.dir.account(ctx); s.err != nil {
		return s
	}
	if s.err = e.rest.Call(ctx, http.MethodGet, discordgo.EndpointGuildRoles(guild), nil, &roles); s.err != nil {
		return s
	}
	s.err = e.rest.Call(ctx, http.MethodGet, discordgo.EndpointGuildMember(guild, s.self), nil, &member)
	s.roles = member.Roles
	for _, r := range roles {
		s.bits[r.ID] = readBits(r.Bits)
	}
	return s
}

// readBits parses permissions; an invalid text allows nothing.
func readBits(text string) int64 {
	bits, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return bits
}
