package main

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
)

var (
	powercut     = flag.String("powercut", "", "DELIVERIES,KILLS: do this to the program as it is built, which keeps its own time: half an hour for 20000,200")
	powercutSeed = flag.Uint64("powercut-seed", 0, "what the moments and the faults are drawn from; 0 for something new")
)

// TestPowerCut kills the program with SIGKILL at random moments while it owes
// digests of one to three parts to many channels of Discord and Slack, loses
// the answers to some of its posts, and leaves it down for longer than Discord
// remembers a nonce. In the end each part of each digest must stand in its
// channel once and in order. The fakes say what stands; the ledger must
// say the same.
//
// The program keeps its own pace, and every start of it sends nothing for a
// second. So that the test takes about a minute, four of it are killed side by
// side, each with a fourth of everything, and their adapters settle sooner
// and trust a nonce for a shorter time than the real ones do. With -powercut it
// is one, built by go build, and nothing about it is hurried.
//
// A dispatcher that posts first and marks afterwards goes the same way, and must
// be found to post twice.
func TestPowerCut(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes most of a minute")
	}
	t.Parallel()
	seed := cmp.Or(*powercutSeed, rand.Uint64())
	t.Logf("go test -run TestPowerCut ./cmd/digestbot -args -powercut-seed %d draws the same moments and faults", seed)
	digestbot, err := exec.LookPath("digestbot") // TestMain put it there
	if err != nil {
		t.Fatal(err)
	}
	plan := outage{
		program: digestbot, env: []string{"MORTAL=yes", "DEDUP=20s"},
		deliveries: 500, kills: 13, pauses: 1, perChannel: 4,
		window: 20*time.Second + 500*time.Millisecond, early: 1200 * time.Millisecond, soon: 400 * time.Millisecond, patience: 4 * time.Minute,
	}
	side := 4
	if *powercut != "" {
		side = 1
		plan.env, plan.pauses, plan.perChannel = nil, 2, 25
		plan.window, plan.soon, plan.patience = 125*time.Second, 2*time.Second, time.Hour
		if _, err := fmt.Sscanf(*powercut, "%d,%d", &plan.deliveries, &plan.kills); err != nil {
			t.Fatalf("-powercut %s: want DELIVERIES,KILLS: %v", *powercut, err)
		}
		plan.program = filepath.Join(t.TempDir(), "digestbot")
		if out, err := exec.Command("go", "build", "-o", plan.program, ".").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	naive := plan
	naive.program = filepath.Join(filepath.Dir(digestbot), "naive")
	naive.env, naive.deliveries, naive.kills, naive.pauses, naive.perChannel, naive.early, naive.soon = nil, 100, 5, 0, 10, time.Second, 400*time.Millisecond

	var running sync.WaitGroup
	towns := make([]*town, side)
	for i := range towns {
		towns[i] = newTown(t, plan, seed+uint64(i))
		running.Go(towns[i].live)
	}
	other := newTown(t, naive, seed+uint64(side))
	running.Go(other.live)
	running.Wait()
	if t.Failed() {
		return
	}
	all := newSum()
	for _, h := range towns {
		h.judge()
		h.audit()
		all.add(h.sum)
	}
	other.judge()
	t.Logf("digestbot: %v", all)
	t.Logf("a dispatcher that marks after it has sent: %v", other.sum)
	if all.n["lost"]+all.n["twice"]+all.n["out of order"] > 0 {
		t.Errorf("%d are lost, %d stand twice, %d are out of order", all.n["lost"], all.n["twice"], all.n["out of order"])
	}
	// A run that did not meet what it is for has shown nothing.
	for _, met := range []string{
		"killed while it planned", "killed between promise and call", "killed while a post was on its way", "killed while an answer was on its way",
		"killed with something in doubt", "answers lost", "known by its nonce", "found in the history", "downtimes longer than the window",
	} {
		if all.n[met] == 0 {
			t.Errorf("no %s", met)
		}
	}
	if other.sum.n["twice"] == 0 {
		t.Error("nothing that the naive dispatcher posted stands twice, so this test would not have seen it")
	}
}

// outage is what is done to a program.
type outage struct {
	program    string
	env        []string
	deliveries int
	kills      int
	pauses     int // that are longer than window
	perChannel int // digests
	// window is how long Discord remembers a nonce.
	window time.Duration
	// A third of the kills come within early of the start, the others within
	// soon of the first post.
	early, soon time.Duration
	patience    time.Duration // with the last process
}

// town is a program, its state and the platforms that it posts to.
type town struct {
	outage
	t       *testing.T
	rng     *rand.Rand
	dir     string
	discord *discordfake.Fake
	slack   *slackfake.Fake
	lines   []*line
	posted  chan struct{}
	where   []chat.Channel
	threads map[chat.Channel]bool // channels whose digests have their analysis in a thread
	slot    time.Time
	digests []paper
	sum     sum
	known   atomic.Int64 // posts that Discord knew by their nonce
}

// paper is a digest that is owed.
type paper struct {
	stories int
	section bool
}

// shapes are digests of one to three parts, the thread included.
var shapes = []struct{ stories, words int }{{2, 25}, {7, 190}, {11, 180}}

func newTown(t *testing.T, o outage, seed uint64) *town {
	h := &town{
		outage: o, t: t, rng: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir(), posted: make(chan struct{}, 1),
		discord: discordfake.New(discordToken), slack: slackfake.New(), threads: map[chat.Channel]bool{}, sum: newSum(),
	}
	h.discord.NonceWindow, h.discord.PostLimit, h.discord.GlobalLimit, h.discord.GlobalCount = o.window, 5, 50, discordfake.Sliding
	h.discord.Watch = func(line string) {
		if strings.Contains(line, " again: ") {
			h.known.Add(1)
		}
	}
	h.discord.AddChannel(discordfake.Channel{ID: discordChannel, Guild: "9"}) // the admins'
	h.slack.Lag, h.slack.Gap = 300*time.Millisecond, 800*time.Millisecond

	h.write("config.toml", h.config(time.Now().UTC().Add(-10*time.Minute)))
	return h
}

func (h *town) write(name, text string) {
	path := filepath.Join(h.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		h.t.Fatal(err)
	}
}

// arrive brings the digests that are owed, after the bot has served the channels
// with another: what stands there when it begins is nothing that it owes.
func (h *town) arrive() {
	const old = "posts/2020-02-02-old.md"
	h.write(old, "---\ntitle: Old\n---\n\n### It is old\n\nVery.\n\n**Source:** <https://example.org/>\n")
	if !h.naive() {
		p := h.start()
		h.waitUntil(p, 2*time.Minute, "has begun to serve all channels", func() bool {
			begun := 0
			h.rows(`SELECT count(*) FROM beginnings`, func(r *sql.Rows) error { return r.Scan(&begun) })
			return begun == len(h.where)
		})
		h.stop(p)
	}
	for i := range h.perChannel {
		shape := shapes[i%len(shapes)]
		p := paper{stories: shape.stories, section: i%len(shapes) < 2}
		var text strings.Builder
		day := h.slot.AddDate(0, 0, i-h.perChannel+1).Format("2006-01-02")
		fmt.Fprintf(&text, "---\ntitle: Digest %d\ndate: %s\n---\n\n## Top stories\n\n", i, day)
		for s := range p.stories {
			fmt.Fprintf(&text, "### Headline %d of digest %d @everyone\n\n%s %s.\n\n**Source:** <https://example.org/%d/%d>\n\n",
				s, i, mark("story", i, s), strings.TrimSpace(strings.Repeat("word ", shape.words)), i, s)
		}
		if p.section {
			fmt.Fprintf(&text, "## Analysis\n\n%s Because.\n", mark("section", i, 0))
		}
		h.write(filepath.Join("posts", fmt.Sprintf("%s-digest.md", day)), text.String())
		h.digests = append(h.digests, p)
	}
	if err := os.Remove(filepath.Join(h.dir, old)); err != nil {
		h.t.Error(err)
	}
}

// config opens the channels and serves the platforms, and says so in a
// config.toml.
func (h *town) config(slot time.Time) string {
	h.slot = slot
	var lists [2][]string
	for i := range (h.deliveries + h.perChannel - 1) / h.perChannel {
		c := chat.Channel{Adapter: "discord", ID: strconv.Itoa(400_000_000_000_000_000 + i)}
		if i%2 == 0 {
			c = chat.Channel{Adapter: "slack", ID: fmt.Sprintf("C0POWER%04d", i)}
			h.slack.AddChannel(slackfake.Channel{ID: c.ID, Name: c.ID, Member: true})
		} else {
			h.discord.AddChannel(discordfake.Channel{ID: c.ID, Guild: "9"})
		}
		h.where = append(h.where, c)
		list := i / 2 % 2
		h.threads[c] = list == 1
		lists[list] = append(lists[list], strconv.Quote(c.String()))
	}
	config := fmt.Sprintf(`
admin_channel = "discord:%s"
[library]
path = "posts"
[http]
listen = "127.0.0.1:0"
[adapters.discord]
api_url = "%s/api/v10"
[adapters.slack]
api_url = "%s/api/"
posts_per_minute = 100000
`, discordChannel, h.serve(h.discord, discordPost), h.serve(h.slack, slackPost))
	for i, details := range []string{"none", "thread"} {
		config += fmt.Sprintf(`
[[subscription]]
name = %q
channels = [%s]
schedule = "%d %d * * *"
zone = "UTC"
max_age = "%dh"
start = "next"
style = "full"
bundle = false
details = %q
`, details, strings.Join(lists[i], ", "), slot.Minute(), slot.Hour(), 24*(h.perChannel+2), details)
	}
	return config
}

// mark is a word that stands in one place of one digest.
func mark(what string, digest, n int) string { return fmt.Sprintf("%s%dx%dx", what, digest, n) }

var marks = regexp.MustCompile(`(?:story|section)(\d+)x\d+x`)

// digestOf is the digest that has a mark.
func digestOf(mark string) int {
	n, _ := strconv.Atoi(marks.FindStringSubmatch(mark)[1])
	return n
}

// line lies between the program and a platform. A post takes its time on it
// there and back, and of three in a hundred that are made the answer is lost.
// Requests that have left go on when the program is dead.
type line struct {
	platform http.Handler
	post     func(r *http.Request, body []byte) (key string)
	posted   chan struct{}

	mu      sync.Mutex
	rng     *rand.Rand
	stage   map[string]stage // of each post, by key
	looking int              // requests that only read
	lost    int
}

// stage is where a post is.
type stage string

const (
	there stage = "there" // under way
	back  stage = "back"  // made, the answer is under way
	done  stage = "done"  // answered, or the answer is lost
)

var (
	nonce    = regexp.MustCompile(`"nonce":"([^"]+)"`)
	metadata = regexp.MustCompile(`"key":"([^"]+)"`)
)

func discordPost(r *http.Request, body []byte) string {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/messages") {
		return first(nonce, body)
	}
	return ""
}

func slackPost(r *http.Request, body []byte) string {
	if strings.HasSuffix(r.URL.Path, "/chat.postMessage") {
		return first(metadata, body)
	}
	return ""
}

func first(pattern *regexp.Regexp, body []byte) string {
	if m := pattern.FindSubmatch(body); m != nil {
		return string(m[1])
	}
	return ""
}

// serve puts a platform behind a line and gives its address.
func (h *town) serve(platform http.Handler, post func(*http.Request, []byte) string) string {
	l := &line{platform: platform, post: post, posted: h.posted, rng: rand.New(rand.NewPCG(h.rng.Uint64(), 0)), stage: map[string]stage{}}
	h.lines = append(h.lines, l)
	server := httptest.NewServer(l)
	h.t.Cleanup(func() {
		if platform == http.Handler(h.slack) {
			h.slack.Close()
		}
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it was not sent completely
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch key := l.post(r, body); {
	case key != "":
		l.carry(w, r, key)
	case strings.Contains(r.URL.Path, "/messages") || strings.Contains(r.URL.Path, "conversations."):
		l.look(1)
		time.Sleep(l.trip())
		l.platform.ServeHTTP(w, r)
		l.look(-1)
	default:
		l.platform.ServeHTTP(w, r)
	}
}

func (l *line) carry(w http.ResponseWriter, r *http.Request, key string) {
	l.at(key, there)
	time.Sleep(l.trip())
	answer := httptest.NewRecorder()
	l.platform.ServeHTTP(answer, r.WithContext(context.WithoutCancel(r.Context())))
	l.at(key, back)
	select {
	case l.posted <- struct{}{}:
	default:
	}
	time.Sleep(l.trip())
	l.at(key, done)
	if answer.Code == http.StatusOK && l.loses() {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
		return
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// trip is how long a way takes, now and then much longer than usual.
func (l *line) trip() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	most := 50 * time.Millisecond
	if l.rng.IntN(50) == 0 {
		most = 300 * time.Millisecond
	}
	return time.Duration(l.rng.Int64N(int64(most)))
}

func (l *line) loses() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	lost := l.rng.IntN(100) < 3
	if lost {
		l.lost++
	}
	return lost
}

func (l *line) at(key string, s stage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stage[key] = s
}

func (l *line) look(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looking += n
}

// process is a program that runs.
type process struct {
	*exec.Cmd
	said bytes.Buffer
}

func (h *town) start() *process {
	p := &process{Cmd: exec.Command(h.program, "serve")}
	p.Dir = h.dir
	p.Env = append(os.Environ(), "DISCORD_TOKEN="+discordToken, "SLACK_BOT_TOKEN="+slackfake.BotToken)
	p.Env = append(p.Env, h.env...)
	p.Stdout, p.Stderr = &p.said, &p.said
	if err := p.Start(); err != nil {
		panic(err) // it has just been built
	}
	return p
}

// end counts what a process has said.
func (h *town) end(p *process) {
	h.sum.n["found in the history"] += strings.Count(p.said.String(), "part was found")
	for line := range strings.Lines(p.said.String()) {
		if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, "panic") || strings.Contains(line, "DATA RACE") {
			h.t.Errorf("%s", line)
		}
	}
}

// live runs the program, kills it as often as it should be, and lets the last
// one end its work.
func (h *town) live() {
	h.arrive()
	long := map[int]bool{}
	for i := range h.pauses {
		long[(i+1)*h.kills/(h.pauses+1)] = true
	}
	for i := range h.kills {
		p := h.start()
		if h.t.Failed() {
			_ = p.Process.Kill()
			_ = p.Wait()
			return
		}
		if i%3 == 0 && !long[i] {
			time.Sleep(h.upTo(h.early))
		} else {
			h.waitForPost(p)
			time.Sleep(h.upTo(h.soon))
		}
		stages, looking := h.snapshot()
		_ = p.Process.Kill()
		_ = p.Wait()
		h.end(p)
		h.sum.n["kills"]++
		h.count(stages, looking)
		switch {
		case long[i]:
			h.sum.n["downtimes longer than the window"]++
			time.Sleep(h.window + 500*time.Millisecond)
		case h.rng.IntN(3) == 0:
			time.Sleep(h.upTo(time.Second))
		}
	}
	p := h.start()
	h.waitUntil(p, h.patience, "owes nothing", func() bool { return h.owes() == 0 && h.waiting() == 0 })
	h.stop(p)
}

// waitUntil waits for something that a process should come to.
func (h *town) waitUntil(p *process, patience time.Duration, what string, is func() bool) {
	for until := time.Now().Add(patience); !h.t.Failed() && !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(until) {
			h.late(p, patience, what)
		}
	}
}

// late gives a process up.
func (h *town) late(p *process, patience time.Duration, what string) {
	_ = p.Process.Kill()
	_ = p.Wait()
	h.t.Errorf("within %v it is not so that %s %s:\n%s", patience, h.program, what, p.said.String())
}

// stop stops a process as an operator does.
func (h *town) stop(p *process) {
	if h.t.Failed() {
		_ = p.Process.Kill()
	}
	_ = p.Process.Signal(os.Interrupt)
	if err := p.Wait(); err != nil && !h.t.Failed() {
		h.t.Errorf("%v\n%s", err, p.said.String())
	}
	h.end(p)
}

func (h *town) upTo(d time.Duration) time.Duration { return time.Duration(h.rng.Int64N(int64(d))) }

// waitForPost waits until something is posted.
func (h *town) waitForPost(p *process) {
	select {
	case <-h.posted: // one that an earlier process has left
	default:
	}
	const patience = 2 * time.Minute
	select {
	case <-h.posted:
	case <-time.After(patience):
		h.late(p, patience, "posts")
	}
}

// snapshot is where the posts are.
func (h *town) snapshot() (stages map[string]stage, looking int) {
	stages = map[string]stage{}
	for _, l := range h.lines {
		l.mu.Lock()
		maps.Copy(stages, l.stage)
		looking += l.looking
		l.mu.Unlock()
	}
	return stages, looking
}

// rows asks the ledger of a program that may be dead, without touching what
// the next one is to find.
func (h *town) rows(query string, each func(*sql.Rows) error) {
	path := filepath.Join(h.dir, "var", "digestbot.db")
	if _, err := os.Stat(path); err != nil {
		return // it was never made
	}
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path)+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		h.t.Error(err)
		return
	}
	defer func() { _ = db.Close() }()
	rows, err := db.Query(query)
	if err != nil {
		return // it died before the file had its tables
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := each(rows); err != nil {
			h.t.Error(err)
		}
	}
	if err := rows.Err(); err != nil {
		h.t.Error(err)
	}
}

// planned is how many deliveries were planned, and how many of them have ended.
func (h *town) planned() (planned, ended int) {
	h.rows(`SELECT count(*), count(ended) FROM deliveries WHERE cause = 'slot'`, func(r *sql.Rows) error { return r.Scan(&planned, &ended) })
	return planned, ended
}

// owes is how many deliveries have not ended. The naive dispatcher ends by
// itself.
func (h *town) owes() int {
	if h.naive() {
		if _, err := os.Stat(filepath.Join(h.dir, "ended")); err == nil {
			return 0
		}
		return len(h.where) * len(h.digests)
	}
	_, ended := h.planned()
	return len(h.where)*len(h.digests) - ended
}

// waiting is how many rows of any kind have not ended.
func (h *town) waiting() (n int) {
	h.rows(`SELECT (SELECT count(*) FROM deliveries WHERE ended IS NULL) + (SELECT count(*) FROM slots WHERE closed IS NULL)`,
		func(r *sql.Rows) error { return r.Scan(&n) })
	return n
}

func (h *town) naive() bool { return filepath.Base(h.program) == "naive" }

// count notes what a kill has hit.
func (h *town) count(stages map[string]stage, looking int) {
	hit := map[string]bool{}
	planned, ended := h.planned()
	hit["killed while it planned"] = planned < len(h.where)*len(h.digests)
	hit["killed with nothing left to do"] = ended == len(h.where)*len(h.digests)
	hit["killed while it looked"] = looking > 0
	h.rows(`SELECT key, state FROM parts WHERE state IN ('sending', 'in doubt')`, func(r *sql.Rows) error {
		var key, state string
		if err := r.Scan(&key, &state); err != nil {
			return err
		}
		switch at := stages[key]; {
		case state == string(ledger.InDoubt):
			hit["killed with something in doubt"] = true
		case at == there:
			hit["killed while a post was on its way"] = true
		case at == back:
			hit["killed while an answer was on its way"] = true
		case at == done:
			hit["killed between answer and receipt"] = true
		default:
			hit["killed between promise and call"] = true
		}
		return nil
	})
	for what, is := range hit {
		if is {
			h.sum.n[what]++
		}
	}
}

// message is something that stands in a channel.
type message struct {
	id, text string
	replies  []message
}

// standing is what stands in a channel.
func (h *town) standing(c chat.Channel) (out []message) {
	if c.Adapter == "discord" {
		for _, m := range h.discord.Messages(c.ID) {
			out = append(out, message{m.ID, string(m.Body), nil})
			for _, r := range h.discord.Messages(m.ID) { // a thread has the ID of its message
				out[len(out)-1].replies = append(out[len(out)-1].replies, message{r.ID, string(r.Body), nil})
			}
		}
		return out
	}
	for _, m := range h.slack.Messages(c.ID) {
		out = append(out, message{m.TS, string(m.Blocks), nil})
		for _, r := range h.slack.Replies(c.ID, m.TS) {
			out[len(out)-1].replies = append(out[len(out)-1].replies, message{r.TS, string(r.Blocks), nil})
		}
	}
	return out
}

// judge compares what stands in the channels with what should.
func (h *town) judge() {
	for _, l := range h.lines {
		h.sum.n["answers lost"] += l.lost
	}
	h.sum.n["known by its nonce"] = int(h.known.Load())
	h.sum.n["429 of Discord's for all"] = h.discord.Over()
	h.sum.n["429 of Slack's"] = h.slack.Limited()
	for _, c := range h.where {
		h.sum.n["deliveries"] += len(h.digests)
		var want []string
		for i, p := range h.digests {
			for s := range p.stories {
				want = append(want, mark("story", i, s))
			}
			if p.section && h.threads[c] {
				want = append(want, mark("section", i, 0))
			}
		}
		times := map[string]int{}
		inOrder := func(messages []message) {
			last := -1
			for _, m := range messages {
				h.sum.n["messages"]++
				for _, x := range said(m.text) {
					times[x]++
					if at := slices.Index(want, x); at < last {
						h.wrong("out of order", c, x)
					} else {
						last = at
					}
				}
			}
		}
		standing := h.standing(c)
		inOrder(standing)
		for _, m := range standing {
			inOrder(m.replies)
			// The thread of a digest hangs under the message that begins it.
			for _, r := range m.replies {
				for _, x := range said(r.text) {
					if begins := mark("story", digestOf(x), 0); !slices.Contains(said(m.text), begins) {
						h.wrong("out of order", c, x)
					}
				}
			}
			if len(said(m.text)) == 0 {
				h.t.Errorf("%s holds what nobody owes it: %s", c, m.text)
			}
		}
		for _, x := range want {
			switch n := times[x]; {
			case n == 0:
				h.wrong("lost", c, x)
			case n > 1:
				h.wrong("twice", c, x)
			}
		}
	}
}

func (h *town) wrong(what string, c chat.Channel, mark string) {
	if h.sum.n[what]++; h.sum.n[what] <= 3 {
		h.t.Logf("%s: %s: %s in %s", filepath.Base(h.program), what, mark, c)
	}
}

// said are the marks in a text, each once.
func said(text string) (out []string) {
	for _, x := range marks.FindAllString(text, -1) {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// audit compares the ledger with what stands: every delivery is sent and knows
// its messages, every slot has ended as posted, and nothing is left over.
func (h *town) audit() {
	t, ctx := h.t, context.Background()
	l, err := sqlite.Open(filepath.Join(h.dir, "var", "digestbot.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if err := l.Check(ctx); err != nil {
		t.Error(err)
	}
	if l.Behind() {
		t.Error("the ledger takes itself for an older one")
	}
	list, err := l.List(ctx, ledger.Query{Limit: -1})
	if err != nil {
		t.Fatal(err)
	}
	receipts := map[chat.Channel][]string{}
	for _, x := range slices.Backward(list) {
		if x.State != ledger.Sent || !x.Next.IsZero() || x.Reason != "" || x.Refused != (ledger.Refusal{}) {
			t.Errorf("delivery %s of %q to %s: %s: %s", x.Key, x.Title, x.Channel, x.State, x.Reason)
		}
		for _, p := range x.Parts {
			if p.State != ledger.Sent {
				t.Errorf("part %s: %s: %s", p.Key, p.State, p.Reason)
			}
			if !p.Thread {
				receipts[x.Channel] = append(receipts[x.Channel], p.Receipt.ID)
			}
		}
	}
	for _, c := range h.where {
		var ids []string
		for _, m := range h.standing(c) {
			ids = append(ids, m.id)
		}
		if !slices.Equal(receipts[c], ids) {
			t.Errorf("%s: the ledger knows %v, there stand %v", c, receipts[c], ids)
		}
	}
	if got, want := len(receipts[chat.Channel{Adapter: "discord", ID: discordChannel}]), len(h.discord.Messages(discordChannel)); got != want {
		t.Errorf("the admins were told %d times, the ledger knows of %d", want, got)
	}
	for _, s := range []string{"none", "thread"} {
		slots, err := l.Slots(ctx, s, -1)
		if err != nil || len(slots) != 1 {
			t.Errorf("subscription %s has slots %+v, %v", s, slots, err)
		}
		for _, slot := range slots {
			if slot.Outcome != ledger.SlotPostedLate || slot.Closed.IsZero() {
				t.Errorf("the slot of %s ended as %q: %s", s, slot.Outcome, slot.Reason)
			}
		}
	}
}

// sum is what a run has met.
type sum struct{ n map[string]int }

func newSum() sum { return sum{map[string]int{}} }

func (s sum) add(o sum) {
	for what, n := range o.n {
		s.n[what] += n
	}
}

func (s sum) String() string {
	var out []string
	for _, what := range slices.Sorted(maps.Keys(s.n)) {
		out = append(out, fmt.Sprintf("%s %d", what, s.n[what]))
	}
	return strings.Join(out, ", ")
}

// naive is a dispatcher as one would write it first: it posts, tries again what
// failed, and marks what was sent.
func naive() {
	if err := postNaively(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "panic:", err) // end looks for it
		os.Exit(1)
	}
}

func postNaively() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p, flags := tested(), &cli{Config: "config.toml"}
	conf, err := p.config(flags)
	if err != nil {
		return err
	}
	h, err := house.Open(ctx, conf, p.outside(flags))
	if err != nil {
		return err
	}
	defer func() { _ = h.Close() }()
	marked, err := os.ReadFile("sent")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile("sent", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	var running errgroup.Group
	for _, s := range h.Config.Subscriptions {
		for _, c := range s.Channels {
			running.Go(func() error {
				for _, dig := range slices.Backward(h.Desk.Library().All()) {
					x := s.Dress(ledger.NewDelivery(dig.ID, dig.Title, c, time.Now()))
					if bytes.Contains(marked, []byte(x.Key)) {
						continue
					}
					if err := h.Dispatcher.Deliverer.Freeze(ctx, &x, dig); err != nil {
						return err
					}
					for p := x.Parts.Current(); p != nil && ctx.Err() == nil; p = x.Parts.Current() {
						place, _ := x.Place()
						r, err := h.Dispatcher.Platforms.Adapters[c.Adapter].Send(ctx, place, p.Payload, chat.Key(strconv.FormatUint(rand.Uint64(), 36)))
						if err != nil {
							time.Sleep(100 * time.Millisecond)
							continue
						}
						x.Posted(r, time.Now())
					}
					if _, err := fmt.Fprintln(file, x.Key); err != nil {
						return err
					}
					if err := file.Sync(); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	if err := errors.Join(running.Wait(), os.WriteFile("ended", nil, 0o600)); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
