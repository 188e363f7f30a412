package source

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// home is the folder of a library whose files are read individually; empty for none.
type home string

// section reports whether a folder of the library has a file _index.md.
func (h home) section(folder string) bool {
	return slices.ContainsFunc([]string{"_index.md", "_index.markdown"}, func(name string) bool {
		_, err := os.Stat(filepath.Join(string(h), filepath.FromSlash(folder), name))
		return err == nil
	})
}

// move renames the files of a walk from p to their names in the library. p may be in
// the library, or the library in p.
func (h home) move(t *tree, p string) {
	if h == "" {
		return
	}
	name, in := NameIn(string(h), p)
	library, above := NameIn(p, string(h))
	for _, f := range t.files {
		below, ok := strings.CutPrefix(f.name, library+"/")
		switch {
		case in && f.within != "": // p is a single file
			f.name, f.within = name, ""
		case in:
			f.name = path.Join(name, f.name)
		case above && ok:
			f.name = below
		}
	}
	slices.SortFunc(t.files, byName)
}

// NameIn returns the name that a file has in a library at folder, with slashes. ok is
// false if the file is elsewhere.
func NameIn(folder, file string) (name string, ok bool) {
	folder, err := resolved(folder)
	if err != nil {
		return "", false
	}
	if file, err = resolved(file); err != nil {
		return "", false
	}
	name, err = filepath.Rel(folder, file)
	return filepath.ToSlash(name), err == nil && name != "." && filepath.IsLocal(name)
}

// resolved returns the absolute path of a file without symbolic links.
func resolved(file string) (string, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(file)
}
