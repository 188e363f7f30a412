package main

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"debug/elf"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/.ci/bench/figures"
)

// shipped prints the size of the program: the lines of its code, its binary, and the parts
// of a binary with symbols.
func shipped(digestbot, before, symbols string) error {
	figures.Title("what is shipped")
	lines, err := lines(os.DirFS("."))
	if err != nil {
		return err
	}
	figures.AtMost(37.5, float64(lines)/1000, "k", "lines of Go, without tests, fakes and suites")
	size := func(binary string) (float64, error) {
		info, err := os.Stat(binary)
		if err != nil {
			return 0, err
		}
		return float64(info.Size()) / 1e6, nil
	}
	ours, err := size(digestbot)
	if err != nil {
		return err
	}
	var theirs *float64
	if before != "" {
		old, err := size(before)
		if err != nil {
			return err
		}
		theirs = &old
	}
	besides(ours, theirs, "MB", "the binary", 1)
	sizes, err := parts(symbols)
	if err != nil {
		return err
	}
	for _, name := range slices.SortedFunc(maps.Keys(sizes), func(a, b string) int { return cmp.Compare(sizes[b], sizes[a]) }) {
		if sizes[name] >= 100_000 {
			figures.Say(float64(sizes[name])/1e6, "MB", "of it are "+name)
		}
	}
	return nil
}

// shared are the linker's data for all modules together.
const shared = "types, strings and tables of all"

// parts returns the bytes of each module in a binary with symbols.
func parts(binary string) (map[string]int, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	modules := []string{info.Main.Path}
	for _, d := range info.Deps {
		modules = append(modules, d.Path)
	}
	file, err := elf.Open(binary)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // opened for reading
	sizes := map[string]int{}
	stands := func(s *elf.Section) bool { return s.Flags&elf.SHF_ALLOC != 0 && s.Type != elf.SHT_NOBITS }
	for _, s := range file.Sections {
		if stands(s) {
			sizes[shared] += int(s.Size)
		}
	}
	symbols, err := file.Symbols()
	if err != nil {
		return nil, err
	}
	for _, symbol := range symbols {
		i := int(symbol.Section)
		if i >= len(file.Sections) || !stands(file.Sections[i]) {
			continue
		}
		if name := part(symbol.Name, modules); name != shared {
			sizes[name] += int(symbol.Size)
			sizes[shared] -= int(symbol.Size)
		}
	}
	return sizes, nil
}

// part returns the module of a symbol. The first module is that of the program.
func part(symbol string, modules []string) string {
	symbol = strings.ReplaceAll(symbol, "%2e", ".")
	for _, made := range []string{"type:", "go:", "runtime.pclntab", "runtime.findfunctab", "runtime.typelink", "runtime.itablink", "runtime.types", "runtime.rodata"} {
		if strings.HasPrefix(symbol, made) {
			return shared
		}
	}
	if strings.HasPrefix(symbol, "main.") {
		return modules[0]
	}
	best := ""
	for _, m := range modules {
		if len(m) > len(best) && (strings.HasPrefix(symbol, m+"/") || strings.HasPrefix(symbol, m+".")) {
			best = m
		}
	}
	return cmp.Or(best, "Go and its standard library")
}

// lines counts the lines of Go files that are built into the program: not files for tests,
// such as fakes of platforms and the suites for adapters and ledgers, and not folders whose
// names begin with a dot.
func lines(repository fs.FS) (n int, err error) {
	err = fs.WalkDir(repository, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "var" ||
				strings.HasSuffix(d.Name(), "test") || strings.HasSuffix(d.Name(), "fake")) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		data, err := fs.ReadFile(repository, name)
		n += bytes.Count(data, []byte("\n"))
		return err
	})
	return n, err
}
