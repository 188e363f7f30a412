package main

import (
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
)

func TestSlots(t *testing.T) {
	conf, err := config.Parse("config.toml", []byte(`
[library]
path = "digests"
[[subscription]]
name = "morning"
channels = ["web:general", "web:team"]
schedule = "30 8 * * 1-5"
zone = "Asia/Shanghai"
skip = ["2026-10-01/2026-10-07"]
extra = ["2026-10-10"]
[[subscription]]
name = "night"
channels = ["web:night"]
schedule = "30 2 * * *"
zone = "Europe/Berlin"
wait = "0s"
skip = ["2026-10-01/2026-10-22", "2026-10-26/2027-10-01", "2027-10-01/2028-01-02"]
[[subscription]]
name = "leap"
channels = ["web:leap"]
schedule = "0 9 29 2 *"
`), adapters.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		now  string
		days int
		want string
	}{
		{"2026-09-30T00:00:00Z", 13, `morning, to web:general, web:team, in the time zone Asia/Shanghai:
  understood: weekdays at 8:30
  Wed 30 Sep 2026 08:30 CST, waits until 10:30
  Thu 8 Oct 2026 08:30 CST, waits until 10:30
  Fri 9 Oct 2026 08:30 CST, waits until 10:30
  Sat 10 Oct 2026 08:30 CST, waits until 10:30
  Mon 12 Oct 2026 08:30 CST, waits until 10:30
night, to web:night, in the time zone Europe/Berlin:
  understood: daily at 2:30
  Wed 30 Sep 2026 02:30 CEST
`},
		{"2026-10-23T12:00:00Z", 3, `night, to web:night, in the time zone Europe/Berlin:
  understood: daily at 2:30
  Sat 24 Oct 2026 02:30 CEST
  Sun 25 Oct 2026 02:30 CEST
leap, to web:leap, in the time zone UTC:
  understood: 0 9 29 2 *
  nothing in these 3 days; the next is Tue 29 Feb 2028 09:00 UTC
`},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		slotsCmd{Days: c.days}.tell(&program{out: &out}, conf, conf.Subscriptions, now)
		if !strings.Contains(out.String(), c.want) {
			t.Errorf("at %s:\n%s\nwant in it\n%s", c.now, out.String(), c.want)
		}
	}
}
