package subscription_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// spec returns the meaning of a list of texts for one setting.
func spec(t *testing.T, setting, texts string) subscription.Match {
	t.Helper()
	written := subscription.Spec{setting: strings.Fields(texts)}
	s, problems := written.Subscription(subscription.Names{Libraries: []string{"News", "paper"}})
	if len(problems) > 0 {
		t.Fatalf("%s = %s: %+v", setting, texts, problems)
	}
	return s.Match
}

func TestMatchPaths(t *testing.T) {
	const deep = "posts/ai/2026/drafts/11-23.md"
	for _, c := range []struct {
		patterns, path string
		lacks          string // the values that exclude it
	}{
		{"posts/ai/**", "posts/ai/x.md", ""},
		{"posts/ai/**", deep, ""},
		{"posts/ai/**", "posts/air/x.md", "posts/ai/**"},
		{"posts/ai", deep, ""},
		{"posts/ai/", deep, ""},
		{"/posts/ai/", deep, ""},
		{"./posts/ai", deep, ""},
		{"posts/ai/", "posts/ai.md", "posts/ai/"},
		{"posts/*", "posts/x.md", ""},
		{"posts/*", "posts/ai/x.md", "posts/*"},
		{"posts/*/", "posts/ai/x.md", ""},
		{"posts/?i/x.md", "posts/ai/x.md", ""},
		{"ai", "posts/ai/x.md", ""},
		{"/ai", "posts/ai/x.md", "/ai"},
		{"*-zh.md", "posts/ai/x-zh.md", ""},
		{"/*-zh.md", "posts/ai/x-zh.md", "/*-zh.md"},
		{"/*-zh.md", "x-zh.md", ""},
		{"x.md", "posts/x.md", ""},
		{"posts/{ai,web}/**", "posts/web/x.md", ""},
		{"posts/[a-b]i/**", "posts/ci/x.md", "posts/[a-b]i/**"},
		{`\!x.md`, "posts/!x.md", ""},
		{"**", deep, ""},
		{"新闻/**", "新闻/第12期.md", ""},
		{"Posts/**", "posts/x.md", "Posts/**"},
		// Any that includes it and none that excludes it, in any order.
		{"posts/ai/** !**/drafts/**", "posts/ai/x.md", ""},
		{"posts/ai/** !**/drafts/**", deep, "!**/drafts/**"},
		{"!**/drafts/** posts/ai/**", deep, "!**/drafts/**"},
		{"posts/web/** posts/ai/**", "posts/ai/x.md", ""},
		{"posts/web/** posts/no", "posts/ai/x.md", "posts/web/** posts/no"},
		{"!drafts", deep, "!drafts"},
		{"!drafts", "posts/ai/x.md", ""},
		{"!drafts !posts/web", "posts/web/x.md", "!posts/web"},
	} {
		// The path is relative to the library, whatever the library is called.
		for _, o := range []*digest.Origin{nil, {Name: "drafts", Rank: 1}} {
			card := &digest.Card{ID: o.ID(strings.TrimSuffix(c.path, ".md")), File: "drafts/posts/ai/web/" + c.path, Origin: o}
			lack := spec(t, "paths", c.patterns).Lacks(card)
			if got := strings.Join(lack.Values, " "); got != c.lacks || got != "" && (lack.Field != "paths" || lack.Has != c.path) {
				t.Errorf("%s and %s: got %+v, want %q", c.patterns, c.path, lack, c.lacks)
			}
		}
	}
}

func TestMatchLanguages(t *testing.T) {
	for _, c := range []struct {
		of, language string
		want         bool
	}{
		{"zh", "zh", true}, {"zh", "zh-Hant", true}, {"ZH", "zh-hant-TW", true}, {"zh", "zhx", false}, {"zh-Hant", "zh", false}, {"zh-Hant", "zh-Hant-HK", true},
		{"zh-Hant", "zh-Hans", false}, {"en zh", "zh-CN", true}, {"en", "zh", false}, {"en", "", false},
	} {
		lack := spec(t, "languages", c.of).Lacks(&digest.Card{Language: c.language})
		if got := lack.Field == ""; got != c.want || !got && fmt.Sprint(lack) != fmt.Sprintf("{languages %v %s}", strings.Fields(c.of), c.language) {
			t.Errorf("%s and %q: got %+v, want %v", c.of, c.language, lack, c.want)
		}
	}
}

func TestMatchLibraries(t *testing.T) {
	news, paper := &digest.Card{Origin: &digest.Origin{Name: "News"}}, &digest.Card{Origin: &digest.Origin{Name: "paper", Rank: 1}}
	for of, want := range map[string][2]bool{"": {true, true}, "news": {true, false}, "PAPER": {false, true}, "paper News": {true, true}} {
		if m := spec(t, "libraries", of); m.Accepts(news) != want[0] || m.Accepts(paper) != want[1] {
			t.Errorf("%q: got %v and %v, want %v", of, m.Lacks(news), m.Lacks(paper), want)
		}
	}
	if lack := spec(t, "libraries", "news").Lacks(paper); fmt.Sprint(lack) != "{libraries [News] paper}" {
		t.Errorf("got %+v", lack)
	}
}

// A text without meaning is refused at its place, with a remedy.
func TestMatchRefuses(t *testing.T) {
	named := subscription.Names{Libraries: []string{"news", "paper"}}
	for _, c := range []struct {
		setting, text string
		names         subscription.Names
		want          string
	}{
		{"paths", "", named, `"" is no pattern of paths: write for example "posts/ai/**"`},
		{"paths", "!", named, `"!" is no pattern of paths: `},
		{"paths", "/", named, `"/" is no pattern of paths: `},
		{"paths", "posts//ai", named, `"posts//ai" is no pattern of paths: `},
		{"paths", "posts/[ai", named, `"posts/[ai" is no pattern of paths: `},
		{"paths", "posts/{ai", named, `"posts/{ai" is no pattern of paths: `},
		{"paths", "../posts", named, `"../posts" leads out of the library: a path begins at its folder: write `},
		{"languages", "Chinese", named, `"Chinese" is no language: write its tag, for example "zh"`},
		{"languages", "zh_CN", named, `"zh_CN" is no language: `},
		{"languages", "", named, `"" is no language: `},
		{"libraries", "nes", named, `"nes" is no library: write "news" or "paper"`},
		{"libraries", "nes", subscription.Names{}, `"nes" is no library: the only library has no name: write name = "nes" into [library]`},
	} {
		_, problems := subscription.Spec{c.setting: []string{c.text}}.Subscription(c.names)
		if len(problems) != 1 || problems[0].Field != c.setting+"[0]" || !strings.HasPrefix(problems[0].Text, c.want) {
			t.Errorf("%s = [%q]: got %+v, want %s", c.setting, c.text, problems, c.want)
		}
	}
}
