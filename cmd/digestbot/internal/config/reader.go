package config

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/fuzzy"
	"github.com/digestbot/digestbot/bot/subscription"
)

// reader reads a file strictly into tables, and records what does not fit.
type reader struct {
	*mistakes
	kinds     []adapters.Kind
	strangers []string // adapters without a known platform
}

// shownKey matches keys whose values people see and in which a long run of letters and
// digits is suspicious.
var shownKey = regexp.MustCompile(`^(?:admin_channel|library(?:\[\d+\])?\.name|subscription\[\d+\]\.(?:name|mention\[\d+\]))$`)

// secrets refuses anything that looks like a secret, in names of keys and in values: the
// bot would show it to people who can see names and channels.
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
			r.problems = append(r.problems, problem{at, plainKey(key) + ": it looks like a token, a password or a webhook URL, which do not belong here: " +
				"put a token into the environment, or into a file that token_file or a similar key names"})
		}
	}
	look("", all)
}

// tables is the result of decode.
type tables struct {
	file
	libraries     []libraryTable
	subscriptions []subscriptionTable
}

// decode reads the file strictly into a struct with a field for each adapter, of the
// adapter's own type, and for each setting of a subscription.
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

// adapters determines the adapters of the file.
func (r *reader) adapters(tree map[string]any, c *Config) {
	named, _ := tree["adapters"].(map[string]any) // another type is refused later
	said := map[string]bool{}                     // kinds that tables name
	for _, table := range named {
		t, _ := table.(map[string]any)
		kind, _ := t["kind"].(string)
		said[kind] = true
	}
	for _, k := range r.kinds {
		_, there := named[k.Name]
		elsewhere := k.Single != "" && said[k.Name] // the only allowed one has another name
		if !there && !k.Optional && !elsewhere {
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
			r.refuse("adapters."+name+".kind", "%q is not a platform: write %s", kind, r.kindNames())
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

// fileWith returns the type of a file with a table for each adapter: File, Library of the
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

// subscriptionType is the type of a subscription table: subscriptionTable, and a field for
// each setting; those of "match.tags" are fields of a nested struct.
var subscriptionType = reflect.StructOf(append(
	[]reflect.StructField{{Name: "Subscription", Type: reflect.TypeFor[subscriptionTable](), Anonymous: true}},
	settingFields("")...,
))

// settingFields returns the fields of the settings whose keys begin with a prefix.
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

// fieldName returns the field name for a key.
func fieldName(key string) string { return "Key_" + key }

// spec returns the settings in a subscription table, which is at prefix in the file. Zero
// values are left out, unless the file states them.
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
