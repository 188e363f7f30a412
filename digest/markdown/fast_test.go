package markdown

import (
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

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

// The short ways come to what the long ones come to.
func TestLetters(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		s := "a" + string(r) + "b"
		if got, want := lower(s), strings.ToLower(s); got != want {
			t.Errorf("lower %U: got %q, want %q", r, got, want)
		}
		if got, want := isLetter(r), unicode.IsLetter(r); got != want {
			t.Errorf("isLetter %U: got %v, want %v", r, got, want)
		}
		for _, s := range []string{string(r), "a" + string(r) + "b", "a " + string(r)} {
			if got, want := squeeze(s), strings.Join(strings.Fields(s), " "); got != want {
				t.Errorf("squeeze %q: got %q, want %q", s, got, want)
			}
		}
		clean := !unicode.IsControl(r) || r == '\n' || r == '\t'
		if got, _ := check([]byte(s)); got != clean {
			t.Errorf("check %U: got %v, want %v", r, got, clean)
		}
	}
}

func TestCheckGenerated(t *testing.T) {
	piece := rapid.OneOf(rapid.SampledFrom([]string{"a", "\n", "科", "é", "😀", "\xE4", "\xE4\xB8", "?", "\x80", "\xED\xA0\x80", "\xE0\x80\x80", "\xF5", "\xC1\x80"}), rapid.StringN(0, 3, 8))
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), ""))
		if _, got := check(data); got != utf8.Valid(data) {
			t.Errorf("%q: got %v, want %v", data, got, utf8.Valid(data))
		}
	})
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
