package markdown

import (
	"strings"
	"testing"
)

// scoredStory returns the first story in a list item or a heading.
func scoredStory(body string) string {
	s := Read("2026-03-01-a.md", []byte("---\ntitle: T\n---\n"+body)).Stories[0]
	return s.Headline + " > " + s.Score + " > " + strings.ReplaceAll(s.Summary.String(), "\n", "/")
}

func TestScoresOfHeadlines(t *testing.T) {
	for in, want := range map[string]string{
		"[The headline](https://a.b/1) ⭐️ 8.0/10":                  "The headline > ⭐️ 8.0/10",
		"[The headline ★ 8.1/10](https://a.b/1)":                   "The headline > ★ 8.1/10",
		"★ 8.1/10 [The headline](https://a.b/1)":                   "The headline > ★ 8.1/10",
		"⭐ 1.2k [The headline](https://a.b/1)":                     "The headline > ⭐ 1.2k",
		"👍 31 [The headline](https://a.b/1)":                       "The headline > 👍 31",
		"[8.5/10] [The headline](https://a.b/1)":                   "The headline > 8.5/10",
		"[The headline](https://a.b/1) (312 points)":               "The headline > 312 points",
		"[The headline](https://a.b/1) (312 points, 45 comments)":  "The headline > 312 points, 45 comments",
		"[The headline](https://a.b/1) | 312 points | 45 comments": "The headline > 312 points | 45 comments",
		"[The headline](https://a.b/1) ▲ 312 💬 45":                 "The headline > ▲ 312 💬 45",
		"[The headline](https://a.b/1)（评分：8/10）":                   "The headline > 评分：8/10",
		"[The headline](https://a.b/1) ★★★★☆":                      "The headline > ★★★★☆",
		"⭐⭐⭐ [The headline](https://a.b/1)":                        "The headline > ⭐⭐⭐",
		"⭐ 182 | [The headline](https://a.b/1)":                    "The headline > ⭐ 182",
		"[The headline](https://a.b/1) 👍 31":                       "The headline > 👍 31",
		"[The headline](https://a.b/1) (1,204 votes)":              "The headline > 1,204 votes",
		"[The headline](https://a.b/1)（312 票）":                     "The headline > 312 票",
		"[The headline](https://a.b/1) (120점)":                     "The headline > 120점",
		"[The headline](https://a.b/1) (12 Punkte)":                "The headline > 12 Punkte",
		"[The headline](https://a.b/1)（120ポイント）":                   "The headline > 120ポイント",
		"[The headline](https://a.b/1) [Score: 8.5]":               "The headline > Score: 8.5",
		"[The headline](https://a.b/1) (↑43 | 12 comments)":        "The headline > ↑43 | 12 comments",
		"[The headline](https://a.b/1) — 120 points":               "The headline > 120 points",
		"[The headline](https://a.b/1) [9/10]":                     "The headline > 9/10",
		"[The headline](https://a.b/1) (8,5/10)":                   "The headline > 8,5/10",
		"[The headline](https://a.b/1) (12 comments)":              "The headline > 12 comments",
		"[The headline](https://a.b/1) - 48 comments 210 points":   "The headline > 48 comments 210 points",
		"[折叠锯](https://a.b/1)【85分】":                                "折叠锯 > 85分",
		"[8.4] [The headline](https://a.b/1)":                      "The headline > 8.4",
		"[[1.27] notes](https://a.b/1)":                            "[1.27] notes > ",
		"[Windows 10/10](https://a.b/1)":                           "Windows 10/10 > ",
		"[Python (3.12)](https://a.b/1)":                           "Python (3.12) > ",
		"[Letters (HN)](https://a.b/1)":                            "Letters (HN) > ",
		"[GPT-5 scores 8/10 on test](https://a.b/1)":               "GPT-5 scores 8/10 on test > ",
		"[Rust 1.90](https://a.b/1)":                               "Rust 1.90 > ",
		"[5 stars for the new phone](https://a.b/1)":               "5 stars for the new phone > ",
		"[The new phone gets 5 stars](https://a.b/1)":              "The new phone gets 5 stars > ",
		"[They win by 312 points](https://a.b/1)":                  "They win by 312 points > ",
		"[⭐ 3 ways to write Go](https://a.b/1)":                    "⭐ 3 ways to write Go > ",
		"[⭐ A star is born](https://a.b/1)":                        "⭐ A star is born > ",
		"[Models (1/3)](https://a.b/1)":                            "Models (1/3) > ",
		"[朝の体操（30分）](https://a.b/1)":                               "朝の体操（30分） > ",
		"[营业到（10点）](https://a.b/1)":                                "营业到（10点） > ",
		"[Up 3.5% to 8/10 of all](https://a.b/1)":                  "Up 3.5% to 8/10 of all > ",
		"[Go (2009)](https://a.b/1)":                               "Go (2009) > ",
		"[24/7 support](https://a.b/1)":                            "24/7 support > ",
		"[iOS 26.1 | 3 bugs](https://a.b/1)":                       "iOS 26.1 | 3 bugs > ",
	} {
		// First in a heading, then in a list.
		for _, body := range []string{"## " + in + "\n\nText.\n\n## [Other](https://a.b/0)\n\nText.\n", "## News\n\n- " + in + "\n  Text.\n- [Other](https://a.b/0)\n"} {
			if got := scoredStory(body); got != want+" > Text." {
				t.Errorf("%q: got %s", body, got)
			}
		}
	}
}

func TestScoresOfLines(t *testing.T) {
	for lines, want := range map[string]string{
		"**Score:** 8/10":                  "Score: 8/10 > The text.",
		"评分：8.5/10":                        "评分：8.5/10 > The text.",
		"**热度**：1.2万":                      "热度：1.2万 > The text.",
		"⭐ 182":                            "⭐ 182 > The text.",
		"312 points | 45 comments":         "312 points | 45 comments > The text.",
		"⭐ 182 | Python":                   "⭐ 182 > The text.//Python",
		"⭐ 182 stars today · Python · MIT": "⭐ 182 stars today > The text.//Python | MIT",
		"Score: 8/10 | Tags: a, b":         "Score: 8/10 > The text.",
		"- Stars: 1,204":                   "Stars: 1,204 > The text.",
		"Wertung: ★★★☆☆":                   "Wertung: ★★★☆☆ > The text.",
		"별점: ⭐⭐⭐⭐":                         "별점: ⭐⭐⭐⭐ > The text.",
		"The team scored 312 points.":      " > The text.//The team scored 312 points.",
		"Score: the film's music is out.":  " > The text.//Score: the film's music is out.",
		"Points: 3 of them were disputed.": " > The text.//Points: 3 of them were disputed.",
		"2026":                             " > The text.//2026",
	} {
		s := storyWith(lines)
		if got := s.Score + " > " + strings.ReplaceAll(s.Summary.String(), "\n", "/"); got != want {
			t.Errorf("%q: got %s, want %s", lines, got, want)
		}
	}
	for body, want := range map[string]string{
		"★ 8.1/10 The text goes on.":    "One > ★ 8.1/10 > The text goes on.",
		"⭐ 8.5 | The text goes on.":     "One > ⭐ 8.5 > The text goes on.",
		"Score: 8/10\n\nThe text.":      "One > Score: 8/10 > The text.",
		"8/10 of all users like it.":    "One >  > 8/10 of all users like it.",
		"⭐ 3 new commands are in it.":   "One >  > ⭐ 3 new commands are in it.",
		"[1/3] This is the first part.": "One >  > [1/3] This is the first part.",
	} {
		if got := scoredStory("## [One](https://a.b/1)\n\n" + body + "\n\n## [Two](https://a.b/2)\n\nMore.\n"); got != want {
			t.Errorf("%q: got %s, want %s", body, got, want)
		}
	}
}

func TestColumnsOfScoresAndTags(t *testing.T) {
	const body = "## News\n\n| Title | %s | Note |\n|---|---|---|\n| [The headline](https://a.b/1) | %s | The text. |\n| [Other](https://a.b/2) | %[2]s | More. |\n"
	for in, want := range map[string]string{
		"分数/评论|50 / 21": "The headline > 50 / 21 > The text.",
		"⭐|1,204":       "The headline > 1,204 > The text.",
		"Points|":       "The headline >  > The text.",
		"Points|many":   "The headline >  > The text. | many",
		"标签|甲、乙":        "The headline >  > The text.",
		"Size|12":       "The headline >  > The text.",
	} {
		column, cell, _ := strings.Cut(in, "|")
		if got := scoredStory(strings.NewReplacer("%s |\n", "", "%[2]s", cell).Replace(strings.Replace(strings.Replace(body, "%s", column, 1), "%s", cell, 1))); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
