package config

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// checker turns tables into a configuration, and records invalid values.
type checker struct {
	*mistakes
	strangers []string // adapters without a known platform
}

// check turns the file into the configuration and records invalid values.
func (k *checker) check(f tables, c *Config) {
	base := filepath.Dir(k.path)
	c.Folder = base
	c.State, c.Database = k.state(f.State, base)
	k.libraries(f.libraries, base, c)
	c.Names.Aliases = k.aliases(f.Tags)
	if f.Admin != "" {
		var err error
		if c.Admin, err = c.Channel(f.Admin); err != nil && !k.stranger(f.Admin) {
			k.refuse("admin_channel", "%v", err)
		}
	}
	c.HTTP = k.http(f.HTTP)
	c.Heartbeat = k.heartbeat(f.Beat)
	k.single(c)
	seen := map[string]bool{}
	for i, s := range f.subscriptions {
		key := fmt.Sprintf("subscription[%d]", i)
		switch {
		case s.Name == "" && k.refused[key+".name"]:
		case s.Name == "":
			k.refuse(key, `name is missing: write for example name = "morning"`)
		case seen[s.Name]:
			k.refuse(key+".name", "%q is already used above: give each subscription a name of its own", s.Name)
		}
		seen[s.Name] = true
		c.Subscriptions = append(c.Subscriptions, k.subscription(key, s, c))
	}
	c.Keep = k.keep(f.Keep, c.Subscriptions)
	c.Files = filesOf(f, c)
}

// single refuses a second adapter of a kind that allows only one.
func (k *checker) single(c *Config) {
	first := map[string]string{} // the name of the adapter, by its kind
	for _, a := range c.Adapters {
		if a.Kind.Single == "" {
			continue
		}
		if other, ok := first[a.Kind.Name]; ok {
			k.refuse("adapters."+a.Name, "there is already a %s, adapters.%s, and the bot can have only one: give it more channels instead", a.Kind.Single, other)
			continue
		}
		first[a.Kind.Name] = a.Name
	}
}

// keep reads how long rows are kept. Rows that a subscription still looks back at must be
// kept: without them, digests would be posted again.
func (k *checker) keep(text string, subscriptions []subscription.Subscription) time.Duration {
	least := leastKeep
	for _, s := range subscriptions {
		least = max(least, leastKeep+s.LooksBack())
	}
	before := len(k.problems)
	keep := k.duration("keep", text, max(defaultKeep, least))
	if len(k.problems) == before && keep < least {
		hours := int64((least + time.Hour - 1) / time.Hour)
		k.refuse("keep", `%q is too short: the ledger would forget posts that a subscription still looks back at: write "%dh" or more`, text, hours)
	}
	return keep
}

// aliases reads the table of tags in line order.
func (k *checker) aliases(table map[string]string) (a digest.Aliases) {
	names := slices.SortedFunc(maps.Keys(table), func(x, y string) int {
		return cmp.Or(k.position("tags."+x).compare(k.position("tags."+y)), strings.Compare(x, y))
	})
	for _, name := range names {
		if k.refused["tags."+name] {
			continue
		}
		if err := a.Add(name, table[name]); err != nil {
			k.refuse("tags."+name, "%v", err)
		}
	}
	return a
}

func under(base, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

// warnOfZone warns of a zone that is rarely the intended one.
func (k *checker) warnOfZone(key string, zone *time.Location, c *Config) {
	if about := compose.AboutZone(zone, "en"); about != "" {
		at := k.position(key)
		c.Warnings = append(c.Warnings, fmt.Sprintf("%s:%d:%d: %s: %s", k.path, at.line, at.column, plainKey(key), about))
	}
}

func (k *checker) subscription(key string, s subscriptionTable, c *Config) subscription.Subscription {
	out, problems := s.spec.Subscription(c.Names)
	for _, p := range problems {
		k.refuse(key+"."+p.Key, "%s", p.Text)
	}
	out.Name = s.Name
	k.warnOfZone(key+".zone", out.Zone, c)
	if _, there := k.at[key+".channels"]; len(s.Channels) == 0 && !k.refused[key+".channels"] {
		says := "it is missing"
		if there {
			says = "there is no channel in it"
		}
		k.refuse(key+".channels", `%s: write for example channels = ["web:general"]`, says)
	}
	for i, text := range s.Channels {
		channel, err := c.Channel(text)
		switch {
		case err != nil && k.stranger(text):
		case err != nil:
			k.refuse(fmt.Sprintf("%s.channels[%d]", key, i), "%v", err)
		case slices.Contains(out.Channels, channel):
			k.refuse(fmt.Sprintf("%s.channels[%d]", key, i), "%s is listed twice", channel)
		default:
			out.Channels = append(out.Channels, channel)
		}
	}
	out.Mention = k.mentions(key, s, out.Channels, c)
	return out
}

// mentions reads the IDs to notify, by adapter name.
func (k *checker) mentions(key string, s subscriptionTable, channels []chat.Channel, c *Config) map[string][]string {
	ids := map[string][]string{}
	for i, text := range s.Mention {
		refuse := func(format string, args ...any) { k.refuse(fmt.Sprintf("%s.mention[%d]", key, i), format, args...) }
		adapter, id, ok := strings.Cut(text, ":")
		if !ok {
			refuse(`%q: write adapter:id, the id being that of a Discord role or a Slack user group, for example "discord:123456789012345678"`, text)
			continue
		}
		if k.stranger(text) || len(channels) == 0 && k.refused[key+".channels"] {
			continue
		}
		if !slices.ContainsFunc(channels, func(c chat.Channel) bool { return c.Adapter == adapter }) {
			refuse("%q: no channel of this subscription is on %s", text, adapter)
			continue
		}
		of := slices.IndexFunc(c.Adapters, func(a Adapter) bool { return a.Name == adapter })
		if err := c.Adapters[of].Kind.CheckMention(id); err != nil {
			refuse("%q: %v", text, err)
			continue
		}
		ids[adapter] = append(ids[adapter], id)
	}
	return ids
}

// stranger reports whether a channel or mention belongs to an adapter that was refused.
func (k *checker) stranger(text string) bool {
	adapter, _, _ := strings.Cut(text, ":")
	return slices.Contains(k.strangers, adapter)
}

func (k *checker) duration(key, text string, fallback time.Duration) time.Duration {
	if text == "" {
		return fallback
	}
	d, err := subscription.ParseWait(text)
	if err != nil {
		k.refuse(key, "%v", err)
	}
	return d
}
