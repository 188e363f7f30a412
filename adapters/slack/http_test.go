package slack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// posted posts a body to the adapter, signed by sign.
func (s *stage) posted(t *testing.T, contentType, body string, sign func(r *http.Request)) (status int, answer string, h http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	sign(r)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data), resp.Header
}

const formType = "application/x-www-form-urlencoded"

// signedAt signs a body with the given time.
func signedAt(body string, at time.Time) func(*http.Request) {
	return func(r *http.Request) { slackfake.Sign(r, []byte(body), slackfake.SigningSecret, at) }
}

func unsigned(*http.Request) {}

func TestSignatures(t *testing.T) {
	s := openHTTP(t, env(quiet))
	h := &handler{reply: echo}
	s.listen(t, h)
	body := s.fake.Command(slackfake.Admin, slackfake.General, "/digest resend").Encode()
	now := time.Now()
	for name, sign := range map[string]func(*http.Request){
		"none":           unsigned,
		"other secret":   func(r *http.Request) { slackfake.Sign(r, []byte(body), "guessed", now) },
		"no secret":      func(r *http.Request) { slackfake.Sign(r, []byte(body), "", now) },
		"other body":     func(r *http.Request) { slackfake.Sign(r, []byte(body+"&x=1"), slackfake.SigningSecret, now) },
		"stale":          signedAt(body, now.Add(-5*time.Minute-2*time.Second)),
		"of the future":  signedAt(body, now.Add(5*time.Minute+2*time.Second)),
		"truncated":      func(r *http.Request) { signedAt(body, now)(r); cutHeader(r, 30) },
		"cut by a digit": func(r *http.Request) { signedAt(body, now)(r); cutHeader(r, 66) },
		"empty":          func(r *http.Request) { signedAt(body, now)(r); cutHeader(r, 3) },
		"other time": func(r *http.Request) {
			signedAt(body, now)(r)
			r.Header.Set("X-Slack-Request-Timestamp", fmt.Sprint(now.Unix()+1))
		},
		"no time": func(r *http.Request) { signedAt(body, now)(r); r.Header.Del("X-Slack-Request-Timestamp") },
		"other version": func(r *http.Request) {
			signedAt(body, now)(r)
			r.Header.Set("X-Slack-Signature", "v1"+r.Header.Get("X-Slack-Signature")[2:])
		},
	} {
		if status, answer, _ := s.posted(t, formType, body, sign); status != http.StatusUnauthorized || strings.Contains(answer, "resend") {
			t.Errorf("%s: got %d %q", name, status, answer)
		}
	}
	if got := h.requests(); len(got) != 0 {
		t.Fatalf("the handler heard %v", got)
	}
	if status, answer, header := s.posted(t, formType, body, signedAt(body, now.Add(-4*time.Minute))); status != 200 ||
		!strings.Contains(answer, `"response_type":"in_channel"`) || !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
		t.Errorf("good: got %d %q %v", status, answer, header)
	}
	if got := h.requests(); len(got) != 1 || !got[0].User.Admin {
		t.Errorf("the handler heard %v", got)
	}
}

func cutHeader(r *http.Request, n int) {
	r.Header.Set("X-Slack-Signature", r.Header.Get("X-Slack-Signature")[:n])
}

// TestReplays: the same bytes, or the same act with a new signature, are answered once.
func TestReplays(t *testing.T) {
	s := openHTTP(t, env(quiet))
	h := &handler{reply: echo}
	s.listen(t, h)
	body := s.fake.Command(slackfake.Reader, slackfake.General, "/digest tag AI").Encode()
	sign := signedAt(body, time.Now())
	if _, answer, _ := s.posted(t, formType, body, sign); answer == "" {
		t.Error("the first has no answer")
	}
	for name, sign := range map[string]func(*http.Request){"bytes": sign, "act": signedAt(body, time.Now().Add(-time.Second))} {
		if status, answer, _ := s.posted(t, formType, body, sign); status != 200 || answer != "" {
			t.Errorf("%s: got %d %q", name, status, answer)
		}
	}
	if got := h.requests(); len(got) != 1 {
		t.Errorf("%d requests were heard", len(got))
	}
}

// TestFirst identifies requests by any of their ids.
func TestFirst(t *testing.T) {
	l := newAdmission(t.Context(), chat.Env{}.First, quiet)
	for _, tt := range []struct {
		ids  []string
		want bool
	}{
		{[]string{"a", "b"}, true},
		{[]string{"c", "b"}, false},
		{[]string{"c", "d"}, false}, // c came with b
		{[]string{"e", "e"}, true},
		{[]string{"e"}, false},
		{nil, true},
	} {
		if got := l.isNew(tt.ids); got != tt.want {
			t.Errorf("first(%q) = %v, want %v", tt.ids, got, tt.want)
		}
	}
}

func TestWhatIsPosted(t *testing.T) {
	var l log
	s := openHTTP(t, env(l.logger()))
	if status, _, _ := s.posted(t, formType, "x=1", signedAt("x=1", time.Now())); status != http.StatusServiceUnavailable {
		t.Errorf("before Listen: got %d", status)
	}
	h := &handler{reply: echo}
	s.listen(t, h)
	event := func(id, kind, tab string) string {
		return fmt.Sprintf(`{"type":"event_callback","event_id":%q,"event":{"type":%q,"user":%q,"channel":"D0READER01","tab":%q}}`, id, kind, slackfake.Reader, tab)
	}
	long := "text=" + strings.Repeat("x", wire.MaxBody)
	for name, tt := range map[string]struct {
		kind, body string
		status     int
		answer     string
	}{
		"url_verification":   {"application/json", `{"type":"url_verification","token":"t","challenge":"3eZbrw1aB"}`, 200, "3eZbrw1aB"},
		"another event":      {"application/json", event("Ev1", "reaction_added", ""), 200, ""},
		"the messages tab":   {"application/json", event("Ev2", "app_home_opened", "messages"), 200, ""},
		"no JSON":            {"application/json", `{`, 400, "it cannot be read\n"},
		"JSON of other kind": {"application/json", `[]`, 400, "it cannot be read\n"},
		"no form":            {formType, "%zz", 400, "it cannot be read\n"},
		"half an escape":     {formType, "command=/digest&text=%zz&user_id=U1&channel_id=C0GENERAL1&trigger_id=1.x", 400, "it cannot be read\n"},
		"nothing known":      {formType, "x=1", 400, "it cannot be read\n"},
		"empty payload":      {formType, "payload=", 400, "it cannot be read\n"},
		"odd payload":        {formType, "payload=%7B%22type%22%3A1%7D", 400, "it cannot be read\n"},
		"closed view":        {formType, "payload=" + url.QueryEscape(`{"type":"view_closed","user":{"id":"U1"}}`), 200, ""},
		"nobody":             {formType, "command=/digest&text=latest", 200, ""},
		"too long":           {formType, long, http.StatusRequestEntityTooLarge, "too long\n"},
		"link":               {formType, "payload=" + url.QueryEscape(`{"type":"block_actions","user":{"id":"U1"},"actions":[{"action_id":"open-1","url":"https://go.dev/"}]}`), 200, ""},
	} {
		if status, answer, _ := s.posted(t, tt.kind, tt.body, signedAt(tt.body, time.Now())); status != tt.status || answer != tt.answer {
			t.Errorf("%s: got %d %q, want %d %q", name, status, answer, tt.status, tt.answer)
		}
	}
	if status, answer, _ := s.posted(t, formType, "ssl_check=1&token=x", unsigned); status != 200 || answer != "" {
		t.Errorf("ssl_check: got %d %q", status, answer)
	}
	for query, want := range map[string]int{"?ssl_check=1": 200, "": http.StatusMethodNotAllowed} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.address+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("GET %q: got %d, want %d", query, resp.StatusCode, want)
		}
	}
	if got := h.requests(); len(got) != 0 {
		t.Errorf("the handler heard %v", got)
	}
	// An event that Slack delivers again is answered once, and Slack is told not to redeliver
	// it.
	opened := event("Ev9", "app_home_opened", "home")
	for i := range 3 {
		status, _, header := s.posted(t, "application/json", opened, func(r *http.Request) {
			signedAt(opened, time.Now().Add(-time.Duration(i)*time.Second))(r)
			if i > 0 {
				r.Header.Set("X-Slack-Retry-Num", fmt.Sprint(i))
			}
		})
		if status != 200 || header.Get("X-Slack-No-Retry") != "1" {
			t.Errorf("event: got %d %v", status, header)
		}
	}
	if _, err := s.fake.Home(t.Context(), slackfake.Reader, nil); err != nil {
		t.Fatal(err)
	}
	if n := s.fake.Calls("views.publish"); n != 1 {
		t.Errorf("the home was shown %d times", n)
	}
	leaksNothing(t, l.String())
}

// TestAnswerTakesTooLong: the acknowledgement is empty, and the reply follows.
// So does a reply that is long, or that has a picture that Slack may not be
// able to fetch.
func TestAnswerTakesTooLong(t *testing.T) {
	release := make(chan struct{})
	h := &handler{reply: func(r chat.Request) chat.Message {
		switch {
		case strings.Contains(r.Line, "slow"):
			<-release
		case strings.Contains(r.Line, "picture"):
			return chat.Message{Title: "T", Picture: chat.Picture{URL: "https://gone.example/a.png", Alt: "A"}}
		case strings.Contains(r.Line, "long"):
			m := echo(r)
			for range 2 {
				m.Blocks = append(m.Blocks, chat.Paragraph{Text: chat.Plain(strings.Repeat("字", maxTotal-100))})
			}
			return m
		}
		return echo(r)
	}}
	s := openHTTP(t, env(quiet))
	s.times.inTime = 0
	s.listen(t, h)
	act, err := s.fake.Say(t.Context(), slackfake.Reader, slackfake.General, "/digest tag slow")
	if err != nil {
		t.Fatal(err)
	}
	if err := act.Acknowledged(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(release)
	if m := reply(t, act); m.To != slackfake.Reader {
		t.Errorf("answered to %q", m.To)
	}
	s = openHTTP(t, env(quiet))
	s.listen(t, h)
	for line, want := range map[string]int{"/digest tag quick": 0, "/digest tag picture": 1, "/digest tag long": 3} {
		before := s.fake.Calls("response_url")
		act, err := s.fake.Say(t.Context(), slackfake.Reader, slackfake.General, line)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := act.Replies(t.Context(), max(1, want)); err != nil {
			t.Fatal(err)
		}
		if n := s.fake.Calls("response_url") - before; n != want {
			t.Errorf("%s: %d messages came to the response URL, want %d", line, n, want)
		}
	}
}

// TestHTTPReportsWhatIsMissing: Listen reports what is missing, and waits.
func TestHTTPReportsWhatIsMissing(t *testing.T) {
	for words, change := range map[string]func(*stage){
		"there is no signing secret": func(s *stage) { s.signing = chat.Secret{} },
		"there is no HTTP server":    func(s *stage) { s.mounted = false },
	} {
		s := openHTTP(t, env(quiet))
		change(s)
		ctx, stop := context.WithCancel(t.Context())
		ready, done := make(chan string, 1), make(chan error, 1)
		go func() { done <- s.Listen(ctx, tree, &handler{reply: echo}, func(where string) { ready <- where }) }()
		if where := <-ready; !strings.Contains(where, words) {
			t.Errorf("got %q, want %q in it", where, words)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestHTTPAfterListen: after Listen, requests are refused as before it.
func TestHTTPAfterListen(t *testing.T) {
	s := openHTTP(t, env(quiet))
	ctx, stop := context.WithCancel(t.Context())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- s.Listen(ctx, tree, &handler{reply: echo}, func(where string) { ready <- where }) }()
	<-ready
	s.say(t, slackfake.Reader, "/digest latest")
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	body := s.fake.Command(slackfake.Reader, slackfake.General, "/digest latest").Encode()
	if status, _, _ := s.posted(t, formType, body, signedAt(body, time.Now())); status != http.StatusServiceUnavailable {
		t.Errorf("got %d", status)
	}
}

// TestTextAsTyped undoes Slack's escaping.
func TestTextAsTyped(t *testing.T) {
	l := parser{adapter: "slack"}
	for text, want := range map[string]string{
		"tag R&amp;D &lt;b&gt;":                          "tag R&D <b>",
		"tag R&D <b>":                                    "tag R&D <b>",
		"tag &amp;lt;":                                   "tag &lt;",
		"resend x <#C0123456789|general>":                "resend x slack:C0123456789",
		"resend x <#C0123456789>":                        "resend x slack:C0123456789",
		"tag <#x>":                                       "tag <#x>",
		"search <@U0123456789|ada> x":                    "search @ada x",
		"search <@U0123456789>":                          "search @U0123456789",
		"search <!subteam^S0123456789|@team> <!channel>": "search @team @channel",
		"source <http://go.dev|go.dev>":                  "source go.dev",
		"source <https://go.dev/blog?a=1&amp;b=2>":       "source https://go.dev/blog?a=1&b=2",
		"search <mailto:a@b.example|a@b.example>":        "search a@b.example",
		"search “smart quotes”　全角":                       "search “smart quotes”　全角",
		"tag < > <> <|x> <#|> <@> <!> <!|>":              "tag < > <> <|x> <#|> <@> <!> <!|>",
	} {
		if got := l.typed(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestClaims: a request that another replica has begun to answer is not answered here. If
// nothing can tell whether one has, the request is answered, so that people do not depend on
// the database.
func TestClaims(t *testing.T) {
	for name, tt := range map[string]struct {
		first bool
		err   error
		want  int
	}{
		"the first":           {true, nil, 1},
		"another is faster":   {false, nil, 0},
		"nobody can be asked": {false, errors.New("the database is away"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			var claimed []string
			e := env(quiet)
			e.Claim = func(_ context.Context, request string) (bool, error) {
				claimed = append(claimed, request)
				return tt.first, tt.err
			}
			s := openHTTP(t, e)
			h := &handler{reply: echo}
			s.listen(t, h)
			body := s.fake.Command(slackfake.Reader, slackfake.General, "/digest tag AI").Encode()
			status, answer, _ := s.posted(t, formType, body, signedAt(body, time.Now()))
			if got := len(h.requests()); status != 200 || got != tt.want || (answer != "") != (tt.want > 0) {
				t.Errorf("got %d %q, and %d requests were heard, want %d", status, answer, got, tt.want)
			}
			if len(claimed) == 0 || !strings.HasPrefix(claimed[0], "slack ") {
				t.Errorf("claimed were %q", claimed)
			}
		})
	}
}
