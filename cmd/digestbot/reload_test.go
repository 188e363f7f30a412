package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/reload"
)

// served is a running serve, against a fake Slack.
type served struct {
	t      *testing.T
	folder string
	slack  *slackfake.Fake
	api    string
	said   *os.File
	before func(r *http.Request) // a post is carried out
	stop   context.CancelFunc
	ended  chan int
}

const reloadChannels = 12

func reloadChannel(n int) string { return fmt.Sprintf("C4%08d", n) }

// startServe starts serve with a library of that many digests. In config, API is replaced
// by the fake's URL.
func startServe(t *testing.T, config string, digests int, before func(*http.Request)) *served {
	t.Helper()
	s := &served{t: t, folder: t.TempDir(), slack: slackfake.New(), before: before, ended: make(chan int, 1)}
	for n := range reloadChannels {
		s.slack.AddChannel(slackfake.Channel{ID: reloadChannel(n), Member: true})
	}
	t.Cleanup(s.slack.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/chat.postMessage") && s.before != nil {
			s.before(r)
		}
		s.slack.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	s.api = server.URL + "/api/"
	if err := os.Mkdir(filepath.Join(s.folder, "library"), 0o755); err != nil {
		t.Fatal(err)
	}
	for n := range digests {
		s.digest(fmt.Sprintf("news-%d", n))
	}
	s.configure(config)
	var err error
	if s.said, err = os.Create(filepath.Join(t.TempDir(), "said")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.said.Close() })
	p := &program{kinds: adapters.Kinds, out: s.said, err: s.said, getenv: func(name string) string {
		return map[string]string{"SLACK_SIGNING_SECRET": slackfake.SigningSecret}[name]
	}}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	s.stop = stop
	go func() { s.ended <- run(ctx, p, []string{"serve", "--config", filepath.Join(s.folder, "config.toml")}) }()
	t.Cleanup(s.end)
	s.eventually("serve takes requests", func() bool { _, err := os.Stat(filepath.Join(s.folder, "var", "serve.json")); return err == nil })
	return s
}

func (s *served) end() {
	s.t.Helper()
	if s.stop == nil {
		return
	}
	s.stop()
	s.stop = nil
	select {
	case code := <-s.ended:
		if code != 0 {
			s.t.Errorf("serve ended with %d:\n%s", code, s.words())
		}
	case <-time.After(time.Minute):
		s.t.Fatalf("serve does not end:\n%s", s.words())
	}
}

func (s *served) write(name, text string) {
	s.t.Helper()
	// As editors do it, so that half a file is never visible.
	name = filepath.Join(s.folder, name)
	if err := os.WriteFile(name+"~", []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(name+"~", name); err != nil {
		s.t.Fatal(err)
	}
}

func (s *served) configure(text string) {
	s.t.Helper()
	s.write("config.toml", strings.ReplaceAll(text, "API", s.api))
}

func (s *served) digest(title string) {
	s.t.Helper()
	s.write(filepath.Join("library", title+".md"), fmt.Sprintf("---\ntitle: %s\ndate: %s\n---\n\n### A story of the %s @everyone <!channel>\n\nIn short.\n", title, time.Now().UTC().Format(time.DateOnly), title))
}

func (s *served) words() string {
	words, _ := os.ReadFile(s.said.Name()) // as far as there are any
	return string(words)
}

func (s *served) eventually(what string, so func() bool) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("it is not so that %s:\n%s", what, s.words())
		}
	}
}

func (s *served) reload() error {
	_, err := reload.Ask(s.t.Context(), filepath.Join(s.folder, "var"))
	return err
}

// roomAt matches where the log says that the web room is.
var roomAt = regexp.MustCompile(`"msg":"adapter: reached","adapter":"web","where":"([^"]*)"`)

// home returns the URL of the web room.
func (s *served) home() string {
	if at := roomAt.FindStringSubmatch(s.words()); at != nil {
		return at[1]
	}
	s.t.Fatalf("there is no room:\n%s", s.words())
	return ""
}

func (s *served) get(path string) (status int, body string, err error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(s.home() + path) //nolint:noctx // it ends with the server
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

func (s *served) shows(channel string) bool {
	_, body, err := s.get("/")
	return err == nil && strings.Contains(body, "/c/"+channel)
}

// posted returns how many messages are in all channels; more than want in one of them is an
// error.
func (s *served) posted(want int) (n int) {
	for c := range reloadChannels {
		in := len(s.slack.Messages(reloadChannel(c)))
		if in > want {
			s.t.Errorf("channel %d has %d messages, want %d", c, in, want)
		}
		n += in
	}
	return n
}

// unended returns the deliveries that have not ended as sent.
func (s *served) unended() (all []string) {
	l, err := sqlite.Open(filepath.Join(s.folder, "var", "digestbot.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	deliveries, err := l.List(s.t.Context(), ledger.Query{Limit: -1})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, x := range deliveries {
		if x.State != ledger.Sent && x.State != ledger.Bundled {
			all = append(all, fmt.Sprintf("%s to %s is %s: %s", x.Digest, x.Channel, x.State, x.Reason))
		}
	}
	return all
}

const reloadHead = "[library]\npath = \"library\"\n[http]\nlisten = \"127.0.0.1:0\"\n[adapters.slack]\nlisten = \"http\"\napi_url = \"API\"\nbot_token_file = \"token.txt\"\n"

// subscribed returns a configuration with subscriptions to channels of Slack, and to one of
// the room.
func subscribed(channels int, room, more string) string {
	var ids []string
	for n := range channels {
		ids = append(ids, fmt.Sprintf("%q", "slack:"+reloadChannel(n)))
	}
	if channels == 0 {
		return reloadHead + "[[subscription]]\nname = \"room\"\nchannels = [\"web:" + room + "\"]\n"
	}
	return reloadHead + "[[subscription]]\nname = \"morning\"\nchannels = [" + strings.Join(ids, ", ") + "]\n" + more +
		"[[subscription]]\nname = \"room\"\nchannels = [\"web:" + room + "\"]\n"
}

// withToken writes the token file before serve starts.
func withToken(t *testing.T, config string, digests int, before func(*http.Request)) *served {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token.txt")
	if err := os.WriteFile(file, []byte(slackfake.BotToken), 0o600); err != nil {
		t.Fatal(err)
	}
	return startServe(t, strings.ReplaceAll(config, `"token.txt"`, "'"+file+"'"), digests, before)
}

// TestReloadFinishesWhatIsInFlight: a post that is in flight during a reload is finished
// and recorded by the house that began it, and nothing is posted twice. Meanwhile the room
// answers, and shows the new configuration.
func TestReloadFinishesWhatIsInFlight(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	arrived, release := make(chan struct{}), make(chan struct{})
	var posts atomic.Int32
	s := withToken(t, subscribed(1, "general", ""), 1, func(*http.Request) {
		if posts.Add(1) == 1 {
			close(arrived)
			<-release
		}
	})
	select {
	case <-arrived:
	case <-time.After(time.Minute):
		t.Fatalf("nothing is posted:\n%s", s.words())
	}
	text, err := os.ReadFile(filepath.Join(s.folder, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	s.configure(strings.Replace(strings.Replace(string(text), "web:general", "web:late", 1), reloadChannel(0)+`"`, reloadChannel(0)+`", "slack:`+reloadChannel(1)+`"`, 1))
	taken := make(chan error, 1)
	go func() { taken <- s.reload() }()
	s.eventually("the room is that of the new configuration", func() bool { return s.shows("late") })
	if n := len(s.slack.Messages(reloadChannel(0))); n != 0 {
		t.Errorf("%d messages are posted while the first is on its way", n)
	}
	// By now, the new house would post to the second channel.
	select {
	case err := <-taken:
		t.Errorf("the configuration was taken over, %v, while a post was on its way", err)
		taken <- err
	case <-time.After(500 * time.Millisecond):
	}
	if n := posts.Load(); n != 1 {
		t.Errorf("%d posts began while the first was on its way", n)
	}
	close(release)
	if err := <-taken; err != nil {
		t.Fatal(err)
	}
	s.eventually("both channels have the digest", func() bool { return s.posted(1) == 2 })
	s.end()
	if all := s.unended(); len(all) > 0 {
		t.Errorf("%q", all)
	}
}

// TestReloadTwentyTimes: a series of configurations while deliveries are due, some of them
// broken, loses nothing, posts nothing twice, leaks no goroutine, and refuses no request.
func TestReloadTwentyTimes(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	others := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, others) })
	const digests = 12
	s := withToken(t, subscribed(reloadChannels, "general", "bundle = false\n"), digests, func(*http.Request) { time.Sleep(30 * time.Millisecond) })
	text, err := os.ReadFile(filepath.Join(s.folder, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	looking, stop := context.WithCancel(t.Context())
	var looked atomic.Int32
	done := make(chan struct{})
	s.home() // it is open
	go func() {
		defer close(done)
		for looking.Err() == nil {
			for _, path := range []string{"/healthz", "/", "/c/general"} {
				if status, _, err := s.get(path); err != nil || status != http.StatusOK {
					t.Errorf("%s: %d %v", path, status, err)
				}
			}
			looked.Add(1)
		}
	}()
	if err := s.reload(); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if i%5 == 2 {
			s.write("config.toml", strings.Replace(good, `"library"`, `library`, 1)+"[[subscription]]\n")
			refused, ok := errors.AsType[*reload.RefusedError](s.reload())
			if !ok || !strings.Contains(refused.Why, `config.toml:2:8: text needs quotes: write path = "library"`) || !strings.Contains(refused.Why, "name is missing") {
				t.Errorf("a broken file: %v", refused)
			}
			continue
		}
		s.write("config.toml", strings.Replace(good, "name = \"morning\"\n", fmt.Sprintf("name = \"morning\"\nwait = \"%dm\"\n", 60+i), 1))
		if err := s.reload(); err != nil {
			t.Errorf("reload %d: %v", i, err)
		}
	}
	s.eventually("each channel has each digest", func() bool { return s.posted(digests) == digests*reloadChannels })
	stop()
	<-done
	if looked.Load() == 0 {
		t.Error("nobody has looked at the room")
	}
	// One house is left, with each of its goroutines.
	for _, task := range []string{"local.(*Engine).Run(", "source.(*Folder).Run(", "web.(*Adapter).Listen(", "slack.(*Adapter).Listen(", "house.(*House).learn(", "house.(*House).prune(", "house.serveHTTP("} {
		s.eventually("there is one "+task, func() bool {
			stacks := make([]byte, 1<<22)
			return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), task) == 1
		})
	}
	s.end()
	if all := s.unended(); len(all) > 0 {
		t.Errorf("%q", all)
	}
	if got := s.posted(digests); got != digests*reloadChannels {
		t.Errorf("%d messages at the end", got)
	}
	if words := s.words(); strings.Contains(words, slackfake.BotToken) || strings.Count(words, `"level":"ERROR"`) < 2 {
		t.Errorf("serve says\n%s", words)
	}
}

// TestReloadByItself: a changed configuration or token file, or SIGHUP, is enough. A
// mistake is logged, and the previous configuration stays in force.
func TestReloadByItself(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	s := startServe(t, strings.Replace(subscribed(0, "general", ""), "bot_token_file = \"token.txt\"\n", "", 1), 1, nil)
	text, err := os.ReadFile(filepath.Join(s.folder, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	config := string(text)
	s.write("config.toml", config+"zone = “UTC”\n")
	s.eventually("the mistake is logged", func() bool { return strings.Contains(s.words(), "is a typographic quotation mark") })
	if !s.shows("general") {
		t.Error("the room is gone")
	}
	s.write("config.toml", strings.Replace(config, "web:general", "web:late", 1))
	s.eventually("the changed file is read", func() bool { return s.shows("late") })

	// Replace the folder behind a symbolic link, as Kubernetes does.
	secrets := filepath.Join(s.folder, "secrets")
	token := func(version, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(secrets, version), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(secrets, version, "web"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(version, filepath.Join(secrets, "..data_tmp")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(secrets, "..data_tmp"), filepath.Join(secrets, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	token("..1", "planted-room-token-1")
	if err := os.Symlink(filepath.Join("..data", "web"), filepath.Join(secrets, "web")); err != nil {
		t.Fatal(err)
	}
	s.write("config.toml", config+"[adapters.web]\ntoken_file = \"secrets/web\"\n")
	login := func(token string) int {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.PostForm(s.home()+"/login", url.Values{"token": {token}}) //nolint:noctx // it ends with the server
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	s.eventually("the token is asked for", func() bool { return login("planted-room-token-1") == http.StatusSeeOther })
	token("..2", "planted-room-token-2")
	s.eventually("the new token counts", func() bool { return login("planted-room-token-2") == http.StatusSeeOther })
	if got := login("planted-room-token-1"); got == http.StatusSeeOther {
		t.Error("the old token counts")
	}

	before := strings.Count(s.words(), "a new one is in force")
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.eventually("SIGHUP reloads", func() bool { return strings.Count(s.words(), "a new one is in force") > before })

	// None of this may change while digestbot runs, or is valid.
	for change, want := range map[string]string{
		"state = \"elsewhere\"\n" + config:                   "config.toml:1:1: state: it cannot change while digestbot runs",
		strings.Replace(config, `"library"`, `"nowhere"`, 1): "config.toml:2:1: library.path: " + filepath.Join(s.folder, "nowhere") + ": there is no such file or folder",
		strings.Replace(config, "[adapters.slack]\n", "[adapters.web]\ntoken_file = \"gone.txt\"\n[adapters.slack]\nposts_per_minute = 0\n", 1): "adapters.slack.posts_per_minute: 0 is no number of posts",
	} {
		s.write("config.toml", change)
		if err := s.reload(); err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "[secret]", filepath.Base(filepath.Dir(s.folder))), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if login("planted-room-token-2") != http.StatusSeeOther {
		t.Error("the configuration before is not in force")
	}
	if strings.Contains(s.words(), "planted") {
		t.Errorf("serve says\n%s", s.words())
	}
}

// TestReloadMovesTheServer: the new address is bound before the old one is left, and the
// reload request is answered at the old one.
func TestReloadMovesTheServer(t *testing.T) {
	s := startServe(t, strings.Replace(subscribed(0, "general", ""), "bot_token_file = \"token.txt\"\n", "", 1), 1, nil)
	free := func() string {
		ln := httptest.NewServer(nil)
		defer ln.Close()
		return ln.Listener.Addr().String()
	}
	old, next := s.home(), free()
	text, err := os.ReadFile(filepath.Join(s.folder, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	taken := httptest.NewServer(nil)
	defer taken.Close()
	s.write("config.toml", strings.Replace(string(text), "127.0.0.1:0", taken.Listener.Addr().String(), 1))
	if err := s.reload(); err == nil || !strings.Contains(err.Error(), "is taken by another program") {
		t.Errorf("a taken address: %v", err)
	}
	s.write("config.toml", strings.Replace(string(text), "127.0.0.1:0", next, 1))
	if err := s.reload(); err != nil {
		t.Fatal(err)
	}
	status := func(home string) int {
		res, err := http.Get(home + "/healthz") //nolint:noctx // it ends with the server
		if err != nil {
			return 0
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	if got := status("http://" + next); got != http.StatusOK {
		t.Errorf("the new address: %d", got)
	}
	s.eventually("the old address is left", func() bool { return status(old) == 0 })
	if err := s.reload(); err != nil {
		t.Errorf("the bot is not found at its new address: %v", err)
	}
}

// TestReloadKeepsOperators: a reload does not sign operators out, unless it changes their
// token.
func TestReloadKeepsOperators(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	config := strings.Replace(subscribed(0, "general", ""), "bot_token_file = \"token.txt\"\n", "", 1)
	config = strings.Replace(config, "127.0.0.1:0\"\n", "127.0.0.1:0\"\nadmin_token_file = \"admin.txt\"\n", 1)
	s := startServe(t, strings.Replace(config, "admin_token_file = \"admin.txt\"\n", "", 1), 1, nil)
	s.write("admin.txt", "planted-operator-token-1")
	s.configure(config)
	if err := s.reload(); err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	status := func(res *http.Response, err error) int {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	page := func() int { return status(client.Get(s.home() + "/admin")) } //nolint:noctx // it ends with the server
	if got := page(); got != http.StatusSeeOther {
		t.Errorf("the page of a stranger is answered with %d", got)
	}
	if got := status(client.PostForm(s.home()+"/admin/login", url.Values{"token": {"planted-operator-token-1"}})); got != http.StatusSeeOther || page() != http.StatusOK { //nolint:noctx // as above
		t.Fatalf("the sign-in is answered with %d, the page with %d", got, page())
	}
	for range 2 {
		if err := s.reload(); err != nil || page() != http.StatusOK {
			t.Errorf("after a reload (%v), the page is answered with %d", err, page())
		}
	}
	s.write("admin.txt", "planted-operator-token-2")
	if err := s.reload(); err != nil || page() != http.StatusSeeOther {
		t.Errorf("after another token (%v), the page is answered with %d", err, page())
	}
}

// An error that ends serve is one record of a JSON log for each mistake.
func TestFatalErrorsAreInTheLog(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("config.toml", []byte("[library]\npath = \"@everyone\"\nzone = \"Mars\"\n[http]\nlisten = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for format, want := range map[string]string{"json": `{"time":"`, "text": "digestbot: config.toml:"} {
		var out bytes.Buffer
		p := &program{kinds: adapters.Kinds, out: &out, err: &out, getenv: func(string) string { return "" }}
		code := run(t.Context(), p, []string{"serve", "--log-format", format})
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if code != 1 || len(lines) < 2 || !strings.HasPrefix(lines[0], want) {
			t.Errorf("%s: exit code %d, said\n%s", format, code, out.String())
		}
		for _, line := range lines {
			if format == "json" && !json.Valid([]byte(line)) {
				t.Errorf("a line that is not JSON: %s", line)
			}
		}
	}
}
