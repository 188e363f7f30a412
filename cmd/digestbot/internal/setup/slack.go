package setup

import (
	"fmt"
	"strings"

	"github.com/digestbot/digestbot/adapters/slack"
)

// Slack is the list of steps on Slack.
type Slack struct {
	Name     string // of the adapter
	Manifest string
	Use      Use
	Table    slack.Config
}

// distribution warns against distributing the app.
// https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps
const distribution = `Never activate public distribution (Manage Distribution). An app that is distributed and not in Slack's Marketplace may read the history of a channel once a minute, 15 messages at a time; digestbot looks there whether a post has arrived, and would wait, and hold posts. An app of your own workspace has no such limit: https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps`

// Print prints the steps, followed by the manifest.
func (s Slack) Print(say func(format string, args ...any)) {
	steps := []string{"Create the app from this link: choose the workspace, then Create.\n\n     " + slack.NewApp(s.Manifest) + "\n\n     Or paste the manifest below at https://api.slack.com/apps (Create New App, From a manifest).\n"}
	if s.Table.Listen == "http" {
		steps = append(steps, "Copy the signing secret (Basic Information): "+s.secret("SLACK_SIGNING_SECRET", "signing_secret_file"))
	} else {
		steps = append(steps, "Create an app-level token with the scope connections:write (Basic Information, App-Level Tokens): "+s.secret("SLACK_APP_TOKEN", "app_token_file"))
	}
	var optional []string
	for _, scope := range slack.Scopes(s.Table) {
		if scope.Optional {
			optional = append(optional, fmt.Sprintf("%s (%s)", scope.Name, scope.Why))
		}
	}
	steps = append(steps,
		"Install the app (Install App). You may turn off only these scopes, if you do not need them: "+strings.Join(optional, ", ")+".",
		"Copy the bot token (Install App): "+s.secret("SLACK_BOT_TOKEN", "bot_token_file"))
	if len(s.Use.Channels) == 0 {
		steps = append(steps, fmt.Sprintf("Copy the channel's ID from the end of View channel details, and write it into a [[subscription]]: channels = [\"%s:ID\"].", s.Name))
	}
	steps = append(steps, "Invite the bot into each channel: /invite @digestbot", "Start digestbot.")
	if s.Table.Listen == "http" {
		steps = append(steps, "At Event Subscriptions, press Retry until the Request URL is verified.")
	}
	number(say, steps)
	say("\n%s\n\nThe manifest:\n\n%s", distribution, s.Manifest)
}

// secret says where to put a secret.
func (s Slack) secret(variable, key string) string {
	if s.Name == "slack" {
		return "export " + variable + "=…"
	}
	return fmt.Sprintf("put it into a file, and name that in [adapters.%s]: %s = \"…\"", s.Name, key)
}
