package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/adapters/adaptertest/growth"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/markdown/layout"
	"github.com/digestbot/digestbot/digest/markdown/markdowntest"
)

var (
	mutationsCount   = flag.Int("mutations", 500, "how many mutated digests are read, composed and rendered")
	mutationsOf      = flag.String("mutations-of", "", "a folder of digests that are mutated instead of the constructs")
	mutationsSeed    = flag.Uint64("mutations-seed", 20261129, "what the mutations are drawn from; 0 for something new")
	mutationsTo      = flag.String("mutations-to", "", "write the payloads into this folder, for a judge")
	mutationsSlowest = flag.Float64("mutations-slowest", 0, "fail if one takes more than so many times as long as the yardstick; 0 for no limit")
	longSize         = flag.Int("long", 8<<10, "how many bytes each file of long text has")
)

// TestMutations reads digests and mutations of them, composes them and renders them for
// every adapter. Nothing may panic, and everything must be rendered. A failure names the
// file that it leaves behind.
func TestMutations(t *testing.T) {
	seed := *mutationsSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-mutations-seed %d", seed)
	files := markdowntest.Constructs()
	pool := files
	if *mutationsOf != "" {
		var err error
		if files, err = digestsIn(*mutationsOf); err != nil || len(files) == 0 {
			t.Fatalf("%s: %d digests, %v", *mutationsOf, len(files), err)
		}
		pool = append(pool, files...)
	}
	m := &mutant{t: t, payloads: map[string]*bytes.Buffer{}}
	m.open()
	var next, failed atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			runtime.LockOSThread() // the thread's CPU time is measured
			for i := next.Add(1) - 1; i < int64(*mutationsCount) && failed.Load() < 10; i = next.Add(1) - 1 {
				r := rand.New(rand.NewPCG(seed, uint64(i)))
				file := files[int(i)%len(files)]
				if int(i) >= len(files) { // first, each file unchanged
					file = markdowntest.Mutate(r, file, pool)
				}
				if err := m.post(r, file); err != nil {
					failed.Add(1)
					m.keep(i, file, err)
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d mutations, the slowest took %.1f times as long as the yardstick", *mutationsCount, m.most)
	m.write()
}

// TestLong does the same with long text of every kind, in every style.
func TestLong(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	m := &mutant{t: t, payloads: map[string]*bytes.Buffer{}}
	m.open()
	files := markdowntest.Long(*longSize)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			runtime.LockOSThread() // the thread's CPU time is measured
			for i := next.Add(1) - 1; i < int64(len(files)); i = next.Add(1) - 1 {
				for n, style := range compose.Styles {
					look := compose.Look{Style: style, Details: compose.Places[(int(i)+n)%len(compose.Places)], Picture: true}
					if err := m.posted(files[i].Text, look); err != nil {
						t.Errorf("%s, %s, details %s: %v", files[i].Name, look.Style, look.Details, err)
					}
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d files of %d bytes, the slowest took %.1f times as long as the yardstick", len(files), *longSize, m.most)
	m.write()
}

// TestLongIsLinear compares long text with eight times as much of it. Laying it out must
// take about eight times as long, for any text and platform; quadratic work would take 64
// times as long.
func TestLongIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	m := &mutant{t: t, payloads: map[string]*bytes.Buffer{}}
	m.open()
	runtime.LockOSThread() // the thread's CPU time is measured
	defer runtime.UnlockOSThread()
	took := func(best *time.Duration, a house.Adapter, d *digest.Digest) {
		began := growth.ThreadTime()
		if _, err := a.Render(compose.Digest(d, compose.Post{Look: compose.Look{Details: compose.Inline}})); err != nil {
			t.Fatal(err)
		}
		if t := growth.ThreadTime() - began; *best == 0 || t < *best {
			*best = t
		}
	}
	// A time below least is too short to measure, and a time above enough needs no second
	// chance.
	const most, least, enough, chances = 24, time.Millisecond, time.Second, 10
	small, large := markdowntest.Long(2<<10), markdowntest.Long(16<<10)
	for i := range small {
		less, more := markdown.Read("2026-03-01-long.md", []byte(small[i].Text)), markdown.Read("2026-03-01-long.md", []byte(large[i].Text))
		for _, a := range m.adapters {
			var few, many time.Duration
			times := 0.0
			for range chances {
				took(&few, a, less)
				took(&many, a, more)
				if times = float64(many) / float64(max(few, least)); times <= most || many > enough {
					break
				}
			}
			if times > most {
				t.Errorf("%s: on %s eight times the text takes %.0f times as long, want at most %d", small[i].Name, a.Name, times, most)
			}
		}
	}
}

// digestsIn returns the Markdown files in a folder.
func digestsIn(folder string) (files []string, err error) {
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return nil, err
	}
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, string(data))
		return err
	})
	return files, err
}

// mutant passes mutated digests through the program.
type mutant struct {
	t        *testing.T
	adapters []house.Adapter

	mu       sync.Mutex
	most     float64                  // the slowest time in multiples of the yardstick
	payloads map[string]*bytes.Buffer // by adapter
}

// open opens every adapter, without tokens.
func (m *mutant) open() {
	state := m.t.TempDir()
	conf, err := config.Parse(filepath.Join(state, "config.toml"), []byte("[library]\npath = \".\"\n[adapters.paper]\nfolder = \"paper\"\n"), adapters.Kinds)
	if err != nil {
		m.t.Fatal(err)
	}
	if m.adapters, err = house.OpenAdapters(conf, house.Outside{Getenv: func(string) string { return "" }, Log: slog.New(slog.DiscardHandler)}); err != nil {
		m.t.Fatal(err)
	}
	if len(m.adapters) != len(adapters.Kinds) {
		m.t.Fatalf("%d adapters, want %d: the configuration above needs a table for each kind that is optional", len(m.adapters), len(adapters.Kinds))
	}
	m.t.Cleanup(func() {
		for _, a := range m.adapters {
			if err := a.Close(); err != nil {
				m.t.Error(err)
			}
		}
	})
	for _, a := range m.adapters {
		m.payloads[a.Name] = &bytes.Buffer{}
	}
}

// write writes the payloads for a judge.
func (m *mutant) write() {
	if *mutationsTo == "" {
		return
	}
	for name, payloads := range m.payloads {
		if err := os.WriteFile(filepath.Join(*mutationsTo, name+".jsonl"), payloads.Bytes(), 0o600); err != nil {
			m.t.Error(err)
		}
	}
}

// post does with a file what the program does between finding and sending it, in a random
// look.
func (m *mutant) post(r *rand.Rand, file string) error {
	return m.posted(file, compose.Look{
		Style:   compose.Styles[r.IntN(len(compose.Styles))],
		Details: compose.Places[r.IntN(len(compose.Places))],
		Picture: r.IntN(2) > 0,
	})
}

func (m *mutant) posted(file string, look compose.Look) error {
	took, payloads, err := m.timed(file, look)
	times := took.Seconds() / firstYardstick().Seconds()
	// The machine is slower at times, and the garbage collector may have run, so a slow
	// file gets more chances, each with a new yardstick.
	for tries := 0; err == nil && *mutationsSlowest > 0 && times > *mutationsSlowest && tries < 5; tries++ {
		before := yardstick()
		took, _, err = m.timed(file, look)
		times = min(times, took.Seconds()/max(before, yardstick()).Seconds())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.most = max(m.most, times)
	switch {
	case err != nil:
		return err
	case *mutationsSlowest > 0 && times > *mutationsSlowest:
		return fmt.Errorf("it took %.1f times as long as the yardstick, want at most %g", times, *mutationsSlowest)
	}
	if *mutationsTo != "" {
		for name, lines := range payloads {
			m.payloads[name].Write(lines)
		}
	}
	return nil
}

// yardstick returns how long this machine takes for work that our changes do not affect:
// package html parses a page of 256 KiB.
func yardstick() (best time.Duration) {
	page := strings.Repeat("<p>A new release is <b>out</b>, and it is <a href=\"https://example.org/\">faster</a>. ", 3000)
	for range 5 {
		began := growth.ThreadTime()
		if _, err := html.Parse(strings.NewReader(page)); err != nil {
			panic(err) // reading a string cannot fail
		}
		if t := growth.ThreadTime() - began; best == 0 || t < best {
			best = t
		}
	}
	return best
}

var firstYardstick = sync.OnceValue(yardstick)

// timed reads, composes and renders, and returns the time of the slowest step: reading, or
// one adapter.
func (m *mutant) timed(file string, look compose.Look) (took time.Duration, payloads map[string][]byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	step := func(do func() error) error {
		began := growth.ThreadTime()
		err := do()
		took = max(took, growth.ThreadTime()-began)
		return err
	}
	var d = markdown.Read("2026-03-01-mutant.md", nil)
	layout := layoutLike(file)
	if err := step(func() error {
		d = markdown.ReadAs("2026-03-01-mutant.md", []byte(file), markdown.How{Layout: layout})
		return nil
	}); err != nil {
		return took, nil, err
	}
	payloads = map[string][]byte{}
	for _, a := range m.adapters {
		err := step(func() error {
			message, _, err := post.Fit(a, d, compose.Post{Look: look}, 0)
			if err != nil {
				return err
			}
			rendered, err := a.Render(message)
			if err != nil {
				return err
			}
			var lines bytes.Buffer
			for _, p := range rendered {
				if err := json.Compact(&lines, p); err != nil {
					return fmt.Errorf("payload is no JSON: %w", err)
				}
				lines.WriteByte('\n')
			}
			payloads[a.Name] = lines.Bytes()
			return nil
		})
		if err != nil {
			return took, nil, fmt.Errorf("%s: %w", a.Name, err)
		}
	}
	return took, payloads, nil
}

// layoutLike returns a layout learned from mutations of a file, for one in eight files that
// are not long.
func layoutLike(file string) *layout.Layout {
	if len(file) > 16<<10 || len(file)%8 != 0 {
		return nil
	}
	r := rand.New(rand.NewPCG(uint64(len(file)), 1))
	files := []layout.File{{Name: "2026-03-01-mutant.md", Data: []byte(file)}}
	for i := range 5 {
		files = append(files, layout.File{Name: fmt.Sprintf("2026-03-%02d-mutant.md", i+2), Data: []byte(markdowntest.Mutate(r, file, []string{file}))})
	}
	return markdown.Learn(files)
}

// keep saves a file that failed.
func (m *mutant) keep(i int64, file string, err error) {
	name := filepath.Join(os.TempDir(), fmt.Sprintf("digestbot-mutation-%d.md", i))
	if failed := os.WriteFile(name, []byte(file), 0o600); failed != nil {
		m.t.Error(failed)
	}
	text := err.Error()
	if lines := strings.SplitAfter(text, "\n"); len(lines) > 30 {
		text = strings.Join(lines[:30], "")
	}
	m.t.Errorf("%s: %s", name, text)
}
