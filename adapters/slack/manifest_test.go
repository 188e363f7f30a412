package slack

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// app is a manifest, with every key that the bot's manifest has.
type app struct {
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
			URL         string `yaml:"url"`
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
			Bot      []string `yaml:"bot"`
			Optional []string `yaml:"bot_optional"`
		} `yaml:"scopes"`
	} `yaml:"oauth_config"`
	Settings struct {
		Interactivity struct {
			Enabled bool   `yaml:"is_enabled"`
			URL     string `yaml:"request_url"`
			Menus   string `yaml:"message_menu_options_url"`
		} `yaml:"interactivity"`
		Events struct {
			URL string   `yaml:"request_url"`
			Bot []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
		SocketMode bool `yaml:"socket_mode_enabled"`
		Org        bool `yaml:"org_deploy_enabled"`
		Rotation   bool `yaml:"token_rotation_enabled"`
	} `yaml:"settings"`
}

// manifests are the configurations for which manifests differ.
var manifests = []struct {
	what, name, home string
	config           Config
	url              string // to which Slack posts
}{
	{"Socket Mode", "slack", "http://127.0.0.1:8080", Config{Listen: "socket"}, ""},
	{"nothing said", "slack", "", Config{}, ""},
	{"admin groups", "slack", "", Config{AdminGroups: []string{"S0123456789"}}, ""},
	{"HTTP", "slack", "https://digest.example.org", Config{Listen: "http"}, "https://digest.example.org/slack/"},
	{"HTTP, another name", "a\"b #1 \u202e", "https://digest.example.org", Config{Listen: "http"}, "https://digest.example.org/slack/a%22b%20%231%20%E2%80%AE/"},
}

func parsed(t *testing.T, text string) (m app) {
	t.Helper()
	if err := yaml.UnmarshalWithOptions([]byte(text), &m, yaml.Strict()); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return m
}

// made returns the manifest for a configuration.
func made(t *testing.T, name, home string, c Config) string {
	t.Helper()
	at, err := url.Parse(home)
	if err != nil {
		t.Fatal(err)
	}
	if home == "" {
		at = nil
	}
	text, err := Manifest(name, c, at)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestManifest compares the manifest with what the adapter needs, and with the
// limits of manifests (https://docs.slack.dev/reference/app-manifest).
func TestManifest(t *testing.T) {
	for _, x := range manifests {
		t.Run(x.what, func(t *testing.T) {
			text := made(t, x.name, x.home, x.config)
			m := parsed(t, text)
			want := map[string]string{
				"chat:write": "chat.postMessage, chat.update and chat.delete", "commands": "slash commands", "users:read": "users.info",
				"channels:history": "conversations.history and conversations.replies", "groups:history": "conversations.history and conversations.replies",
				"channels:read": "conversations.info", "groups:read": "conversations.info",
				"im:write": "conversations.open", "im:history": "conversations.history of conversations with a user",
			}
			if len(x.config.AdminGroups) > 0 {
				want["usergroups:read"] = "usergroups.users.list"
			}
			for scope, why := range want {
				if !slices.Contains(m.OAuth.Scopes.Bot, scope) {
					t.Errorf("the scope %s is missing: %s needs it", scope, why)
				}
			}
			if len(m.OAuth.Scopes.Bot) != len(want) {
				t.Errorf("it asks for %q, which is more than it needs", m.OAuth.Scopes.Bot)
			}
			// According to the reference, an optional scope must be listed in bot, too.
			if got := m.OAuth.Scopes.Optional; !slices.Equal(got, []string{"groups:read", "groups:history", "im:write", "im:history"}) || slices.ContainsFunc(got, func(s string) bool { return !slices.Contains(m.OAuth.Scopes.Bot, s) }) {
				t.Errorf("optional are %q of %q", got, m.OAuth.Scopes.Bot)
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
			if m.Settings.SocketMode != (x.url == "") || !m.Settings.Interactivity.Enabled || m.Settings.Rotation || m.Settings.Org {
				t.Errorf("settings: got %+v, want interactivity, tokens that last, and Socket Mode unless Slack posts to the bot", m.Settings)
			}
			for _, got := range []string{m.Features.Commands[0].URL, m.Settings.Interactivity.URL, m.Settings.Interactivity.Menus, m.Settings.Events.URL} {
				if got != x.url {
					t.Errorf("Slack posts to %q, want %q", got, x.url)
				}
			}
			for what, limit := range map[string]int{m.Display.Name: 35, m.Display.Description: 140, m.Features.Bot.Name: 80} {
				if n := utf8.RuneCountInString(what); n == 0 || n > limit {
					t.Errorf("%q has %d characters of %d", what, n, limit)
				}
			}

			// The link creates the same app.
			link, err := url.Parse(NewApp(text))
			if err != nil || link.Host != "api.slack.com" || link.Path != "/apps" || link.Query().Get("new_app") != "1" || strings.Contains(link.RawQuery, "+") {
				t.Fatalf("the link is %s: %v", link, err)
			}
			short := link.Query().Get("manifest_yaml")
			if strings.Contains(short, "#") || !reflect.DeepEqual(parsed(t, short), m) {
				t.Errorf("the link has\n%s\nwant\n%s", short, text)
			}
			if len(link.String()) > 6000 {
				t.Errorf("the link has %d bytes, which is long for a browser's address", len(link.String()))
			}
		})
	}
}

// Slack posts only over https.
func TestManifestNeedsAnAddress(t *testing.T) {
	for _, home := range []*url.URL{nil, {Scheme: "http", Host: "127.0.0.1:8080"}} {
		if _, err := Manifest("slack", Config{Listen: "http"}, home); err == nil || !strings.HasPrefix(err.Error(), "http.url: ") {
			t.Errorf("%v: %v", home, err)
		}
	}
}

// schemaFile is Slack's schema of manifests (https://github.com/slackapi/manifest-schema),
// which .ci/run provides.
var schemaFile = flag.String("schema", "", "the JSON schema that TestManifestKeepsTheSchema goes by, instead of what is known of it")

// rules is the known part of that schema, for the keys of the bot's manifest.
const rules = `{"type": "object", "additionalProperties": false, "required": ["display_information"], "properties": {
	"_metadata": {"type": "object", "properties": {"major_version": {"type": "integer"}, "minor_version": {"type": "integer"}}},
	"display_information": {"type": "object", "additionalProperties": false, "required": ["name"], "properties": {
		"name": {"type": "string", "minLength": 1, "maxLength": 35}, "description": {"type": "string", "minLength": 1, "maxLength": 140}}},
	"features": {"type": "object", "additionalProperties": false, "properties": {
		"app_home": {"type": "object", "additionalProperties": false, "properties": {
			"home_tab_enabled": {"type": "boolean"}, "messages_tab_enabled": {"type": "boolean"}, "messages_tab_read_only_enabled": {"type": "boolean"}}},
		"bot_user": {"type": "object", "additionalProperties": false, "required": ["display_name"], "properties": {
			"display_name": {"type": "string", "minLength": 1, "maxLength": 80}, "always_online": {"type": "boolean"}}},
		"shortcuts": {"type": "array", "minItems": 1, "maxItems": 10, "items": {"type": "object", "additionalProperties": false, "required": ["name", "type", "callback_id", "description"], "properties": {
			"name": {"type": "string", "minLength": 1, "maxLength": 24}, "type": {"type": "string", "enum": ["message", "global"]},
			"callback_id": {"type": "string", "minLength": 1, "maxLength": 255}, "description": {"type": "string", "minLength": 1, "maxLength": 150}}}},
		"slash_commands": {"type": "array", "minItems": 1, "maxItems": 50, "items": {"type": "object", "additionalProperties": false, "required": ["command", "description"], "properties": {
			"command": {"type": "string", "minLength": 2, "maxLength": 32, "pattern": "^/"}, "url": {"type": "string", "maxLength": 3000, "pattern": "^https?://"},
			"description": {"type": "string", "minLength": 1, "maxLength": 2000}, "usage_hint": {"type": "string", "minLength": 1, "maxLength": 1000}, "should_escape": {"type": "boolean"}}}}}},
	"oauth_config": {"type": "object", "additionalProperties": false, "properties": {"scopes": {"type": "object", "additionalProperties": false, "properties": {
		"bot": {"type": "array", "maxItems": 255, "items": {"type": "string", "maxLength": 50}}, "bot_optional": {"type": "array", "maxItems": 255, "items": {"type": "string", "maxLength": 50}}}}}},
	"settings": {"type": "object", "additionalProperties": false, "properties": {
		"interactivity": {"type": "object", "additionalProperties": false, "required": ["is_enabled"], "properties": {"is_enabled": {"type": "boolean"},
			"request_url": {"type": "string", "maxLength": 3500, "pattern": "^https?://"}, "message_menu_options_url": {"type": "string", "maxLength": 3500, "pattern": "^https?://"}}},
		"event_subscriptions": {"type": "object", "additionalProperties": false, "properties": {"request_url": {"type": "string", "maxLength": 3500, "pattern": "^https?://"},
			"bot_events": {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 50}}}},
		"socket_mode_enabled": {"type": "boolean"}, "org_deploy_enabled": {"type": "boolean"}, "token_rotation_enabled": {"type": "boolean"}}}}}`

// TestManifestKeepsTheSchema checks the manifests against the rules that Slack publishes.
func TestManifestKeepsTheSchema(t *testing.T) {
	data := []byte(rules)
	if *schemaFile != "" {
		var err error
		if data, err = os.ReadFile(*schemaFile); err != nil {
			t.Fatal(err)
		}
	}
	var root schema
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	for _, x := range manifests {
		var m any
		if err := yaml.Unmarshal([]byte(made(t, x.name, x.home, x.config)), &m); err != nil {
			t.Fatal(err)
		}
		for _, problem := range root.problems("manifest", m, root.Definitions) {
			t.Errorf("%s: %s", x.what, problem)
		}
	}
	bad := map[string]any{"settings": map[string]any{"socket_mode_enabled": "yes", "odd": true}, "features": map[string]any{"slash_commands": []any{map[string]any{"command": "digest"}}}}
	if got := root.problems("manifest", bad, root.Definitions); len(got) != 5 {
		t.Errorf("a bad manifest has the problems %q, want five", got)
	}
}

// schema is the part of a JSON schema that is checked.
type schema struct {
	Ref         string             `json:"$ref"`
	Type        string             `json:"type"`
	Required    []string           `json:"required"`
	Properties  map[string]*schema `json:"properties"`
	Closed      json.RawMessage    `json:"additionalProperties"`
	Items       *schema            `json:"items"`
	MinItems    int                `json:"minItems"`
	MaxItems    int                `json:"maxItems"`
	MinLength   int                `json:"minLength"`
	MaxLength   int                `json:"maxLength"`
	Pattern     string             `json:"pattern"`
	Enum        []any              `json:"enum"`
	Definitions map[string]*schema `json:"definitions"`
}

// problems returns the violations of the schema in a value.
func (s *schema) problems(at string, v any, definitions map[string]*schema) (all []string) {
	if s.Ref != "" {
		return definitions[strings.TrimPrefix(s.Ref, "#/definitions/")].problems(at, v, definitions)
	}
	say := func(format string, args ...any) { all = append(all, at+": "+fmt.Sprintf(format, args...)) }
	kind := ""
	switch v := v.(type) {
	case map[string]any:
		kind = "object"
		for _, key := range s.Required {
			if _, ok := v[key]; !ok {
				say("%s is missing", key)
			}
		}
		for key, value := range v {
			if of := s.Properties[key]; of != nil {
				all = append(all, of.problems(at+"."+key, value, definitions)...)
			} else if string(s.Closed) == "false" {
				say("there is no %s", key)
			}
		}
	case []any:
		kind = "array"
		if len(v) < s.MinItems || s.MaxItems > 0 && len(v) > s.MaxItems {
			say("it has %d items", len(v))
		}
		for i, value := range v {
			if s.Items != nil {
				all = append(all, s.Items.problems(fmt.Sprintf("%s[%d]", at, i), value, definitions)...)
			}
		}
	case string:
		kind = "string"
		if n := utf8.RuneCountInString(v); n < s.MinLength || s.MaxLength > 0 && n > s.MaxLength {
			say("%q has %d characters", v, n)
		}
		if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v) {
			say("%q does not match %s", v, s.Pattern)
		}
		if s.Enum != nil && !slices.Contains(s.Enum, any(v)) {
			say("%q is none of %q", v, s.Enum)
		}
	case bool:
		kind = "boolean"
	case uint64, int64, int:
		kind = "integer"
	}
	if s.Type != "" && s.Type != kind && (s.Type != "number" || kind != "integer") {
		say("it is %s, not %s", kind, s.Type)
	}
	return all
}
