package main_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// layered are the packages whose files form layers: a file uses only files below it, so
// that it can be read without those above.
var layered = []string{
	"adapters/discord/internal/render", "adapters/slack/internal/render", "adapters/slack/internal/wire", "bot/plan", "bot/deliver", "digest/markdown/matter", "digest/markdown/body",
}

func TestNoFileDependsUpward(t *testing.T) {
	for _, folder := range layered {
		cycle, err := fileCycle(os.DirFS(filepath.Join("../..", folder)))
		if err != nil {
			t.Fatalf("%s: %v", folder, err)
		}
		for _, use := range cycle {
			t.Errorf("%s: %s", folder, use)
		}
	}
}

// TestNoFileDependsUpwardBites shows that the check finds two files that use each other.
func TestNoFileDependsUpwardBites(t *testing.T) {
	above := "package p\n\nfunc (b base) up() base { return b.down() }\n"
	for base, want := range map[string][]string{
		"package p\n\ntype base struct{}\n\ntype other struct{ up int }\n\nfunc (b base) down() base { _ = other{}.up; return b }\n": nil,
		"package p\n\ntype base struct{}\n\nfunc (b base) down() base { return b.up() }\n":                                           {"above.go uses base, down of base.go", "base.go uses up of above.go"},
	} {
		got, err := fileCycle(fstest.MapFS{"above.go": {Data: []byte(above)}, "base.go": {Data: []byte(base)}})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// noImports resolves no imports: only a package's own declarations count.
type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not resolved") }

// fileCycle returns what the files of a package use of each other, if they depend on each
// other in a cycle; nothing if they form layers.
func fileCycle(folder fs.FS) (cycle []string, err error) {
	names, err := fs.Glob(folder, "*.go")
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if len(files) < 2 {
		return nil, errors.New("it has no files that could use each other")
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: noImports{}, Error: func(error) {}}
	pkg, _ := config.Check("p", set, files, info) // imports stay unresolved

	uses := map[string]map[string]map[string]bool{} // by file, the file that it uses: what
	for id, object := range info.Uses {
		if object.Pkg() != pkg || !object.Pos().IsValid() {
			continue
		}
		if _, imported := object.(*types.PkgName); imported {
			continue // it belongs to the file
		}
		from, to := set.Position(id.Pos()).Filename, set.Position(object.Pos()).Filename
		if from == to {
			continue
		}
		if uses[from] == nil {
			uses[from] = map[string]map[string]bool{}
		}
		if uses[from][to] == nil {
			uses[from][to] = map[string]bool{}
		}
		uses[from][to][object.Name()] = true
	}
	for below := map[string]bool{}; ; {
		grown := false
		for _, f := range files {
			name := path.Base(set.Position(f.Pos()).Filename)
			if !below[name] && !slices.ContainsFunc(slices.Collect(maps.Keys(uses[name])), func(to string) bool { return !below[to] }) {
				below[name], grown = true, true
			}
		}
		if grown {
			continue
		}
		for from, all := range uses {
			for to, what := range all {
				if !below[from] && !below[to] {
					cycle = append(cycle, from+" uses "+strings.Join(slices.Sorted(maps.Keys(what)), ", ")+" of "+to)
				}
			}
		}
		slices.Sort(cycle)
		return cycle, nil
	}
}
