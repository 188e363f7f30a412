package render

import (
	"strings"
	"testing"
)

func TestThreadName(t *testing.T) {
	for content, want := range map[string]string{
		"## [Go 1](<https://go.dev>)\nlead":    "Go 1",
		"-# <@&1> <@&2>\n## 标题":                "标题",
		"-# 标题 \\_x\\_ · 2/2":                  "标题 _x_ · 2/2",
		"`code` <https://go.dev> **b** \\<@1>": "code https://go.dev b <@1>",
		"":                                     "…",
		"## " + strings.Repeat("word ", 40):    strings.TrimSpace(strings.Repeat("word ", 20)),
	} {
		if got := ThreadName(Message{Content: content}); got != want {
			t.Errorf("%q: got %q, want %q", content, got, want)
		}
	}
}
