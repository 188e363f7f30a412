// Package config reads config.toml and checks it. Every error says where in the file it is
// and what to write instead. The package opens nothing and does not know how the bot uses a
// setting.
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/subscription"
)

// Config is a config.toml that was read and checked.
type Config struct {
	Folder        string        // of the file; relative paths start here
	State         string        // folder
	Database      Database      // holds the ledger, unless State does
	Keep          time.Duration // how long the ledger keeps what has ended
	Libraries     []Library
	Names         subscription.Names
	Admin         chat.Channel // for notices to admins; zero for none
	HTTP          HTTP
	Heartbeat     Heartbeat
	Adapters      []Adapter
	Subscriptions []subscription.Subscription
	Files         []string // token and site files, whose contents also matter
	Warnings      []string // settings that may not have the intended effect, with their positions

	places *mistakes // with the positions of the keys
}

// Explain prefixes an error with the position of a key, if the error begins with the key's
// name, as errors of adapters do.
func (c *Config) Explain(err error) error {
	if c.places == nil || err == nil {
		return err
	}
	return c.places.explain(err)
}

// Adapter is a configured adapter.
type Adapter struct {
	Name string
	Kind adapters.Kind
	// Table is the value that Kind.Config returned, filled in from the file.
	Table any
}

// file is the shape of config.toml without [library], which may be several tables, and
// without [[subscription]] and [adapters], whose tables are defined by package subscription
// and by the adapters. Error messages suggest the example of a key.
type file struct {
	State stateTable        `toml:"state" example:"\"var\""`
	Admin string            `toml:"admin_channel" example:"\"discord:123456789012345678\""`
	Keep  string            `toml:"keep" example:"\"9600h\""`
	HTTP  httpTable         `toml:"http"`
	Beat  heartbeatTable    `toml:"heartbeat"`
	Tags  map[string]string `toml:"tags"`
}

type httpTable struct {
	Listen           string `toml:"listen" example:"\"127.0.0.1:8080\""`
	URL              string `toml:"url" example:"\"https://digest.example.org\""`
	MetricsTokenFile string `toml:"metrics_token_file" example:"\"/run/secrets/metrics\""`
	AdminTokenFile   string `toml:"admin_token_file" example:"\"/run/secrets/admin\""`
}

type heartbeatTable struct {
	URLFile string `toml:"url_file" example:"\"/run/secrets/heartbeat\""`
	Every   string `toml:"every" example:"\"5m\""`
}

// subscriptionTable has the fields of a subscription that the adapters must check. The
// others are one field for each of subscription.Settings.
type subscriptionTable struct {
	Name     string   `toml:"name" example:"\"morning\""`
	Channels []string `toml:"channels" example:"[\"web:general\"]"`
	Mention  []string `toml:"mention" example:"[\"discord:123456789012345678\"]"`
	spec     subscription.Spec
}

const (
	defaultKeep = 400 * 24 * time.Hour
	// leastKeep is added to the longest time that a subscription looks back.
	leastKeep = 30 * 24 * time.Hour
)

// Read reads and checks the file at path. The error has a line for everything that is
// wrong: file:line:column: the problem, and what to write instead. It quotes values only
// where they are wrong, so that it does not reveal a secret on a neighbouring line.
// Anything that looks like a secret is masked everywhere.
func Read(path string, kinds []adapters.Kind) (*Config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file: run digestbot in the folder that has it, name it with --config, or create one with digestbot init", path)
	}
	if info, bad := os.Stat(path); err != nil && bad == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: it is a folder, not a file: name the file with --config, or remove the folder and write the file (Docker makes a folder if a file that it mounts is missing)", path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: see that the user who runs digestbot may read it: %w", path, err)
	}
	return Parse(path, data, kinds)
}

// Parse is Read for content that was already read.
func Parse(path string, data []byte, kinds []adapters.Kind) (*Config, error) {
	c, _, err := parse(path, data, kinds)
	return c, err
}

func parse(path string, data []byte, kinds []adapters.Kind) (*Config, tables, error) {
	m := &mistakes{path: path, refused: map[string]bool{}, misfits: map[string]bool{}}
	r := &reader{mistakes: m, kinds: kinds}
	c := &Config{State: "var"}
	var f tables
	if data, ok := r.text(data); ok {
		if tree, whole := r.parse(data); whole {
			f = r.decode(tree, c)
			(&checker{m, r.strangers}).check(f, c)
			r.secrets(tree)
		}
	}
	if len(m.problems) > 0 {
		return nil, f, errors.New(strings.Join(m.lines(), "\n"))
	}
	// Later errors refer to keys. Of list elements, they refer only to those of adapters
	// and libraries; recording all others would be costly in a file that names ten thousand
	// channels.
	keys := map[string]position{}
	for key, p := range m.at {
		if !strings.HasSuffix(key, "]") || strings.HasPrefix(key, "adapters.") || strings.HasPrefix(key, "library[") {
			keys[key] = p
		}
	}
	c.places = &mistakes{path: path, at: keys}
	return c, f, nil
}

// Channel parses a channel and has the kind of its adapter check the ID.
func (c *Config) Channel(text string) (chat.Channel, error) {
	channel, err := chat.ParseChannel(text)
	if err != nil {
		return channel, err
	}
	if chat.MaskValue(text) != text {
		return channel, errors.New("channel: it looks like a token or a webhook URL: write adapter:id, and keep tokens elsewhere")
	}
	i := slices.IndexFunc(c.Adapters, func(a Adapter) bool { return a.Name == channel.Adapter })
	if i < 0 {
		return channel, fmt.Errorf("channel %q: there is no adapter %q: write one of %s, or add [adapters.%s]", text, channel.Adapter, AdapterNames(c.Adapters), channel.Adapter)
	}
	if err := c.Adapters[i].Kind.CheckChannel(channel.ID); err != nil {
		return channel, fmt.Errorf("channel %q: %w", text, err)
	}
	return channel, nil
}

// CheckHome returns an error if the adapter of a channel does not answer people of home,
// the server or workspace that the channel is in.
func (c *Config) CheckHome(channel chat.Channel, home string) error {
	i := slices.IndexFunc(c.Adapters, func(a Adapter) bool { return a.Name == channel.Adapter })
	if i < 0 || c.Adapters[i].Kind.CheckHome == nil {
		return nil
	}
	if err := c.Adapters[i].Kind.CheckHome(c.Adapters[i].Table, home); err != nil {
		return fmt.Errorf("channel %q: adapters.%s: %w", channel, channel.Adapter, err)
	}
	return nil
}

// AdapterNames lists the names of adapters, for people.
func AdapterNames(configured []Adapter) string {
	var names []string
	for _, a := range configured {
		names = append(names, a.Name)
	}
	return strings.Join(names, ", ")
}

// LedgerFile returns the path of the ledger.
func (c *Config) LedgerFile() string { return filepath.Join(c.State, "digestbot.db") }

// LockFile returns the path of the lock that the one delivering process holds.
func (c *Config) LockFile() string { return filepath.Join(c.State, "digestbot.lock") }

// ShelfFile returns the path of the cache of digest texts.
func (c *Config) ShelfFile() string { return filepath.Join(c.State, "library.db") }
