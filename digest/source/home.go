package source

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// home is the folder of a library that files may stand in, which are read without it;
// empty for none.
type home string

// section reports whether a folder of the library has a file _index.md.
func (h home) section(folder string) bool {
	return slices.ContainsFunc([]string{"_index.md", "_index.markdown"}, func(name string) bool {
		_, err := os.Stat(filepath.Join(string(h), filepath.FromSlash(folder), name))
		return err == nil
	})
}

// move gives the files of a walk from p the names that they have in the library, in
// which p is or which is below p.
func (h home) move(t *tree, p string) {
	if h == "" {
		return
	}
	name, in := NameIn(string(h), p)
	library, above := NameIn(p, string(h))
	for _, f := range t.files {
		below, ok := strings.CutPrefix(f.name, library+"/")
		switch {
		case in && f.within != "": // p is the file
			f.name, f.within = name, ""
		case in:
			f.name = path.Join(name, f.name)
		case above && ok:
			f.name = below
		}
	}
	slices.SortFunc(t.files, byName)
}

// NameIn is the name that a file of a folder has in the library that the folder is,
// with slashes; ok is false if it stands elsewhere.
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

// resolved is the path of a file without links.
func resolved(file string) (string, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(file)
}
