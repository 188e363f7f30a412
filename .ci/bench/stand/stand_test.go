package stand

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/discord"
	"github.com/digestbot/digestbot/adapters/slack"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/digest/source"
)

// A platform counts posts and nothing else, and refuses them when it is halted.
func TestPlatformCountsPosts(t *testing.T) {
	p := &Platform{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })}
	ask := func(method, path string) *http.Response {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader("{}")))
		return w.Result()
	}
	for _, tt := range []struct {
		method, path string
		posts        int
	}{
		{http.MethodGet, "/api/v10/channels/1/messages", 0},
		{http.MethodPost, "/api/v10/channels/1/messages", 1},
		{http.MethodPost, "/api/v10/channels/1/typing", 1},
		{http.MethodPost, "/api/chat.postMessage", 2},
		{http.MethodPost, "/api/chat.update", 2},
	} {
		resp := ask(tt.method, tt.path)
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if posts, _ := p.Seen(); posts != tt.posts || resp.StatusCode != http.StatusCreated {
			t.Errorf("%s %s: %d posts and status %d, want %d and 201", tt.method, tt.path, posts, resp.StatusCode, tt.posts)
		}
	}
	if err := p.Arrived(2, time.Minute); err != nil {
		t.Error(err)
	}
	if err := p.Arrived(3, 0); err == nil || !strings.Contains(err.Error(), "2 posts of 3") {
		t.Errorf("the error is %v", err)
	}
	p.Halt()
	resp := ask(http.MethodPost, "/api/chat.postMessage")
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "3600" {
		t.Errorf("it answers %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
}

// The measurements count with so many messages for each channel.
func TestDigestHasItsParts(t *testing.T) {
	s, err := NewSite(t.TempDir(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.Digest(), []byte(Digest()), 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := source.Read(slog.New(slog.DiscardHandler), []string{s.Digest()})
	if err != nil {
		t.Fatal(err)
	}
	d, err := read[0].Digest()
	if err != nil {
		t.Fatal(err)
	}
	env := chat.Env{Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }}
	onDiscord, err := discord.Open(env, discord.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	onSlack, err := slack.Open(env, slack.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []chat.Adapter{onDiscord, onSlack} {
		if payloads, err := a.Render(compose.Digest(d, compose.Post{})); err != nil || len(payloads) != Parts {
			t.Errorf("%T: %d payloads, %v", a, len(payloads), err)
		}
	}
}
