package markdown

import (
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/digestbot/digestbot/digest"
)

// A digest is its own, whatever becomes of the bytes that it was read from.
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

func TestPlainURL(t *testing.T) {
	piece := rapid.SampledFrom([]string{"https://", "http://", "a", "B.org", "-", ".", "/", "?", "#", ":", "8", "@", "%41", "%", "(", ")", "[", "&", "=", ";", "!", "'", " ", "科", "~", "_"})
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom([]string{"", "https://", "http://x.org"}).Draw(t, "scheme") + strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), "")
		host, path, ok := plainURL(s)
		if !ok {
			return
		}
		u, err := url.Parse(s)
		if err != nil || u.Host != host || u.Path != path || u.Scheme != "http" && u.Scheme != "https" {
			t.Errorf("%q: got host %q and path %q, want %v, %v", s, host, path, u, err)
		}
	})
}
