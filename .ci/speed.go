// Speed times over generated digests how long a library takes to load, beside
// the bare loop of the libraries that it needs, and whole processes: digestbot,
// and Hugo when it is there. It also tells how much memory a digestbot holds
// that serves and has nothing to do.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/adrg/frontmatter"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/text"
	"golang.org/x/sync/errgroup"

	"github.com/digestbot/digestbot/digest/source"
)

func main() {
	log.SetFlags(0)
	digestbot := flag.String("digestbot", "", "the binary of digestbot")
	hugo := flag.String("hugo", "", "the binary of Hugo; empty leaves it out")
	rounds := flag.Int("rounds", 5, "how often each is run; the median counts")
	flag.Parse()
	if err := run(*digestbot, *hugo, *rounds, flag.Arg(0)); err != nil {
		log.Fatal(err)
	}
}

func run(digestbot, hugo string, rounds int, scratch string) error {
	for _, n := range []int{1000, 10_000} {
		site := filepath.Join(scratch, fmt.Sprint(n))
		if err := generate(site, n); err != nil {
			return err
		}
		fmt.Printf("    %d digests\n", n)
		if err := load(rounds, filepath.Join(site, "content")); err != nil {
			return err
		}
		if err := race(digestbot, hugo, rounds, site); err != nil {
			return err
		}
		resident, err := serve(digestbot, site)
		if err != nil {
			return err
		}
		fmt.Printf("    %-30s %25.1f MiB resident\n", "digestbot serve, idle", resident)
	}
	return nil
}

// load reads the library and runs its floor in turns and prints the medians.
func load(rounds int, folder string) error {
	var ours, bare []float64
	for range rounds {
		runtime.GC()
		since := time.Now()
		if err := floor(folder); err != nil {
			return err
		}
		bare = append(bare, time.Since(since).Seconds())
		runtime.GC()
		since = time.Now()
		if _, err := source.Open(folder, slog.New(slog.DiscardHandler)); err != nil {
			return err
		}
		ours = append(ours, time.Since(since).Seconds())
	}
	fmt.Printf("    %-30s %8.3f s\n", "the bare loop", median(bare))
	fmt.Printf("    %-30s %8.3f s, %.2f x as fast\n", "reading and indexing", median(ours), median(bare)/median(ours))
	return nil
}

// floor is the least that the frontmatter package with its own YAML and stock
// goldmark cost on all processors. Nothing is made of what they read.
func floor(folder string) error {
	paths, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil {
		return err
	}
	stock := goldmark.DefaultParser()
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for part := range slices.Chunk(paths, 100) {
		group.Go(func() error {
			for _, path := range part {
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				var matter struct {
					Title, Date, Author string
					Categories, Tags    []string
				}
				body, err := frontmatter.Parse(bytes.NewReader(data), &matter)
				if err != nil {
					return err
				}
				stock.Parse(text.NewReader(body))
			}
			return nil
		})
	}
	return group.Wait()
}

// race runs the programs in turns and prints the medians.
func race(digestbot, hugo string, rounds int, site string) error {
	ours := []string{digestbot, "ask", "--config", filepath.Join(site, "config.toml"), "/digest tag AI"}
	theirs := []string{hugo, "list", "all", "--source", site}
	var wall, memory, hugoWall, hugoMemory []float64
	for range rounds {
		w, m, err := timed(ours)
		if err != nil {
			return err
		}
		wall, memory = append(wall, w), append(memory, m)
		if hugo == "" {
			continue
		}
		if w, m, err = timed(theirs); err != nil {
			return err
		}
		hugoWall, hugoMemory = append(hugoWall, w), append(hugoMemory, m)
	}
	fmt.Printf("    %-30s %8.3f s %10.1f MiB at most\n", "digestbot ask '/digest tag AI'", median(wall), median(memory))
	if hugo != "" {
		fmt.Printf("    %-30s %8.3f s %10.1f MiB at most\n", "hugo list all", median(hugoWall), median(hugoMemory))
		fmt.Printf("    digestbot is %.2f x as fast and takes %.2f of the memory\n",
			median(hugoWall)/median(wall), median(memory)/median(hugoMemory))
	}
	return nil
}

// timed runs a program and gives its seconds and its greatest memory in MiB.
func timed(args []string) (seconds, memory float64, err error) {
	c := exec.Command(args[0], args[1:]...)
	var out bytes.Buffer
	c.Stderr = &out
	since := time.Now()
	if err := c.Run(); err != nil {
		return 0, 0, fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, out.String())
	}
	seconds = time.Since(since).Seconds()
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, 0, fmt.Errorf("%s: this system does not tell how much memory it took", args[0])
	}
	return seconds, float64(usage.Maxrss) / 1024, nil
}

// serve gives the memory in MiB that digestbot holds some seconds after it has
// started to serve.
func serve(digestbot, site string) (float64, error) {
	c := exec.Command(digestbot, "serve", "--config", filepath.Join(site, "config.toml"))
	if err := c.Start(); err != nil {
		return 0, err
	}
	defer func() { _ = c.Wait() }()
	defer func() { _ = c.Process.Signal(syscall.SIGTERM) }()
	time.Sleep(8 * time.Second)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kilobytes float64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		return 0, fmt.Errorf("/proc: VmRSS: %w", err)
	}
	return kilobytes / 1024, nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// generate makes a folder that is a site of Hugo and a library of digestbot
// with n digests of about 5 KB, Chinese and English mixed.
func generate(site string, n int) error {
	content := filepath.Join(site, "content")
	if err := os.MkdirAll(content, 0o755); err != nil {
		return err
	}
	config := "state = \"var\"\n[library]\npath = \"content\"\n[adapters.web]\nlisten = \"127.0.0.1:0\"\n" +
		"[[subscription]]\nname = \"morning\"\nchannels = [\"web:general\"]\nstart = \"next\"\n"
	for name, text := range map[string]string{"config.toml": config, "hugo.toml": "title = \"digests\"\n"} {
		if err := os.WriteFile(filepath.Join(site, name), []byte(text), 0o644); err != nil {
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
	first := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		var d bytes.Buffer
		day := first.AddDate(0, 0, i).Format("2006-01-02")
		fmt.Fprintf(&d, "---\nlayout: post\ntitle: \"%s：%s\"\ndate: %s\nauthor: \"科技观察\"\ncategories:\n  - tech\ntags:\n", say(2), say(3), day)
		if random.IntN(4) == 0 {
			d.WriteString("  - AI\n")
		}
		for k := range 2 + random.IntN(6) {
			fmt.Fprintf(&d, "  - tag-%d\n", k*60+int(60*random.Float64()*random.Float64()))
		}
		fmt.Fprintf(&d, "---\n\n# %s\n\n%s。\n\n## 主要新闻\n\n", say(4), say(55))
		for k := range 4 {
			fmt.Fprintf(&d, "### %s\n\n%s，**%s**%s。%s。\n\n**Source:** [%s](https://example.com/news/%d/%d-announcing-general-availability/)\n\n",
				say(4), say(28), say(1), say(20), say(25), say(3), i, k)
		}
		fmt.Fprintf(&d, "## 分析\n\n%s。\n\n%s。\n\n## 结论\n\n%s。\n", say(70), say(60), say(70))
		if err := os.WriteFile(filepath.Join(content, day+"-tech-digest.md"), d.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
