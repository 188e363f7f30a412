package zone

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOfMachine(t *testing.T) {
	for _, x := range []struct{ what, variable, link, file, want string }{
		{"nothing", "", "", "", ""},
		{"TZ goes first", "Asia/Tokyo", "/usr/share/zoneinfo/Europe/Berlin", "Europe/Paris\n", "Asia/Tokyo"},
		{"a colon", ":Asia/Tokyo", "", "", "Asia/Tokyo"},
		{"a path in TZ", "/usr/share/zoneinfo/Asia/Tokyo", "", "", "Asia/Tokyo"},
		{"a rule of POSIX is no name", "CET-1CEST,M3.5.0,M10.5.0/3", "../usr/share/zoneinfo/Europe/Berlin", "", "Europe/Berlin"},
		{"a link", "", "/usr/share/zoneinfo/America/Argentina/Ushuaia", "Europe/Paris\n", "America/Argentina/Ushuaia"},
		{"a link on a Mac", "", "/var/db/timezone/zoneinfo/Europe/Berlin", "", "Europe/Berlin"},
		{"a link with leap seconds", "", "/usr/share/zoneinfo/right/Europe/Berlin", "", "Europe/Berlin"},
		{"a link to elsewhere", "", "/etc/some-file", "Europe/Paris\n", "Europe/Paris"},
		{"a file", "", "", "Etc/UTC\n", "Etc/UTC"},
		{"odd text", "@everyone", "../../zoneinfo/../../etc/passwd", "<!channel>\n\u202e", ""},
	} {
		t.Run(x.what, func(t *testing.T) {
			etc := t.TempDir()
			if x.link != "" {
				if err := os.Symlink(x.link, filepath.Join(etc, "localtime")); err != nil {
					t.Fatal(err)
				}
			}
			if x.file != "" {
				if err := os.WriteFile(filepath.Join(etc, "timezone"), []byte(x.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := ofMachine(x.variable, etc); got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}
