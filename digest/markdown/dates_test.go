package markdown

import (
	"strings"
	"testing"
	"time"
)

// shownDay is a day as tests write it: both readings where there are two.
func shownDay(w written, ok bool) string {
	switch {
	case !ok:
		return ""
	case w.ambiguous():
		return w.day.Format(time.DateOnly) + "|" + w.other.Format(time.DateOnly)
	}
	return w.day.Format(time.DateOnly)
}

func TestParseDate(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-28": "2026-11-28", "2026-1-2": "2026-01-02", "2021/08/09": "2021-08-09", "2026.11.28": "2026-11-28", "20261128": "2026-11-28",
		"00:00 06/29/2018": "2018-06-29", "06/29/2018 00:00": "2018-06-29", "29/6/2018": "2018-06-29", "29-06-2018": "2018-06-29", "28.11.2026": "2026-11-28",
		"03/04/2026": "2026-03-04|2026-04-03", "03-04-2026": "2026-04-03|2026-03-04", "03.04.2026": "2026-04-03", "04/04/2026": "2026-04-04",
		"2026年11月28日 星期六": "2026-11-28", "星期六 2026年11月28日": "2026-11-28", "2026 年 11 月 28 日（周六）": "2026-11-28", "二〇二六年十一月二十八日": "2026-11-28",
		"２０２６年１１月２８日": "2026-11-28", "2026년 11월 28일 토요일": "2026-11-28", "2026. 11. 28.": "2026-11-28", "２０２６－11": "",
		"2026-11-28 08:00:00 CST": "2026-11-28", "2026-11-28T23:30:00-05:00": "2026-11-28", "2026-11-28T00:30:00.123+08:00": "2026-11-28",
		"Saturday, November 28, 2026": "2026-11-28", "Sat Nov 28 08:00:00 CST 2026": "2026-11-28", "Sat, 28 Nov 2026 08:00:00 GMT": "2026-11-28",
		"Nov 28th, 2026": "2026-11-28", "28th of November 2026": "2026-11-28", "the 28th of November, 2026": "2026-11-28", "28. November 2026": "2026-11-28",
		"28 novembre 2026": "2026-11-28", "1er août 2026": "2026-08-01", "28 de noviembre de 2026": "2026-11-28", "1. März 2026": "2026-03-01", "28 ноября 2026": "2026-11-28",
		"2026-dec-15": "2026-12-15", "15-Dec-2026": "2026-12-15", "dec 15 2026": "2026-12-15", "8:30 PM, Nov 28, 2026": "2026-11-28",
		"1795852800": "2026-11-28", "1795852800000": "2026-11-28", "20261128083000": "2026-11-28", "2026-11-28 to 2026-12-04": "2026-11-28",
		"2026-W48": "2026-11-23", "2026w48": "2026-11-23", "week 48, 2026": "2026-11-23", "2026年第48周": "2026-11-23", "2020-W53": "2020-12-28", "2026-W54": "",
		"2026-11": "2026-11-01", "2026年11月": "2026-11-01", "November 2026": "2026-11-01", "nov-2026": "2026-11-01",
		"soon": "", "": "", "true": "", "2026": "", "12": "", "0001-01-01": "", "0001-01-01T00:00:00Z": "", "0000-00-00": "", "1899-12-30": "", "9999-12-31": "", "2101-01-01": "",
		"1999-13-45": "", "2026-02-30": "", "2026-02-30 08:00": "", "31.02.2026": "", "2026-13": "", "0": "", "1": "", "-1": "", "0000000000": "", "99999999999999999999": "",
		"192.168.20.26": "", "10.11.2026.1": "", "1.10.11.2026": "", "v1.2.2026": "", "2026.1.2.3": "", "ISSN 2026-1123": "", "1234-5678": "", "+49 30 2026-1123": "",
		"978-3-16-148410-0": "", "@everyone 2026-11-23": "2026-11-23", "<!channel> 23 Nov 2026": "2026-11-23", "\u202e2026-11-23\u202c": "2026-11-23",
		"٢٠٢٦-١١-٢٣": "", "👨‍👩‍👧‍👦 2026-11-23": "2026-11-23", strings.Repeat("2026-11-23 ", 300): "", "2026-11-23\x00": "2026-11-23", "\xff2026-11-23": "2026-11-23",
	} {
		if got := shownDay(parseDate(value{text: text})); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// The clock and the zone are those that are written.
func TestParseClock(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-28": "2026-11-28T00:00:00Z", "2026-11-28 08:05:06": "2026-11-28T08:05:06Z", "2026-11-28T08:05": "2026-11-28T08:05:00Z",
		"2026-11-28T08:05:06+08:00": "2026-11-28T08:05:06+08:00", "2026-11-28 08:05:06 -0530": "2026-11-28T08:05:06-05:30", "2026-11-28 08:00:00 CST": "2026-11-28T08:00:00-06:00", "2026-11-28 08:00:00 JST": "2026-11-28T08:00:00Z",
		"08:30 06/29/2018": "2018-06-29T08:30:00Z", "Nov 28, 2026 12:30 am": "2026-11-28T00:30:00Z", "Nov 28, 2026 1:30 PM": "2026-11-28T13:30:00Z",
		"2026-11-28 24:00": "2026-11-29T00:00:00Z", "2026-11-28 24:01": "2026-11-28T00:00:00Z", "2026-11-28 25:61": "2026-11-28T00:00:00Z", "08:00-2026-11-28": "2026-11-28T08:00:00Z", "2026-11-28 08:00 +9900": "2026-11-28T00:00:00Z",
	} {
		w, _ := parseDate(value{text: text})
		if got := w.day.Format(time.RFC3339); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func TestPathDate(t *testing.T) {
	for name, want := range map[string]string{
		"2026-11-23-tech.md": "2026-11-23", "20261123.md": "2026-11-23", "2026_11_23.md": "2026-11-23", "2026.11.23.md": "2026-11-23", "2026 11 23 news.md": "2026-11-23",
		"tech-20261123-evening.markdown": "2026-11-23", "news20261123.md": "2026-11-23", "202611230800.md": "2026-11-23",
		"2020-dec-15.md": "2020-12-15", "15-dec-2020.md": "2020-12-15", "dec-15-2020.md": "2020-12-15", "15dec2020.md": "2020-12-15", "2020_December_15-news.md": "2020-12-15",
		"2026年11月28日.md": "2026-11-28", "日报2026年11月28日.md": "2026-11-28", "二〇二六年十一月二十八日.md": "2026-11-28",
		"23-11-2026.md": "2026-11-23", "11-23-2026.md": "2026-11-23", "03-04-2026.md": "2026-04-03|2026-03-04",
		"26-11-23.md": "2026-11-23", "tech-26-11-23-a.md": "2026-11-23", "261123.md": "2026-11-23", "last-week-in-pony-112326.md": "2026-11-23",
		"2026/11/23/news.md": "2026-11-23", "posts/2026/11/23.md": "2026-11-23", "2026/11/23-news.md": "2026-11-23", "2026/11/7.md": "2026-11-07",
		"2026/nov/23.md": "2026-11-23", "2026/November/23-news.md": "2026-11-23", "2026/11-November/23.md": "2026-11-23", "2026/11-23.md": "2026-11-23", "2026/1123.md": "2026-11-23", "2026/nov-23.md": "2026-11-23",
		"2026-11/23.md": "2026-11-23", "202611/23-x.md": "2026-11-23", "2026/11/11-23.md": "2026-11-23", "2026年/11月/23日.md": "2026-11-23",
		"2026-11-23/index.md": "2026-11-23", "2026-11-23/README.md": "2026-11-23", "2026/11/23/README.md": "2026-11-23", "2025-01-01/2026-03-02.md": "2026-03-02", "2026-11-23/a/b.md": "2026-11-23",
		"2026/11/7-tips.md": "", "2026/links.md": "", "2026/11/links.md": "", "2026/12-issue.md": "", "1999-13-45.md": "", "2026-02-30-x.md": "", "0001-01-01-x.md": "", "99991231.md": "",
		"issue-12.md": "", "issue-202603021.md": "", "192.168.20.26.md": "", "v1.2.2026.md": "", "release-2026.1.2.md": "", "ISSN-2026-1123.md": "", "0170-2026112.md": "",
		"README.md": "", "links.md": "", "第12期.md": "", "2026.md": "", "2026-W48.md": "", "2026-11.md": "", "@everyone 2026-11-23.md": "2026-11-23", "\u202e2026-11-23.md": "2026-11-23",
		"": "", "/": "", ".md": "", "//.md": "", "2026//23.md": "",
	} {
		if got := shownDay(pathDate(name)); got != want {
			t.Errorf("%q is of %q, want %q", name, got, want)
		}
	}
}

func TestCoarseDate(t *testing.T) {
	for name, want := range map[string]string{
		"2026-W48.md": "2026-11-23", "news-2026w01.md": "2025-12-29", "week-48-2026.md": "2026-11-23", "kw48-2026.md": "2026-11-23", "2026年第48周.md": "2026-11-23",
		"2026-11.md": "2026-11-01", "2026-11-roundup.md": "2026-11-01", "roundup-2026-11.md": "2026-11-01", "202611.md": "2026-11-01", "2026/nov-2026.md": "2026-11-01",
		"2026-11/index.md": "2026-11-01", "2026-11/README.md": "2026-11-01", "roundup-2026-nov.md": "2026-11-01",
		"2026-11/links.md": "", "2026-48.md": "", "2026-W54.md": "", "2026年第48期.md": "", "2026-11-31.md": "", "2026-13-45-x.md": "", "may-2026-links.md": "2026-05-01", "2026.md": "", "issue-12.md": "", "README.md": "",
	} {
		day, ok := coarseDate(name)
		if got := shownDay(written{day: day}, ok); got != want {
			t.Errorf("%q is of %q, want %q", name, got, want)
		}
	}
}

func TestTitleDate(t *testing.T) {
	for title, want := range map[string]string{
		"每日科技 2026年1月21日": "2026-01-21", "AI 日报 2026/11/23": "2026-11-23", "科技日报 20261123": "2026-11-23", "The Feed — March 2, 2026": "2026-03-02", "News of 28. November 2026": "2026-11-28",
		"Daily digest 11/23/2026": "2026-11-23", "Digest 03/04/2026": "2026-03-04|2026-04-03", "早报（２０２６年１１月２３日）": "2026-11-23", "@everyone 2026-11-23": "2026-11-23",
		"Home Assistant v2026.1.2": "", "PR #20261123": "", "Go 1.22.2026": "", "CVE-2026-1123": "", "192.168.20.26": "", "Call 030-2026-1123": "", "2026-02-30": "", "Best of 2026": "", "Weekly 12": "", "November 2026": "", "": "",
		"\u202e2026-11-23": "2026-11-23", strings.Repeat("x", 900) + " 2026-11-23": "",
	} {
		if got := shownDay(titleDate(title)); got != want {
			t.Errorf("%q is of %q, want %q", title, got, want)
		}
	}
}

// Where the day comes from, and what is said of it.
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

// The day is a plausible one or there is none, whatever is read.
func FuzzDate(f *testing.F) {
	for _, s := range []string{"2026-11-23", "0001-01-01", "00:00 06/29/2018", "二〇二六年十一月二十八日", "2026-W01", "9999-99-99", "31/12/2100", "2026/nov/23", "1795852800", "第〇周 1990"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		check := func(w written, ok bool) {
			for _, day := range []time.Time{w.day, w.other} {
				if ok && !day.IsZero() && !plausible(day.Year()) || ok && w.day.IsZero() {
					t.Errorf("%q is %s", s, day)
				}
			}
			if ok && (w.start > w.end || w.end > len(s)*4) {
				t.Errorf("%q stands from %d to %d", s, w.start, w.end)
			}
		}
		check(parseDate(value{text: s}))
		check(pathDate(s + ".md"))
		check(titleDate(s))
		check(dateAlone(s))
		day, ok := coarseDate(s)
		check(written{day: day}, ok)
		if d := Read("a.md", []byte("---\ndate: "+s+"\n---\n# "+s+"\n")); !d.Date.IsZero() && !plausible(d.Date.Year()) {
			t.Errorf("%q gives %s", s, d.Date)
		}
	})
}
