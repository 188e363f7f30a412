package markdown

import (
	"strings"
	"testing"
	"time"
)

// The day comes from the right place, with the right problems.
func TestSettleDate(t *testing.T) {
	for _, c := range []struct{ name, file, text, want, problems string }{
		{"an older key", "a.md", "---\ncreated: 2026-11-01\npublishedAt: 2026-11-02\n---\n", "2026-11-02", ""},
		{"any spelling", "a.md", "---\nPub_Datetime: 2026-11-02T08:00:00Z\n---\n", "2026-11-02", ""},
		{"date before all", "a.md", "---\ncreated_at: 2026-11-01\ndate: 2026-11-03\npublished: 2026-11-02\n---\n", "2026-11-03", ""},
		{"a change is no day", "a.md", "---\nupdated: 2026-11-02\nlastmod: 2026-11-02\nmodified: 2026-11-02\n---\n", "", ""},
		{"published says whether", "a.md", "---\npublished: true\ncreated: 2026-11-02\n---\n", "2026-11-02", ""},
		{"created says who", "a.md", "---\ncreated: by @everyone\nday: Monday\n---\n", "", ""},
		{"no date, but another key", "a.md", "---\ndate: soon\ncreated: 2026-11-02\n---\n", "2026-11-02", "2 date error"},
		{"no date, but a name", "2026-11-02-a.md", "---\ndate: [2026]\n---\n", "2026-11-02", "2 date error"},
		{"nothing", "a.md", "---\ndate:\n---\n", "", ""},
		{"an empty one", "a.md", "---\ndate: ''\n---\n", "", ""},
		{"year 1", "a.md", "---\ndate: 0001-01-01\n---\n", "", "2 date error"},
		{"two readings", "a.md", "---\ndate: 03/04/2026\n---\n", "2026-03-04", "2 date warning"},
		{"the name settles it", "2026-04-03.md", "---\ndate: 03/04/2026 08:30\n---\n", "2026-04-03", ""},
		{"the name says the same", "2026-03-04.md", "---\ndate: 03/04/2026\n---\n", "2026-03-04", ""},
		{"the name settles nothing", "2026-05-05.md", "---\ndate: 03/04/2026\n---\n", "2026-03-04", "2 date warning"},
		{"TOML", "a.md", "+++\ndate = 2026-11-02T08:00:00+08:00\n+++\n", "2026-11-02", ""},
		{"JSON, milliseconds", "a.md", "{\n\"date\": 1795852800000\n}\n", "2026-11-28", ""},
		{"the title", "a.md", "---\ntitle: Daily, 2 November 2026\n---\n", "2026-11-02", ""},
		{"the first heading behind a title", "a.md", "---\ntitle: Daily\n---\n\nHello.\n\n## 2026-11-02\n\n### A story\n", "2026-11-02", ""},
		{"a later heading", "a.md", "# Releases\n\n## 1.2, 2026-11-02\n\nText.\n", "", ""},
		{"a first line", "a.md", "---\ntitle: Daily\n---\n\n2026年11月2日 星期一\n\n### A story\n", "2026-11-02", ""},
		{"a first line that says more", "a.md", "---\ntitle: Daily\n---\n\nLast changed on 2026-11-02\n\n### A story\n", "", ""},
		{"a table", "README.md", "# About\n\n| day | file |\n|---|---|\n| 2026-11-02 | a |\n", "", ""},
		{"a changelog", "CHANGELOG.md", "## 1.2.0 (2026-11-02)\n\n- fix\n", "", ""},
		{"the heading before the month of the name", "2026-11.md", "# 23 November 2026\n", "2026-11-23", ""},
		{"the month of the name", "2026-11.md", "# Monthly\n", "2026-11-01", ""},
		{"two readings in a heading", "a.md", "# News of 03/04/2026\n", "2026-03-04", "0 date warning"},
	} {
		d := Read(c.file, []byte(c.text))
		got, problems := "", []string{}
		if !d.Date.IsZero() {
			got = d.Date.Format(time.DateOnly)
		}
		for _, p := range d.Problems {
			if p.Code == CodeDate {
				problems = append(problems, strings.Join([]string{string(rune('0' + p.Line)), p.Code, p.Severity.String()}, " "))
			}
		}
		if joined := strings.Join(problems, ", "); got != c.want || joined != c.problems {
			t.Errorf("%s: of %q with problems %q, want %q with %q", c.name, got, joined, c.want, c.problems)
		}
	}
}

// Whatever a file says, the day of its digest is in a limited range of years.
func FuzzDay(f *testing.F) {
	for _, s := range []string{"2026-11-23", "0001-01-01", "00:00 06/29/2018", "二〇二六年十一月二十八日", "2026-W01", "9999-99-99", "31/12/2100", "2026/nov/23", "1795852800", "第〇周 1990"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d := Read("a.md", []byte("---\ndate: "+s+"\n---\n# "+s+"\n")); !d.Date.IsZero() && (d.Date.Year() < 1990 || d.Date.Year() > 2100) {
			t.Errorf("%q gives %s", s, d.Date)
		}
	})
}
