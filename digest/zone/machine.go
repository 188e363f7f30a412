package zone

import (
	"os"
	"path/filepath"
	"strings"
)

// OfMachine returns the name of the machine's time zone, from the environment variable
// TZ, the link /etc/localtime or the file /etc/timezone. It returns "" if none of them
// has a name of the tz database.
func OfMachine(getenv func(string) string) string { return ofMachine(getenv("TZ"), "/etc") }

// ofMachine is OfMachine with the value of TZ and the folder to use as /etc.
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
