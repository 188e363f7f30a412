package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/deliver"
)

var ownTime = flag.Bool("own-time", false, "TestRecovery lets the program settle as long as it does: two minutes")

// TestRecovery exposes the built program to behaviour of Discord and Slack from which it
// once recovered slowly or never.
func TestRecovery(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	t.Parallel()
	t.Run("Slack does not carry out a post", slackRecovers)
	for name, story := range map[string]func(t *testing.T, d *discordfake.Fake, p *survivor){
		"Discord never answers RESUME": func(t *testing.T, d *discordfake.Fake, p *survivor) {
			p.heard(t, d)
			d.MuteResume()
			d.Drop()
			p.heard(t, d)
		},
		"Discord drops the connection five times": func(t *testing.T, d *discordfake.Fake, p *survivor) {
			for range 5 {
				p.heard(t, d)
				d.ForgetSessions()
				d.Drop()
			}
			p.heard(t, d)
		},
		"Discord says a heartbeat interval out of bounds": func(t *testing.T, d *discordfake.Fake, p *survivor) {
			p.heard(t, d)
			for _, hello := range []string{`{"heartbeat_interval":0}`, `{"heartbeat_interval":9223372036854775807}`} {
				d.SetHello(json.RawMessage(hello))
				d.Drop()
				p.says(t, "the heartbeat interval is "+strings.Trim(hello[len(`{"heartbeat_interval":`):], "}")+" ms")
				d.SetHello(nil)
				p.heard(t, d)
			}
		},
		"Discord wants more connections than one": func(t *testing.T, d *discordfake.Fake, p *survivor) {
			p.says(t, `use listen = \"http\"`)
			p.says(t, "deliver: posted") // all the same
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := discordfake.New(discordToken)
			d.AddChannel(discordfake.Channel{ID: discordChannel, Guild: "9"})
			if strings.Contains(name, "connections") {
				d.FailGateway(4011)
			}
			server := httptest.NewServer(d)
			defer server.Close()
			defer d.Drop()
			p := survive(t, nil, "discord", server.URL+"/api/v10", discordChannel)
			story(t, d, p)
		})
	}
}

// survivor is a program that must not exit before its test ends, with its output.
type survivor struct {
	transcript
	folder string
}

// survive runs the program with a digest that it owes to channels of an adapter.
func survive(t *testing.T, env []string, adapter, api string, channels ...string) *survivor {
	t.Helper()
	p := &survivor{folder: t.TempDir()}
	var quoted []string
	for _, c := range channels {
		quoted = append(quoted, fmt.Sprintf("%q", adapter+":"+c))
	}
	for name, text := range map[string]string{
		"library/morning.md": fmt.Sprintf("---\ntitle: Morning\ndate: %s\n---\n\n### A story @everyone <!channel>\n\nIn short.\n", time.Now().UTC().Format(time.DateOnly)),
		"config.toml": fmt.Sprintf("[library]\npath = \"library\"\n[http]\nlisten = \"127.0.0.1:0\"\n[adapters.%s]\napi_url = %q\n"+
			"[[subscription]]\nname = \"morning\"\nchannels = [%s]\nmax_age = \"72h\"\nstart = \"latest\"\n", adapter, api, strings.Join(quoted, ", ")),
	} {
		path := filepath.Join(p.folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	digestbot, err := exec.LookPath("digestbot") // TestMain put it there
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(digestbot, "serve")
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.folder, p, p
	cmd.Env = append(append(os.Environ(), "DISCORD_TOKEN="+discordToken, "SLACK_BOT_TOKEN="+slackfake.BotToken), env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil || strings.Contains(p.String(), "panic") {
			t.Errorf("the program ended with %v:\n%s", err, p)
		}
		if err := noToken(p.folder); err != nil || strings.Contains(p.String(), discordToken) || strings.Contains(p.String(), slackfake.BotToken) {
			t.Errorf("a token came out: %v", err)
		}
	})
	return p
}

// comes waits until a condition holds.
func (p *survivor) comes(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * patience); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came that %s:\n%s", what, p)
		}
	}
}

// says waits until the program prints words.
func (p *survivor) says(t *testing.T, words string) {
	t.Helper()
	p.comes(t, "it says "+words, func() bool { return strings.Contains(p.String(), words) })
}

// heard waits until the program answers a command.
func (p *survivor) heard(t *testing.T, d *discordfake.Fake) {
	t.Helper()
	began := time.Now()
	p.comes(t, "a command is answered", func() bool {
		i, err := d.Say(discordfake.Person{ID: "300000000000000001", Name: "reader"}, discordChannel, "/digest latest")
		if err != nil {
			return false // nobody is connected yet, or the command is not registered
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		answer, err := i.Wait(ctx, 1)
		return err == nil && len(answer.Replies) == 1 && bytes.Contains(answer.Replies[0], []byte("Morning"))
	})
	t.Logf("heard after %v", time.Since(began).Round(100*time.Millisecond))
}

// slackRecovers makes the first post to each channel fail in a different way, carried out
// or not, with a history that lags and is out of order.
func slackRecovers(t *testing.T) {
	t.Parallel()
	lag, env := 800*time.Millisecond, []string{"MORTAL=yes"} // it settles sooner
	if *ownTime {
		lag, env = 25*time.Second, nil
	}
	fake := slackfake.New()
	posts := 0
	fake.Lags = func() time.Duration { // older messages appear later
		posts++
		return max(0, lag-time.Duration(posts)*lag/20)
	}
	fatal := slackfake.Refused("fatal_error")
	fatalAfter := fatal
	fatalAfter.Execute = true
	fates := []slackfake.Fault{
		slackfake.ServerError, slackfake.ServerErrorAfter, {Drop: true}, slackfake.AnswerLost, fatal, fatalAfter,
		{Status: http.StatusServiceUnavailable, Body: "<html>503 <!channel></html>"}, slackfake.Garbled,
	}
	w := &weather{fake: fake, fates: map[string]slackfake.Fault{}, tries: map[string][]time.Time{}}
	var channels []string
	for i, fate := range fates {
		id := fmt.Sprintf("C0STORM%03d", i)
		fake.AddChannel(slackfake.Channel{ID: id, Name: id, Member: true})
		w.fates[id] = fate
		channels = append(channels, id)
	}
	server := httptest.NewServer(w)
	defer server.Close()
	defer fake.Close()
	p := survive(t, env, "slack", server.URL+"/api/", channels...)
	owes := func() bool {
		out, err := exec.Command(mustFind(t), "deliveries", "--config", filepath.Join(p.folder, "config.toml")).CombinedOutput()
		return err != nil || strings.Count(string(out), "sent") < len(channels)
	}
	p.comes(t, "all is posted", func() bool { return !owes() })
	for i, id := range channels {
		tries := w.tried(id)
		want := 1
		if !fates[i].Execute {
			want = 2
		}
		if n := len(fake.Messages(id)); n != 1 || len(tries) != want {
			t.Errorf("channel %d: %d messages after %d attempts, want 1 after %d", i, n, len(tries), want)
		}
		if len(tries) == 2 {
			t.Logf("channel %d: made again after %v", i, tries[1].Sub(tries[0]).Round(100*time.Millisecond))
		}
	}
}

func mustFind(t *testing.T) string {
	digestbot, err := exec.LookPath("digestbot")
	if err != nil {
		t.Fatal(err)
	}
	return digestbot
}

// weather is a Slack on which the first post to each channel fails in its own way.
type weather struct {
	fake *slackfake.Fake

	mu    sync.Mutex
	fates map[string]slackfake.Fault
	tries map[string][]time.Time
}

func (w *weather) tried(channel string) []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tries[channel]
}

func (w *weather) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/chat.postMessage") {
		w.fake.ServeHTTP(to, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var post struct {
		Channel string `json:"channel"`
	}
	_ = json.Unmarshal(body, &post) // the fake says what is wrong with it
	w.mu.Lock()
	w.tries[post.Channel] = append(w.tries[post.Channel], time.Now())
	fate, failing := w.fates[post.Channel]
	delete(w.fates, post.Channel)
	w.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !failing {
		w.fake.ServeHTTP(to, r)
		return
	}
	if fate.Execute {
		w.fake.ServeHTTP(httptest.NewRecorder(), r)
	}
	if !fate.Drop {
		to.WriteHeader(fate.Status)
		_, _ = io.WriteString(to, fate.Body)
		return
	}
	if conn, _, err := http.NewResponseController(to).Hijack(); err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0) // a reset
		_ = conn.Close()
	}
}

// An attempt is over when its message is looked for, and absence is believed at most 90 s
// after it.
func TestSettling(t *testing.T) {
	for _, k := range adapters.Kinds {
		a, err := k.Open(chat.Env{Name: k.Name, Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }, State: t.TempDir(), Listen: "127.0.0.1:0"}, k.Config())
		if err != nil {
			t.Fatal(err)
		}
		c := a.Capabilities()
		if c.DedupWindow < time.Hour && c.Settle <= deliver.SendTimeout {
			t.Errorf("%s: it settles in %v, and an attempt takes up to %v", k.Name, c.Settle, deliver.SendTimeout)
		}
		if most := 90*time.Second - 5*time.Second; time.Duration(max(c.Looks, 1))*c.Settle > most {
			t.Errorf("%s: %d looks, each after %v, want them to take at most %v and to leave time for their requests", k.Name, c.Looks, c.Settle, most)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
}
