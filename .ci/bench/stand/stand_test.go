package stand

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A platform counts only posts, and refuses them when it is halted.
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
