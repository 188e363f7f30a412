package main

import (
	"testing"
	"testing/fstest"
)

func TestLines(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	got, err := lines(fstest.MapFS{
		"cmd/digestbot/main.go":               file("package main\n\nfunc main() {}\n"),
		"digest/digest.go":                    file("package digest\n"),
		"digest/digest_test.go":               file("package digest\n"),
		"digest/testdata/broken.go":           file("package broken\n"),
		"digest/notes.md":                     file("notes\n"),
		"adapters/slack/slackfake/fake.go":    file("package slackfake\n"),
		"adapters/slack/slackfake/cmd/run.go": file("package main\n"),
		"adapters/adaptertest/suite.go":       file("package adaptertest\n"),
		".ci/bench/speed/main.go":             file("package main\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got != 4 {
		t.Errorf("there are %d lines, want the 4 that are built into the program", got)
	}
}
