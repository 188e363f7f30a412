// Speed compares how fast digestbot is with what is wanted of it: in the
// benchmarks of its packages, over generated digests beside the bare loop of the
// libraries that it needs, and as whole processes beside Hugo, when it is there.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"math/rand/v2"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
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
	before := flag.String("before", "", "the binary of an earlier digestbot; empty leaves it out")
	rounds := flag.Int("rounds", 5, "how often each is run; the median counts")
	flag.Parse()
	if err := run(*digestbot, *before, *hugo, *rounds, flag.Arg(0)); err != nil {
		log.Fatal(err)
	}
	if missed {
		os.Exit(1)
	}
}

func run(digestbot, before, hugo string, rounds int, scratch string) error {
	if err := benchmarks(rounds); err != nil {
		return err
	}
	perDigest := 0.0 // the processors' seconds, among 10000
	for _, n := range []int{1000, 10_000, 100_000} {
		site := filepath.Join(scratch, fmt.Sprint(n))
		if err := generate(site, n); err != nil {
			return err
		}
		fmt.Printf("==> programs, with %d digests\n", n)
		if n > 10_000 {
			cpu, err := race(digestbot, "", min(rounds, 3), site, false)
			if err != nil {
				return err
			}
			atMost(1.25, cpu/float64(n)/perDigest, "x", "processor time per digest, of that with 10000")
			break
		}
		cpu, err := race(digestbot, hugo, rounds, site, n == 10_000)
		if err != nil {
			return err
		}
		perDigest = cpu / float64(n)
		if before != "" {
			slower, err := beside(digestbot, before, 3*rounds, site)
			if err != nil {
				return err
			}
			atMost(1.05, slower, "x", "the processor time of the earlier build")
		}
		resident, err := serve(digestbot, site)
		if err != nil {
			return err
		}
		atMost(map[int]float64{1000: 25, 10_000: 90}[n], resident, "MB", "resident when it serves and is idle")
		if err := repository(digestbot, site, resident); err != nil {
			return err
		}
	}
	// This comes last, because the system counts the greatest memory of a
	// program as that of the programs that it starts.
	fmt.Println("==> 10000 digests")
	ours, bare, err := load(rounds, filepath.Join(scratch, "10000", "content"))
	if err != nil {
		return err
	}
	say(ours, "s", "reading and indexing")
	atLeast(1.5, bare/ours, "x", "as fast as the bare loop of its libraries")
	return nil
}

// benchmarks runs those of the packages.
func benchmarks(rounds int) error {
	fmt.Println("==> one digest")
	reading, err := bench("./digest/markdown", "Digest", "1s", rounds)
	if err != nil {
		return err
	}
	for _, on := range []string{"one", "all"} {
		say(reading["Digest/floor/"+on]["ns/op"]/reading["Digest/read/"+on]["ns/op"], "x", "as fast as its libraries, on "+on+" of the processors")
	}
	hostile, err := bench("./digest/markdown", "Hostile", "3x", 3)
	if err != nil {
		return err
	}
	worst := ""
	for name := range hostile {
		if worst == "" || hostile[name]["ns/op"] > hostile[worst]["ns/op"] {
			worst = name
		}
	}
	atMost(50, hostile[worst]["ns/op"]/1e6, "ms", "for 100 KB of the worst kind, "+worst)

	fmt.Println("==> a change among 10000 digests")
	library, err := bench("./digest/source", "Library", strconv.Itoa(4*rounds)+"x", 1)
	if err != nil {
		return err
	}
	say(library["Library/changed"]["ns/op"]/1e6, "ms", "until it is in the library")
	atMost(0.6, library["Library/changed"]["x-bytes"], "x", "of the time of reading all bytes")

	fmt.Println("==> looking up a tag, and searching 20000 digests")
	tags, err := bench("./digest", "Tag", "1s", rounds)
	if err != nil {
		return err
	}
	for _, words := range []string{"AI", "人工智能"} {
		few, many := tags["Tag/"+words+"/10000"], tags["Tag/"+words+"/100000"]
		atMost(300, few["ns/op"], "ns", "for the newest of "+words+" among 10000")
		atMost(300, many["ns/op"], "ns", "for the newest of "+words+" among 100000")
		atMost(1.5, many["ns/op"]/few["ns/op"], "x", "as long among 100000 as among 10000")
		atMost(2, max(few["allocs/op"], many["allocs/op"]), "", "allocations")
	}
	searching, err := bench("./digest/search", "Search", "20x", 1)
	if err != nil {
		return err
	}
	var took []float64
	for _, figures := range searching {
		took = append(took, figures["ns/op"]/1e6)
	}
	atMost(50, median(took), "ms", "for a search, the median of "+strconv.Itoa(len(took))+" kinds")
	return nil
}

// load reads the library by turns with its floor and gives the medians of the
// seconds.
func load(rounds int, folder string) (ours, bare float64, err error) {
	var ourTimes, bareTimes []float64
	for range rounds {
		runtime.GC()
		since := time.Now()
		if err := floor(folder); err != nil {
			return 0, 0, err
		}
		bareTimes = append(bareTimes, time.Since(since).Seconds())
		runtime.GC()
		since = time.Now()
		if _, err := source.Open(folder, slog.New(slog.DiscardHandler)); err != nil {
			return 0, 0, err
		}
		ourTimes = append(ourTimes, time.Since(since).Seconds())
	}
	return median(ourTimes), median(bareTimes), nil
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

// asks is digestbot that reads the library and answers one question. Each build
// has a state of its own: an earlier one refuses what a later one has written.
func asks(digestbot, site string) []string {
	state := filepath.Join(site, "state"+strings.ReplaceAll(digestbot, string(filepath.Separator), "-"))
	return []string{digestbot, "ask", "--config", filepath.Join(site, "config.toml"), "--state", state, "/digest tag AI"}
}

// race runs the programs by turns, and gives the processor time of ours. counts
// is set if it is wanted to be faster.
func race(digestbot, hugo string, rounds int, site string, counts bool) (cpu float64, err error) {
	var wall, memory, processor, hugoWall, hugoMemory []float64
	for range rounds {
		w, c, m, err := timed(asks(digestbot, site))
		if err != nil {
			return 0, err
		}
		wall, processor, memory = append(wall, w), append(processor, c), append(memory, m)
		if hugo == "" {
			continue
		}
		if w, _, m, err = timed([]string{hugo, "list", "all", "--source", site}); err != nil {
			return 0, err
		}
		hugoWall, hugoMemory = append(hugoWall, w), append(hugoMemory, m)
	}
	say(median(wall), "s", "digestbot ask '/digest tag AI'")
	say(median(memory), "MB", "at most")
	if hugo == "" {
		return median(processor), nil
	}
	say(median(hugoWall), "s", "hugo list all")
	say(median(hugoMemory), "MB", "at most")
	speed, share := median(hugoWall)/median(wall), median(memory)/median(hugoMemory)
	if counts {
		atLeast(3.5, speed, "x", "as fast as Hugo")
		atMost(1.0/3, share, "x", "of its memory")
	} else {
		say(speed, "x", "as fast as Hugo")
		say(share, "x", "of its memory")
	}
	return median(processor), nil
}

// beside runs two builds by turns and gives how much more processor time the
// first takes, by the medians.
func beside(digestbot, before string, rounds int, site string) (float64, error) {
	var now, then []float64
	for range rounds {
		for binary, took := range map[string]*[]float64{digestbot: &now, before: &then} {
			_, cpu, _, err := timed(asks(binary, site))
			if err != nil {
				return 0, err
			}
			*took = append(*took, cpu)
		}
	}
	return median(now) / median(then), nil
}

// timed runs a program and gives its seconds, those of the processors, and its
// greatest memory in MB.
func timed(args []string) (wall, cpu, memory float64, err error) {
	c := exec.Command(args[0], args[1:]...)
	var out bytes.Buffer
	c.Stderr = &out
	since := time.Now()
	if err := c.Run(); err != nil {
		return 0, 0, 0, fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, out.String())
	}
	wall = time.Since(since).Seconds()
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, 0, 0, fmt.Errorf("%s: this system does not tell how much memory it took", args[0])
	}
	cpu = (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	return wall, cpu, float64(usage.Maxrss) * 1024 / 1e6, nil
}

// serve gives the memory in MB that digestbot holds some seconds after it has
// started to serve.
func serve(digestbot, site string) (float64, error) {
	c := exec.Command(digestbot, "serve", "--config", filepath.Join(site, "config.toml"))
	if err := c.Start(); err != nil {
		return 0, err
	}
	defer func() { _ = c.Wait() }()
	defer func() { _ = c.Process.Signal(syscall.SIGTERM) }()
	time.Sleep(15 * time.Second)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kilobytes float64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		return 0, fmt.Errorf("/proc: VmRSS: %w", err)
	}
	return kilobytes * 1024 / 1e6, nil
}

// repository has the same digests in a git repository and compares the memory
// with that of the folder: at most, when the repository is fetched for the first
// time, and when it serves after that and is idle.
func repository(digestbot, site string, resident float64) error {
	git, err := exec.LookPath("git")
	if err != nil {
		return err
	}
	root, err := filepath.Abs(site)
	if err != nil {
		return err
	}
	bare := filepath.Join(root, "news.git")
	for _, args := range [][]string{{"init", "-q", "--bare", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "-m", "news"}} {
		c := exec.Command(git, args...)
		c.Dir = filepath.Join(root, "content")
		c.Env = append(os.Environ(), "GIT_DIR="+bare, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
		if args[0] == "add" || args[0] == "commit" {
			c.Env = append(c.Env, "GIT_WORK_TREE="+c.Dir)
		}
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	host := httptest.NewServer(&cgi.Handler{Path: git, Args: []string{"http-backend"}, Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1"}})
	defer host.Close()
	fetched := filepath.Join(root, "fetched")
	if err := os.Mkdir(fetched, 0o755); err != nil {
		return err
	}
	config, err := os.ReadFile(filepath.Join(root, "config.toml"))
	if err != nil {
		return err
	}
	of := bytes.Replace(config, []byte(`path = "content"`), []byte(`git = "`+host.URL+`/news.git"`), 1)
	if err := os.WriteFile(filepath.Join(fetched, "config.toml"), of, 0o644); err != nil {
		return err
	}
	_, _, folder, err := timed(asks(digestbot, root))
	if err != nil {
		return err
	}
	_, _, first, err := timed(asks(digestbot, fetched))
	if err != nil {
		return err
	}
	atMost(1.5, first/folder, "x", "at most, of the folder, when it is fetched for the first time")
	idle, err := serve(digestbot, fetched)
	if err != nil {
		return err
	}
	atMost(1.5, idle/resident, "x", "resident, of the folder, when the library is a repository")
	return nil
}

// markup is HTML as writers of digests use it: a picture, a list that folds, a
// table. Builds before 2026-12 can read it, so that they can be measured beside.
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

// generate makes a folder that is a site of Hugo and a library of digestbot
// with n digests of about 5 KB, Chinese and English mixed, a tenth of them with
// HTML.
func generate(site string, n int) error {
	content := filepath.Join(site, "content")
	if err := os.MkdirAll(content, 0o755); err != nil {
		return err
	}
	config := "state = \"var\"\n[library]\npath = \"content\"\n[http]\nlisten = \"127.0.0.1:0\"\n" +
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
	const days = 9000 // after which there is a second digest of each day
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
