package site

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const config = `state = "var"
[library]
path = "content"
[http]
listen = "127.0.0.1:0"
[[subscription]]
name = "morning"
channels = ["web:general"]
start = "next"
`

// bodies is a configuration of Hugo with which it builds one page, and everyBody that page:
// it contains the body of each digest.
const (
	bodies = `title = "digests"
disableKinds = ["section", "taxonomy", "term", "rss", "sitemap", "robotstxt", "404"]
[[cascade]]
[cascade.build]
render = "never"
[cascade.target]
kind = "page"
[markup.goldmark.renderer]
unsafe = true
`
	everyBody = "{{ range site.RegularPages }}{{ len .Content }}\n{{ end }}\n"
)

// markup is HTML as writers of digests use it: a picture, a collapsible list, a table.
// Builds before 2026-12 can read it, so that they can be measured for comparison.
const markup = `<p align="center"><img src="https://img.example.com/chart.png" alt="图" width="400"></p>

<details>
<summary>更多</summary>

<ul>
<li><a href="https://example.com/list?lang=en&amp;region=us">新版本 Go</a> – 开发者可以<br>更快地完成部署</li>
<li><b>接口</b> 性能提升</li>
</ul>

</details>

<table>
<thead><tr><th>模型</th><th>成本</th></tr></thead>
<tbody>
<tr><td>GPT-5.2</td><td>下降</td></tr>
<tr><td><a href='https://example.com/rust'>Rust</a></td><td>&lt; 30</td></tr>
</tbody>
</table>

`

// Generate creates a folder that is both a Hugo site and a library of digestbot, with n
// digests of about 5 KB, Chinese and English mixed, a tenth of them with HTML. The output
// is deterministic.
func Generate(folder string, n int) error {
	content := filepath.Join(folder, "content")
	if err := os.MkdirAll(content, 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"config.toml": config, "hugo.toml": "title = \"digests\"\n", "content.toml": bodies, "layouts/index.html": everyBody,
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	random := rand.New(rand.NewPCG(7, 2026))
	phrases := strings.Fields(`人工智能 模型 发布 开源 云原生 安全漏洞 数据库 推理成本 下降 企业级 应用 社区 宣布 Kubernetes OpenAI GPT-5.2 Rust Go
		Azure PostgreSQL 的 在 与 和 新版本 带来 性能提升 百分之三十 开发者 可以 通过 接口 更快地 完成 部署 研究人员 披露 高危 问题 建议 立即 升级`)
	say := func(words int) string {
		var s strings.Builder
		for range words {
			s.WriteString(phrases[random.IntN(len(phrases))])
		}
		return s.String()
	}
	const days = 9000 // after that, each day gets a second digest
	first := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		var d bytes.Buffer
		day := first.AddDate(0, 0, i%days).Format("2006-01-02")
		fmt.Fprintf(&d, "---\nlayout: post\ntitle: \"%s：%s\"\ndate: %s\nauthor: \"科技观察\"\ncategories:\n  - tech\ntags:\n", say(2), say(3), day)
		if random.IntN(4) == 0 {
			d.WriteString("  - AI\n")
		}
		for k := range 2 + random.IntN(6) {
			fmt.Fprintf(&d, "  - tag-%d\n", k*60+int(60*random.Float64()*random.Float64()))
		}
		fmt.Fprintf(&d, "---\n\n# %s\n\n%s。\n\n## 主要新闻\n\n", say(4), say(55))
		for k := range 4 {
			bold := "**" + say(1) + "**"
			if i%10 == 9 {
				bold = "<b>" + say(1) + "</b>"
			}
			fmt.Fprintf(&d, "### %s\n\n%s，%s%s。%s。\n\n**Source:** [%s](https://example.com/news/%d/%d-announcing-general-availability/)\n\n",
				say(4), say(28), bold, say(20), say(25), say(3), i, k)
		}
		if i%10 == 9 {
			d.WriteString(markup)
		}
		fmt.Fprintf(&d, "## 分析\n\n%s。\n\n%s。\n\n## 结论\n\n%s。\n", say(70), say(60), say(70))
		if err := os.WriteFile(filepath.Join(content, fmt.Sprintf("%s-tech-digest-%d.md", day, i/days+1)), d.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
