package discord

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/discord/internal/render"
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
			// The limit of one channel does not affect others; a global one does, and
			// Cloudflare blocks the whole machine.
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
		const button = `"components":[{"type":1,"components":[{"type":2,"style":2,"label":"x","custom_id":"|x"}]}]`
		for _, p := range []string{
			"", "no", "null", "[]", `"custom_id":"|`, `{"content":"no button"}`,
			`{"content":"no button",` + `"allowed_mentions":{"parse":[]}}`,
			`{"content":"a button of somebody else","components":[{"type":1,"components":[{"type":2,"custom_id":"x"}]}],"allowed_mentions":{"parse":[]}}`,
			`{"content":"custom_id\":\"|x",` + `"components":[],"allowed_mentions":{"parse":[]}}`,
			`{` + button + `}`,
			`{` + button + `,"allowed_mentions":{}}`,
			`{` + button + `,"allowed_mentions":{"parse":null}}`,
			`{` + button + `,"allowed_mentions":{"parse":["everyone"]}}`,
			`{` + button + `,"allowed_mentions":{"parse":[]},"content":1}`,
			`{` + button + `,"allowed_mentions":{"parse":[]},"embeds":{}}`,
			`{` + button + `,"allowed_mentions":{"parse":[]},}`,
			`{` + button + `,"allowed_mentions":{"parse":[]}}}`,
		} {
			if _, err := s.Send(t.Context(), channelOf, chat.Payload(p), testKey); chat.OutcomeOf(err) != chat.RejectedPayload {
				t.Errorf("%q: got %v, want a rejected payload", p, err)
			}
		}
		if got := s.fake.Count("POST /channels/{channel}/messages"); got != 0 {
			t.Errorf("%d requests, want none", got)
		}
	})
	t.Run("a payload that is written another way", func(t *testing.T) {
		s := newStand(t)
		var indented bytes.Buffer
		if err := json.Indent(&indented, payload(t, s.Adapter, small), "", "\t"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Send(t.Context(), channelOf, indented.Bytes(), testKey); err != nil {
			t.Fatal(err)
		}
		if got, want := string(s.fake.Messages(testChannel)[0].Body), `"custom_id":"`+string(testKey)+`|/digest home"`; !strings.Contains(got, want) {
			t.Errorf("got %s, want %s in it", got, want)
		}
	})
	t.Run("a text that looks like a button", func(t *testing.T) {
		s := newStand(t)
		const hostile = `"custom_id":"|x", "allowed_mentions":{"parse":["everyone"]}, custom_id\":\"| "nonce":"n"}`
		m := chat.Message{Title: hostile, Blocks: []chat.Block{chat.Buttons{{Label: hostile[:20], Line: "/digest tag " + hostile[:40]}}}}
		p := payload(t, s.Adapter, m)
		if _, err := s.Send(t.Context(), channelOf, p, testKey); err != nil {
			t.Fatal(err)
		}
		var want, got render.Message
		if err := errors.Join(json.Unmarshal(p, &want), json.Unmarshal(s.fake.Messages(testChannel)[0].Body, &got)); err != nil {
			t.Fatal(err)
		}
		for _, r := range want.Components {
			for i := range r.Components {
				r.Components[i].CustomID = string(testKey) + r.Components[i].CustomID
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
	t.Run("the link, whatever guild names", func(t *testing.T) {
		for _, guild := range []string{"", testGuild, "100000000000000077"} {
			s := newStandWith(t, Config{Guild: guild})
			r, err := s.Send(t.Context(), channelOf, payload(t, s.Adapter, chat.Message{Title: "x"}), testKey)
			if want := "https://discord.com/channels/" + testGuild + "/" + testChannel + "/" + r.ID; err != nil || r.URL != want {
				t.Errorf("guild %s: got URL %q, %v, want %q", guild, r.URL, err, want)
			}
		}
	})
	t.Run("no link while other requests wait", func(t *testing.T) {
		s := newStand(t)
		if _, err := s.rest.Limiter.Permits.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		r, err := s.Send(t.Context(), channelOf, payload(t, s.Adapter, chat.Message{Title: "x"}), testKey)
		if err != nil || r.ID == "" || r.URL != "" {
			t.Errorf("got %+v, %v", r, err)
		}
	})
	t.Run("what is posted", func(t *testing.T) {
		s := newStand(t)
		s.dir.learn(testChannel, testGuild)
		r, err := s.Send(t.Context(), channelOf, payload(t, s.Adapter, chat.Message{
			Title: "@everyone", Blocks: []chat.Block{chat.Buttons{{Label: "AI", Line: "/digest tag AI"}}},
		}), testKey)
		if err != nil {
			t.Fatal(err)
		}
		if want := "https://discord.com/channels/" + testGuild + "/" + testChannel + "/" + r.ID; r.URL != want {
			t.Errorf("got URL %q, want %q", r.URL, want)
		}
		var m render.Message
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
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
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
	t.Run("another author's message, and one that is too old", func(t *testing.T) {
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
	t.Run("a channel whose messages were all deleted", func(t *testing.T) {
		s := newStand(t)
		s.fake.Delete(testChannel, s.fake.Post(testChannel, "1", now.Add(-time.Hour), `{}`).ID)
		if _, err := s.Find(t.Context(), channelOf, testKey, now); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	})
	t.Run("a channel in which nobody has spoken since", func(t *testing.T) {
		s := newStand(t)
		s.fake.Post(testChannel, "1", now.Add(-time.Hour), `{}`)
		if _, err := s.Find(t.Context(), channelOf, testKey, now); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		if got := s.fake.Count("GET /channels/{channel}/messages/{message}"); got != 0 {
			t.Errorf("a single message was asked for %d times, though one in the history says that it can be read", got)
		}
	})
	const container = `{"components":[{"type":17,"components":[]}]}`
	for name, at := range map[string]int{"below": 20, "just below": 29, "just above": 31, "far above": 250} {
		t.Run("a page that fails "+name, func(t *testing.T) {
			s := newStand(t)
			s.fake.Containers = true
			var want discordfake.Message
			for i := range 300 {
				when := now.Add(time.Duration(i) * time.Millisecond)
				switch i {
				case 30:
					want = s.fake.Post(testChannel, discordfake.BotID, when, marked(testKey))
				case at:
					s.fake.Post(testChannel, "1", when, container)
				default:
					s.fake.Post(testChannel, "1", when, `{"content":"chatter"}`)
				}
			}
			if got, err := s.Find(t.Context(), channelOf, testKey, now); err != nil || got.ID != want.ID {
				t.Errorf("got %+v, %v; want %s", got, err, want.ID)
			}
			if got, err := s.Find(t.Context(), channelOf, "another", now); err == nil || errors.Is(err, chat.ErrNotFound) {
				t.Errorf("another key: got %+v, %v; a message that cannot be seen may be it", got, err)
			}
		})
	}
	t.Run("pages that fail for a while", func(t *testing.T) {
		s := newStand(t)
		for i := range 150 {
			s.fake.Post(testChannel, "1", now.Add(time.Duration(i)*time.Millisecond), `{"content":"chatter"}`)
		}
		// Reading upwards fails; reading downwards works.
		next := s.rest.HTTP.Transport
		s.rest.HTTP.Transport = wireFunc(func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Has("after") {
				httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
				return &http.Response{StatusCode: http.StatusInternalServerError, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
			}
			return next.RoundTrip(r)
		})
		if got, err := s.Find(t.Context(), channelOf, testKey, now); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("got %+v, %v; want ErrNotFound: all was seen from the other side", got, err)
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
