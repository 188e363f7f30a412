// Package zone loads time zones from the newest tz database at hand
// (https://www.iana.org/time-zones): that of the machine, or the copy in the binary.
// It knows neither schedules nor the configuration.
//
// # Why
//
// Governments move their clocks at short notice, so an old database is an hour off.
// time.LoadLocation takes the machine's database however old it is, and time/tzdata
// is as old as the Go that built the program. Here the newer one wins, and the copy
// in the binary is checked against Debian's: TestCurrent says how to renew it.
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

// compiled is a zip of the files that zic makes of the database, and releaseFile.
//
//go:embed zoneinfo.zip
var compiled []byte

// folders are where machines keep their database, as time.LoadLocation looks for it.
var folders = []string{"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo"}

// Database is a tz database.
type Database struct {
	// Release is its name, such as 2026f: a later one sorts behind it.
	Release string
	// Place says where it stands, for people.
	Place string
	files fs.FS
}

// String is the release and the place.
func (d Database) String() string { return d.Release + ", " + d.Place }

// databases are those that zones are loaded from, the newest first.
var databases = sync.OnceValue(func() []Database {
	copied := embedded()
	if machine, ok := installed(folders); ok && machine.Release > copied.Release {
		return []Database{machine, copied}
	}
	return []Database{copied}
})

// Newest is the database that zones are loaded from.
func Newest() Database { return databases()[0] }

// OfSystem is the newest database of the machine; not ok if none says its release.
func OfSystem() (Database, bool) { return installed(folders) }

// Load gives the zone of a name in the tz database, such as Asia/Shanghai.
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

// loaded are the zones that were asked for, by name: to unpack one takes longer than
// what most do with it.
var loaded sync.Map

// load looks into further databases for a name that the first ones do not have:
// Debian has old names in a package of their own.
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

// embedded is the copy in the binary.
func embedded() Database {
	files, err := zip.NewReader(bytes.NewReader(compiled), int64(len(compiled)))
	if err != nil {
		panic("the tz database in the binary: " + err.Error())
	}
	return Database{release(files), "in the binary", files}
}

// installed is the newest database in some folders that says its release.
func installed(folders []string) (newest Database, ok bool) {
	for _, folder := range folders {
		files := os.DirFS(folder)
		if r := release(files); r > newest.Release {
			newest, ok = Database{r, "in " + folder, files}, true
		}
	}
	return newest, ok
}

// releaseFile is where some systems, and the copy in the binary, have the release.
const releaseFile = "+VERSION"

// releaseLine is how tzdata.zi, the text that a database is made of, begins.
var releaseLine = regexp.MustCompile(`^(?:# version )?(\d{4}[a-z]+)\b`)

// release is the release of a database, empty when it does not say it.
func release(files fs.FS) string {
	for _, name := range []string{"tzdata.zi", releaseFile} {
		data, err := fs.ReadFile(files, name)
		if found := releaseLine.FindSubmatch(data); err == nil && found != nil {
			return string(found[1])
		}
	}
	return ""
}

// Mistake is what people may overlook who write the name of a zone.
type Mistake struct {
	// Ahead are the hours by which the zone is ahead of UTC, and below zero behind it,
	// where the sign in its name says the reverse. It is zero where the zone has no
	// daylight saving time, and people may think that it does.
	Ahead int
	// Meant is the zone that may be meant.
	Meant string
}

// MistakeOf says whether a name is easily mistaken, and for what.
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

// reversed begins the names of zones whose sign is that of POSIX: Etc/GMT+8 is
// behind UTC (https://data.iana.org/time-zones/tzdb/etcetera).
const reversed = "Etc/GMT"

// standard are abbreviations that the tz database has as zones without daylight
// saving time, with the zones that people may mean.
var standard = map[string]string{"EST": "America/New_York", "MST": "America/Denver"}
