package discord

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

// interaction has the fields of an interaction that the bot reads. It does
// not use discordgo's type, which cannot be decoded at all if it contains an
// unknown component.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object
type interaction struct {
	ID        string                    `json:"id"`
	AppID     string                    `json:"application_id"`
	Token     string                    `json:"token"`
	Type      discordgo.InteractionType `json:"type"`
	GuildID   string                    `json:"guild_id"`
	ChannelID string                    `json:"channel_id"`
	Locale    string                    `json:"locale"`
	// Bot is the bot's permissions in the channel, as resolved by Discord; empty
	// if Discord does not say.
	Bot string `json:"app_permissions"`
	// Member is set in a server, and User elsewhere.
	Member *member `json:"member"`
	User   actor   `json:"user"`
	// Message is the message that contains the pressed button or the menu.
	Message struct {
		Flags discordgo.MessageFlags `json:"flags"`
	} `json:"message"`
	Data struct {
		Name string `json:"name"`
		// Kind is the type of the command, and Target the message that it was used
		// on.
		Kind     discordgo.ApplicationCommandType `json:"type"`
		Target   string                           `json:"target_id"`
		Options  []option                         `json:"options"`
		CustomID string                           `json:"custom_id"`
		Values   []string                         `json:"values"`
		// Components are the fields of a submitted form.
		Components []render.Fieldset `json:"components"`
	} `json:"data"`
}

// member is a person in a server, with that person's permissions in the channel,
// as resolved by Discord.
type member struct {
	User        actor    `json:"user"`
	Nick        string   `json:"nick"`
	Permissions string   `json:"permissions"`
	Roles       []string `json:"roles"`
}

// actor is a user. The name that others see is the first one that is set.
type actor struct {
	ID         string `json:"id"`
	GlobalName string `json:"global_name"`
	Username   string `json:"username"`
}

// actor returns the user who sent the interaction.
func (i *interaction) actor() actor {
	if i.Member != nil {
		return i.Member.User
	}
	return i.User
}

// option is a verb with options of its own, or the value of an argument.
type option struct {
	Name    string                                 `json:"name"`
	Type    discordgo.ApplicationCommandOptionType `json:"type"`
	Value   string                                 `json:"value"`
	Focused bool                                   `json:"focused"`
	Options []option                               `json:"options"`
}

// request is a parsed interaction.
type request struct {
	chat.Request
	// private means that only the person who asked can read the answer; turns
	// means that it replaces the message whose button was pressed.
	private, turns bool
}

// read parses an interaction. The line in a button or a menu is treated like any
// other: anybody could have forged it.
func (l *listener) read(i *interaction) request {
	q := request{Request: chat.Request{
		ID: i.ID, Channel: chat.Channel{Adapter: l.name, ID: i.ChannelID}, Home: i.GuildID, User: l.user(i), Locale: i.Locale,
		Unfit: l.missingPermissions(i),
	}, private: true}
	switch {
	case i.Type == discordgo.InteractionModalSubmit:
		q.Line = render.FormLine(i.Data.CustomID, i.Data.Components)
	case i.Data.Kind == discordgo.MessageApplicationCommand:
		for _, verb := range l.root.Pointing() {
			if verb.OnPost == i.Data.Name {
				q.Line = l.root.Pointed(verb, i.Data.Target)
			}
		}
	case i.Type != discordgo.InteractionMessageComponent:
		q.Line = commandLine(l.root, i.Data.Name, i.Data.Options)
	case len(i.Data.Values) > 0:
		q.Line = i.Data.Values[0]
	default:
		_, q.Line, _ = strings.Cut(i.Data.CustomID, render.KeyEnd)
	}
	call, err := l.root.Parse(q.Line)
	switch {
	case err != nil: // a faulty line is answered privately
	case i.Type == discordgo.InteractionMessageComponent:
		// The answer to a button is only for the person who pressed it, unless the
		// button shares it with everyone.
		q.private = call.Args[chat.Share.Name] == ""
		q.turns = call.Turns() && i.Message.Flags&discordgo.MessageFlagsEphemeral != 0
	default:
		q.private = call.Private()
	}
	return q
}

// requiredPermissions are the permissions without which the bot cannot post.
const requiredPermissions = discordgo.PermissionViewChannel | discordgo.PermissionSendMessages | discordgo.PermissionEmbedLinks

// missingPermissions says why the bot cannot post in the channel of an interaction, in the
// user's language. It is empty if the bot can, or if Discord does not say.
func (l *listener) missingPermissions(i *interaction) string {
	may, err := strconv.ParseUint(i.Bot, 10, 64)
	if err != nil || i.GuildID == "" || may&discordgo.PermissionAdministrator != 0 || may&requiredPermissions == requiredPermissions {
		return ""
	}
	w := l.in(i.Locale)
	var lacks []string
	for _, p := range []struct {
		bit  uint64
		name string
	}{
		{discordgo.PermissionViewChannel, w.Say("View Channel")}, {discordgo.PermissionSendMessages, w.Say("Send Messages")}, {discordgo.PermissionEmbedLinks, w.Say("Embed Links")},
	} {
		if may&p.bit == 0 {
			lacks = append(lacks, p.name)
		}
	}
	return w.Say("the bot lacks these permissions here: %s", strings.Join(lacks, w.Say(", ")))
}

// adminPermissions: either of them makes a member an admin of the bot.
const adminPermissions = discordgo.PermissionAdministrator | discordgo.PermissionManageGuild

// user returns the user who acted. The interaction has a member's
// permissions in a server; elsewhere, only the configuration makes a user
// an admin.
func (a *Adapter) user(i *interaction) chat.User {
	who, nick, manages := i.actor(), "", false
	if m := i.Member; m != nil {
		nick = m.Nick
		bits, err := strconv.ParseUint(m.Permissions, 10, 64)
		manages = err == nil && bits&adminPermissions != 0 || slices.ContainsFunc(m.Roles, func(id string) bool { return slices.Contains(a.adminRoles, id) })
	}
	return chat.User{
		ID: who.ID, Name: cmp.Or(nick, who.GlobalName, who.Username),
		Admin: manages && i.GuildID != "" || slices.Contains(a.adminUsers, who.ID),
	}
}

// commandLine converts an application command to the equivalent line. The
// argument being typed comes last.
func commandLine(root chat.Command, name string, options []option) string {
	words, c := append(make([]string, 0, 8), name), &root
	for len(options) == 1 && options[0].Type <= discordgo.ApplicationCommandOptionSubCommandGroup {
		sub := c.Sub(options[0].Name)
		if sub == nil {
			break
		}
		c = sub
		words, options = append(words, c.Name), options[0].Options
	}
	given := func(a chat.Arg) (value string, focused, ok bool) {
		for _, o := range options {
			if strings.EqualFold(o.Name, a.Name) {
				return o.Value, o.Focused, true
			}
		}
		return "", false, false
	}
	// Arguments are in the order of the command, not the user's. An omitted
	// argument before another one is empty.
	left := 0
	for _, a := range c.Args {
		value, focused, ok := given(a)
		switch {
		case a.Named:
		case !ok:
			left++
		default:
			for ; left > 0; left-- {
				words = append(words, "")
			}
			if focused && value == "" {
				return chat.Line(words...) + " "
			}
			words = append(words, value)
			if focused {
				return chat.Line(words...)
			}
		}
	}
	line, last := chat.Line(words...), ""
	for _, a := range c.Args {
		switch value, focused, ok := given(a); {
		case !a.Named || !ok:
		case focused && value == "":
			last = " " + a.Name + "="
		case focused:
			last = chat.With("", a, value)
		default:
			line = chat.With(line, a, value)
		}
	}
	return line + last
}
