package markdown

import (
	"testing"

	"github.com/digestbot/digestbot/digest/markdown/body"
)

func TestEmoji(t *testing.T) {
	for in, want := range map[string]string{
		":rocket: Launch":              "🚀 Launch",
		"Launch :rocket:":              "Launch 🚀",
		"(:tada:), :+1:!":              "(🎉), 👍!",
		":+1::rocket:":                 "👍🚀",
		"一:white_check_mark: 二":        "一:white_check_mark: 二",
		"— :white_check_mark:，":        "— ✅，",
		":100: percent":                "💯 percent",
		"16:100:9":                     "16:100:9",
		"::/48 and a::b":               "::/48 and a::b",
		"repo:ok:1":                    "repo:ok:1",
		"中:ok:文":                       "中:ok:文",
		"10:30 and 10 :30: x":          "10:30 and 10 :30: x",
		"/users/:id:/edit":             "/users/:id:/edit",
		":ok:1 and 1:ok: x":            ":ok:1 and 1:ok: x",
		":no_such_emoji: :octocat: :)": ":no_such_emoji: :octocat: :)",
		"ok: : x":                      "ok: : x",
	} {
		if got := body.ReplaceShortcodes(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		d := Read("2026-03-01-a.md", []byte("---\ntitle: '"+in+"'\n---\n## x "+in+"\n\n### [One](https://a.b/1)\n\nText "+in+"\n\n### [Two](https://a.b/2) x "+in+"\n\n<p>Text "+in+"</p>\n"))
		if got := d.Title; got != want {
			t.Errorf("title %q: got %q", in, got)
		}
		one, two := d.Stories[0], d.Stories[1]
		for _, got := range []string{one.Group, one.Summary.String(), two.Headline, two.Summary.String()} {
			if got != "x "+want && got != "Text "+want && got != "Two x "+want {
				t.Errorf("%q: got %q", in, got)
			}
		}
	}
}

// Code, addresses and escaped names contain no emoji.
func TestNoEmoji(t *testing.T) {
	for in, want := range map[string]string{
		"`:rocket:`":                      ":rocket:",
		`\:rocket:`:                       ":rocket:",
		"<code>:rocket:</code>":           ":rocket:",
		"https://a.b/:rocket: is it":      "https://a.b/:rocket: is it",
		"```\n:rocket:\n```":              ":rocket:",
		"[x](https://a.b/:rocket:) is it": "x is it",
		"<!-- :rocket: --> Text":          "Text",
	} {
		d := Read("2026-03-01-a.md", []byte("---\ntitle: T\n---\n## [One](https://a.b/1)\n\nFirst.\n\n"+in+"\n\n## [Two](https://a.b/2)\n\nText.\n"))
		if got := d.Stories[0].Summary.String(); got != "First.\n\n"+want {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

// A line may consist only of emoji, and begins where they do.
func TestEmojiHavePlaces(t *testing.T) {
	d := Read("2026-03-01-a.md", []byte("---\ntitle: T\n---\n## News\n\n* :rocket: [One](https://a.b/1)\n* [Two](https://a.b/2)\n"))
	if s := d.Stories[0]; s.Headline != "One" || s.At.Line != 6 || s.At.Column != 3 {
		t.Errorf("got %q at %v", s.Headline, s.At)
	}
}
