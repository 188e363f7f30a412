package config

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/subscription"
)

// Show returns the configuration in force as TOML, with its defaults. Beside each key is
// the line of the file, or "default". The result can be parsed again. Paths are relative to
// the file, as in it. Anything that looks like a secret is masked.
func Show(path string, data []byte, kinds []adapters.Kind) (string, error) {
	c, f, err := parse(path, data, kinds)
	if err != nil {
		return "", err
	}
	s := &shower{at: positions(data)}
	if !c.Database.Shared() {
		s.line("", "state", cmp.Or(f.State.Path, "var"), cmp.Or(s.standing("state.path"), "state"))
	}
	s.line("", "keep", fmt.Sprintf("%dh", int64(c.Keep.Hours())), "keep")
	s.given("", "admin_channel", f.Admin, "admin_channel")

	if c.Database.Shared() {
		s.table("[state]")
		s.line("", "path", cmp.Or(f.State.Path, "var"), "state.path")
		s.given("", "url", f.State.URL, "state.url")
		s.given("", "url_file", f.State.URLFile, "state.url_file")
	}

	s.table("[http]")
	s.line("", "listen", c.HTTP.Listen, "http.listen")
	s.given("", "url", f.HTTP.URL, "http.url")
	s.given("", "metrics_token_file", f.HTTP.MetricsTokenFile, "http.metrics_token_file")
	s.given("", "admin_token_file", f.HTTP.AdminTokenFile, "http.admin_token_file")

	s.table("[heartbeat]")
	s.given("", "url_file", f.Beat.URLFile, "heartbeat.url_file")
	s.line("", "every", cmp.Or(f.Beat.Every, "5m"), "heartbeat.every")

	for i, l := range f.libraries {
		if c.Libraries[i].Key == "library" {
			s.table("[library]")
		} else {
			s.table("[[library]]")
		}
		if l.Undated == "" {
			l.Undated = "skip"
		}
		if l.Git != "" && l.Every == "" {
			l.Every = "5m"
		}
		s.fields("", c.Libraries[i].Key+".", reflect.ValueOf(l))
	}

	if len(f.Tags) > 0 {
		s.table("[tags]")
		for _, name := range slices.Sorted(maps.Keys(f.Tags)) {
			s.line("", name, f.Tags[name], "tags."+name)
		}
	}

	for _, a := range c.Adapters {
		s.table(header("adapters", a.Name))
		if a.Name != a.Kind.Name {
			s.line("", "kind", a.Kind.Name, "adapters."+a.Name+".kind")
		}
		s.fields("", "adapters."+a.Name+".", reflect.ValueOf(a.Table).Elem())
	}

	for i, sub := range f.subscriptions {
		s.table("[[subscription]]")
		key := fmt.Sprintf("subscription[%d].", i)
		s.line("", "name", sub.Name, key+"name")
		s.line("", "channels", sub.Channels, key+"channels")
		if len(sub.Mention) > 0 {
			s.line("", "mention", sub.Mention, key+"mention")
		}
		for _, of := range subscription.Settings {
			v, ok := sub.spec[of.Name]
			if !ok && of.Default == "" {
				continue
			}
			if !ok {
				v = defaultOf(of)
			}
			prefix, name := "", of.Key
			if dot := strings.LastIndexByte(of.Key, '.'); dot >= 0 {
				prefix, name = of.Key[:dot+1], of.Key[dot+1:]
			}
			s.line(prefix, name, v, key+of.Key)
		}
	}
	return s.String(), nil
}

// defaultOf returns the default of a setting, in the type that is written.
func defaultOf(of subscription.Setting) any {
	spec := subscription.Spec{}
	spec.Put(of.Name, of.Default)
	if v, ok := spec[of.Name]; ok {
		return v
	}
	if n, err := strconv.Atoi(of.Default); err == nil {
		return n
	}
	return of.Default
}

// shower writes TOML.
type shower struct {
	strings.Builder
	at map[string]position
}

func (s *shower) table(header string) { fmt.Fprintf(s, "\n%s\n", header) }

func header(parts ...string) string {
	for i, part := range parts {
		if !plainName(part) {
			parts[i] = strconv.Quote(part)
		}
	}
	return "[" + strings.Join(parts, ".") + "]"
}

func plainName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
}

// line writes a key with its value, and where in the file the value comes from.
func (s *shower) line(prefix, name string, value any, key string) {
	text, err := toml.Marshal(map[string]any{name: masked(value)})
	if err != nil {
		return // not a value in the file
	}
	from := "default"
	if at, ok := s.at[key]; ok {
		from = fmt.Sprintf("line %d", at.line)
	}
	fmt.Fprintf(s, "%s%s # %s\n", prefix, strings.TrimSpace(string(text)), from)
}

// standing returns key if the file has it.
func (s *shower) standing(key string) string {
	if _, ok := s.at[key]; ok {
		return key
	}
	return ""
}

// masked returns a value without anything that looks like a secret.
func masked(value any) any {
	switch v := value.(type) {
	case string:
		return chat.Mask(v)
	case []string:
		out := make([]string, len(v))
		for i := range v {
			out[i] = chat.Mask(v[i])
		}
		return out
	}
	return value
}

func (s *shower) given(prefix, name, value, key string) {
	if value != "" {
		s.line(prefix, name, value, key)
	}
}

// fields writes the fields of a table that have a value.
func (s *shower) fields(prefix, key string, table reflect.Value) {
	for _, f := range reflect.VisibleFields(table.Type()) {
		name, v := f.Tag.Get("toml"), table.FieldByIndex(f.Index)
		if name == "" || f.Anonymous || v.IsZero() {
			continue
		}
		switch {
		case v.Kind() == reflect.Struct:
			s.fields(prefix+name+".", key+name+".", v)
		case v.Kind() == reflect.Pointer:
			s.line(prefix, name, v.Elem().Interface(), key+name)
		case v.Kind() == reflect.Slice:
			s.line(prefix, name, v.Convert(reflect.TypeFor[[]string]()).Interface(), key+name)
		default:
			s.line(prefix, name, v.Interface(), key+name)
		}
	}
}

// About summarizes the configuration in one line. on and off are the names of adapters.
func (c *Config) About(on, off []string) string {
	channels := map[chat.Channel]bool{}
	for _, s := range c.Subscriptions {
		for _, channel := range s.Channels {
			channels[channel] = true
		}
	}
	count := func(n int, one, more string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %s", n, more)
	}
	about := count(len(c.Libraries), "library", "libraries") + ", " + count(len(c.Subscriptions), "subscription", "subscriptions") + " to " + count(len(channels), "channel", "channels") +
		", " + strings.Join(on, " and ") + " on"
	if len(off) > 0 {
		about += ", " + strings.Join(off, " and ") + " off"
	}
	return about
}
