package web

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
)

// logged is a log with concurrent writers.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logged) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logged) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// A page that panics answers with an apology in the reader's language, and is
// logged with its stack; the next page is shown.
func TestBugInAPage(t *testing.T) {
	home := freeAddress(t)
	a := openAt(t, t.TempDir(), home, &url.URL{Scheme: "http", Host: home}, "general")
	log := &logged{}
	a.log = slog.New(slog.NewTextHandler(log, nil))
	var draws atomic.Bool
	a.SetBeside(chat.Beside{
		Name: "Elsewhere",
		Render: func(chat.Message) ([]chat.Payload, error) {
			if draws.Load() {
				return []chat.Payload{chat.Payload("{}")}, nil
			}
			panic("a bug in Render")
		},
		Draw: func(chat.Payload) ([]byte, string, error) { return []byte("drawn"), "", nil },
	})
	listen(t, a, tree, &echo{})
	p, err := a.Render(chat.Message{Title: "A post"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Send(t.Context(), chat.Channel{Adapter: a.name, ID: "general"}, p[0], "key")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		draws  bool
		status int
		want   string
	}{{true, 200, "drawn"}, {false, 500, "Sorry, that did not work."}, {true, 200, "drawn"}} {
		draws.Store(tt.draws)
		res, body := get(t, request(t, http.MethodGet, "http://"+a.listen+"/beside/Elsewhere/"+r.ID+"/0", ""))
		if res.StatusCode != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("got %d %q, want %d %q", res.StatusCode, body, tt.status, tt.want)
		}
	}
	if got := log.String(); strings.Count(got, "a bug in Render") != 1 || !strings.Contains(got, "level=ERROR") || !strings.Contains(got, "path=/beside/Elsewhere/"+r.ID+"/0") || !strings.Contains(got, "stack=") {
		t.Errorf("got the log %q", got)
	}
}
