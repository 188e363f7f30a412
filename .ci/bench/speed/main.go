// Speed compares digestbot's speed with its goals: in the benchmarks of its packages, on
// generated digests against a bare loop over the libraries that it needs, and as whole
// processes against Hugo, if it is available.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log/slog"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/adrg/frontmatter"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/text"
	"golang.org/x/sync/errgroup"

	"github.com/digestbot/digestbot/.ci/bench/figures"
	"github.com/digestbot/digestbot/.ci/bench/site"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/markdown/layout"
	"github.com/digestbot/digestbot/digest/source"
)

func main() {
	digestbot := flag.String("digestbot", "", "the binary of digestbot")
	symbols := flag.String("symbols", "", "the same with its symbols")
	hugo := flag.String("hugo", "", "the binary of Hugo; empty leaves it out")
	before := flag.String("before", "", "the binary of an earlier digestbot; empty leaves it out")
	rounds := flag.Int("rounds", 5, "how often each is run; the median counts")
	flag.Parse()
	figures.End(run(*digestbot, *symbols, *before, *hugo, *rounds, flag.Arg(0)))
}

func run(digestbot, symbols, before, hugo string, rounds int, scratch string) error {
	if err := shipped(digestbot, before, symbols); err != nil {
		return err
	}
	if err := benchmarks(rounds); err != nil {
		return err
	}
	var few figures.Cost // the first run among 10000
	for _, n := range []int{1000, 10_000, 100_000} {
		folder, err := filepath.Abs(filepath.Join(scratch, fmt.Sprint(n)))
		if err != nil {
			return err
		}
		if err := site.Generate(folder, n); err != nil {
			return err
		}
		if n == 1000 {
			figures.Title("layouts, with %d digests", n)
			if err := layouts(rounds, filepath.Join(folder, "content")); err != nil {
				return err
			}
		}
		now := site.Build{Binary: digestbot, Folder: folder}
		var then *site.Build
		if before != "" {
			then = &site.Build{Binary: before, Folder: folder}
		}
		figures.Title("programs, with %d digests", n)
		if n > 10_000 {
			rounds, hugo = min(rounds, 3), ""
		}
		first, err := firsts(now, hugo, rounds, n == 10_000)
		if err != nil {
			return err
		}
		switch n {
		case 10_000:
			few = first
		case 100_000:
			figures.AtMost(1.25, first.Processor/100_000/(few.Processor/10_000), "x", "processor time per digest, of that with 10000")
		}
		if err := seconds(now, then, rounds, goalsOfAnswers[n]); err != nil {
			return err
		}
		if n > 10_000 {
			break
		}
		resident, err := serve(now, then, goalsOfServe[n])
		if err != nil {
			return err
		}
		if err := repository(now, first, resident); err != nil {
			return err
		}
	}
	// This comes last, because the system includes a parent's peak memory in that of the
	// programs that it starts.
	figures.Title("10000 digests")
	ours, bare, err := load(rounds, filepath.Join(scratch, "10000", "content"))
	if err != nil {
		return err
	}
	figures.Say(ours, "s", "reading and indexing")
	figures.Say(bare/ours, "x", "as fast as the bare loop of its libraries")
	return nil
}

// benchmarks runs the benchmarks of the packages.
func benchmarks(rounds int) error {
	figures.Title("one digest")
	reading, err := figures.Benchmarks("./digest/markdown", "Digest", "1s", rounds)
	if err != nil {
		return err
	}
	for _, on := range []string{"one", "all"} {
		figures.Say(reading["Digest/floor/"+on]["ns/op"]/reading["Digest/read/"+on]["ns/op"], "x", "as fast as its libraries, on "+on+" of the processors")
	}
	hostile, err := figures.Benchmarks("./digest/markdown", "Hostile", "3x", 3)
	if err != nil {
		return err
	}
	worst := ""
	for name := range hostile {
		if worst == "" || hostile[name]["ns/op"] > hostile[worst]["ns/op"] {
			worst = name
		}
	}
	figures.AtMost(50, hostile[worst]["ns/op"]/1e6, "ms", "for 100 KB of the worst kind, "+worst)

	figures.Title("a change among 10000 digests")
	library, err := figures.Benchmarks("./digest/source", "Library", strconv.Itoa(4*rounds)+"x", 1)
	if err != nil {
		return err
	}
	figures.Say(library["Library/changed"]["ns/op"]/1e6, "ms", "until it is in the library")
	figures.AtMost(0.6, library["Library/changed"]["x-bytes"], "x", "of the time of reading all bytes")

	figures.Title("looking up a tag, and searching 20000 digests")
	tags, err := figures.Benchmarks("./digest", "Tag", "1s", rounds)
	if err != nil {
		return err
	}
	for _, words := range []string{"AI", "人工智能"} {
		few, many := tags["Tag/"+words+"/10000"], tags["Tag/"+words+"/100000"]
		figures.AtMost(300, few["ns/op"], "ns", "for the newest of "+words+" among 10000")
		figures.AtMost(300, many["ns/op"], "ns", "for the newest of "+words+" among 100000")
		figures.AtMost(1.5, many["ns/op"]/few["ns/op"], "x", "as long among 100000 as among 10000")
		figures.AtMost(2, max(few["allocs/op"], many["allocs/op"]), "", "allocations")
	}
	searching, err := figures.Benchmarks("./digest/shelf", "Search", "20x", 1)
	if err != nil {
		return err
	}
	var took []float64
	for _, figures := range searching {
		took = append(took, figures["ns/op"]/1e6)
	}
	figures.AtMost(50, figures.Median(took), "ms", "for a search, the median of "+strconv.Itoa(len(took))+" kinds")
	return nil
}

// layouts reads digests without a layout, learns their layout and reads them with it, in
// turn. It compares CPU seconds within each turn, because the speed of a machine varies
// more than the expected difference, and takes more turns than other measurements.
func layouts(rounds int, folder string) error {
	paths, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil {
		return err
	}
	var files []layout.File
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files = append(files, layout.File{Name: filepath.Base(path), Data: data})
	}
	var layout *layout.Layout
	read := func(how markdown.How) func() {
		return func() {
			for _, f := range files {
				markdown.ReadAs(f.Name, f.Data, how)
			}
		}
	}
	spent := func(do func()) float64 {
		runtime.GC()
		before := figures.Own()
		do()
		return figures.Own() - before
	}
	var without, learning, with []float64
	for range 5 * rounds {
		learn := spent(func() { layout = markdown.Learn(slices.Clone(files)) })
		plain := spent(read(markdown.How{}))
		without = append(without, plain)
		learning = append(learning, learn/plain)
		with = append(with, plain/spent(read(markdown.How{Layout: layout})))
	}
	if len(layout.Forms) != 1 || len(layout.Forms[0].Story) == 0 {
		return fmt.Errorf("the generated digests have a layout of one form, and not\n%s", layout)
	}
	figures.Say(figures.Median(without), "s", "of the processors, for reading all without a layout")
	figures.AtLeast(0.9, figures.Median(with), "x", "as fast with their layout")
	figures.AtMost(1, figures.Median(learning), "x", "of that for learning the layout")
	return nil
}

// load reads the library in turn with its floor and returns the medians of the seconds.
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
	return figures.Median(ourTimes), figures.Median(bareTimes), nil
}

// floor is the minimum time of the frontmatter package, with its own YAML, and stock
// goldmark on all processors. Their results are discarded.
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

// firsts measures runs without a state, compared with Hugo if it is available. counts says
// whether being as fast as Hugo is a goal.
func firsts(now site.Build, hugo string, rounds int, counts bool) (figures.Cost, error) {
	var ours, lists, bodies []figures.Cost
	for range rounds {
		if err := now.Forget(); err != nil {
			return figures.Cost{}, err
		}
		cost, err := now.Ask()
		if err != nil {
			return figures.Cost{}, err
		}
		ours = append(ours, cost)
		if hugo == "" {
			continue
		}
		if cost, err = figures.Run(hugo, "list", "all", "--source", now.Folder); err != nil {
			return figures.Cost{}, err
		}
		lists = append(lists, cost)
		if cost, err = figures.Run(hugo, "--source", now.Folder, "--config", filepath.Join(now.Folder, "content.toml"), "--renderToMemory"); err != nil {
			return figures.Cost{}, err
		}
		bodies = append(bodies, cost)
	}
	cost := figures.Middle(ours)
	figures.Say(cost.Wall, "s", "digestbot ask '/digest tag AI', the first time")
	figures.Say(cost.Memory, "MB", "at most")
	if hugo == "" {
		return cost, nil
	}
	list, body := figures.Middle(lists), figures.Middle(bodies)
	figures.Say(list.Wall, "s", "hugo list all, which reads no bodies")
	figures.Say(list.Memory, "MB", "at most")
	figures.Say(body.Wall, "s", "hugo that takes the .Content of all")
	figures.Say(body.Memory, "MB", "at most")
	if !counts {
		figures.Say(list.Wall/cost.Wall, "x", "as fast as hugo list all")
		figures.Say(body.Wall/cost.Wall, "x", "as fast as Hugo with .Content")
		return cost, nil
	}
	figures.AtLeast(1, list.Wall/cost.Wall, "x", "as fast as hugo list all")
	figures.AtLeast(3, body.Wall/cost.Wall, "x", "as fast as Hugo with .Content")
	return cost, nil
}

// wanted are the maximum ratios of figures to those of an earlier build. 0 means no goal.
type wanted struct{ wall, memory, anonymous, peak, ready float64 }

var (
	goalsOfAnswers = map[int]wanted{10_000: {wall: 0.30, memory: 0.45}, 100_000: {wall: 0.20, memory: 0.30}}
	goalsOfServe   = map[int]wanted{1000: {anonymous: 0.80, peak: 0.75}, 10_000: {anonymous: 0.40, peak: 0.50, ready: 0.35}}
)

// besides prints a figure and, if there is an earlier build, its ratio to that build's
// figure.
func besides(now float64, then *float64, unit, what string, goal float64) {
	figures.Say(now, unit, what)
	switch {
	case then == nil:
	case goal > 0:
		figures.AtMost(goal, now / *then, "x", "of the earlier build, which has "+fmt.Sprintf("%.3f %s", *then, unit))
	default:
		figures.Say(now / *then, "x", "of the earlier build, which has "+fmt.Sprintf("%.3f %s", *then, unit))
	}
}

// seconds measures runs with an existing state, in turn with an earlier build.
func seconds(now site.Build, then *site.Build, rounds int, goals wanted) error {
	var ours, theirs []figures.Cost
	for i := range rounds + 1 {
		cost, err := now.Ask()
		if err != nil {
			return err
		}
		if i > 0 { // it may not be the second
			ours = append(ours, cost)
		}
		if then == nil {
			continue
		}
		if cost, err = then.Ask(); err != nil {
			return err
		}
		if i > 0 {
			theirs = append(theirs, cost)
		}
	}
	mine := figures.Middle(ours)
	var wall, processor, memory *float64
	if then != nil {
		old := figures.Middle(theirs)
		wall, processor, memory = &old.Wall, &old.Processor, &old.Memory
	}
	besides(mine.Wall, wall, "s", "digestbot ask '/digest tag AI', from the second time on", goals.wall)
	besides(mine.Processor, processor, "s", "of the processors", 0)
	besides(mine.Memory, memory, "MB", "at most", goals.memory)
	return nil
}

// serve measures serve, in turn with an earlier build, with everything that a first start
// leaves.
func serve(now site.Build, then *site.Build, goals wanted) (site.Served, error) {
	const rounds, idle = 3, 10 * time.Second
	var ours, theirs []site.Served
	for i := range rounds + 1 {
		served, err := now.Serve(idle)
		if err != nil {
			return site.Served{}, err
		}
		if i > 0 {
			ours = append(ours, served)
		}
		if then == nil {
			continue
		}
		if served, err = then.Serve(idle); err != nil {
			return site.Served{}, err
		}
		if i > 0 {
			theirs = append(theirs, served)
		}
	}
	mine := site.Middle(ours)
	var ready, processor, peak, anonymous, file *float64
	if then != nil {
		old := site.Middle(theirs)
		ready, processor, peak, anonymous, file = &old.Ready, &old.Processor, &old.Peak, &old.Anonymous, &old.File
	}
	besides(mine.Ready, ready, "s", "from the start of serve until it is ready, the second time", goals.ready)
	besides(mine.Processor, processor, "s", "of the processors, until it has been idle and stops", 0)
	besides(mine.Peak, peak, "MB", "at most (VmHWM)", goals.peak)
	besides(mine.Anonymous, anonymous, "MB", "of its own when it is idle (RssAnon)", goals.anonymous)
	besides(mine.File, file, "MB", "of files when it is idle (RssFile)", 0)
	return mine, nil
}

// repository puts the same digests into a git repository and compares the memory with that
// for the folder: the peak during the first fetch, and later when serve is idle.
func repository(now site.Build, first figures.Cost, folder site.Served) error {
	git, err := exec.LookPath("git")
	if err != nil {
		return err
	}
	root := now.Folder
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
	cloned := site.Build{Binary: now.Binary, Folder: fetched}
	cost, err := cloned.Ask()
	if err != nil {
		return err
	}
	figures.AtMost(1.5, cost.Memory/first.Memory, "x", "at most, of the folder, when it is fetched for the first time")
	var idle site.Served
	for range 2 { // the first run fills its shelf
		if idle, err = cloned.Serve(10 * time.Second); err != nil {
			return err
		}
	}
	figures.AtMost(1.5, idle.Anonymous/folder.Anonymous, "x", "of its own, of the folder, when the library is a repository")
	return nil
}
