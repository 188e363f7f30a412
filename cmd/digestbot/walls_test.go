package main_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// Size limits: anything larger does more than one thing.
const (
	mostLines            = 3000 // of a package
	mostMethods          = 25   // of a type
	mostInterfaceMethods = 12
)

// unwalled are the folders that may exceed a limit because of their platform: an adapter
// has as many lines as its platform requires, and a fake as many methods as the platform
// that it imitates.
var (
	unwalledLines   = []string{"adapters/discord", "adapters/discord/internal/*", "adapters/discord/discordfake", "adapters/slack", "adapters/slack/internal/*", "adapters/slack/slackfake", "adapters/web"}
	unwalledMethods = []string{"adapters/discord/discordfake", "adapters/slack/slackfake"}
)

func TestWalls(t *testing.T) {
	over, packages, err := overWalls(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if packages < 50 {
		t.Errorf("there are only %d packages", packages)
	}
	for _, x := range over {
		t.Error(x)
	}
}

// TestWallsBite shows that packages, types and interfaces that are too large are found,
// that tests and embedded methods do not count, and that only a platform's lines are
// exempt.
func TestWallsBite(t *testing.T) {
	methods := func(of string, n int) (text string) {
		for i := range n {
			text += fmt.Sprintf("func (x %s) m%d() {}\n", of, i)
		}
		return text
	}
	long := "package p\n" + strings.Repeat("\n", mostLines-1)
	inside := func(n int) string {
		return "package p\ntype large interface { error; " + strings.Repeat("m(); ", n) + "}\n"
	}
	got, packages, err := overWalls(fstest.MapFS{
		"bot/a/a.go":             {Data: []byte(long)},
		"bot/b/b.go":             {Data: []byte(long)},
		"bot/b/more.go":          {Data: []byte("package b\n")},
		"bot/b/b_test.go":        {Data: []byte(long)},
		"bot/b/testdata/x.go":    {Data: []byte("package x\n" + methods("x", 26))},
		"bot/c/c.go":             {Data: []byte("package c\n" + methods("*c", 13))},
		"bot/c/more.go":          {Data: []byte("package c\n" + methods("c[T]", 13))},
		"bot/c/c_test.go":        {Data: []byte("package c\n" + methods("d", 26))},
		"bot/d/d.go":             {Data: []byte("package d\n" + methods("d", 25) + methods("e", 25))},
		"bot/e/e.go":             {Data: []byte(inside(12))},
		"bot/f/f.go":             {Data: []byte(inside(13))},
		"adapters/discord/a.go":  {Data: []byte(long + long[len("package p\n"):] + methods("x", 26))},
		"adapters/discord/ab.go": {Data: []byte(inside(13))},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"adapters/discord: interface large has 13 methods, and 12 are the most",
		"adapters/discord: type x has 26 methods, and 25 are the most",
		"bot/b: the package has 3001 lines, and 3000 are the most",
		"bot/c: type c has 26 methods, and 25 are the most",
		"bot/f: interface large has 13 methods, and 12 are the most",
	}
	if !slices.Equal(got, want) || packages != 7 {
		t.Errorf("of %d packages, got\n%s\nwant\n%s", packages, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// overWalls measures the packages of a repository, without tests, and returns what exceeds
// a limit.
func overWalls(repository fs.FS) (over []string, packages int, err error) {
	lines := map[string]int{}
	types := map[string]map[string]int{} // by folder: the number of methods of each type
	interfaces := map[string]map[string]int{}
	err = fs.WalkDir(repository, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(d.Name(), ".") && name != ".ci" || d.Name() == "testdata" || name == "var") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(repository, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder := path.Dir(name)
		if types[folder] == nil {
			types[folder], interfaces[folder] = map[string]int{}, map[string]int{}
		}
		lines[folder] += bytes.Count(text, []byte("\n"))
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv != nil {
					types[folder][receiver(n.Recv.List[0].Type)]++
				}
			case *ast.TypeSpec:
				if of, ok := n.Type.(*ast.InterfaceType); ok {
					for _, m := range of.Methods.List {
						interfaces[folder][n.Name.Name] += len(m.Names) // none for embedded types
					}
				}
			}
			return true
		})
		return nil
	})
	say := func(folder, what string, n, most int, things string) {
		if n > most {
			over = append(over, fmt.Sprintf("%s: %s has %d %s, and %d are the most", folder, what, n, things, most))
		}
	}
	for folder := range types {
		if !anyMatches(unwalledLines, folder) {
			say(folder, "the package", lines[folder], mostLines, "lines")
		}
		if anyMatches(unwalledMethods, folder) {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(types[folder])) {
			say(folder, "type "+name, types[folder][name], mostMethods, "methods")
		}
		for _, name := range slices.Sorted(maps.Keys(interfaces[folder])) {
			say(folder, "interface "+name, interfaces[folder][name], mostInterfaceMethods, "methods")
		}
	}
	slices.Sort(over)
	return over, len(types), err
}

// receiver returns the name of a receiver's type.
func receiver(of ast.Expr) string {
	switch x := of.(type) {
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.IndexListExpr:
		return receiver(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}
