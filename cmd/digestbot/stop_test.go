package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// TestStopInsideALongWait: a platform that asks to wait for an hour does not delay an
// operator's stop, and the next process knows the waiting delivery.
func TestStopInsideALongWait(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	const channels = 5
	for _, kind := range []string{"discord", "slack"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d, s := discordfake.New(discordToken), slackfake.New()
			defer s.Close()
			var ids []string
			for n := range channels {
				id := map[string]string{"discord": fmt.Sprintf("2%017d", n), "slack": fmt.Sprintf("C%09d", n)}[kind]
				d.AddChannel(discordfake.Channel{ID: id, Guild: "9"})
				s.AddChannel(slackfake.Channel{ID: id, Member: true})
				ids = append(ids, fmt.Sprintf("%q", kind+":"+id))
			}
			fake := map[string]http.Handler{"discord": d, "slack": s}[kind]
			var posts atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/messages") && !strings.HasSuffix(r.URL.Path, "/chat.postMessage") {
					fake.ServeHTTP(w, r)
					return
				}
				posts.Add(1)
				w.Header().Set("Retry-After", "3600")
				w.WriteHeader(http.StatusTooManyRequests)
			}))
			defer server.Close()
			defer server.CloseClientConnections()

			folder := t.TempDir()
			if err := os.Mkdir(filepath.Join(folder, "library"), 0o755); err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprintf("---\ntitle: Morning\ndate: %s\n---\n\n### A story @everyone <!channel>\n\nIn short.\n", time.Now().UTC().Format(time.DateOnly))
			path := map[string]string{"discord": "/api/v10", "slack": "/api/"}[kind]
			config := fmt.Sprintf("[library]\npath = \"library\"\n[http]\nlisten = \"127.0.0.1:0\"\n[adapters.%s]\napi_url = %q\n"+
				"[[subscription]]\nname = \"morning\"\nchannels = [%s]\nmax_age = \"72h\"\nstart = \"latest\"\n", kind, server.URL+path, strings.Join(ids, ", "))
			for name, text := range map[string]string{filepath.Join("library", "morning.md"): text, "config.toml": config} {
				if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			said, err := os.Create(filepath.Join(folder, "said"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = said.Close() }()
			p := &program{kinds: adapters.Kinds, out: said, err: said, getenv: func(name string) string {
				return map[string]map[string]string{
					"discord": {"DISCORD_TOKEN": discordToken},
					"slack":   {"SLACK_BOT_TOKEN": slackfake.BotToken, "SLACK_APP_TOKEN": slackfake.AppToken},
				}[kind][name]
			}}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			ended := make(chan int, 1)
			go func() { ended <- run(ctx, p, []string{"serve", "--config", filepath.Join(folder, "config.toml")}) }()

			waiting := func() (long int) {
				l, err := sqlite.Open(filepath.Join(folder, "var", "digestbot.db"))
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = l.Close() }()
				all, err := l.List(t.Context(), ledger.Query{Waiting: true})
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range all {
					if time.Until(x.Next) > 50*time.Minute {
						long++
					}
				}
				return long
			}
			for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
				if _, err := os.Stat(filepath.Join(folder, "var", "digestbot.db")); err == nil && posts.Load() > 0 && waiting() > 0 {
					break
				}
				if time.Now().After(end) {
					words, _ := os.ReadFile(said.Name()) // as far as there are any
					t.Fatalf("after %d posts nothing waits:\n%s", posts.Load(), words)
				}
			}
			stop()
			select {
			case code := <-ended:
				if code != 0 {
					t.Errorf("it ended with %d", code)
				}
			case <-time.After(2 * time.Minute):
				t.Fatal("it did not end")
			}
			before := posts.Load()
			if waiting() == 0 {
				t.Error("the next one does not know that it has to wait")
			}
			if after := posts.Load(); after != before || int(before) > channels {
				t.Errorf("%d posts were tried, then %d", before, after)
			}
		})
	}
}
