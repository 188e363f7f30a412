package markdown

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/digestbot/digestbot/digest"
)

// A digest does not change when the bytes that it was read from do.
func TestDigestsAreTheirOwn(t *testing.T) {
	files, err := filepath.Glob("testdata/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("fixtures: got %v, %v", files, err)
	}
	var got []*digest.Digest
	read := func(file string) *digest.Digest {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := Read(file, data)
		clear(data)
		return d
	}
	for _, file := range files {
		got = append(got, read(file))
	}
	for i, d := range got {
		if want := read(files[i]); !reflect.DeepEqual(d, want) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", d.File, d, want)
		}
	}
}
