// Package config reads config.toml and checks it. Every error says where in the file it is
// and what to write instead. It opens nothing and never knows what the bot does with a
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

// Config is config.toml, read and checked.
type Config struct {
	Folder        string        // that the file is in; names in it are relative to it
	State         string        // folder
	Database      Database      // of the ledger, if it is not in the folder
	Keep          time.Duration // how long the ledger remembers what has ended
	Libraries     []Library
	Names         subscription.Names
	Admin         chat.Channel // where admins are told; zero for nowhere
	HTTP          HTTP
	Heartbeat     Heartbeat
	Adapters      []Adapter
	Subscriptions []subscription.Subscription
	Files         []string // whose contents count beside those of config.toml: of tokens and of sites
	Warnings      []string // what may not mean what its writer thinks, each with its place

	places *mistakes // with the places of the keys
}

// Explain puts the position of a key in front of an error that begins with the key's name,
// as errors of adapters do.
func (c *Config) Explain(err error) error {
	if c.places == nil || err == nil {
		return err
	}
	return c.places.explain(err)
}

// Adapter is one adapter as it is configured.
type Adapter struct {
	Name string
	Kind adapters.Kind
	// Table is what Kind.Config made, filled in from the file.
	Table any
}

// file is the shape of config.toml apart from [library], which may be several tables,
// and from [[subscription]] and [adapters], whose tables belong to
// subscription and to the adapters. The example of a key is what an error tells people to
// write.
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

// subscriptionTable is what the adapters have to check of a table of subscription. The
// rest of it is a field for each of subscription.Settings.
type subscriptionTable struct {
	Name     string   `toml:"name" example:"\"morning\""`
	Channels []string `toml:"channels" example:"[\"web:general\"]"`
	Mention  []string `toml:"mention" example:"[\"discord:123456789012345678\"]"`
	spec     subscription.Spec
}

const (
	defaultKeep = 400 * 24 * time.Hour
	// leastKeep is how much longer than anybody looks back rows are kept.
	leastKeep = 30 * 24 * time.Hour
)

// Read reads and checks the file at path. The error tells everything
// that is wrong with it, a line each: file:line:column: what, and what to
// write instead. Values of the file are quoted only where they are wrong, so
// that a secret on a neighbouring line stays there; and what looks like a secret
// is masked, wherever it stands.
func Read(path string, kinds []adapters.Kind) (*Config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file: run digestbot in the folder that has it, name it with --config, or write one with digestbot init", path)
	}
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return Parse(path, data, kinds)
}

// Parse is Read for a file whose content is known.
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
	// Later errors concern keys, and of lists those of adapters and libraries: the
	// others are most of a file that names ten thousand channels.
	keys := map[string]position{}
	for key, p := range m.at {
		if !strings.HasSuffix(key, "]") || strings.HasPrefix(key, "adapters.") || strings.HasPrefix(key, "library[") {
			keys[key] = p
		}
	}
	c.places = &mistakes{path: path, at: keys}
	return c, f, nil
}

// Channel reads a channel and asks its adapter's kind about the id.
func (c *Config) Channel(text string) (chat.Channel, error) {
	channel, err := chat.ParseChannel(text)
	if err != nil {
		return channel, err
	}
	if chat.MaskValue(text) != text {
		return channel, errors.New("channel: it looks like a token or the address of a webhook: write adapter:id, and keep tokens elsewhere")
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

// CheckHome says why the adapter of a channel does not answer the people of a home,
// which the channel is in.
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

// AdapterNames are the names of adapters, for people.
func AdapterNames(configured []Adapter) string {
	var names []string
	for _, a := range configured {
		names = append(names, a.Name)
	}
	return strings.Join(names, ", ")
}

// LedgerFile is the ledger's file.
func (c *Config) LedgerFile() string { return filepath.Join(c.State, "digestbot.db") }

// LockFile is held by the one process that delivers.
func (c *Config) LockFile() string { return filepath.Join(c.State, "digestbot.lock") }

// ShelfFile is where the text of digests is kept that were read.
func (c *Config) ShelfFile() string { return filepath.Join(c.State, "library.db") }
