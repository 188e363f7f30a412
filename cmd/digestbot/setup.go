package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/discord"
	"github.com/digestbot/digestbot/adapters/slack"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/setup"
	"github.com/digestbot/digestbot/digest/zone"
)

type initCmd struct {
	Folder   string `xor:"place" placeholder:"PATH" help:"The folder of your digests."`
	Git      string `xor:"place" placeholder:"URL" help:"The git repository of your digests, an https:// URL."`
	Example  bool   `help:"Create the folder, if it does not exist, with a first digest to edit."`
	Platform string `enum:",web,discord,slack" default:"" placeholder:"NAME" help:"Where to post: web, discord or slack; without a terminal, web by default."`
	Channel  string `placeholder:"ID" help:"The channel to post to. For example, slack:C0123456789 needs no --platform."`
	Time     string `placeholder:"TIME" help:"When to post, for example 'weekdays 8:30'; without a terminal, 8:30 by default."`
	Zone     string `placeholder:"NAME" help:"The time zone, for example Europe/Berlin; by default this machine's."`
}

func (cmd initCmd) answers() setup.Answers {
	a := setup.Answers{Git: cmd.Git, Folder: cmd.Folder, Platform: cmd.Platform, Channel: cmd.Channel, Time: cmd.Time, Zone: cmd.Zone}
	if platform, id, ok := strings.Cut(a.Channel, ":"); ok && a.Platform == "" && slices.Contains(setup.Platforms, platform) {
		a.Platform, a.Channel = platform, id
	}
	return a
}

// AfterApply refuses a command line with missing answers if there is no terminal to ask for
// them.
func (cmd initCmd) AfterApply(p *program) error {
	if missing := cmd.answers().Missing(); missing != "" && p.in == nil {
		return fmt.Errorf("there is no terminal to ask questions on: use %s", missing)
	}
	return nil
}

// Run writes an initial config.toml.
func (cmd initCmd) Run(p *program, c *cli) error {
	i := &setup.Init{
		Answers: cmd.answers(), Path: c.Config, Kinds: p.kinds, Guess: zone.OfMachine(p.getenv), Example: cmd.Example, Say: p.printf, Now: time.Now(),
	}
	if p.in != nil {
		i.In = bufio.NewScanner(p.in)
	}
	return i.Run()
}

type setupCmd struct {
	Discord setupDiscordCmd `cmd:"" help:"Print the link that invites the bot to a server, with the fewest permissions, and the remaining steps." example:"digestbot setup discord --application-id 123456789012345678"`
	Slack   setupSlackCmd   `cmd:"" help:"Print the link and the manifest that create the app, with the fewest scopes, and the remaining steps." example:"digestbot setup slack --manifest >manifest.yaml"`
}

type setupDiscordCmd struct {
	Adapter     string `placeholder:"NAME" default:"discord" help:"The adapter (${default})."`
	Application string `name:"application-id" placeholder:"ID" help:"The application's ID; by default that of the token."`
	Forum       bool   `help:"Include the permissions for forum and media channels."`
	Threads     bool   `help:"Include the permissions for threads, for admins who set details=thread in chat."`
}

// Run prints the steps on Discord. It asks Discord which application the token belongs to,
// unless --application-id is given.
func (cmd setupDiscordCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, ac, err := p.adapterOf(c, cmd.Adapter, "discord")
	if err != nil {
		return err
	}
	use := setup.UseOf(conf, ac.Name)
	what := setup.Discord{
		Name: ac.Name, Application: cmd.Application, Use: use, Table: *ac.Table.(*discord.Config),
		Permissions: discord.Permissions(discord.Needs{Threads: len(use.Threads) > 0 || cmd.Threads, Forums: cmd.Forum}),
	}
	if conf.HTTP.URL != nil {
		what.Home = conf.HTTP.URL.String()
	}
	if cmd.Application == "" {
		opened, err := house.OpenAdapter(conf, ac, p.outside(c))
		if err != nil {
			return err
		}
		defer func() { _ = opened.Close() }()
		bot, ok := opened.(*discord.Adapter)
		if !ok {
			return errors.New("this adapter does not know its application: use --application-id")
		}
		if what.Application, what.Doubt = bot.Application(ctx); what.Application == "" {
			return fmt.Errorf("adapters.%s: the link needs the id of the application, by its token or by --application-id: %w", ac.Name, what.Doubt)
		}
	}
	return what.Print(p.printf)
}

type setupSlackCmd struct {
	Adapter  string `placeholder:"NAME" default:"slack" help:"The adapter (${default})."`
	Manifest bool   `help:"Print only the manifest."`
}

// Run prints the steps on Slack. It makes no requests.
func (cmd setupSlackCmd) Run(p *program, c *cli) error {
	conf, ac, err := p.adapterOf(c, cmd.Adapter, "slack")
	if err != nil {
		return err
	}
	table := *ac.Table.(*slack.Config)
	manifest, err := slack.Manifest(ac.Name, table, conf.HTTP.URL)
	if err != nil {
		return conf.Explain(err)
	}
	if cmd.Manifest {
		p.printf("%s", manifest)
		return nil
	}
	setup.Slack{Name: ac.Name, Manifest: manifest, Use: setup.UseOf(conf, ac.Name), Table: table}.Print(p.printf)
	return nil
}

// adapterOf returns the configured adapter of that name, which must be of that kind.
func (p *program) adapterOf(c *cli, name, kind string) (*config.Config, config.Adapter, error) {
	conf, err := p.config(c)
	if err != nil {
		return nil, config.Adapter{}, err
	}
	i := slices.IndexFunc(conf.Adapters, func(a config.Adapter) bool { return a.Name == name && a.Kind.Name == kind })
	if i >= 0 {
		return conf, conf.Adapters[i], nil
	}
	var names []string
	for _, a := range conf.Adapters {
		if a.Kind.Name == kind {
			names = append(names, a.Name)
		}
	}
	return nil, config.Adapter{}, fmt.Errorf("adapter: %q is no %s in %s: there is %s", name, kind, c.Config, strings.Join(names, ", "))
}
