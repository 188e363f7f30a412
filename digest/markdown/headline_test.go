package markdown

import (
	"testing"

	"github.com/digestbot/digestbot/digest"
)

func TestUndecorated(t *testing.T) {
	sources := []digest.Source{{URL: "https://www.blog.example.org/a"}}
	for in, want := range map[string]string{
		"A press ⭐️ 8.0/10":            "A press",
		"A press ★★★★☆":                "A press",
		"A press (↑43 | 12 comments)":  "A press",
		"A press — 120 points":         "A press",
		"A press [9/10]":               "A press",
		"折叠锯【85分】":                     "折叠锯",
		"⭐ 8.1 | A press":              "A press",
		"[7.5] A press":                "A press",
		"A press (blog.example.org)":   "A press",
		"A press — example.org ⭐ 8/10": "A press",
		"A press (other.example.net)":  "A press (other.example.net)",
		"Windows 10/10":                "Windows 10/10",
		"Python (3.12)":                "Python (3.12)",
		"Go 1.27 is out":               "Go 1.27 is out",
		"Who wins 100 points":          "Who wins 100 points",
		"[1.27] notes":                 "[1.27] notes",
		"⭐ 8/10":                       "⭐ 8/10",
	} {
		if got := undecorated(in, sources); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if words, score := cutScore("A press (8.5/10)"); words != "A press" || score != "8.5/10" {
		t.Errorf("score: got %q of %q", score, words)
	}
}

func TestTalk(t *testing.T) {
	for in, want := range map[string]bool{
		"Discussion": true, "120 comments 340 points": true, "💬 12条评论": true, "7 comments": true, "댓글 12": true,
		"Comments on the new law": false, "A press": false, "points of view": false, "": false,
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
