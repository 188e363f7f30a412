package setup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/adapters/discord"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
)

// Use is what a configuration needs from an adapter.
type Use struct {
	Channels []chat.Channel // for digests and for notices to admins, without duplicates
	Mentions []string       // IDs to notify
	Threads  []chat.Channel // channels in which a subscription opens threads
}

// UseOf returns what a configuration, and subscriptions made in chat, need from the adapter
// of a name.
func UseOf(conf *config.Config, name string, made ...subscription.Subscription) (u Use) {
	channels := []chat.Channel{conf.Admin}
	for _, s := range slices.Concat(conf.Subscriptions, made) {
		channels = append(channels, s.Channels...)
		for _, id := range s.Mention[name] {
			if !slices.Contains(u.Mentions, id) {
				u.Mentions = append(u.Mentions, id)
			}
		}
		for _, c := range s.Channels {
			if s.Details == compose.Thread && c.Adapter == name {
				u.Threads = append(u.Threads, c)
			}
		}
	}
	for _, c := range channels {
		if c.Adapter == name && !slices.Contains(u.Channels, c) {
			u.Channels = append(u.Channels, c)
		}
	}
	return u
}

// Discord is the list of steps on Discord.
type Discord struct {
	Name        string // of the adapter
	Application string // id
	Doubt       error  // why the ID could only be read from the token; nil if it is certain
	Permissions []discord.Permission
	Use         Use
	Table       discord.Config
	Home        string // public URL of the HTTP server; empty if unknown
}

// Print prints the steps.
func (d Discord) Print(say func(format string, args ...any)) error {
	link, err := discord.Invitation(d.Application, d.Table.Guild, d.Permissions)
	if err != nil {
		return err
	}
	say("The bot needs these permissions, and no others:\n\n")
	for _, p := range d.Permissions {
		say("  %-26s%s\n", p.Name, p.Why)
	}
	if d.Doubt != nil {
		say("\nDiscord could not be asked (%v), so the application is the one that the token names. If the link fails, use --application-id.\n", d.Doubt)
	}
	say("\n")
	steps := []string{"Invite the bot; you need Manage Server:\n\n     " + link + "\n"}
	steps = append(steps, fmt.Sprintf("Turn Public Bot off at https://discord.com/developers/applications/%s/bot, so that nobody else can add the bot.", d.Application))
	if len(d.Use.Channels) == 0 {
		steps = append(steps, fmt.Sprintf("Turn Developer Mode on (User Settings, Advanced), right-click the channel, Copy Channel ID, and write it into a [[subscription]]: channels = [\"%s:ID\"].", d.Name))
	}
	steps = append(steps, "If the channel is private, add the bot's role to it (Edit Channel, Permissions).")
	if len(d.Use.Mentions) > 0 {
		steps = append(steps, fmt.Sprintf("Let the bot notify %s: allow anyone to mention the role (Server Settings, Roles), or give the bot Mention @everyone, @here, and All Roles in the channel. It never writes @everyone.",
			plural("role", d.Use.Mentions)))
	}
	if d.Table.Listen == "http" {
		home := d.Home
		if home == "" {
			home = "https://your.host"
		}
		steps = append(steps, fmt.Sprintf("Start digestbot, and enter %s/discord/%s as Interactions Endpoint URL (General Information).", home, d.Name))
	} else {
		steps = append(steps, "Start digestbot.")
	}
	number(say, steps)
	return nil
}

// plural returns a noun followed by names.
func plural(noun string, names []string) string {
	if len(names) > 1 {
		noun += "s"
	}
	return "the " + noun + " " + strings.Join(names, ", ")
}

// number prints numbered steps.
func number(say func(format string, args ...any), steps []string) {
	for i, step := range steps {
		say("  %d. %s\n", i+1, step)
	}
}
