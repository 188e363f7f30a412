// Package config reads config.toml and checks it. Every error says where in the file it is
// and what to write instead. It opens nothing and never knows what the bot does with a
// setting.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/fuzzy"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
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

	places *reader // of the keys
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
	r := &reader{path: path, kinds: kinds, refused: map[string]bool{}, misfits: map[string]bool{}}
	c := &Config{State: "var"}
	var f tables
	if data, ok := r.text(data); ok {
		if tree, whole := r.parse(data); whole {
			f = r.decode(tree, c)
			r.check(f, c)
			r.secrets(tree)
		}
	}
	if len(r.problems) > 0 {
		return nil, f, errors.New(strings.Join(r.lines(), "\n"))
	}
	// Later errors concern keys, and of lists those of adapters and libraries: the
	// others are most of a file that names ten thousand channels.
	keys := map[string]position{}
	for key, p := range r.at {
		if !strings.HasSuffix(key, "]") || strings.HasPrefix(key, "adapters.") || strings.HasPrefix(key, "library[") {
			keys[key] = p
		}
	}
	c.places = &reader{path: path, at: keys}
	return c, f, nil
}

// reader collects what is wrong with a file.
type reader struct {
	path     string
	kinds    []adapters.Kind
	at       map[string]position // of keys, such as "subscription[0].channels[1]"
	problems []problem

	broken    map[int]bool    // the lines whose syntax was refused
	refused   map[string]bool // the keys that were refused, so that nobody misses them
	misfits   map[string]bool // those of them whose values are of another type
	strangers []string        // the adapters of no platform
}

type problem struct {
	at   position
	text string
}

// lines are what is wrong, a line each, in the order of the file.
func (r *reader) lines() []string {
	slices.SortStableFunc(r.problems, func(a, b problem) int { return a.at.compare(b.at) })
	lines := make([]string, len(r.problems))
	for i, p := range r.problems {
		where := fmt.Sprintf("%s:%d:%d", r.path, p.at.line, p.at.column)
		if p.at.column == 0 {
			where = r.path // it is about no place
		}
		lines[i] = where + ": " + digest.Escape(chat.MaskValue(p.text))
	}
	return slices.Compact(lines)
}

// refuse notes a problem with the value of a key.
func (r *reader) refuse(key, format string, args ...any) {
	r.note(r.position(key), plainKey(key)+": "+fmt.Sprintf(format, args...))
	r.refused[key] = true
}

// note notes a problem, unless its line was refused as a whole.
func (r *reader) note(at position, text string) {
	if !r.broken[at.line] {
		r.problems = append(r.problems, problem{at, text})
	}
}

// position is where a key stands; a key that does not, where its table does.
func (r *reader) position(key string) position {
	for key != "" {
		if p, ok := r.at[key]; ok {
			return p
		}
		key = key[:max(strings.LastIndexAny(key, ".["), 0)]
	}
	return position{1, 1}
}

func (r *reader) explain(err error) error {
	key, _, ok := strings.Cut(err.Error(), ": ")
	if !ok || !settingKey.MatchString(key) {
		return err
	}
	p := r.position(key)
	text := plainKey(key) + strings.TrimPrefix(err.Error(), key)
	return &configError{fmt.Sprintf("%s:%d:%d: %s", r.path, p.line, p.column, digest.Escape(chat.MaskValue(text))), err}
}

// settingKey is what the key of a setting looks like.
var settingKey = regexp.MustCompile(`^(?:(?:http|heartbeat|state|library(?:\[\d+\])?|adapters|tags|subscription)(?:\.\S+)?|state|keep|admin_channel)$`)

// configError is an error in words that hide secrets.
type configError struct {
	text  string
	cause error
}

func (e *configError) Error() string { return e.text }

func (e *configError) Unwrap() error { return e.cause }

// shownKey is the key of a value that people are shown, and that no long row of
// letters and digits belongs into.
var shownKey = regexp.MustCompile(`^(?:admin_channel|library(?:\[\d+\])?\.name|subscription\[\d+\]\.(?:name|mention\[\d+\]))$`)

// secrets refuses what looks like a secret wherever it stands, as the name of a key
// or as a value: the bot would show it to people who read names and channels.
func (r *reader) secrets(all map[string]any) {
	var look func(key string, v any)
	look = func(key string, v any) {
		mask := chat.Mask
		if shownKey.MatchString(key) {
			mask = chat.MaskValue
		}
		secret := chat.MaskValue(key) != key
		switch v := v.(type) {
		case map[string]any:
			for name, v := range v {
				look(strings.TrimPrefix(key+"."+name, "."), v)
			}
		case []any:
			for i, v := range v {
				look(fmt.Sprintf("%s[%d]", key, i), v)
			}
			return
		case string:
			secret = secret || mask(v) != v
		}
		at := r.position(key)
		if secret && !slices.ContainsFunc(r.problems, func(p problem) bool { return p.at == at }) {
			r.problems = append(r.problems, problem{at, plainKey(key) + ": it looks like a token, a password or the address of a webhook, which are not written here: " +
				"put a token into the environment, or into a file that token_file or its like names"})
		}
	}
	look("", all)
}

// tables are what decode reads.
type tables struct {
	file
	libraries     []libraryTable
	subscriptions []subscriptionTable
}

// decode reads the file strictly into a struct that has a field per adapter,
// of the adapter's own type, and per setting of a subscription.
func (r *reader) decode(tree map[string]any, c *Config) (all tables) {
	r.adapters(tree, c)
	library := reflect.TypeFor[libraryTable]()
	if _, several := r.at["library[0]"]; several {
		library = reflect.SliceOf(library)
	}
	shape := reflect.New(fileWith(c.Adapters, library)).Elem()
	tables := shape.FieldByName("Adapters")
	for i, a := range c.Adapters {
		tables.Field(i).FieldByName("Table").Set(reflect.ValueOf(a.Table).Elem())
	}
	r.fillTable(shape, "", tree)
	for i, a := range c.Adapters {
		reflect.ValueOf(a.Table).Elem().Set(tables.Field(i).FieldByName("Table"))
	}
	all.file = shape.FieldByName("File").Interface().(file)
	switch t := shape.FieldByName("Library").Interface().(type) {
	case []libraryTable:
		all.libraries = t
	case libraryTable:
		all.libraries = []libraryTable{t}
	}
	for i, table := range shape.FieldByName("Subscriptions").Seq2() {
		s := table.FieldByName("Subscription").Interface().(subscriptionTable)
		s.spec = r.spec(fmt.Sprintf("subscription[%d].", i.Int()), table)
		all.subscriptions = append(all.subscriptions, s)
	}
	return all
}

// adapters finds which adapters there are.
func (r *reader) adapters(tree map[string]any, c *Config) {
	named, _ := tree["adapters"].(map[string]any) // another type is refused with the rest
	room := false                                 // by another name
	for _, table := range named {
		t, _ := table.(map[string]any)
		room = room || t["kind"] == "web"
	}
	for _, k := range r.kinds {
		if _, there := named[k.Name]; !there && !k.Optional && (!room || k.Name != "web") {
			c.Adapters = append(c.Adapters, Adapter{k.Name, k, k.Config()})
		}
	}
	for name, table := range named {
		t, ok := table.(map[string]any)
		if i := slices.IndexFunc(r.kinds, func(k adapters.Kind) bool { return k.Name == name }); !ok && i < 0 {
			continue // a key where a table should be
		}
		kind, written := t["kind"].(string)
		want := cmp.Or(kind, name)
		i := slices.IndexFunc(r.kinds, func(k adapters.Kind) bool { return k.Name == want })
		if i >= 0 {
			c.Adapters = append(c.Adapters, Adapter{name, r.kinds[i], r.kinds[i].Config()})
			continue
		}
		r.strangers = append(r.strangers, name)
		if written && kind != "" {
			r.refuse("adapters."+name+".kind", "%q is no platform: write %s", kind, r.kindNames())
			continue
		}
		says := "no platform has this name: write kind = " + r.kindNames() + " beside it"
		var names []string
		for _, k := range r.kinds {
			names = append(names, k.Name)
		}
		if near := fuzzy.Match(name, names); len(near) > 0 {
			says = "no platform has this name: did you mean [adapters." + near[0] + "]? For a second one, write kind = \"" + near[0] + "\" beside it"
		}
		r.refuse("adapters."+name, "%s", says)
	}
	slices.SortFunc(c.Adapters, func(a, b Adapter) int { return strings.Compare(a.Name, b.Name) })
}

func (r *reader) kindNames() string {
	var names []string
	for _, k := range r.kinds {
		names = append(names, k.Name)
	}
	return subscription.Either(names)
}

// fileWith is the type of a file with a table for each adapter: File, Library of the
// given type, the Subscriptions, and Adapters with one field per name, which has Kind and
// the adapter's own Table.
func fileWith(configured []Adapter, library reflect.Type) reflect.Type {
	var tables []reflect.StructField
	for i, a := range configured {
		table := reflect.TypeOf(a.Table).Elem()
		fields := []reflect.StructField{
			{Name: "Kind", Type: reflect.TypeFor[string](), Tag: `toml:"kind"`},
			{Name: "Table", Type: table, Anonymous: true},
		}
		tables = append(tables, reflect.StructField{
			Name: fmt.Sprintf("A%d", i), Type: reflect.StructOf(fields),
			Tag: reflect.StructTag(fmt.Sprintf("toml:%q", a.Name)),
		})
	}
	return reflect.StructOf([]reflect.StructField{
		{Name: "File", Type: reflect.TypeFor[file](), Anonymous: true},
		{Name: "Library", Type: library, Tag: `toml:"library"`},
		{Name: "Subscriptions", Type: reflect.SliceOf(subscriptionType), Tag: `toml:"subscription"`},
		{Name: "Adapters", Type: reflect.StructOf(tables), Tag: `toml:"adapters"`},
	})
}

// subscriptionType is the type of a table of subscription: subscriptionTable, and a
// field for each setting, those of "match.tags" in the struct of that.
var subscriptionType = reflect.StructOf(append(
	[]reflect.StructField{{Name: "Subscription", Type: reflect.TypeFor[subscriptionTable](), Anonymous: true}},
	settingFields("")...,
))

// settingFields are the fields of the settings whose keys begin with a prefix.
func settingFields(prefix string) (all []reflect.StructField) {
	for _, of := range subscription.Settings {
		rest, ok := strings.CutPrefix(of.Key, prefix)
		name, _, deeper := strings.Cut(rest, ".")
		f := reflect.StructField{Name: fieldName(name), Type: reflect.TypeOf(of.Zero), Tag: reflect.StructTag(fmt.Sprintf("toml:%q example:%q", name, of.Example))}
		if !ok || slices.ContainsFunc(all, func(g reflect.StructField) bool { return g.Name == f.Name }) {
			continue
		}
		if deeper {
			f.Type, f.Tag = reflect.StructOf(settingFields(prefix+name+".")), reflect.StructTag(fmt.Sprintf("toml:%q", name))
		}
		all = append(all, f)
	}
	return all
}

// fieldName is the name of the field of a key.
func fieldName(key string) string { return "Key_" + key }

// spec is what a table of subscription has, at a prefix in the file, for each of
// the settings. A zero value is left out, unless the file says so.
func (r *reader) spec(prefix string, table reflect.Value) subscription.Spec {
	spec := subscription.Spec{}
	for _, of := range subscription.Settings {
		v := table
		for name := range strings.SplitSeq(of.Key, ".") {
			v = v.FieldByName(fieldName(name))
		}
		if _, given := r.at[prefix+of.Key]; (given || !v.IsZero()) && !r.misfits[prefix+of.Key] {
			spec[of.Name] = v.Interface()
		}
	}
	return spec
}

// check turns the file into the configuration and notes what makes no sense.
func (r *reader) check(f tables, c *Config) {
	base := filepath.Dir(r.path)
	c.Folder = base
	c.State, c.Database = r.state(f.State, base)
	r.libraries(f.libraries, base, c)
	c.Names.Aliases = r.aliases(f.Tags)
	if f.Admin != "" {
		var err error
		if c.Admin, err = c.Channel(f.Admin); err != nil && !r.stranger(f.Admin) {
			r.refuse("admin_channel", "%v", err)
		}
	}
	c.HTTP = r.http(f.HTTP)
	c.Heartbeat = r.heartbeat(f.Beat)
	r.oneRoom(c)
	seen := map[string]bool{}
	for i, s := range f.subscriptions {
		key := fmt.Sprintf("subscription[%d]", i)
		switch {
		case s.Name == "" && r.refused[key+".name"]:
		case s.Name == "":
			r.refuse(key, `name is missing: write for example name = "morning"`)
		case seen[s.Name]:
			r.refuse(key+".name", "%q stands above already: give each subscription a name of its own", s.Name)
		}
		seen[s.Name] = true
		c.Subscriptions = append(c.Subscriptions, r.subscription(key, s, c))
	}
	c.Keep = r.keep(f.Keep, c.Subscriptions)
	c.Files = filesOf(f, c)
}

// oneRoom refuses a second web room: all are at the root of the one server.
func (r *reader) oneRoom(c *Config) {
	room := ""
	for _, a := range c.Adapters {
		switch {
		case a.Kind.Name != "web":
		case room == "":
			room = a.Name
		default:
			r.refuse("adapters."+a.Name, "there is a web room already, adapters.%s, and the bot has one: give it more channels instead", room)
		}
	}
}

// keep reads how long rows are kept. Anything a subscription still looks back at may
// not go: it would be posted again.
func (r *reader) keep(text string, subscriptions []subscription.Subscription) time.Duration {
	least := leastKeep
	for _, s := range subscriptions {
		least = max(least, leastKeep+s.LooksBack())
	}
	before := len(r.problems)
	keep := r.duration("keep", text, max(defaultKeep, least))
	if len(r.problems) == before && keep < least {
		hours := int64((least + time.Hour - 1) / time.Hour)
		r.refuse("keep", `%q is too short: what a subscription still looks back at would be forgotten: write "%dh" or more`, text, hours)
	}
	return keep
}

// aliases reads the table of tags in the order of its lines.
func (r *reader) aliases(table map[string]string) (a digest.Aliases) {
	names := slices.SortedFunc(maps.Keys(table), func(x, y string) int {
		return cmp.Or(r.position("tags."+x).compare(r.position("tags."+y)), strings.Compare(x, y))
	})
	for _, name := range names {
		if r.refused["tags."+name] {
			continue
		}
		if err := a.Add(name, table[name]); err != nil {
			r.refuse("tags."+name, "%v", err)
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

// warnOfZone warns of a zone that is seldom the one that is meant.
func (r *reader) warnOfZone(key string, zone *time.Location, c *Config) {
	if about := compose.AboutZone(zone, "en"); about != "" {
		at := r.position(key)
		c.Warnings = append(c.Warnings, fmt.Sprintf("%s:%d:%d: %s: %s", r.path, at.line, at.column, plainKey(key), about))
	}
}

func (r *reader) subscription(key string, s subscriptionTable, c *Config) subscription.Subscription {
	out, problems := s.spec.Subscription(c.Names)
	for _, p := range problems {
		r.refuse(key+"."+p.Key, "%s", p.Text)
	}
	out.Name = s.Name
	r.warnOfZone(key+".zone", out.Zone, c)
	if _, there := r.at[key+".channels"]; len(s.Channels) == 0 && !r.refused[key+".channels"] {
		says := "it is missing"
		if there {
			says = "there is no channel in it"
		}
		r.refuse(key+".channels", `%s: write for example channels = ["web:general"]`, says)
	}
	for i, text := range s.Channels {
		channel, err := c.Channel(text)
		switch {
		case err != nil && r.stranger(text):
		case err != nil:
			r.refuse(fmt.Sprintf("%s.channels[%d]", key, i), "%v", err)
		case slices.Contains(out.Channels, channel):
			r.refuse(fmt.Sprintf("%s.channels[%d]", key, i), "%s stands there twice", channel)
		default:
			out.Channels = append(out.Channels, channel)
		}
	}
	out.Mention = r.mentions(key, s, out.Channels, c)
	return out
}

// mentions reads who is notified, by the name of the adapter.
func (r *reader) mentions(key string, s subscriptionTable, channels []chat.Channel, c *Config) map[string][]string {
	ids := map[string][]string{}
	for i, text := range s.Mention {
		refuse := func(format string, args ...any) { r.refuse(fmt.Sprintf("%s.mention[%d]", key, i), format, args...) }
		adapter, id, ok := strings.Cut(text, ":")
		if !ok {
			refuse(`%q: write adapter:id, the id being that of a Discord role or a Slack user group, for example "discord:123456789012345678"`, text)
			continue
		}
		if r.stranger(text) || len(channels) == 0 && r.refused[key+".channels"] {
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

// stranger reports whether a channel or a mention is of an adapter that was refused.
func (r *reader) stranger(text string) bool {
	adapter, _, _ := strings.Cut(text, ":")
	return slices.Contains(r.strangers, adapter)
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

func (r *reader) duration(key, text string, fallback time.Duration) time.Duration {
	if text == "" {
		return fallback
	}
	d, err := subscription.ParseWait(text)
	if err != nil {
		r.refuse(key, "%v", err)
	}
	return d
}

// LedgerFile is the ledger's file.
func (c *Config) LedgerFile() string { return filepath.Join(c.State, "digestbot.db") }

// LockFile is held by the one process that delivers.
func (c *Config) LockFile() string { return filepath.Join(c.State, "digestbot.lock") }

// ShelfFile is where the text of digests is kept that were read.
func (c *Config) ShelfFile() string { return filepath.Join(c.State, "library.db") }
