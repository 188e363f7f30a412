package zone

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

var update = flag.Bool("update", false, "make zoneinfo.zip of the machine's tz database")

// TestCurrent compares the database in the binary with that of the machine, which
// .ci/run keeps at Debian's newest. It deliberately checks the present: data that was
// current when it was committed does not stay current.
func TestCurrent(t *testing.T) {
	machine, ok := installed(folders)
	if !ok {
		t.Skip("this machine has no tz database that says its release: install the package tzdata")
	}
	if *update {
		pack(t, machine)
		return
	}
	ours := embedded()
	if ours.Release > machine.Release {
		t.Logf("the machine has %s, and the binary the later %s", machine.Release, ours.Release)
		return
	}
	now := time.Now()
	compared := 0
	err := fs.WalkDir(machine.files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == "posix" || name == "right":
			return fs.SkipDir
		case entry.IsDir() || name == "localtime" || name == "posixrules":
			return nil
		}
		theirs, err := machine.load(name)
		if err != nil {
			return nil // not a zone, but another table
		}
		compared++
		mine, err := ours.load(name)
		if err != nil {
			t.Errorf("%s: the database in the binary does not have it", name)
		} else if at, differ := apart(mine, theirs, now, now.AddDate(0, 0, 400)); differ {
			t.Errorf("%s: on %s the clock shows %s, and would by the database in the binary show %s", name, at.UTC().Format(time.DateOnly), at.In(theirs).Format(clock), at.In(mine).Format(clock))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if compared < 300 {
		t.Errorf("%d zones were compared, want all of %v", compared, machine)
	}
	if t.Failed() {
		t.Logf("the binary has %s, and the machine %s: renew the former with go test ./digest/zone -run TestCurrent -update", ours.Release, machine.Release)
	}
}

const clock = "15:04 -07:00"

// apart returns the first time in a range at which the clocks of two zones differ.
func apart(a, b *time.Location, from, to time.Time) (time.Time, bool) {
	for at := from; at.Before(to); {
		_, x := at.In(a).Zone()
		_, y := at.In(b).Zone()
		if x != y {
			return at, true
		}
		_, endA := at.In(a).ZoneBounds()
		_, endB := at.In(b).ZoneBounds()
		next := to
		for _, end := range []time.Time{endA, endB} {
			if !end.IsZero() && end.Before(next) {
				next = end
			}
		}
		at = next
	}
	return time.Time{}, false
}

// pack makes zoneinfo.zip from the text from which a database is compiled.
func pack(t *testing.T, from Database) {
	t.Helper()
	folder := t.TempDir()
	text := filepath.Join(strings.TrimPrefix(from.Place, "in "), "tzdata.zi")
	if out, err := exec.Command("zic", "-b", "slim", "-d", folder, text).CombinedOutput(); err != nil {
		t.Fatalf("zic, which Debian has in libc-bin: %v\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(folder, releaseFile), []byte(from.Release), 0o644); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression)
	})
	err := fs.WalkDir(os.DirFS(folder), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		to, err := w.Create(name)
		if err != nil {
			return err
		}
		_, err = to.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("zoneinfo.zip", b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestApart checks that the clocks of Vancouver no longer change after the spring of
// 2026. Go 1.26 does not know that: its data is from release 2025c.
func TestApart(t *testing.T) {
	ours, err := Load("America/Vancouver")
	if err != nil {
		t.Fatal(err)
	}
	old := time.FixedZone("PST", -8*3600)
	from := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	if at, differ := apart(ours, old, from, from.AddDate(1, 0, 0)); !differ || !at.Equal(from) {
		t.Errorf("Vancouver is %v, want seven hours behind UTC from %v on", at, from)
	}
	permanent := time.FixedZone("PDT", -7*3600)
	if at, differ := apart(ours, permanent, from, from.AddDate(1, 0, 0)); differ {
		t.Errorf("Vancouver changes its clock at %v, want never", at)
	}
	berlin, err := Load("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	winter := time.FixedZone("CET", 3600)
	want := time.Date(2027, 3, 28, 1, 0, 0, 0, time.UTC)
	if at, differ := apart(berlin, winter, want.AddDate(0, 0, -90), want.AddDate(0, 0, 90)); !differ || !at.Equal(want) {
		t.Errorf("Berlin changes its clock at %v, want %v", at, want)
	}
}

// TestNewest simulates machines with an older, an equal and a newer database than the
// binary, and with none.
func TestNewest(t *testing.T) {
	tokyo, err := fs.ReadFile(embedded().files, "Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	ours := embedded().Release
	for name, tt := range map[string]struct {
		files map[string]string
		want  string // the release of the machine; empty for none
	}{
		"none":             {nil, ""},
		"without release":  {map[string]string{"UTC": "x"}, ""},
		"text":             {map[string]string{"tzdata.zi": "# version 9999a\n# This zic input file\n"}, "9999a"},
		"text of patches":  {map[string]string{"tzdata.zi": "# version 2024b-3-gabcdef-dirty\n"}, "2024b"},
		"file":             {map[string]string{"+VERSION": "2019c\n"}, "2019c"},
		"text without one": {map[string]string{"tzdata.zi": "# no version\n", "+VERSION": "2020a"}, "2020a"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for file, text := range tt.files {
				if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, ok := installed([]string{filepath.Join(folder, "missing"), folder})
			if got.Release != tt.want || ok != (tt.want != "") {
				t.Errorf("the machine has %q, %v, want %q", got.Release, ok, tt.want)
			}
		})
	}
	// A newer database has the clock of Tokyo for Berlin, and lacks other zones.
	newer := Database{"9999a", "in a test", fstest.MapFS{"Europe/Berlin": {Data: tokyo}, "Europe/Paris": {Data: []byte("damaged")}}}
	for name, want := range map[string]int{"Europe/Berlin": 9, "Europe/Paris": 1, "Asia/Shanghai": 8, "UTC": 0} {
		zone, err := load([]Database{newer, embedded()}, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, offset := time.Date(2026, 1, 1, 0, 0, 0, 0, zone).Zone(); offset != want*3600 {
			t.Errorf("%s is %d seconds ahead of UTC, want %d hours", name, offset, want)
		}
	}
	if got := Newest(); got.Release < ours {
		t.Errorf("zones are loaded from %v, and the binary has %s", got, ours)
	}
}

func TestLoad(t *testing.T) {
	for _, name := range []string{"UTC", "Asia/Shanghai", "EST", "EST5EDT", "Etc/GMT+8", "US/Pacific", "Asia/Calcutta", "America/Argentina/Buenos_Aires"} {
		zone, err := Load(name)
		if err != nil || zone.String() != name {
			t.Errorf("Load(%q) is %v, %v", name, zone, err)
		}
	}
	for _, name := range []string{"", "Local", "local", "Shanghai", "CST", "UTC+8", "../zoneinfo/UTC", "/etc/localtime", "Asia", "Asia/", "tzdata.zi", releaseFile, "zone.tab", "Asia\\Shanghai", "Asia/Shanghai\x00", "@everyone"} {
		if zone, err := Load(name); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q is no time zone", name)) {
			t.Errorf("Load(%q) is %v, %v, want an error", name, zone, err)
		}
	}
}

func TestMistakeOf(t *testing.T) {
	for name, want := range map[string]Mistake{
		"EST":        {0, "America/New_York"},
		"MST":        {0, "America/Denver"},
		"Etc/GMT+8":  {-8, "Etc/GMT-8"},
		"Etc/GMT-14": {14, "Etc/GMT+14"},
		"Etc/GMT+1":  {-1, "Etc/GMT-1"},
	} {
		if got, ok := MistakeOf(name); !ok || got != want {
			t.Errorf("MistakeOf(%q) is %+v, %v, want %+v", name, got, ok, want)
		}
		zone, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, offset := time.Date(2026, 7, 1, 0, 0, 0, 0, zone).Zone(); want.Ahead != 0 && offset != want.Ahead*3600 {
			t.Errorf("%s is %d seconds ahead of UTC, want %d hours", name, offset, want.Ahead)
		}
	}
	for _, name := range []string{"", "UTC", "GMT+0", "Etc/GMT", "Etc/GMT+0", "Etc/GMT-0", "Etc/GMT0", "Etc/UTC", "EST5EDT", "HST", "Asia/Shanghai"} {
		if got, ok := MistakeOf(name); ok {
			t.Errorf("MistakeOf(%q) is %+v, want none", name, got)
		}
	}
}
