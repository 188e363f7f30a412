package slack

import (
	_ "embed"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"text/template"
)

// Scope is one that the app asks for.
type Scope struct {
	Name string
	Why  string
	// Optional may be turned off when the app is installed, if nobody needs what it is for.
	Optional bool
}

// Scopes are those that the bot needs with a configuration.
// https://docs.slack.dev/reference/scopes
func Scopes(c Config) []Scope {
	all := []Scope{
		{"chat:write", "to post, correct and remove", false},
		{"commands", "to take /digest", false},
		{"users:read", "to know who is an admin, and which language one reads", false},
		{"channels:read", "to see whether the bot was invited", false},
		{"channels:history", "to see whether a post has arrived", false},
		{"groups:read", "to see whether the bot was invited to a private channel", true},
		{"groups:history", "to see whether a post has arrived in a private channel", true},
		{"im:write", "to write to one person alone, for /digest follow", true},
		{"im:history", "to see whether that has arrived", true},
	}
	if len(c.AdminGroups) > 0 {
		all = append(all, Scope{"usergroups:read", "to know the members of admin_groups", false})
	}
	return all
}

//go:embed manifest.tmpl
var manifestText string

var manifestTemplate = template.Must(template.New("manifest").Parse(manifestText))

// Manifest is the app that the adapter of a name needs, as YAML
// (https://docs.slack.dev/reference/app-manifest). Home is where the internet reaches the
// bot's HTTP server, and only an adapter that listens to HTTP needs it.
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

// comment is a comment of the manifest, which has no other number sign.
var comment = regexp.MustCompile(`(?m)^#.*\n| +#.*$`)

// NewApp is the address that makes an app of a manifest, without its comments.
// https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests
func NewApp(manifest string) string {
	text := url.QueryEscape(comment.ReplaceAllString(manifest, ""))
	return "https://api.slack.com/apps?new_app=1&manifest_yaml=" + strings.ReplaceAll(text, "+", "%20")
}
