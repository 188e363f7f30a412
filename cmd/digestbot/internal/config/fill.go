package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/fuzzy"
	"github.com/digestbot/digestbot/digest/markdown/layout"
)

type adapterKind = adapters.Kind

// fill reads the value of a key from the file into v, and refuses a value that does not
// fit.
func (r *reader) fill(v reflect.Value, key string, field reflect.StructField, from any) {
	fits := true
	switch t := v.Type(); {
	case t == reflect.TypeFor[layout.Kinds]():
		text, one := from.(string)
		if one {
			if r.filled(key, field, text) {
				v.Set(reflect.ValueOf(layout.Kinds{text}))
			}
			return
		}
		fits = r.texts(v, key, field, from)
	case t == reflect.TypeFor[stateTable]():
		if path, one := from.(string); one {
			if r.filled(key, field, path) {
				v.FieldByName("Path").SetString(path)
				r.pathOf(key, field, path)
			}
			return
		}
		var table map[string]any
		if table, fits = from.(map[string]any); fits {
			r.fillTable(v, key, table)
		}
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		r.fill(v.Elem(), key, field, from)
	case t.Kind() == reflect.String:
		var text string
		if text, fits = from.(string); fits && r.filled(key, field, text) {
			v.SetString(text)
			r.pathOf(key, field, text)
		}
	case t.Kind() == reflect.Bool:
		var b bool
		if b, fits = from.(bool); fits {
			v.SetBool(b)
		}
	case t.Kind() == reflect.Int:
		var n int64
		if n, fits = from.(int64); fits {
			v.SetInt(n)
		}
	case t.Kind() == reflect.Map:
		var table map[string]any
		if table, fits = from.(map[string]any); fits {
			v.Set(reflect.MakeMap(t))
			for name, from := range table {
				text := reflect.New(t.Elem()).Elem()
				r.fill(text, key+"."+name, reflect.StructField{}, from)
				v.SetMapIndex(reflect.ValueOf(name), text)
			}
		}
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		var all []any
		if all, fits = from.([]any); !fits {
			break
		}
		v.Set(reflect.MakeSlice(t, len(all), len(all)))
		for i, from := range all {
			r.fill(v.Index(i), fmt.Sprintf("%s[%d]", key, i), field, from)
		}
	case t.Kind() == reflect.Slice:
		fits = r.texts(v, key, field, from)
	case t.Kind() == reflect.Struct:
		var table map[string]any
		if table, fits = from.(map[string]any); fits {
			r.fillTable(v, key, table)
		}
	}
	if !fits {
		r.misfit(key, v.Type(), field, from)
	}
}

// filled refuses an empty text, and reports whether there is one. An empty text is rarely
// meant: a template may have had no value for it, and would get the default unnoticed.
func (r *reader) filled(key string, field reflect.StructField, text string) bool {
	if text != "" {
		return true
	}
	name, example := field.Tag.Get("toml"), field.Tag.Get("example")
	says := "write a value"
	if strings.HasSuffix(name, "_file") {
		says = "write the name of a file"
	}
	if name == "" { // a table whose keys are free
		says, example = "write a tag", `"AI"`
	} else if example != "" {
		example = name + " = " + example
	}
	if example != "" {
		says += ", for example " + example
	}
	switch {
	case strings.HasSuffix(key, "]"):
		says += ", or remove it from the list"
	case name == "":
		says += ", or remove the line"
	case !required(key):
		says += ", or leave it out for the default"
	}
	r.unfit(key, "it is empty: "+says)
	return false
}

// required reports whether there is no default for a key if nothing else is written instead
// of it.
func required(key string) bool {
	return strings.HasPrefix(key, "subscription[") && strings.HasSuffix(key, "].name") || plainKey(key) == "library.path"
}

// unfit records that the value of a key cannot be used, whatever else is said of the key.
func (r *reader) unfit(key, says string) {
	at := key
	if _, ok := r.at[key+valueMark]; ok {
		at = key + valueMark
	}
	r.refused[key], r.misfits[key] = true, true
	r.note(r.position(at), plainKey(key)+": "+says)
}

// pathOf refuses a file name if TOML interpreted a backslash in it as an escape.
func (r *reader) pathOf(key string, field reflect.StructField, text string) {
	name := field.Tag.Get("toml")
	if plain := backslashes.Replace(text); plain != text && (name == "path" || name == "state" || name == "site" || name == "folder" || strings.HasSuffix(name, "_file")) {
		r.refuse(key, "in double quotes, a backslash begins a special character: write the path in single quotes: %s = '%s'", name, plain)
	}
}

var backslashes = strings.NewReplacer("\b", `\b`, "\t", `\t`, "\n", `\n`, "\f", `\f`, "\r", `\r`, "\x1b", `\e`)

// texts reads a list of strings.
func (r *reader) texts(v reflect.Value, key string, field reflect.StructField, from any) bool {
	all, ok := from.([]any)
	if !ok {
		return false
	}
	texts := make([]string, 0, len(all))
	for i, x := range all {
		if text, ok := x.(string); ok {
			r.filled(fmt.Sprintf("%s[%d]", key, i), field, text)
			texts = append(texts, text)
		} else {
			r.misfit(fmt.Sprintf("%s[%d]", key, i), reflect.TypeFor[string](), reflect.StructField{}, x)
		}
	}
	list := reflect.ValueOf(texts).Convert(v.Type())
	v.Set(list)
	return true
}

// misfit refuses a value of the wrong type.
func (r *reader) misfit(key string, want reflect.Type, field reflect.StructField, from any) {
	text := "it must be " + typeName(want)
	name := field.Tag.Get("toml")
	switch x := from.(type) {
	case []any:
		if want.Kind() == reflect.Struct {
			text = "there is one such table, in single brackets: write [" + plainKey(key) + "]"
			field = reflect.StructField{}
		}
	case int64, float64:
		if want.Kind() == reflect.String && field.Tag.Get("example") == "" {
			text += ": write " + strings.TrimPrefix(name+" = ", " = ") + fmt.Sprintf(`"%v"`, x)
			field = reflect.StructField{}
		}
	case string:
		if want.Kind() == reflect.Slice && want.Elem().Kind() == reflect.String && len(x) < 80 && chat.MaskValue(x) == x && !strings.ContainsAny(x, `"\`) {
			text += ": write " + name + ` = ["` + x + `"]`
			field = reflect.StructField{}
		}
	}
	if example := field.Tag.Get("example"); example != "" {
		text += ", for example " + field.Tag.Get("toml") + " = " + example
	}
	r.unfit(key, text)
}

// fillTable reads a table. A misspelled key is refused and read as the key that was
// probably meant, so that the latter is not reported as missing.
func (r *reader) fillTable(v reflect.Value, table string, from map[string]any) {
	known := fields(v.Type())
	key := func(name string) string { return strings.TrimPrefix(table+"."+name, ".") }
	for _, name := range slices.Sorted(maps.Keys(from)) {
		if field, ok := known[name]; ok {
			r.fill(v.FieldByIndex(field.Index), key(name), field, from[name])
			continue
		}
		if r.ignored(key(name)) {
			continue
		}
		says, meant := r.unknownKey(table, name, v.Type())
		r.refused[key(name)] = true
		r.note(r.position(key(name)), plainKey(key(name))+": "+says)
		if _, there := from[meant]; meant == "" || there {
			continue
		}
		field := known[meant]
		for k, p := range r.at {
			if rest, of := strings.CutPrefix(k, key(name)); of && (rest == "" || strings.ContainsRune(".[ ", rune(rest[0]))) {
				r.at[key(meant)+rest] = p
			}
		}
		r.refused[key(meant)] = true
		r.fill(v.FieldByIndex(field.Index), key(meant), field, from[name])
	}
}

// ignored reports whether a key was already refused.
func (r *reader) ignored(key string) bool {
	name, of := strings.CutPrefix(key, "adapters.")
	return strings.HasPrefix(key, setAside) || of && slices.Contains(r.strangers, name)
}

// unknownKey returns what is wrong with an unknown key, and which key of its table was
// probably meant; empty if unknown.
func (r *reader) unknownKey(table, name string, shape reflect.Type) (says, meant string) {
	known := slices.Sorted(maps.Keys(fields(shape)))
	plain := func(s string) string {
		return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
	}
	for _, k := range known {
		switch {
		case strings.EqualFold(k, name):
			return "keys are written in small letters: write " + k, k
		case plain(k) == plain(name):
			return "there is no such key: write " + k, k
		}
	}
	for _, k := range known {
		if k == name+"_file" {
			return "secrets are not written here: write " + k + ` = "…", the name of a file that holds it`, ""
		}
	}
	// An exact match in another table is more likely than a similar key in this one.
	for _, place := range r.tablesWith(name) {
		if place.table != plainKey(table) {
			r.refused[strings.TrimPrefix(place.table+"."+name, ".")] = true // do not report it as missing
			return "there is no such key here: " + place.says, ""
		}
	}
	if near := fuzzy.Match(name, known); len(near) > 0 {
		return "there is no such key: did you mean " + near[0] + "?", near[0]
	}
	if len(known) > 0 && len(known) <= 12 {
		return "there is no such key: there are " + strings.Join(known, ", "), ""
	}
	return "there is no such key", ""
}

// tablePlace is a table of the file that has a certain key, and advice on how to write it.
type tablePlace struct{ table, says string }

// tablesWith returns the tables that have a key of this name.
func (r *reader) tablesWith(name string) (all []tablePlace) {
	for _, k := range r.kinds {
		if strings.EqualFold(k.Name, name) {
			all = append(all, tablePlace{"adapters", "platforms are tables below adapters: write [adapters." + k.Name + "]"})
		}
	}
	if _, ok := fields(reflect.TypeFor[file]())[name]; ok {
		says := "write it above the first table, at the top of the file"
		if name == "http" || name == "tags" || name == "heartbeat" {
			says = "write [" + name + "]"
		}
		all = append(all, tablePlace{"", says})
	}
	if _, ok := fields(reflect.TypeFor[libraryTable]())[name]; ok && name != "name" && name != "zone" && name != "title" {
		all = append(all, tablePlace{"library", "write it below [library]"})
	}
	if _, ok := fields(subscriptionType)[name]; ok && name != "name" {
		all = append(all, tablePlace{"subscription", "write it below [[subscription]]"})
	}
	if _, ok := fields(reflect.TypeFor[httpTable]())[name]; ok {
		all = append(all, tablePlace{"http", "write it below [http]"})
	}
	return all
}

// fields returns the fields of a struct by TOML name, including those of embedded structs.
func fields(shape reflect.Type) map[string]reflect.StructField {
	out := map[string]reflect.StructField{}
	if shape.Kind() != reflect.Struct {
		return out
	}
	for _, f := range reflect.VisibleFields(shape) {
		if name := f.Tag.Get("toml"); name != "" && !f.Anonymous {
			out[name] = f
		}
	}
	return out
}

// typeName describes the type of a value in words.
func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.String:
		return "text in quotes"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "a list of tables, each below its name in double brackets"
		}
		return "a list of texts in brackets"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	default:
		return "a table"
	}
}

// leaf is what can be derived from a key's name alone: the kind of its value and an
// example.
type leaf struct{ kind, example string }

func leafFor(f reflect.StructField) leaf {
	x := leaf{typeName(f.Type), f.Tag.Get("example")}
	if x.example == "" {
		x.example = map[string]string{"text in quotes": `"…"`, "true or false": "true", "a whole number": "10", "a list of texts in brackets": `["…"]`}[x.kind]
	}
	return x
}

// leaves are the keys outside the platforms' tables, with their tables.
var leaves = sync.OnceValue(func() map[string]leaf {
	all := map[string]leaf{}
	var add func(table string, t reflect.Type)
	add = func(table string, t reflect.Type) {
		for name, f := range fields(t) {
			if f.Type.Kind() == reflect.Struct {
				add(table+name+".", f.Type)
			} else {
				all[table+name] = leafFor(f)
			}
		}
	}
	add("", reflect.TypeFor[file]())
	add("library.", reflect.TypeFor[libraryTable]())
	add("subscription.", subscriptionType)
	return all
})

// leafOf returns the leaf of a key in a table, regardless of case.
func leafOf(table, key string, kinds []adapterKind) (leaf, bool) {
	table = strings.ToLower(strings.Trim(table, "[] "))
	for wrong, right := range map[string]string{"libraries": "library", "subscriptions": "subscription"} {
		if rest, ok := strings.CutPrefix(table, wrong); ok {
			table = right + rest
		}
	}
	if table == "tags" {
		return leaf{"text in quotes", `"AI"`}, true
	}
	key = strings.ToLower(strings.ReplaceAll(strings.Trim(key, `"'`), "-", "_"))
	if x, ok := leaves()[strings.TrimPrefix(table+"."+key, ".")]; ok {
		return x, true
	}
	for _, k := range kinds {
		if f, ok := fields(reflect.TypeOf(k.Config()).Elem())[key]; ok && strings.HasSuffix(table, k.Name) {
			return leafFor(f), true
		}
	}
	return leaf{}, false
}
