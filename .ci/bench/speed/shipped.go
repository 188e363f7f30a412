package main

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/digestbot/digestbot/.ci/bench/figures"
)

// shipped says how large the program is: the lines of its code and its binary.
func shipped(digestbot, before string) error {
	figures.Title("what is shipped")
	lines, err := lines(os.DirFS("."))
	if err != nil {
		return err
	}
	figures.AtMost(37_500, float64(lines), "lines", "of Go, without tests, fakes and suites")
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
	return nil
}

// lines counts those of the Go files of a repository that are built into the
// program: not what is for tests alone, such as fakes of platforms and the suites
// that adapters and ledgers are held to, and not what begins with a dot.
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
