package markdown

import (
	"testing"

	"github.com/digestbot/digestbot/digest"
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
		"Discussion": true, "120 comments 340 points": true, "💬 12条评论": true, "7 comments": true, "댓글 12": true,
		"Comments on the new law": false, "A press": false, "回复": false, "points of view": false, "": false,
	} {
		if got := isTalk(in); got != want {
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
