package story

import (
	"testing"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
)

func TestUndecorated(t *testing.T) {
	sources := []digest.Source{{URL: "https://www.blog.example.org/a"}}
	for in, want := range map[string]string{
		"A press (blog.example.org)":                "A press > ",
		"A press (8.5/10) (blog.example.org)":       "A press > 8.5/10",
		"A press — example.org ⭐ 8/10":              "A press > ⭐ 8/10",
		"⭐ 8.1 | A press [12 points] — example.org": "A press > ⭐ 8.1 · 12 points",
		"A press (other.example.net)":               "A press (other.example.net) > ",
		"[7.5] A press":                             "A press > 7.5",
		"A press (12 points) [comments]":            "A press > 12 points",
		"A press [120 comments] (blog.example.org)": "A press > 120 comments",
		"@everyone 新闻 👩‍👩‍👧‍👦（评论）":                  "@everyone 新闻 👩‍👩‍👧‍👦 > ",
		"מכבש חדש [댓글 12개]":                         "מכבש חדש > 댓글 12개",
		"A press (with comments)":                   "A press (with comments) > ",
		"Letters (HN)":                              "Letters (HN) > ",
		"A press [HN]":                              "A press > ",
		"[comments]":                                "[comments] > ",
		"⭐ 8/10":                                    "⭐ 8/10 > ",
		"(blog.example.org)":                        "(blog.example.org) > ",
	} {
		var f facts
		if got := f.undecorated(f.takeScore(in), sources) + " > " + f.score; got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestTalk(t *testing.T) {
	for in, want := range map[string]bool{
		"Discussion": true, "120 comments 340 points": true, "💬 12条评论": true, "7 comments": true, "댓글 12": true, "댓글 12개": true,
		"Comments on the new law": false, "A press": false, "回复": false, "points of view": false, "": false,
	} {
		if got := block.IsDiscussion(in); got != want {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
}

func TestColumns(t *testing.T) {
	for in, want := range map[string]columnUse{
		"Title": headlines, "论文标题": headlines, "제목": headlines, "Summary": summaries, "一句话说明": summaries, "TL;DR": summaries, "What it does": summaries,
		"分数/评论": figures, "Author(s)": figures, "Stars": figures, "Links": addresses, "原文": addresses, "Meaning": anyUse, "": anyUse, "/": anyUse,
	} {
		if got := useOf(in); got != want {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
}
