package dates

import (
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	wednesday := time.Date(2026, 1, 21, 23, 30, 0, 0, time.FixedZone("CST", 8*3600))
	for _, c := range []struct{ words, want string }{
		{"2026-01-21", "2026-01-21"}, {"2026/1/2", "2026-01-02"}, {"2026.01.21", "2026-01-21"}, {"20260121", "2026-01-21"},
		{"２０２６－０１－２１", "2026-01-21"}, {" 2026年1月21日 ", "2026-01-21"}, {"2026 年 1 月 21 号", "2026-01-21"},
		{"today", "2026-01-21"}, {"Yesterday", "2026-01-20"}, {"the day before yesterday", "2026-01-19"}, {"TOMORROW", "2026-01-22"},
		{"今天", "2026-01-21"}, {"昨天", "2026-01-20"}, {"前天", "2026-01-19"}, {"大前天", "2026-01-18"}, {"後天", "2026-01-23"},
		{"friday", "2026-01-16"}, {"last friday", "2026-01-16"}, {"Fri", "2026-01-16"}, {"on Friday", "2026-01-16"},
		{"wednesday", "2026-01-21"}, {"last wednesday", "2026-01-14"}, {"this wed", "2026-01-21"}, {"sunday", "2026-01-18"}, {"last thurs", "2026-01-15"},
		{"上周五", "2026-01-16"}, {"上週五", "2026-01-16"}, {"上星期五", "2026-01-16"}, {"上个星期五", "2026-01-16"}, {"上個禮拜五", "2026-01-16"},
		{"上上周五", "2026-01-09"}, {"上周三", "2026-01-14"}, {"周五", "2026-01-16"}, {"星期二", "2026-01-20"}, {"周三", "2026-01-21"},
		{"本周五", "2026-01-23"}, {"这周一", "2026-01-19"}, {"上周日", "2026-01-18"}, {"上周天", "2026-01-18"}, {"周日", "2026-01-18"}, {"礼拜天", "2026-01-18"},
		{"1月21日", "2026-01-21"}, {"1月22日", "2025-01-22"}, {"12月31號", "2025-12-31"}, {"21日", "2026-01-21"}, {"22号", "2025-12-22"}, {"31号", "2025-12-31"},
		{"21 Jan", "2026-01-21"}, {"jan 21 2026", "2026-01-21"}, {"January 21st, 2026", "2026-01-21"}, {"21st of January", "2026-01-21"}, {"the 3rd of march 2024", "2024-03-03"},
		{"22 Jan", "2025-01-22"}, {"21-jan-2026", "2026-01-21"}, {"Sept. 5", "2025-09-05"}, {"june 1", "2025-06-01"}, {"1 jul", "2025-07-01"}, {"may 9", "2025-05-09"},
		{"29 feb", "2024-02-29"}, {"2月29日", "2024-02-29"}, {"21.1.2026", "2026-01-21"}, {"01-21", "2026-01-21"}, {"21/1", "2026-01-21"}, {"1/21", "2026-01-21"}, {"1/21/2026", "2026-01-21"}, {"2/2", "2025-02-02"},
		{"3 days ago", "2026-01-18"}, {"a day ago", "2026-01-20"}, {"a week ago", "2026-01-14"}, {"two weeks ago", "2026-01-07"}, {"one month ago", "2025-12-21"}, {"a year ago", "2025-01-21"},
		{"3天前", "2026-01-18"}, {"三天前", "2026-01-18"}, {"两周前", "2026-01-07"}, {"兩週前", "2026-01-07"}, {"十天前", "2026-01-11"}, {"十二天前", "2026-01-09"}, {"二十一天前", "2025-12-31"}, {"一个月前", "2025-12-21"}, {"一個星期前", "2026-01-14"}, {"一年前", "2025-01-21"},

		{"", ""}, {"someday", ""}, {"2026-02-30", ""}, {"31 feb", ""}, {"3/4", ""}, {"3/4/2026", ""}, {"13月1日", ""}, {"0号", ""}, {"32号", ""}, {"99999 days ago", ""}, {"9999 years ago", ""},
		{"@everyone", ""}, {"<!channel>", ""}, {"\u202e12-10-6202", ""}, {"👩‍👩‍👧", ""}, {strings.Repeat("上", 300) + "周五", ""}, {"-1 days ago", ""}, {"2026-01-21; drop", ""}, {"0000-01-01", ""},
	} {
		day, ok := Parse(c.words, wednesday)
		got := ""
		if ok {
			got = day.Format(time.DateOnly)
		}
		if got != c.want {
			t.Errorf("Parse(%q) = %q, want %q", c.words, got, c.want)
		}
	}
	if day, _ := Parse("a month ago", time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)); day.Format(time.DateOnly) != "2026-02-28" {
		t.Errorf("a month before 31 March is %s", day)
	}
	// Today is determined by the reader's clock, not the machine's.
	if day, _ := Parse("today", wednesday.UTC().In(time.FixedZone("", 14*3600))); day.Format(time.DateOnly) != "2026-01-22" {
		t.Errorf("today in the far east is %s", day)
	}
}

func FuzzParseDay(f *testing.F) {
	for _, s := range []string{"2026-01-21", "上上周五", "jan 21 2026", "二十一天前", "21/1", "31号"} {
		f.Add(s, int64(1_768_953_600))
	}
	f.Fuzz(func(t *testing.T, words string, at int64) {
		now := time.Unix(at%(1<<36), 0).UTC()
		day, ok := Parse(words, now)
		if !ok {
			return
		}
		if h, m, s := day.Clock(); day.Location() != time.UTC || h+m+s != 0 {
			t.Errorf("Parse(%q) = %v, which is no midnight", words, day)
		}
		// A formatted date is read as that day, at any time.
		if again, ok := Parse(day.Format(time.DateOnly), now); !ok || !again.Equal(day) {
			t.Errorf("Parse(%q) = %v, which is read back as %v, %v", words, day, again, ok)
		}
	})
}
