package discord

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/bot/chat"
)

const testKey = chat.Key("k7f3qmzsw2hb6ndt4ryc5vxpa")

func payload(t *testing.T, a *Adapter, m chat.Message) chat.Payload {
	t.Helper()
	p, err := a.Render(m)
	if err != nil || len(p) != 1 {
		t.Fatalf("Render gave %d payloads, %v; want one", len(p), err)
	}
	return p[0]
}

var small = chat.Message{Title: "Title", Blocks: []chat.Block{chat.Paragraph{Text: chat.Plain("Text")}}}

// TestOutcomes holds every status and code to what it says of the message.
func TestOutcomes(t *testing.T) {
	type answer struct {
		status int
		code   int
		want   chat.Outcome
	}
	tests := []answer{
		{200, 0, chat.InDoubt}, // without an id
		{202, 0, chat.InDoubt},
		{301, 0, chat.InDoubt},
		{400, 0, chat.RejectedPayload}, {400, 50035, chat.RejectedPayload}, {400, 99999, chat.RejectedPayload},
		{400, 50006, chat.RejectedPayload}, {413, 40005, chat.RejectedPayload}, {413, 0, chat.RejectedPayload},
		{400, 200000, chat.RejectedPayload}, {400, 240000, chat.RejectedPayload}, {400, 50109, chat.RejectedPayload},
		{401, 0, chat.RejectedAccount}, {401, 50014, chat.RejectedAccount}, {403, 40001, chat.RejectedAccount}, {403, 40333, chat.RejectedAccount},
		{403, 0, chat.RejectedAccount}, {403, 50001, chat.RejectedChannel}, {403, 50013, chat.RejectedChannel}, {403, 99999, chat.RejectedChannel},
		{404, 0, chat.RejectedAccount}, {404, 10003, chat.RejectedChannel}, {404, 10004, chat.RejectedChannel}, {404, 99999, chat.RejectedChannel},
		{400, 50008, chat.RejectedChannel}, {400, 50024, chat.RejectedChannel}, {400, 40058, chat.RejectedChannel}, {400, 50083, chat.RejectedChannel},
		{403, 50278, chat.RejectedChannel}, {400, 160005, chat.RejectedChannel}, {403, 50007, chat.RejectedChannel},
		{429, 0, chat.Retryable}, {400, 20016, chat.Retryable}, {400, 20028, chat.Retryable}, {400, 40004, chat.Retryable}, {400, 130000, chat.Retryable},
		{408, 0, chat.InDoubt},
		{500, 0, chat.InDoubt}, {500, 50035, chat.InDoubt}, {502, 0, chat.InDoubt}, {503, 130000, chat.InDoubt}, {504, 0, chat.InDoubt}, {520, 0, chat.InDoubt}, {524, 0, chat.InDoubt},
	}
	for code, known := range outcomes {
		tests = append(tests, answer{400, code, known.outcome})
	}
	var now answer
	posts := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			fmt.Fprint(w, `{"type": 0}`) // what kind of channel it is
			return
		}
		posts++
		w.WriteHeader(now.status)
		fmt.Fprintf(w, `{"message": "said the server", "code": %d}`, now.code)
	}))
	defer server.Close()
	var s stand
	s.open(t, server.URL)
	p := payload(t, s.Adapter, small)
	for _, now = range tests {
		posts = 0
		_, err := s.Send(t.Context(), channelOf, p, testKey)
		if got := chat.OutcomeOf(err); err == nil || got != now.want {
			t.Errorf("HTTP %d, code %d: got %v (%v), want %v", now.status, now.code, got, err, now.want)
		}
		if posts != 1 {
			t.Errorf("HTTP %d, code %d: %d requests, want 1", now.status, now.code, posts)
		}
		if err != nil && strings.Contains(err.Error(), testToken) {
			t.Errorf("HTTP %d: the token is in the error", now.status)
		}
	}
}

func TestSendWaits(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault discordfake.Fault
		least time.Duration
	}{
		{"the longer of header and body", discordfake.Limited, 2 * time.Second},
		{"a web page of Cloudflare", discordfake.LimitedHTML, 3 * time.Second},
		{"all channels", discordfake.LimitedGlobal, 1250 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			s.fake.Fail(test.fault)
			_, err := s.Send(t.Context(), channelOf, payload(t, s.Adapter, small), testKey)
			e, ok := errors.AsType[*chat.SendError](err)
			if !ok || e.Outcome != chat.Retryable || e.RetryAfter != test.least {
				t.Fatalf("got %#v, want a retryable one after %v", err, test.least)
			}
			// A limit of one channel is none of the others'; a global one is, and
			// Cloudflare turns the whole machine away.
			_, err = s.Send(t.Context(), chat.Channel{Adapter: "discord", ID: otherChan}, payload(t, s.Adapter, small), "another")
			global := test.fault != discordfake.Limited
			if global != (chat.OutcomeOf(err) == chat.Retryable) || global == (err == nil) {
				t.Errorf("the next post to another channel gave %v", err)
			}
			want := 2
			if global {
				want = 1
			}
			if got := s.fake.Count("POST /channels/{channel}/messages"); got != want {
				t.Errorf("%d requests, want %d", got, want)
			}
		})
	}
}

func TestSend(t *testing.T) {
	t.Run("a rate limit header that cannot be read", func(t *testing.T) {
		s := newStand(t)
		s.fake.Fail(discordfake.OddHeader)
		if r, err := s.Send(t.Context(), channelOf, payload(t, s.Adapter, small), testKey); err != nil || r.ID == "" {
			t.Errorf("got %+v, %v; the message stands", r, err)
		}
	})
	t.Run("deleted since", func(t *testing.T) {
		s := newStand(t)
		p := payload(t, s.Adapter, small)
		first, err := s.Send(t.Context(), channelOf, p, testKey)
		if err != nil {
			t.Fatal(err)
		}
		s.fake.Delete(testChannel, first.ID)
		again, err := s.Send(t.Context(), channelOf, p, testKey)
		if err != nil || again.ID != "" || again.Channel != channelOf {
			t.Errorf("got %+v, %v; want a receipt without id", again, err)
		}
	})
	t.Run("the payload is no JSON", func(t *testing.T) {
		s := newStand(t)
		for _, p := range []string{"", "no", `{"content":"no button"}`} {
			if _, err := s.Send(t.Context(), channelOf, chat.Payload(p), testKey); chat.OutcomeOf(err) != chat.RejectedPayload {
				t.Errorf("%q: got %v, want a rejected payload", p, err)
			}
		}
		if got := s.fake.Count("POST /channels/{channel}/messages"); got != 0 {
			t.Errorf("%d requests, want none", got)
		}
	})
	t.Run("what is posted", func(t *testing.T) {
		s := newStand(t)
		s.learn(testChannel, testGuild)
		r, err := s.Send(t.Context(), channelOf, payload(t, s.Adapter, chat.Message{
			Title: "@everyone", Blocks: []chat.Block{chat.Buttons{{Label: "AI", Line: "/digest tag AI"}}},
		}), testKey)
		if err != nil {
			t.Fatal(err)
		}
		if want := "https://discord.com/channels/" + testGuild + "/" + testChannel + "/" + r.ID; r.URL != want {
			t.Errorf("got URL %q, want %q", r.URL, want)
		}
		var m message
		if err := json.Unmarshal(s.fake.Messages(testChannel)[0].Body, &m); err != nil {
			t.Fatal(err)
		}
		if got, want := m.Components[0].Components[0].CustomID, string(testKey)+"|/digest tag AI"; got != want {
			t.Errorf("got custom id %q, want %q", got, want)
		}
		if m.AllowedMentions.Parse == nil || len(m.AllowedMentions.Parse) > 0 {
			t.Errorf("got mentions %v, want an empty list", m.AllowedMentions.Parse)
		}
	})
}

func TestFind(t *testing.T) {
	marked := func(key chat.Key) string {
		return `{"components":[{"type":1,"components":[{"type":2,"custom_id":"` + string(key) + `|/digest tags"}]}]}`
	}
	now := time.Now()
	t.Run("behind hundreds of other messages", func(t *testing.T) {
		s := newStand(t)
		for i := range 250 {
			s.fake.Post(testChannel, "1", now.Add(time.Duration(i)*time.Millisecond), `{"content":"chatter","components":[{"type":99,"odd":[1]}]}`)
		}
		want := s.fake.Post(testChannel, discordfake.BotID, now.Add(time.Second), marked(testKey))
		if got, err := s.Find(t.Context(), channelOf, testKey, now); err != nil || got.ID != want.ID {
			t.Errorf("got %+v, %v; want %s", got, err, want.ID)
		}
		if got := s.fake.Count("GET /channels/{channel}/messages"); got != 3 {
			t.Errorf("%d pages were read, want 3", got)
		}
		if _, err := s.Find(t.Context(), channelOf, "another", now); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("another key gave %v, want ErrNotFound", err)
		}
	})
	t.Run("somebody else's, and one that is too old", func(t *testing.T) {
		s := newStand(t)
		s.fake.Post(testChannel, "1", now, marked(testKey))
		s.fake.Post(testChannel, discordfake.BotID, now.Add(-2*time.Minute), marked(testKey))
		if got, err := s.Find(t.Context(), channelOf, testKey, now); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("got %+v, %v; want ErrNotFound", got, err)
		}
	})
	t.Run("within the minute for clocks that differ", func(t *testing.T) {
		s := newStand(t)
		want := s.fake.Post(testChannel, discordfake.BotID, now.Add(-50*time.Second), marked(testKey))
		if got, err := s.Find(t.Context(), channelOf, testKey, now); err != nil || got.ID != want.ID {
			t.Errorf("got %+v, %v; want %s", got, err, want.ID)
		}
	})
	t.Run("an empty channel", func(t *testing.T) {
		s := newStand(t)
		if _, err := s.Find(t.Context(), channelOf, testKey, now); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	})
	for name, c := range map[string]discordfake.Channel{
		"no permission to read the history": {ID: testChannel, Guild: testGuild, NoHistory: true},
		"no access to the channel":          {ID: testChannel, Guild: testGuild, NoAccess: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			s.fake.Post(testChannel, discordfake.BotID, now, marked(testKey))
			s.fake.AddChannel(c)
			got, err := s.Find(t.Context(), channelOf, testKey, now)
			if err == nil || errors.Is(err, chat.ErrNotFound) {
				t.Errorf("got %+v, %v; want that it cannot be told", got, err)
			}
		})
	}
}

// TestRefusals reads answers that are not Discord's JSON.
func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name, header, body string
		status             int
		want               apiError
	}{
		{"body longer than header", "1", `{"retry_after":1163,"message":"slow"}`, 429, apiError{Status: 429, Message: "slow", RetryAfter: 1163 * time.Second}},
		{"header longer than body", "5", `{"retry_after":0.25}`, 429, apiError{Status: 429, RetryAfter: 5 * time.Second}},
		{"neither", "", ``, 429, apiError{Status: 429}},
		{"a date", time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat), `{"retry_after":2}`, 429, apiError{Status: 429, RetryAfter: 2 * time.Second}},
		{"a date beyond all measure", "Fri, 31 Dec 9999 23:59:59 GMT", ``, 429, apiError{Status: 429, RetryAfter: 24 * time.Hour}},
		{"zero", "0", `{"retry_after":0}`, 429, apiError{Status: 429}},
		{"Cloudflare", "7", `<html>error code: 1015`, 429, apiError{Status: 429, Message: "a web page instead of an answer", RetryAfter: 7 * time.Second, Global: true}},
		{"negative", "-3", `{"retry_after":-1}`, 429, apiError{Status: 429}},
		{"huge", "1e300", ``, 429, apiError{Status: 429, RetryAfter: 24 * time.Hour}},
		{"a web page", "", `<!DOCTYPE html><title>x</title>`, 502, apiError{Status: 502, Message: "a web page instead of an answer"}},
		{"a tree of errors", "", `{"code":50035,"message":"Invalid Form Body","errors":{"embeds":{"0":{"description":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"Must be 4096 or fewer in length."}]}}}}}`, 400,
			apiError{Status: 400, Code: 50035, Message: "Invalid Form Body", Detail: "embeds 0 description BASE_TYPE_MAX_LENGTH Must be 4096 or fewer in length."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp := &http.Response{StatusCode: test.status, Header: http.Header{"Retry-After": {test.header}}, Body: io.NopCloser(nil)}
			if got := readRefusal(resp, []byte(test.body)); *got != test.want {
				t.Errorf("got %+v, want %+v", *got, test.want)
			}
		})
	}
}
