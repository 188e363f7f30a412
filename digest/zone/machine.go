package zone

import (
	"os"
	"path/filepath"
	"strings"
)

// OfMachine is the name of the zone that the clock of the machine keeps, as the environment
// variable TZ, the link /etc/localtime or the file /etc/timezone tell it; empty where none
// of them has a name of the database.
func OfMachine(getenv func(string) string) string { return ofMachine(getenv("TZ"), "/etc") }

// ofMachine is OfMachine for a value of TZ and a folder in the place of /etc.
// https://www.freedesktop.org/software/systemd/man/latest/localtime.html
func ofMachine(variable, etc string) string {
	link, _ := os.Readlink(filepath.Join(etc, "localtime"))
	file, _ := os.ReadFile(filepath.Join(etc, "timezone"))
	for _, text := range []string{variable, link, string(file)} {
		name := strings.TrimPrefix(strings.TrimSpace(text), ":")
		if _, below, ok := strings.Cut(filepath.ToSlash(name), "zoneinfo/"); ok {
			name = strings.TrimPrefix(strings.TrimPrefix(below, "posix/"), "right/")
		}
		if _, err := Load(name); name != "" && err == nil {
			return name
		}
	}
	return ""
}
