package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// town is where programs under test post to: platforms that drop the responses to some
// posts, and channels that are owed digests of one to three parts, each of which must be
// posted there once and in order.
type town struct {
	t       *testing.T
	rng     *rand.Rand
	dir     string
	discord map[string]*discordfake.Fake // by adapter name
	slack   map[string]*slackfake.Fake
	lines   map[string]*line // by adapter
	// posted is called after each post on an adapter through a door.
	posted func(adapter string, door int)
	// perMinute is how many posts per minute the bot makes in a Slack workspace.
	perMinute int
	where     []chat.Channel
	threads   map[chat.Channel]bool // channels with the analysis in a thread
	slot      time.Time
	each      int // digests per channel
	digests   []paper
	sum       sum
	known     atomic.Int64 // posts that Discord deduplicated by nonce
}

// newTown returns a town with that many channels on these adapters, the first of which is
// named discord. Discord remembers a nonce for window.
func newTown(t *testing.T, seed uint64, channels, each int, window time.Duration, adapters ...string) *town {
	h := &town{
		t: t, rng: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir(), slot: time.Now().UTC().Add(-10 * time.Minute), each: each,
		discord: map[string]*discordfake.Fake{}, slack: map[string]*slackfake.Fake{}, lines: map[string]*line{},
		posted: func(string, int) {}, perMinute: 100_000, threads: map[chat.Channel]bool{}, sum: newSum(),
	}
	for _, name := range adapters {
		h.open(name, window)
	}
	h.discord["discord"].AddChannel(discordfake.Channel{ID: discordChannel, Guild: "9"}) // the admin channel
	for i := range channels {
		c := chat.Channel{Adapter: adapters[i%len(adapters)], ID: strconv.Itoa(400_000_000_000_000_000 + i)}
		if d := h.discord[c.Adapter]; d != nil {
			d.AddChannel(discordfake.Channel{ID: c.ID, Guild: "9"})
		} else {
			c.ID = fmt.Sprintf("C0POWER%04d", i)
			h.slack[c.Adapter].AddChannel(slackfake.Channel{ID: c.ID, Name: c.ID, Member: true})
		}
		h.where = append(h.where, c)
		h.threads[c] = i/len(adapters)%2 == 1
	}
	return h
}

// open starts the platform of an adapter, whose name begins with its kind.
func (h *town) open(adapter string, window time.Duration) {
	l := &line{adapter: adapter, post: slackPost, rng: rand.New(rand.NewPCG(h.rng.Uint64(), 0)), stage: map[string]stage{}}
	h.lines[adapter] = l
	if strings.HasPrefix(adapter, "slack") {
		s := slackfake.New()
		s.Lag, s.Gap = 300*time.Millisecond, 800*time.Millisecond
		h.slack[adapter], l.platform = s, s
		return
	}
	d := discordfake.New(tokenOn(adapter))
	d.NonceWindow, d.PostLimit, d.GlobalLimit, d.GlobalCount = window, 5, 50, discordfake.Sliding
	d.Watch = func(line string) {
		if strings.Contains(line, " again: ") {
			h.known.Add(1)
		}
	}
	h.discord[adapter], l.platform, l.post = d, d, discordPost
}

// tokenOn returns the bot's token on an adapter.
func tokenOn(adapter string) string {
	switch {
	case strings.HasPrefix(adapter, "slack"):
		return slackfake.BotToken
	case adapter == "discord":
		return discordToken
	default:
		return discordToken + "-of-" + adapter
	}
}

// config returns a configuration that serves the channels, without the state. The program
// reaches the platforms through the given door.
func (h *town) config(door int) string {
	config := fmt.Sprintf("\nadmin_channel = \"discord:%s\"\n[library]\npath = %q\n[http]\nlisten = \"127.0.0.1:0\"\n", discordChannel, filepath.Join(h.dir, "posts"))
	for _, name := range slices.Sorted(maps.Keys(h.lines)) {
		token := filepath.Join(h.dir, "token-"+name)
		h.write(filepath.Base(token), tokenOn(name))
		address := h.serve(h.lines[name], door)
		if h.discord[name] != nil {
			config += fmt.Sprintf("[adapters.%s]\nkind = \"discord\"\ntoken_file = %q\napi_url = \"%s/api/v10\"\n", name, token, address)
		} else {
			config += fmt.Sprintf("[adapters.%s]\nkind = \"slack\"\nbot_token_file = %q\napi_url = \"%s/api/\"\nposts_per_minute = %d\n", name, token, address, h.perMinute)
		}
	}
	for _, details := range []string{"none", "thread"} {
		var list []string
		for _, c := range h.where {
			if h.threads[c] == (details == "thread") {
				list = append(list, strconv.Quote(c.String()))
			}
		}
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
`, details, strings.Join(list, ", "), h.slot.Minute(), h.slot.Hour(), 24*(h.each+2), details)
	}
	return config
}

// owed returns how many deliveries the channels are owed.
func (h *town) owed() int { return len(h.where) * h.each }

// old is a digest that the channels get before the owed ones, so that a new channel's first
// digest is not among those owed.
const old = "posts/2020-02-02-old.md"

func (h *town) writeOld() {
	h.write(old, "---\ntitle: Old\n---\n\n### It is old\n\nVery.\n\n**Source:** <https://example.org/>\n")
}

// paper is an owed digest.
type paper struct {
	stories int
	section bool
}

// shapes are digests of one to three parts, including the thread.
var shapes = []struct{ stories, words int }{{2, 25}, {7, 190}, {11, 180}}

func (h *town) write(name, text string) {
	path := filepath.Join(h.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		h.t.Fatal(err)
	}
}

// arrive makes the owed digests arrive.
func (h *town) arrive() {
	for i := range h.each {
		shape := shapes[i%len(shapes)]
		p := paper{stories: shape.stories, section: i%len(shapes) < 2}
		var text strings.Builder
		day := h.slot.AddDate(0, 0, i-h.each+1).Format("2006-01-02")
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

// mark returns a word that is unique to a place in a digest.
func mark(what string, digest, n int) string { return fmt.Sprintf("%s%dx%dx", what, digest, n) }

var marks = regexp.MustCompile(`(?:story|section)(\d+)x\d+x`)

// digestOf returns the digest that has a mark.
func digestOf(mark string) int {
	n, _ := strconv.Atoi(marks.FindStringSubmatch(mark)[1])
	return n
}

// line is the network between the program and a platform. It delays posts in both
// directions, and drops the response of three in a hundred posts that were made. Requests
// that were sent continue after the program is dead.
type line struct {
	adapter  string
	platform http.Handler
	post     func(r *http.Request, body []byte) (key string)

	mu      sync.Mutex
	rng     *rand.Rand
	stage   map[string]stage // of each post, by key
	looking int              // read requests in flight
	lost    int
}

// stage is how far a post has come.
type stage string

const (
	there stage = "there" // under way
	back  stage = "back"  // posted, the response is on its way
	done  stage = "done"  // answered, or the response was dropped
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

// serve opens a door to a line and returns its URL.
func (h *town) serve(l *line, number int) string {
	server := httptest.NewServer(door{l, func() { h.posted(l.adapter, number) }})
	h.t.Cleanup(func() {
		if s := h.slack[l.adapter]; s != nil {
			s.Close()
		}
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// door is a program's entry to a line.
type door struct {
	*line
	posted func()
}

func (l door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the request was not complete
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

func (l door) carry(w http.ResponseWriter, r *http.Request, key string) {
	l.at(key, there)
	time.Sleep(l.trip())
	answer := httptest.NewRecorder()
	l.platform.ServeHTTP(answer, r.WithContext(context.WithoutCancel(r.Context())))
	l.at(key, back)
	l.posted()
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

// trip returns the delay of one direction, which is sometimes much longer than usual.
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

// process is a running program.
type process struct {
	*exec.Cmd
	said bytes.Buffer
}

// begin starts a program with a configuration in the town's folder.
func (h *town) begin(program, config string, env ...string) *process {
	p := &process{Cmd: exec.Command(program, "serve", "--config", config)}
	p.Dir, p.Env = h.dir, append(os.Environ(), env...)
	p.Stdout, p.Stderr = &p.said, &p.said
	if err := p.Start(); err != nil {
		panic(err) // it has just been built
	}
	return p
}

// end evaluates the output of a process, and reports errors in its log unless they are
// expected.
func (h *town) end(p *process, expected func(line string) bool) {
	h.sum.n["found in the history"] += strings.Count(p.said.String(), "part was found")
	for line := range strings.Lines(p.said.String()) {
		if strings.Contains(line, `"level":"ERROR"`) && !expected(line) || strings.Contains(line, "panic") || strings.Contains(line, "DATA RACE") {
			h.t.Errorf("%s", line)
		}
	}
}

func (h *town) upTo(d time.Duration) time.Duration { return time.Duration(h.rng.Int64N(int64(d))) }

// snapshot returns the stages of all posts.
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

// message is a message in a channel.
type message struct {
	id, text string
	replies  []message
}

// standing returns the messages in a channel.
func (h *town) standing(c chat.Channel) (out []message) {
	if d := h.discord[c.Adapter]; d != nil {
		for _, m := range d.Messages(c.ID) {
			out = append(out, message{m.ID, string(m.Body), nil})
			for _, r := range d.Messages(m.ID) { // a thread has the ID of its message
				out[len(out)-1].replies = append(out[len(out)-1].replies, message{r.ID, string(r.Body), nil})
			}
		}
		return out
	}
	s := h.slack[c.Adapter]
	for _, m := range s.Messages(c.ID) {
		out = append(out, message{m.TS, string(m.Blocks), nil})
		for _, r := range s.Replies(c.ID, m.TS) {
			out[len(out)-1].replies = append(out[len(out)-1].replies, message{r.TS, string(r.Blocks), nil})
		}
	}
	return out
}

// judge compares the messages in the channels with the expected ones.
func (h *town) judge() {
	for _, l := range h.lines {
		h.sum.n["answers lost"] += l.lost
	}
	h.sum.n["known by its nonce"] = int(h.known.Load())
	for _, d := range h.discord {
		h.sum.n["429 of Discord's for all"] += d.Over()
	}
	for _, s := range h.slack {
		h.sum.n["429 of Slack's"] += s.Limited()
	}
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
			// The thread of a digest starts from the message that begins it.
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
		h.t.Logf("%s: %s in %s", what, mark, c)
	}
}

// said returns the marks in a text, without duplicates.
func said(text string) (out []string) {
	for _, x := range marks.FindAllString(text, -1) {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// audit compares the ledger with the posted messages: every delivery is sent and knows its
// messages, every slot has ended as posted, and nothing is left over.
func (h *town) audit(l interface {
	ledger.Ledger
	Check(ctx context.Context) error
},
) {
	t, ctx := h.t, context.Background()
	if err := l.Check(ctx); err != nil {
		t.Error(err)
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
	if got, want := len(receipts[chat.Channel{Adapter: "discord", ID: discordChannel}]), len(h.discord["discord"].Messages(discordChannel)); got != want {
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

// sum counts the events of a run.
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
