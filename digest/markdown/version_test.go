package markdown

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

// The golden files show how this Version reads. If files are read differently, Version
// must change, because otherwise stored readings would be taken as current.
func TestVersion(t *testing.T) {
	const version, want = 4, "c36a408bd28de387"
	names, err := filepath.Glob("testdata/*[ns]") // .json and .problems
	if err != nil || len(names) < 80 {
		t.Fatalf("golden files: %v, %v", names, err)
	}
	sum := sha256.New()
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(data)
	}
	if got := hex.EncodeToString(sum.Sum(nil))[:16]; got != want || Version != version {
		t.Errorf("the golden files are not those of Version %d. Raise it, unless files were only added; then note version %d and %q here", version, Version, got)
	}
}
