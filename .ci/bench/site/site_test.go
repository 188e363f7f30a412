package site

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Builds that are compared on different days read the same digests.
func TestGenerateIsTheSameEachTime(t *testing.T) {
	sums := map[string][sha256.Size]byte{}
	for i, folder := range []string{t.TempDir(), t.TempDir()} {
		if err := Generate(folder, 20); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(folder, "content", "*.md"))
		if err != nil || len(files) != 20 {
			t.Fatalf("there are %d digests: %v", len(files), err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(data)
			if i > 0 && sums[filepath.Base(file)] != sum {
				t.Errorf("%s has another text", filepath.Base(file))
			}
			sums[filepath.Base(file)] = sum
		}
	}
}

func TestStateOfEachBuild(t *testing.T) {
	folder := t.TempDir()
	one, other := Build{"/a/digestbot", folder}, Build{"/b/digestbot", folder}
	if one.state() == other.state() {
		t.Fatalf("both have their state in %s", one.state())
	}
	for _, b := range []Build{one, other} {
		if err := os.MkdirAll(filepath.Join(b.state(), "kept"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := one.Forget(); err != nil {
		t.Fatal(err)
	}
	if all, err := os.ReadDir(one.state()); err != nil || len(all) > 0 {
		t.Errorf("the state that was to be forgotten has %v, %v", all, err)
	}
	if all, err := os.ReadDir(other.state()); err != nil || len(all) != 1 {
		t.Errorf("the state of the other build has %v, %v", all, err)
	}
}

// ready does not wait for a program that has exited.
func TestReadySeesTheEnd(t *testing.T) {
	address, err := free()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ended <- errors.New("exit status 1")
	if err := ready(address, ended); err == nil || !strings.Contains(err.Error(), "exited before it was ready: exit status 1") {
		t.Errorf("the error is %v", err)
	}
}
