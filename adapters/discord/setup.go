package discord

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
)

// Needs is what the bot does in a server, apart from posting to plain channels.
type Needs struct {
	Threads bool // it opens threads under its posts
	Forums  bool // it posts to forum or media channels
}

// Permission is a permission that an invitation asks for.
type Permission struct {
	Name string // as Discord shows it in English
	Why  string
	bit  int64
}

// Permissions returns the minimum permissions for these needs. Publishing in an
// announcement channel takes only Send Messages, because the bot publishes only its own
// messages; a post in a forum takes Send Messages, too.
// https://docs.discord.com/developers/topics/permissions
func Permissions(n Needs) []Permission {
	all := []Permission{
		{"View Channels", "to see the channels that digests go to", discordgo.PermissionViewChannel},
		{"Send Messages", "to post, to open posts in forums, and to publish in announcement channels", discordgo.PermissionSendMessages},
		{"Embed Links", "to show the stories, which are embeds", discordgo.PermissionEmbedLinks},
		{"Read Message History", "to see whether a post has arrived if Discord's answer is lost", discordgo.PermissionReadMessageHistory},
	}
	if n.Threads {
		all = append(all, Permission{"Create Public Threads", "to put the analysis into a thread (details = \"thread\")", discordgo.PermissionCreatePublicThreads})
	}
	if n.Threads || n.Forums {
		all = append(all, Permission{"Send Messages in Threads", "to write in threads, which the posts in forums are", discordgo.PermissionSendMessagesInThreads})
	}
	return all
}

// Invitation returns the URL where an admin of a server adds an application's bot with these
// permissions. If guild is not empty, only that server is offered; otherwise all servers
// that the admin manages.
// https://docs.discord.com/developers/topics/oauth2#bot-authorization-flow
func Invitation(application, guild string, permissions []Permission) (string, error) {
	if !snowflake.Valid(application) {
		return "", fmt.Errorf("%q is not an application: write its id, a number of 17 to 20 digits (https://discord.com/developers/applications, General Information)", application)
	}
	var bits int64
	for _, p := range permissions {
		bits |= p.bit
	}
	query := url.Values{"client_id": {application}, "scope": {"bot applications.commands"}, "permissions": {strconv.FormatInt(bits, 10)}}
	if guild != "" {
		query.Set("guild_id", guild)
		query.Set("disable_guild_select", "true")
	}
	return "https://discord.com/oauth2/authorize?" + strings.ReplaceAll(query.Encode(), "+", "%20"), nil
}

// Application returns the id of the application that the token belongs to. If Discord
// cannot be reached, it returns the id encoded in the token, along with the error; that id
// is correct for applications created since 2016. The id is empty without a token, or if
// the token is refused.
// https://docs.discord.com/developers/resources/application#get-current-application
func (a *Adapter) Application(ctx context.Context) (string, error) {
	if a.token.Empty() {
		return "", errors.New(a.off)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	var application struct {
		ID string `json:"id"`
	}
	err := a.rest.Call(ctx, http.MethodGet, discordgo.EndpointApplication("@me"), nil, &application)
	if err == nil && snowflake.Valid(application.ID) {
		return application.ID, nil
	}
	if refusal, ok := errors.AsType[*wire.APIError](err); ok && refusal.Status == http.StatusUnauthorized {
		return "", fmt.Errorf("the token is refused: copy it again at https://discord.com/developers/applications (Bot, Reset Token): %w", err)
	}
	if err == nil {
		err = errors.New("the answer has no application id")
	}
	first, _, _ := strings.Cut(a.token.Reveal(), ".")
	id, bad := base64.RawStdEncoding.DecodeString(strings.TrimRight(first, "="))
	if bad != nil || !snowflake.Valid(string(id)) {
		return "", err
	}
	return string(id), err
}
