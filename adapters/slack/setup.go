package slack

import (
	_ "embed"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"text/template"
)

// Scope is a scope that the app requests.
type Scope struct {
	Name string
	Why  string
	// Optional scopes may be turned off when the app is installed, if their purpose is not
	// needed.
	Optional bool
}

// Scopes returns the scopes that the bot needs with a configuration.
// https://docs.slack.dev/reference/scopes
func Scopes(c Config) []Scope {
	all := []Scope{
		{"chat:write", "to post, edit and remove messages", false},
		{"commands", "to receive /digest", false},
		{"users:read", "to know who is an admin, and each user's language", false},
		{"channels:read", "to see whether the bot was invited", false},
		{"channels:history", "to see whether a post has arrived", false},
		{"groups:read", "to see whether the bot was invited to a private channel", true},
		{"groups:history", "to see whether a post has arrived in a private channel", true},
		{"im:write", "to send direct messages, for /digest follow", true},
		{"im:history", "to see whether a direct message has arrived", true},
	}
	if len(c.AdminGroups) > 0 {
		all = append(all, Scope{"usergroups:read", "to know the members of admin_groups", false})
	}
	return all
}

//go:embed manifest.tmpl
var manifestText string

var manifestTemplate = template.Must(template.New("manifest").Parse(manifestText))

// Manifest returns, as YAML, the manifest of the app for the adapter with this name
// (https://docs.slack.dev/reference/app-manifest). home is the public URL of the bot's
// HTTP server; only an adapter that listens on HTTP needs it.
func Manifest(name string, c Config, home *url.URL) (string, error) {
	of := struct {
		URL    string
		Scopes []Scope
	}{Scopes: Scopes(c)}
	if c.Listen == "http" {
		if home == nil || home.Scheme != "https" {
			return "", fmt.Errorf("http.url: Slack posts to the bot (adapters.%s.listen is \"http\"), and only over https: write where the internet reaches the bot, for example url = \"https://digest.example.org\"", name)
		}
		of.URL = home.JoinPath(pathOf(name)).String()
	}
	var b strings.Builder
	err := manifestTemplate.Execute(&b, of)
	return b.String(), err
}

// comment matches a comment in the manifest, which has no other number signs.
var comment = regexp.MustCompile(`(?m)^#.*\n| +#.*$`)

// NewApp returns the URL that creates an app from a manifest, without its comments.
// https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests
func NewApp(manifest string) string {
	text := url.QueryEscape(comment.ReplaceAllString(manifest, ""))
	return "https://api.slack.com/apps?new_app=1&manifest_yaml=" + strings.ReplaceAll(text, "+", "%20")
}
