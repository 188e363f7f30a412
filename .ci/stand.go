package main

// What .ci/dispatch and .ci/answers share: platforms that count, and a folder in
// which digestbot runs.

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
)

// most is the most memory that a program has taken so far, in MB. What the system
// tells of one that has ended counts what its parent took when it was started.
func most(pid int) float64 { return memory(pid, "VmHWM:") }

// memory is a line of what the system tells of a program's memory, in MB; 0 where
// it does not.
func memory(pid int, line string) (mb float64) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(status), line)
	_, _ = fmt.Sscan(rest, &mb) // in kB
	return mb * 1024 / 1e6
}

// platform is a fake of one behind a way of some length. It takes the times at
// which posts arrive.
type platform struct {
	http.Handler
	least, most time.Duration // of a round trip

	mu     sync.Mutex
	posts  int
	first  time.Time
	last   time.Time
	asked  time.Time // when anything was
	server *httptest.Server
	// halted answers posts with 429 for an hour.
	halted bool
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		p.Handler.ServeHTTP(w, r)
		return
	}
	way := func() {
		if p.most > 0 {
			time.Sleep((p.least + rand.N(p.most-p.least)) / 2)
		}
	}
	way()
	answer := httptest.NewRecorder()
	if p.arrives(r) {
		answer.Header().Set("Retry-After", "3600")
		answer.WriteHeader(http.StatusTooManyRequests)
	} else {
		p.Handler.ServeHTTP(answer, r)
	}
	way()
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // the client may be gone
}

// arrives notes a post, and says whether it is halted.
func (p *platform) arrives(r *http.Request) bool {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = now
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/chat.postMessage") &&
		!(strings.Contains(r.URL.Path, "/channels/") && strings.HasSuffix(r.URL.Path, "/messages")) {
		return false
	}
	if p.posts == 0 {
		p.first = now
	}
	p.posts++
	p.last = now
	return p.halted
}

// serve opens it on loopback.
func (p *platform) serve() string {
	p.server = httptest.NewServer(p)
	return p.server.URL
}

func (p *platform) close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

// seen are the posts so far, and the seconds between the first and the last.
func (p *platform) seen() (posts int, seconds float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.posts, p.last.Sub(p.first).Seconds()
}

// rests waits until nothing was asked for three seconds.
func (p *platform) rests(patience time.Duration) error {
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		p.mu.Lock()
		quiet := !p.asked.IsZero() && time.Since(p.asked) > 3*time.Second
		p.mu.Unlock()
		if quiet {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("after %v it still asks", patience)
		}
	}
}

// arrived waits for so many posts.
func (p *platform) arrived(posts int, patience time.Duration) error {
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		n, _ := p.seen()
		if n >= posts {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("after %v there are %d posts of %d", patience, n, posts)
		}
	}
}

const (
	token  = "a-token-of-the-fake"
	server = "9"
	parts  = 2
)

func discordChannel(n int) string { return fmt.Sprintf("2%017d", n) }
func slackChannel(n int) string   { return fmt.Sprintf("C%09d", n) }

// newDiscord is a Discord of n channels.
func newDiscord(n int, count discordfake.Count) *discordfake.Fake {
	f := discordfake.New(token)
	f.GlobalLimit, f.GlobalCount, f.PostLimit = 50, count, 5
	for i := range n {
		f.AddChannel(discordfake.Channel{ID: discordChannel(i), Guild: server})
	}
	return f
}

// newSlack is a Slack of n channels.
func newSlack(n, perMinute int) *slackfake.Fake {
	f := slackfake.New()
	f.Gap, f.PerMinute = time.Second, perMinute
	for i := range n {
		f.AddChannel(slackfake.Channel{ID: slackChannel(i), Name: fmt.Sprint("channel-", i), Member: true})
	}
	return f
}

// site is a folder with a configuration and a library.
type site struct {
	folder string
	config strings.Builder
	tokens []string // as variables
	ids    []string
}

// newSite makes a site whose library is empty, if it was not there.
func newSite(folder, listen string) (*site, error) {
	s := &site{folder: folder}
	fmt.Fprintf(&s.config, "state = \"var\"\n[library]\npath = \"library\"\n[http]\nlisten = %q\n", listen)
	return s, os.MkdirAll(filepath.Join(s.folder, "library"), 0o755)
}

// digest is the file of the digest that is posted.
func (s *site) digest() string { return filepath.Join(s.folder, "library", "digest.md") }

// text is a digest of today that has two parts on both platforms.
func text() string {
	var d strings.Builder
	fmt.Fprintf(&d, "---\ntitle: \"科技行业动态 Tech Digest\"\ndate: %s\ntags: [AI, cloud]\n---\n\n", time.Now().UTC().Format(time.DateOnly))
	for i := range 20 {
		fmt.Fprintf(&d, "### Story %d 云原生与人工智能\n\n%s\n\n**Source:** [example.com](https://example.com/news/%d/)\n\n", i,
			strings.Repeat("A new release brings twice the throughput 性能提升百分之三十，开发者可以通过接口更快地完成部署。", 5), i)
	}
	return d.String()
}

// discord and slack add a platform and its channels from a number on.
func (s *site) discord(address string, channels int) {
	fmt.Fprintf(&s.config, "[adapters.discord]\napi_url = %q\n", address+"/api/v10")
	s.tokens = append(s.tokens, "DISCORD_TOKEN="+token)
	for i := range channels {
		s.ids = append(s.ids, "discord:"+discordChannel(i))
	}
}

func (s *site) slack(address string, channels, perMinute int) {
	fmt.Fprintf(&s.config, "[adapters.slack]\napi_url = %q\nposts_per_minute = %d\n", address+"/api/", perMinute)
	s.tokens = append(s.tokens, "SLACK_BOT_TOKEN="+slackfake.BotToken, "SLACK_APP_TOKEN="+slackfake.AppToken)
	for i := range channels {
		s.ids = append(s.ids, "slack:"+slackChannel(i))
	}
}

// start starts digestbot there.
func (s *site) start(digestbot string, environment ...string) (*exec.Cmd, error) {
	if len(s.ids) > 0 {
		fmt.Fprintf(&s.config, "[[subscription]]\nname = \"morning\"\nmax_age = \"72h\"\nstart = \"latest\"\nchannels = [\"%s\"]\n", strings.Join(s.ids, "\", \""))
	}
	path := filepath.Join(s.folder, "config.toml")
	if err := os.WriteFile(path, []byte(s.config.String()), 0o644); err != nil {
		return nil, err
	}
	said, err := os.Create(filepath.Join(s.folder, "said"))
	if err != nil {
		return nil, err
	}
	defer said.Close()
	c := exec.Command(digestbot, "serve", "--config", path)
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.folder}, slices.Concat(s.tokens, environment)...)
	c.Stdout, c.Stderr = said, said
	return c, c.Start()
}

// stop asks the program to stop and gives the seconds that it took.
func stop(c *exec.Cmd) (float64, error) {
	began := time.Now()
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	killer := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	defer killer.Stop()
	err := c.Wait()
	return time.Since(began).Seconds(), err
}
