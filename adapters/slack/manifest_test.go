package slack

import (
	"os"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// TestManifest holds the app that people are asked to make to what the adapter
// needs of it, and to the manifest's limits
// (https://docs.slack.dev/reference/app-manifest).
func TestManifest(t *testing.T) {
	data, err := os.ReadFile("manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Metadata struct {
			Major int `yaml:"major_version"`
			Minor int `yaml:"minor_version"`
		} `yaml:"_metadata"`
		Display struct {
			Name        string `yaml:"name"`
			Description string `yaml:"description"`
		} `yaml:"display_information"`
		Features struct {
			Home struct {
				Tab      bool `yaml:"home_tab_enabled"`
				Messages bool `yaml:"messages_tab_enabled"`
				ReadOnly bool `yaml:"messages_tab_read_only_enabled"`
			} `yaml:"app_home"`
			Bot struct {
				Name   string `yaml:"display_name"`
				Online bool   `yaml:"always_online"`
			} `yaml:"bot_user"`
			Commands []struct {
				Command     string `yaml:"command"`
				Description string `yaml:"description"`
				Hint        string `yaml:"usage_hint"`
				Escape      bool   `yaml:"should_escape"`
			} `yaml:"slash_commands"`
			Shortcuts []struct {
				Name        string `yaml:"name"`
				Type        string `yaml:"type"`
				Callback    string `yaml:"callback_id"`
				Description string `yaml:"description"`
			} `yaml:"shortcuts"`
		} `yaml:"features"`
		OAuth struct {
			Scopes struct {
				Bot []string `yaml:"bot"`
			} `yaml:"scopes"`
		} `yaml:"oauth_config"`
		Settings struct {
			Interactivity struct {
				Enabled bool `yaml:"is_enabled"`
			} `yaml:"interactivity"`
			Events struct {
				Bot []string `yaml:"bot_events"`
			} `yaml:"event_subscriptions"`
			SocketMode bool `yaml:"socket_mode_enabled"`
			Org        bool `yaml:"org_deploy_enabled"`
			Rotation   bool `yaml:"token_rotation_enabled"`
		} `yaml:"settings"`
	}
	if err := yaml.UnmarshalWithOptions(data, &m, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	for scope, why := range map[string]string{
		"chat:write": "chat.postMessage, chat.update and chat.delete", "commands": "slash commands", "users:read": "users.info",
		"channels:history": "conversations.history and conversations.replies", "groups:history": "conversations.history and conversations.replies",
		"usergroups:read": "usergroups.users.list", "im:write": "conversations.open", "im:history": "conversations.history of conversations with a user",
	} {
		if !slices.Contains(m.OAuth.Scopes.Bot, scope) {
			t.Errorf("the scope %s is missing: %s needs it", scope, why)
		}
	}
	if len(m.Features.Commands) != 1 || m.Features.Commands[0].Command != "/digest" || m.Features.Commands[0].Escape {
		t.Errorf("commands: got %+v, want /digest with its text as typed", m.Features.Commands)
	}
	// https://docs.slack.dev/interactivity/implementing-shortcuts#messages
	for _, s := range m.Features.Shortcuts {
		if s.Type != "message" || s.Callback == "" || utf8.RuneCountInString(s.Name) > 24 || utf8.RuneCountInString(s.Description) > 150 || s.Description == "" {
			t.Errorf("shortcuts: got %+v", s)
		}
	}
	if !m.Features.Home.Tab || !m.Features.Home.Messages || m.Features.Home.ReadOnly || !slices.Equal(m.Settings.Events.Bot, []string{"app_home_opened"}) {
		t.Errorf("home: got %+v and the events %v, want both tabs and app_home_opened", m.Features.Home, m.Settings.Events.Bot)
	}
	if !m.Settings.SocketMode || !m.Settings.Interactivity.Enabled || m.Settings.Rotation {
		t.Errorf("settings: got %+v, want Socket Mode and interactivity, and tokens that last", m.Settings)
	}
	for what, limit := range map[string]int{m.Display.Name: 35, m.Display.Description: 140, m.Features.Bot.Name: 80} {
		if n := utf8.RuneCountInString(what); n == 0 || n > limit {
			t.Errorf("%q has %d characters of %d", what, n, limit)
		}
	}
}
