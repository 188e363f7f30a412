// Package zone loads time zones from the newest tz database available
// (https://www.iana.org/time-zones): that of the machine, or the copy in the binary. It
// knows neither schedules nor the configuration.
//
// # Why
//
// Governments change their clocks at short notice, and with an old database times are
// an hour off. time.LoadLocation uses the machine's database however old it is, and
// time/tzdata is as old as the Go release that built the program. This package uses the
// newer one. The copy in the binary is checked against Debian's; see TestCurrent for
// how to update it.
package zone

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// compiled is a zip of the files that zic compiles from the database, and of
// releaseFile.
//
//go:embed zoneinfo.zip
var compiled []byte

// folders are where machines keep their database, as in time.LoadLocation.
var folders = []string{"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo"}

// Database is a tz database.
type Database struct {
	// Release is its name, such as 2026f; later releases sort after earlier ones.
	Release string
	// Place says where the database is, in words.
	Place string
	files fs.FS
}

// String returns the release and the place.
func (d Database) String() string { return d.Release + ", " + d.Place }

// databases returns the databases that zones are loaded from, newest first.
var databases = sync.OnceValue(func() []Database {
	copied := embedded()
	if machine, ok := installed(folders); ok && machine.Release > copied.Release {
		return []Database{machine, copied}
	}
	return []Database{copied}
})

// Newest returns the database that zones are loaded from first.
func Newest() Database { return databases()[0] }

// OfSystem returns the newest database of the machine. It returns false if none states
// its release.
func OfSystem() (Database, bool) { return installed(folders) }

// Load returns the time zone with a name of the tz database, such as Asia/Shanghai.
func Load(name string) (*time.Location, error) {
	if zone, ok := loaded.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := load(databases(), name)
	if err == nil {
		loaded.Store(name, zone)
	}
	return zone, err
}

// loaded caches zones by name: decoding one takes longer than most uses of it.
var loaded sync.Map

// load tries the databases in turn, because one may lack a name: Debian has old names
// in a separate package.
func load(from []Database, name string) (*time.Location, error) {
	if name == "UTC" {
		return time.UTC, nil
	}
	for _, d := range from {
		if zone, err := d.load(name); err == nil {
			return zone, nil
		}
	}
	return nil, fmt.Errorf(`%q is no time zone: write a name of the tz database such as "Asia/Shanghai", "Europe/Berlin" or "UTC"`, name)
}

func (d Database) load(name string) (*time.Location, error) {
	data, err := fs.ReadFile(d.files, name)
	if err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(name, data)
}

// embedded returns the copy in the binary.
func embedded() Database {
	files, err := zip.NewReader(bytes.NewReader(compiled), int64(len(compiled)))
	if err != nil {
		panic("the tz database in the binary: " + err.Error())
	}
	return Database{release(files), "in the binary", files}
}

// installed returns the newest of the databases in folders that state their release.
func installed(folders []string) (newest Database, ok bool) {
	for _, folder := range folders {
		files := os.DirFS(folder)
		if r := release(files); r > newest.Release {
			newest, ok = Database{r, "in " + folder, files}, true
		}
	}
	return newest, ok
}

// releaseFile contains the release on some systems and in the copy in the binary.
const releaseFile = "+VERSION"

// releaseLine matches the beginning of tzdata.zi, the text that a database is compiled
// from.
var releaseLine = regexp.MustCompile(`^(?:# version )?(\d{4}[a-z]+)\b`)

// release returns the release of a database, or "" if it does not state one.
func release(files fs.FS) string {
	for _, name := range []string{"tzdata.zi", releaseFile} {
		data, err := fs.ReadFile(files, name)
		if found := releaseLine.FindSubmatch(data); err == nil && found != nil {
			return string(found[1])
		}
	}
	return ""
}

// Mistake is what people may overlook when they write the name of a zone.
type Mistake struct {
	// Ahead is the zone's offset from UTC in hours, where the sign in its name says the
	// opposite. It is zero if the mistake is another: the zone has no daylight saving
	// time, and people may think that it does.
	Ahead int
	// Meant is the zone that was probably meant.
	Meant string
}

// MistakeOf returns the likely mistake in a name. It returns false if there is none.
func MistakeOf(name string) (Mistake, bool) {
	if meant, ok := standard[name]; ok {
		return Mistake{Meant: meant}, true
	}
	behind, err := strconv.Atoi(strings.TrimPrefix(name, reversed))
	if !strings.HasPrefix(name, reversed) || err != nil || behind == 0 {
		return Mistake{}, false
	}
	return Mistake{-behind, fmt.Sprintf("%s%+d", reversed, -behind)}, true
}

// reversed is the prefix of zones whose names use the sign of POSIX: Etc/GMT+8 is
// behind UTC (https://data.iana.org/time-zones/tzdb/etcetera).
const reversed = "Etc/GMT"

// standard maps abbreviations, which in the tz database are zones without daylight
// saving time, to the zones that people may mean.
var standard = map[string]string{"EST": "America/New_York", "MST": "America/Denver"}
