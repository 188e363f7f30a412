package slack

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// oddBlock is a kind of block that no adapter can lay out.
type oddBlock struct{ chat.Block }

// buggy answers some lines with something that cannot be shown: a block without a
// layout, or a picture that makes sending panic.
func buggy(r chat.Request) chat.Message {
	switch {
	case strings.HasSuffix(r.Line, "odd"):
		return chat.Message{Title: "T", Blocks: []chat.Block{oddBlock{}}}
	case strings.HasSuffix(r.Line, "bug"):
		return chat.Message{Title: "T", Picture: chat.Picture{URL: "https://bug.example/a.png"}}
	}
	return echo(r)
}

// burdened carries requests, except that one with the picture makes it panic.
type burdened struct{ http.RoundTripper }

func (w burdened) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(data, []byte("bug.example")) {
			panic("a bug in sending")
		}
	}
	return w.RoundTripper.RoundTrip(r)
}

// A reply that makes the adapter panic, or that has no layout, is replaced by an
// apology, also under a button and however often that happens; later requests are
// answered normally.
func TestBugInAReply(t *testing.T) {
	for name, open := range map[string]func(*log) *stage{
		"socket": func(l *log) *stage { return open(t, env(l.logger())) },
		"http":   func(l *log) *stage { return openHTTP(t, env(l.logger())) },
	} {
		for line, logged := range map[string][]string{
			"/digest tag bug": {"level=ERROR", "a bug in sending", "stack="},
			"/digest tag odd": {"level=ERROR", "a reply cannot be shown", "oddBlock"},
		} {
			t.Run(name+line, func(t *testing.T) {
				var l log
				s := open(&l)
				s.client.HTTP.Transport = burdened{s.client.HTTP.Transport}
				s.listen(t, &handler{reply: buggy})
				sorry := func(act *slackfake.Act, err error) {
					t.Helper()
					if err != nil {
						t.Fatal(err)
					}
					if m := reply(t, act); !strings.Contains(string(m.JSON()), "Sorry, that did not work") {
						t.Errorf("got %s, want the apology", m.JSON())
					}
				}
				sorry(s.fake.Say(t.Context(), slackfake.Reader, slackfake.General, line))
				p, err := s.Render(chat.Message{Title: "A post", Blocks: []chat.Block{chat.Buttons{{Label: "Bug", Line: line}}}})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.Send(t.Context(), s.channel, p[0], "key"); err != nil {
					t.Fatal(err)
				}
				for range maxConcurrent + 2 {
					sorry(s.fake.Press(t.Context(), slackfake.Reader, slackfake.General, "Bug"))
				}
				s.say(t, slackfake.Reader, "/digest tag AI")
				if n := len(s.fake.Messages(slackfake.General)); n == 0 {
					t.Error("the post is gone")
				}
				for _, want := range logged {
					if log := l.String(); !strings.Contains(log, want) {
						t.Errorf("the log does not say %q: %.500s", want, log)
					}
				}
			})
		}
	}
}

// way carries requests, unless bug makes it panic.
type way struct {
	http.RoundTripper
	bug func(method string) bool // reports whether to panic for a method
}

func (w way) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.bug(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]) {
		panic("a bug on the way")
	}
	return w.RoundTripper.RoundTrip(r)
}

// After a panic while a connection is opened, another is opened. After a panic
// in a lookup, that person has no admin rights, but gets an answer.
func TestBugOnTheWay(t *testing.T) {
	var l log
	s := open(t, env(l.logger()))
	var opened, asked atomic.Int64
	s.client.HTTP.Transport = way{s.client.HTTP.Transport, func(method string) bool {
		return method == "apps.connections.open" && opened.Add(1) <= 2 || method == "users.info" && asked.Add(1) == 1
	}}
	s.listen(t, &handler{reply: echo})
	if opened.Load() != 3 {
		t.Errorf("%d connections were asked for, want the third to stand", opened.Load())
	}
	s.say(t, slackfake.Reader, "/digest tag AI")
	for _, want := range []string{"hold a connection to Slack", "look up a user"} {
		if !strings.Contains(l.String(), want) {
			t.Errorf("the log does not say that it could not %s", want)
		}
	}
}
