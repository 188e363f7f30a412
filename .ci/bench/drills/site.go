package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
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

const (
	token   = "a-token-of-the-fake"
	server  = "9"
	patient = 30 * time.Second // for everything that should happen soon
)

// The digest channels, the admin channels, and one that is not used yet.
var (
	posts  = []string{"discord:200000000000000001", "slack:C000000001"}
	admins = map[string]string{"discord": "discord:200000000000000002", "slack": "slack:C000000002"}
	others = map[string]string{"discord": "discord:200000000000000003", "slack": "slack:C000000003"}
)

// site is a folder in which digestbot runs, and the platforms that it posts to.
type site struct {
	binary, folder string
	state          string
	channels       []string // of the subscription
	admin          string
	uid            int // user that digestbot runs as, if not 0
	schedule       string
	unmount        string // after digestbot has stopped
	listen         string

	discord *discordfake.Fake
	slack   *slackfake.Fake
	gates   map[string]*gate
	digests []string // headlines
	process *exec.Cmd
	ended   chan error
	seen    []string // what the operator saw
}

// gate is the network path to a platform. It can be closed, or answer instead of the
// platform.
type gate struct {
	http.Handler
	address string

	mu     sync.Mutex
	answer http.HandlerFunc // nil: the platform answers
	server *http.Server
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	answer := g.answer
	g.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	g.Handler.ServeHTTP(w, r)
}

// set makes the gate answer; nil lets the platform answer again.
func (g *gate) set(answer http.HandlerFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = answer
}

// open listens at the gate's previous address, which another process may briefly hold.
func (g *gate) open() error {
	if g.address == "" {
		g.address = "127.0.0.1:0"
	}
	var l net.Listener
	err := within(patient, func() (bool, string) {
		var err error
		l, err = net.Listen("tcp", g.address)
		return err == nil, fmt.Sprint(err)
	})
	if err != nil {
		return err
	}
	g.address = l.Addr().String()
	g.server = &http.Server{Handler: g, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = g.server.Serve(l) }() // until it is closed
	return nil
}

// close refuses connections.
func (g *gate) close() { _ = g.server.Close() }

// drill runs a story on a new site, and fails if anything is lost or posted twice at the
// end.
func (s *site) drill(story func(*site) error) (err error) {
	s.state, s.admin, s.channels = "var", admins["slack"], posts
	s.discord, s.slack = discordfake.New(token), slackfake.New()
	for _, id := range []string{posts[0], admins["discord"], others["discord"]} {
		s.discord.AddChannel(discordfake.Channel{ID: bare(id), Guild: server})
	}
	for _, id := range []string{posts[1], admins["slack"], others["slack"]} {
		s.slack.AddChannel(slackfake.Channel{ID: bare(id), Name: bare(id), Member: true})
	}
	s.gates = map[string]*gate{"discord": {Handler: s.discord}, "slack": {Handler: s.slack}}
	for _, g := range s.gates {
		if err := g.open(); err != nil {
			return err
		}
		defer g.close()
	}
	defer s.slack.Close()
	defer s.discord.Drop()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.listen = l.Addr().String()
	_ = l.Close()
	// One slot has just opened and is waiting. The next one opens tomorrow.
	at := time.Now().UTC().Add(-time.Minute)
	s.schedule = fmt.Sprintf("%d %d * * *", at.Minute(), at.Hour())
	if err := os.MkdirAll(s.path("library"), 0o755); err != nil {
		return err
	}
	defer func() {
		if s.process != nil {
			err = errors.Join(err, s.stop())
		}
		if s.unmount != "" {
			err = errors.Join(err, unmount(s.unmount))
		}
	}()
	if err := s.add("first"); err != nil {
		return err
	}
	if err := story(s); err != nil {
		return err
	}
	if err := s.posted(s.channels, s.digests...); err != nil {
		return err
	}
	if err := s.well(); err != nil {
		return err
	}
	if err := s.stop(); err != nil {
		return err
	}
	return s.once(s.channels, s.digests...)
}

// bare returns the ID of a channel without its adapter.
func bare(channel string) string { _, id, _ := strings.Cut(channel, ":"); return id }

func (s *site) path(name string) string { return filepath.Join(s.folder, name) }

// add adds a digest to the library, atomically.
func (s *site) add(name string) error {
	headline := "The " + name + " headline"
	text := fmt.Sprintf("---\ntitle: The %s digest\ndate: %s\n---\n\n### %s @everyone <!channel>\n\nWhat happened to the %s.\n\n**Source:** [example.com](https://example.com/%s/)\n",
		name, time.Now().UTC().Format(time.DateOnly), headline, name, name)
	if err := os.WriteFile(s.path("new"), []byte(text), 0o644); err != nil {
		return err
	}
	s.digests = append(s.digests, headline)
	return os.Rename(s.path("new"), filepath.Join(s.path("library"), name+".md"))
}

// begin starts digestbot on a healthy site, and waits for the first post.
func (s *site) begin() error {
	if err := s.start(); err != nil {
		return err
	}
	if err := s.posted(s.channels, s.digests...); err != nil {
		return err
	}
	return s.well()
}

// start writes the configuration and starts digestbot.
func (s *site) start() error {
	admin := ""
	if s.admin != "" {
		admin = fmt.Sprintf("admin_channel = %q\n", s.admin)
	}
	config := fmt.Sprintf(`state = %q
%s[library]
path = "library"
[http]
listen = %q
[adapters.discord]
api_url = "http://%s/api/v10"
[adapters.slack]
api_url = "http://%s/api/"
[[subscription]]
name = "morning"
channels = ["%s"]
schedule = %q
max_age = "72h"
`, s.state, admin, s.listen, s.gates["discord"].address, s.gates["slack"].address, strings.Join(s.channels, `", "`), s.schedule)
	if err := os.WriteFile(s.path("config.toml"), []byte(config), 0o644); err != nil {
		return err
	}
	said, err := os.OpenFile(s.said(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer said.Close()
	c := s.command("serve", "--log-format", "text")
	c.Stdout, c.Stderr = said, said
	if err := c.Start(); err != nil {
		return err
	}
	s.process, s.ended = c, make(chan error, 1)
	go func() { s.ended <- c.Wait() }()
	return nil
}

// said returns the file with the output of this run of digestbot.
func (s *site) said() string { return s.path("said") }

func (s *site) command(words ...string) *exec.Cmd {
	c := exec.Command(s.binary, append(words, "--config", s.path("config.toml"))...)
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.folder,
		"DISCORD_TOKEN=" + token, "SLACK_BOT_TOKEN=" + slackfake.BotToken, "SLACK_APP_TOKEN=" + slackfake.AppToken}
	if s.uid != 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(s.uid), Gid: uint32(s.uid)}}
	}
	return c
}

// stop stops digestbot, which must exit by itself.
func (s *site) stop() error {
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	defer func() { s.process = nil }()
	select {
	case err := <-s.ended:
		if err != nil {
			text, _ := os.ReadFile(s.said())
			return fmt.Errorf("digestbot ends with %w; the log:\n%s", err, tail(string(text)))
		}
		return nil
	case <-time.After(patient):
		_ = s.kill() // its exit status then means nothing
		return fmt.Errorf("digestbot does not stop within %v", patient)
	}
}

// kill kills digestbot, and returns how it ended.
func (s *site) kill() error {
	return errors.Join(s.process.Process.Kill(), <-s.ended)
}

func (s *site) restart() error {
	if err := s.stop(); err != nil {
		return err
	}
	return s.start()
}

// refuses starts digestbot, which must exit with a reason.
func (s *site) refuses(words string) error {
	if err := s.start(); err != nil {
		return err
	}
	defer func() { s.process = nil }()
	select {
	case err := <-s.ended:
		if err == nil {
			return errors.New("digestbot ends without an error")
		}
		return s.log(words)
	case <-time.After(patient):
		_ = s.kill() // its exit status then means nothing
		return errors.New("digestbot starts in spite of the fault")
	}
}

// within waits until is returns true; otherwise its text says what happened instead.
func within(limit time.Duration, is func() (ok bool, what string)) error {
	for end := time.Now().Add(limit); ; time.Sleep(100 * time.Millisecond) {
		ok, what := is()
		if ok {
			return nil
		}
		if time.Now().After(end) {
			return errors.New(what)
		}
	}
}

// saw records what the operator sees, each line once.
func (s *site) saw(where, text string) {
	for line := range strings.Lines(strings.TrimSpace(text)) {
		if line = where + ": " + strings.TrimRight(line, "\n"); !slices.Contains(s.seen, line) {
			s.seen = append(s.seen, line)
		}
	}
}

// log waits for a log line that contains words.
func (s *site) log(words string) error {
	return within(patient, func() (bool, string) {
		text, _ := os.ReadFile(s.said())
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, words) {
				s.saw("log", line)
				return true, ""
			}
		}
		return false, fmt.Sprintf("the operator is not told: after %v the log does not say %q, but:\n%s", patient, words, tail(string(text)))
	})
}

func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}

// told waits for a notice in the admin channel.
func (s *site) told(words string) error {
	return within(patient, func() (bool, string) {
		for _, m := range s.messages(s.admin) {
			if strings.Contains(m, words) {
				s.saw("admin channel", notice(m, words))
				return true, ""
			}
		}
		return false, fmt.Sprintf("the admins are not told: after %v their channel does not say %q, but %q", patient, words, s.messages(s.admin))
	})
}

// notice returns the text of a message around words.
func notice(message, words string) string {
	at := strings.Index(message, words)
	from := strings.LastIndexAny(message[:at], `"{`) + 1
	to := len(message)
	if i := strings.IndexByte(message[at:], '"'); i >= 0 {
		to = at + i
	}
	return message[from:to]
}

// unwell waits until health fails and says why.
func (s *site) unwell(words string) error {
	return within(patient, func() (bool, string) {
		out, err := s.command("health").CombinedOutput()
		if err != nil && strings.Contains(string(out), words) {
			s.saw("health", string(out))
			return true, ""
		}
		return false, fmt.Sprintf("the operator is not told: after %v health does not say %q, but (%v):\n%s", patient, words, err, out)
	})
}

// well waits until health says that all is well.
func (s *site) well() error {
	return within(patient, func() (bool, string) {
		out, err := s.command("health").CombinedOutput()
		text, _ := os.ReadFile(s.said())
		return err == nil && strings.HasSuffix(string(out), "healthy\n"),
			fmt.Sprintf("it is not healthy %v after the repair (%v):\n%s\nlog:\n%s", patient, err, out, tail(string(text)))
	})
}

// listed waits until deliveries lists a line that contains words.
func (s *site) listed(words string) error {
	return within(patient, func() (bool, string) {
		out, err := s.command("deliveries").CombinedOutput()
		if strings.Contains(string(out), words) {
			s.saw("deliveries", string(out))
			return true, ""
		}
		return false, fmt.Sprintf("the operator is not told: deliveries does not say %q, but (%v):\n%s", words, err, out)
	})
}

// release retries waiting deliveries at once, as an operator does after a repair.
func (s *site) release(channel string) error {
	out, err := s.command("deliveries", "--json", "--state", "paused", "--channel", channel).Output()
	if err != nil {
		return fmt.Errorf("deliveries --json: %w", err)
	}
	var row struct{ Key string }
	if err := json.Unmarshal(out, &row); err != nil {
		return fmt.Errorf("deliveries --json does not show the one that waits for %s: %w: %s", channel, err, out)
	}
	if out, err = s.command("deliveries", "release", row.Key).CombinedOutput(); err != nil {
		return fmt.Errorf("deliveries release: %w: %s", err, out)
	}
	s.saw("release", string(out))
	return nil
}

// messages returns the messages in a channel.
func (s *site) messages(channel string) (out []string) {
	if strings.HasPrefix(channel, "discord:") {
		for _, m := range s.discord.Messages(bare(channel)) {
			out = append(out, string(m.Body))
		}
		return out
	}
	for _, m := range s.slack.Messages(bare(channel)) {
		out = append(out, m.Text+`"`+string(m.Blocks))
	}
	return out
}

// standing returns how many messages in a channel contain a headline.
func (s *site) standing(channel, headline string) (n int) {
	for _, m := range s.messages(channel) {
		if strings.Contains(m, headline) {
			n++
		}
	}
	return n
}

// posted waits until digests are posted in channels.
func (s *site) posted(channels []string, headlines ...string) error {
	err := within(patient, func() (bool, string) {
		for _, c := range channels {
			for _, h := range headlines {
				if s.standing(c, h) == 0 {
					text, _ := os.ReadFile(s.said())
					return false, fmt.Sprintf("a digest is lost: %q is not in %s after %v; the log:\n%s", h, c, patient, tail(string(text)))
				}
			}
		}
		return true, ""
	})
	if err != nil {
		return err
	}
	return s.once(channels, headlines...)
}

// once fails if a digest is not posted exactly once in a channel.
func (s *site) once(channels []string, headlines ...string) error {
	for _, c := range channels {
		for _, h := range headlines {
			if n := s.standing(c, h); n != 1 {
				return fmt.Errorf("%q is posted %d times in %s", h, n, c)
			}
		}
	}
	return nil
}

// absent fails if a digest is in a channel where it cannot be yet.
func (s *site) absent(channel, headline string) error {
	if n := s.standing(channel, headline); n > 0 {
		return fmt.Errorf("the fault has no effect: %q is posted in %s", headline, channel)
	}
	return nil
}
