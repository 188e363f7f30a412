package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
)

// filesOf returns the token and site files that the configuration names.
func filesOf(f tables, c *Config) (all []string) {
	add := func(name string) {
		if name = Absolute(under(c.Folder, name)); !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	collect := func(table any) {
		v := reflect.ValueOf(table)
		for name, field := range fields(v.Type()) {
			if text := v.FieldByIndex(field.Index); strings.HasSuffix(name, "_file") && text.Kind() == reflect.String && text.String() != "" {
				add(text.String())
			}
		}
	}
	collect(f.State)
	collect(f.HTTP)
	collect(f.Beat)
	for _, l := range f.libraries {
		collect(l)
		if l.Site != "" && l.Git == "" {
			add(l.Site)
		}
	}
	for _, a := range c.Adapters {
		collect(reflect.ValueOf(a.Table).Elem().Interface())
	}
	slices.Sort(all)
	return all
}

// CheckLibraries returns an error with a line for each missing folder or file of a library.
func (c *Config) CheckLibraries() error {
	var errs []error
	for i := range c.Libraries {
		l := &c.Libraries[i]
		if l.Git != nil {
			continue
		}
		if _, err := os.Stat(l.Path); err != nil {
			errs = append(errs, c.Explain(fmt.Errorf("%s.path: %s: write the folder of the digests, relative to config.toml", l.Key, notThere(l.Path, err))))
		}
	}
	return errors.Join(errs...)
}

// notThere describes, with its full path, a file that cannot be read, and the reason.
func notThere(name string, err error) string {
	name = Absolute(name)
	if errors.Is(err, fs.ErrNotExist) {
		return name + ": there is no such file or folder"
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return fmt.Sprintf("%s cannot be read: %v", name, err)
}
