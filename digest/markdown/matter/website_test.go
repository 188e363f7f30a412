package matter

import (
	"fmt"
	"strings"
	"testing"
)

func TestReadWebsite(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"_config.yml", "# A blog.\n---\ntitle: x\nurl: https://example.org/\nbaseurl: blog/\ntimezone: Asia/Shanghai\npermalink: pretty\n", "jekyll https://example.org/blog Asia/Shanghai pretty map[] false"},
		{"_config.yml", "url: \"\"\nbaseurl: /\n", "jekyll <nil> <nil>  map[] false"},
		{"_config.yml", "permalink: date\ncollections:\n  posts:\n    permalink: /x/:title/\n", "jekyll <nil> <nil> /x/:title/ map[] false"},
		{"_config.toml", "url = 'https://example.org'\npermalink = 'none'\n", "jekyll https://example.org <nil> none map[] false"},
		{"site/hugo.toml", "baseURL = 'https://example.org/b/'\ntimeZone = 'UTC'\nuglyURLs = true\n[permalinks]\nposts = '/:year/:slug/'\n[permalinks.page]\ndocs = '/:title'\n[permalinks.section]\nx = '/y'\n", "hugo https://example.org/b/ UTC  map[docs:/:title posts:/:year/:slug/] true"},
		{"hugo.yaml", "baseurl: https://example.org\npermalinks: {posts: \"/:title\"}\n", "hugo https://example.org <nil>  map[posts:/:title] false"},
		{"config.json", "{\"baseURL\": \"https://example.org\"}\n", "hugo https://example.org <nil>  map[] false"},
		{"hugo.toml", "", "hugo <nil> <nil>  map[] false"},
		{"_config.yml", "url: example.org\n", `_config.yml:1:1: url: "example.org" is no address of a site`},
		{"_config.yml", "title: x\ntimezone: Local\n", `_config.yml:2:1: timezone: "Local" is no time zone`},
		{"_config.yml", "title: x\nurl: [a\n", "_config.yml:2:"},
		{"_config.yml", "url: [a]\n", "_config.yml:1:1: url: a word is expected here"},
		{"hugo.toml", "title = 'x'\nbaseURL = \n", "hugo.toml:2:"},
		{"hugo.json", "{\"baseURL\": }", "hugo.json:1:13:"},
		{"hugo.toml", "permalinks = 'x'\n", "hugo.toml:1:1: permalinks: a table is expected here"},
		{"_config.yml", strings.Repeat("# x\n", 20_000), "_config.yml:1:1: it is longer than 64 KiB"},
		{"site.yml", "url: x\n", "site.yml: it is no configuration of a site"},
	} {
		o, err := ReadWebsite(c.name, []byte(c.text))
		tool := map[bool]string{true: "hugo", false: "jekyll"}[o.Hugo]
		if o.Sections == nil {
			o.Sections = map[string]string{}
		}
		got := fmt.Sprint(tool, " ", o.Base, " ", o.Zone, " ", o.Permalink, " ", o.Sections, " ", o.UglyURLs)
		if o.Zone == nil {
			got = fmt.Sprint(tool, " ", o.Base, " <nil> ", o.Permalink, " ", o.Sections, " ", o.UglyURLs)
		}
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != c.want || err != nil && !strings.HasPrefix(got, c.want) {
			t.Errorf("%s with %.60q\n got %s\nwant %s", c.name, c.text, got, c.want)
		}
	}
}
