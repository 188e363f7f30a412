package markdown

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/adrg/frontmatter"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/text"
)

// BenchmarkDigest compares reading one digest with its floor: only the frontmatter
// package with its own YAML and a stock goldmark parse, whose results are not used.
// /one runs on one processor and /all on all of them. Compare within one run: only the
// ratio is meaningful.
func BenchmarkDigest(b *testing.B) {
	files := digests(500)
	stock := goldmark.DefaultParser()
	for _, step := range []struct {
		name string
		do   func(data []byte) error
	}{
		{"floor", func(data []byte) error {
			var matter struct {
				Title, Date, Author, Source string
				Categories, Tags            []string
			}
			body, err := frontmatter.Parse(bytes.NewReader(data), &matter)
			stock.Parse(text.NewReader(body))
			return err
		}},
		{"read", func(data []byte) error {
			if d := Read("2026-01-21-tech-news.md", data); len(d.Problems) > 0 {
				return fmt.Errorf("problem: %v", d.Problems[0])
			}
			return nil
		}},
	} {
		b.Run(step.name+"/one", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(size(files))
			for i := 0; b.Loop(); i++ {
				if err := step.do(files[i%len(files)]); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(step.name+"/all", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(size(files))
			var next atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := step.do(files[int(next.Add(1))%len(files)]); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// size returns the mean size of the files.
func size(files [][]byte) int64 {
	return int64(len(bytes.Join(files, nil)) / len(files))
}

// digests returns n digests of about 5 KB each, Chinese and English mixed.
func digests(n int) [][]byte {
	random := rand.New(rand.NewPCG(5, 2026))
	phrases := strings.Fields(`人工智能 模型 发布 开源 云原生 安全漏洞 数据库 推理成本 下降 企业级 应用 社区 宣布 Kubernetes OpenAI GPT-5.2 Rust Go Azure
		PostgreSQL 的 在 与 和 新版本 带来 性能提升 百分之三十 开发者 可以 通过 接口 更快地 完成 部署 研究人员 披露 高危 问题 建议 立即 升级`)
	tags := strings.Fields("AI Microsoft Azure GPT-5 cloud security 开源 数据库 Kubernetes Go Rust agents 云原生 chips robotics")
	pick := func(words []string) string { return words[random.IntN(len(words))] }
	prose := func(sentences int) string {
		var s strings.Builder
		for range sentences {
			for range 6 + random.IntN(12) {
				s.WriteString(pick(phrases))
			}
			s.WriteString("，")
			for range 4 + random.IntN(8) {
				s.WriteString(pick(phrases))
			}
			s.WriteString("。")
		}
		return s.String()
	}
	title := func() string {
		return pick(phrases) + " " + pick(phrases) + "：" + pick(phrases) + pick(phrases) + pick(phrases)
	}
	files := make([][]byte, n)
	for i := range files {
		var d bytes.Buffer
		day := fmt.Sprintf("2026-%02d-%02d", 1+i/28%12, 1+i%28)
		fmt.Fprintf(&d, "---\nlayout: post\ntitle: \"%s\"\ndate: %s\nauthor: \"科技观察\"\nsource: \"https://example.org/%d/news\"\ncategories:\n  - tech\ntags:\n", title(), day, i)
		for _, k := range random.Perm(len(tags))[:3+random.IntN(6)] {
			fmt.Fprintf(&d, "  - %s\n", tags[k])
		}
		fmt.Fprintf(&d, "---\n\n# %s\n\n%s\n\n## 主要新闻\n\n", title(), prose(3))
		for k := range 4 {
			fmt.Fprintf(&d, "### %s\n\n%s **%s** %s\n\n**Source:** [Announcing %s in %s](https://example.com/news/%d/%d-announcing-general-availability/)\n\n",
				title(), prose(2), pick(phrases), prose(2), pick(phrases), pick(phrases), i, k)
		}
		fmt.Fprintf(&d, "## 分析\n\n%s\n\n%s\n\n## 结论\n\n%s\n", prose(4), prose(3), prose(4))
		files[i] = d.Bytes()
	}
	return files
}
