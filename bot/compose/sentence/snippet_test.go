package sentence

import (
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
)

// The words of a search are bold, with a few others around them.
func TestSnippets(t *testing.T) {
	const long = "The quick brown fox jumps over the lazy dog and goes on to write a Ｋubernetes operator that nobody asked for, with tests, docs and a changelog, before lunch."
	for _, c := range []struct {
		text  string
		words []string
		want  string
	}{
		{long, []string{"kubernetes"}, "…goes on to write a **Ｋubernetes** operator that nobody asked for, with tests, docs and a…"},
		{long, []string{"QUICK", "the"}, "**The** **quick** brown fox jumps over **the** lazy dog and goes on to…"},
		{long, []string{"zebra"}, ""},
		{long, nil, ""},
		{long, []string{""}, ""},
		{"", []string{"a"}, ""},
		{"研究人员在周三公布了一个严重的漏洞，影响所有版本的 Chainlit，官方已经发布补丁，请尽快升级。", []string{"漏洞"}, "研究人员在周三公布了一个严重的**漏洞**，影响所有版本的 Chainlit，官方已经发布补丁，请尽快升级。"},
		{"a\n\nb   c", []string{"b"}, "a **b** c"},
		{"<script> @everyone *x*", []string{"@everyone"}, "<script> **@everyone** *x*"},
		{strings.Repeat("长", 200), []string{"长长长"}, strings.Repeat("**长长长**", 21) + "…"},
		{strings.Repeat("x", 500), []string{"x"}, strings.Repeat("**x**", 1) + "…"},
	} {
		var got string
		for _, s := range Snippet(c.text, c.words) {
			if s.Style.Has(chat.Bold) {
				got += "**" + s.Text + "**"
			} else {
				got += s.Text
			}
		}
		if got != c.want {
			t.Errorf("%.20q around %q:\n%q, want\n%q", c.text, c.words, got, c.want)
		}
	}
}
