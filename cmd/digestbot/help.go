package main

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/digestbot/digestbot/cmd/digestbot/internal/shell"
)

type helpCmd struct {
	Command []string `arg:"" optional:"" help:"A command; without one, all are listed."`
}

// Run prints the same as COMMAND --help.
func (cmd helpCmd) Run(ctx context.Context, p *program) error {
	if run(ctx, p, append(cmd.Command, "--help")) != 0 {
		return errMisunderstood
	}
	return nil
}

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints the completion script for a shell.
func (cmd completionCmd) Run(p *program) error {
	text, err := shell.Script(cmd.Shell)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(p.out, text)
	return err
}

type completeCmd struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

// Run prints the possible completions of the last word, for the completion scripts.
func (cmd completeCmd) Run(real *kong.Context, p *program) error {
	for _, line := range shell.Complete(real.Model, cmd.Words) {
		p.printf("%s\n", line)
	}
	return nil
}

type manCmd struct{}

// Run prints the manual page.
func (manCmd) Run(real *kong.Context, p *program) error {
	_, err := fmt.Fprint(p.out, shell.Man(real.Model, shell.Page{Version: versionText(), Sections: []shell.Section{
		{Title: "EXIT STATUS", Terms: [][2]string{
			{"0", "All is well."},
			{"1", "The command failed, and said why."},
			{"2", "The command line was not understood."},
		}},
		{Title: "ENVIRONMENT", Terms: [][2]string{
			{"DISCORD_TOKEN", "The token of the Discord bot."},
			{"SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET", "The tokens of the Slack app, and its signing secret."},
			{"DIGESTBOT_WEB_TOKEN, DIGESTBOT_METRICS_TOKEN", "The tokens that other machines need for the web room and for /metrics."},
			{"DIGESTBOT_GIT_TOKEN", "The token for the repository of the library."},
			{"TZ", "The time zone that init writes."},
		}},
		{Title: "FILES", Terms: [][2]string{
			{"config.toml", "The configuration, in the folder where digestbot runs."},
			{"var", "The state, beside the configuration, unless that names another folder."},
		}},
		{Title: "SEE ALSO", Terms: [][2]string{{"https://github.com/digestbot/digestbot", "The documentation."}}},
	}}))
	return err
}
