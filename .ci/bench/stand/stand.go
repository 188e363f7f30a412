// Package stand is shared by the programs dispatch and answers: it contains platforms that
// count posts, and a folder in which digestbot runs.
package stand

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

// Platform is a fake platform with a certain round-trip time. It records when posts arrive.
type Platform struct {
	http.Handler
	Least, Most time.Duration // of a round trip

	mu     sync.Mutex
	posts  int
	first  time.Time
	last   time.Time
	asked  time.Time // time of the last request
	server *httptest.Server
	halted bool
}

// ServeHTTP answers as the fake does, with half of the round trip before and half after.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		p.Handler.ServeHTTP(w, r)
		return
	}
	way := func() {
		if p.Most > 0 {
			time.Sleep((p.Least + rand.N(p.Most-p.Least)) / 2)
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
	_, _ = w.Write(answer.Body.Bytes()) // the client may have disconnected
}

// arrives records a post, and reports whether the platform is halted.
func (p *Platform) arrives(r *http.Request) bool {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = now
	inSlack := strings.HasSuffix(r.URL.Path, "/chat.postMessage")
	inDiscord := strings.Contains(r.URL.Path, "/channels/") && strings.HasSuffix(r.URL.Path, "/messages")
	if r.Method != http.MethodPost || !inSlack && !inDiscord {
		return false
	}
	if p.posts == 0 {
		p.first = now
	}
	p.posts++
	p.last = now
	return p.halted
}

// Halt makes it answer posts with 429 and a wait of an hour.
func (p *Platform) Halt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.halted = true
}

// Serve serves it on loopback and returns its URL.
func (p *Platform) Serve() string {
	p.server = httptest.NewServer(p)
	return p.server.URL
}

// Close stops what Serve started.
func (p *Platform) Close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

// Seen returns the posts so far, and the seconds between the first and the last.
func (p *Platform) Seen() (posts int, seconds float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.posts, p.last.Sub(p.first).Seconds()
}

// Rests waits until there was no request for three seconds.
func (p *Platform) Rests(patience time.Duration) error {
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

// Arrived waits for a number of posts.
func (p *Platform) Arrived(posts int, patience time.Duration) error {
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		n, _ := p.Seen()
		if n >= posts {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("after %v there are %d posts of %d", patience, n, posts)
		}
	}
}

const (
	// Token is the token that the fake Discord accepts.
	Token = "a-token-of-the-fake"
	// Server is the ID of the server with the channels.
	Server = "9"
	// Parts is the number of messages that Digest needs on both platforms.
	Parts = 2
)

// DiscordChannel returns the ID of the channel with a number.
func DiscordChannel(n int) string { return fmt.Sprintf("2%017d", n) }

// SlackChannel returns the ID of the channel with a number.
func SlackChannel(n int) string { return fmt.Sprintf("C%09d", n) }

// NewDiscord returns a fake Discord with n channels.
func NewDiscord(n int, count discordfake.Count) *discordfake.Fake {
	f := discordfake.New(Token)
	f.GlobalLimit, f.GlobalCount, f.PostLimit = 50, count, 5
	for i := range n {
		f.AddChannel(discordfake.Channel{ID: DiscordChannel(i), Guild: Server})
	}
	return f
}

// NewSlack returns a fake Slack with n channels.
func NewSlack(n, perMinute int) *slackfake.Fake {
	f := slackfake.New()
	f.Gap, f.PerMinute = time.Second, perMinute
	for i := range n {
		f.AddChannel(slackfake.Channel{ID: SlackChannel(i), Name: fmt.Sprint("channel-", i), Member: true})
	}
	return f
}

// Site is a folder with a configuration and a library.
type Site struct {
	Folder string
	// Database is the URL of the database with the state; empty for the folder.
	Database string
	config   strings.Builder
	tokens   []string // as environment variables
	ids      []string
}

// NewSite returns a site in folder, and creates an empty library if there is none.
func NewSite(folder, listen string) (*Site, error) {
	s := &Site{Folder: folder}
	s.Set("[library]\npath = \"library\"\n[http]\nlisten = %q\n", listen)
	return s, os.MkdirAll(filepath.Join(s.Folder, "library"), 0o755)
}

// Digest returns the file of the digest that is posted.
func (s *Site) Digest() string { return filepath.Join(s.Folder, "library", "digest.md") }

// Digest returns a digest of today that has two parts on both platforms.
func Digest() string {
	var d strings.Builder
	fmt.Fprintf(&d, "---\ntitle: \"科技行业动态 Tech Digest\"\ndate: %s\ntags: [AI, cloud]\n---\n\n", time.Now().UTC().Format(time.DateOnly))
	for i := range 28 {
		fmt.Fprintf(&d, "### Story %d 云原生与人工智能\n\n%s\n\n**Source:** [example.com](https://example.com/news/%d/)\n\n", i,
			strings.Repeat("A new release brings twice the throughput 性能提升百分之三十，开发者可以通过接口更快地完成部署。", 3), i)
	}
	return d.String()
}

// Set adds lines to the configuration.
func (s *Site) Set(format string, args ...any) { fmt.Fprintf(&s.config, format, args...) }

// Discord configures the platform at a URL, with its first channels.
func (s *Site) Discord(address string, channels int) { s.DiscordAs("discord", address, channels) }

// DiscordAs is Discord for an adapter of that name.
func (s *Site) DiscordAs(name, address string, channels int) {
	s.Set("[adapters.%s]\nkind = \"discord\"\napi_url = %q\ntoken_file = \"token\"\n", name, address+"/api/v10")
	for i := range channels {
		s.ids = append(s.ids, name+":"+DiscordChannel(i))
	}
}

// Slack configures the platform at a URL, with its first channels.
func (s *Site) Slack(address string, channels, perMinute int) {
	s.Set("[adapters.slack]\napi_url = %q\nposts_per_minute = %d\n", address+"/api/", perMinute)
	s.tokens = append(s.tokens, "SLACK_BOT_TOKEN="+slackfake.BotToken, "SLACK_APP_TOKEN="+slackfake.AppToken)
	for i := range channels {
		s.ids = append(s.ids, "slack:"+SlackChannel(i))
	}
}

// Start starts digestbot serve there, with additional environment variables.
func (s *Site) Start(digestbot string, environment ...string) (*exec.Cmd, error) {
	if len(s.ids) > 0 {
		s.Set("[[subscription]]\nname = \"morning\"\nmax_age = \"72h\"\nstart = \"latest\"\nstyle = \"full\"\nbundle = false\nchannels = [\"%s\"]\n", strings.Join(s.ids, "\", \""))
	}
	return s.Restart(digestbot, environment...)
}

// Restart is Start with the configuration that Start has written.
func (s *Site) Restart(digestbot string, environment ...string) (*exec.Cmd, error) {
	state := "state = \"var\"\n"
	if s.Database != "" {
		state = "[state]\nurl_file = \"database\"\n"
	}
	path := filepath.Join(s.Folder, "config.toml")
	for name, text := range map[string]string{"config.toml": state + s.config.String(), "token": Token, "database": s.Database} {
		if err := os.WriteFile(filepath.Join(s.Folder, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	said, err := os.OpenFile(filepath.Join(s.Folder, "said"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer said.Close()
	c := exec.Command(digestbot, "serve", "--config", path)
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.Folder}, slices.Concat(s.tokens, environment)...)
	c.Stdout, c.Stderr = said, said
	return c, c.Start()
}

// Stop asks the program to stop and returns the seconds that it took.
func Stop(c *exec.Cmd) (float64, error) {
	began := time.Now()
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	killer := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	defer killer.Stop()
	err := c.Wait()
	return time.Since(began).Seconds(), err
}
