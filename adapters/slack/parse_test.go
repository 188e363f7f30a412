package slack

import (
	"context"
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// reader returns a parser without a listener.
func reader() parser { return parser{adapter: "slack", root: tree} }

// FuzzRead parses arbitrary payloads: what is understood has a user, a channel and
// a line.
func FuzzRead(f *testing.F) {
	for _, file := range postedFiles(f) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, kind := range []string{"slash_commands", "interactive", "events_api"} {
			f.Add(kind, data)
		}
	}
	f.Add("interactive", []byte(`{"type":"view_submission","user":{"id":"U1"},"view":{"private_metadata":"{\"words\":[\"digest\",\"resend\"]}"}}`))
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		in, err := reader().parseEnvelope(wire.Envelope{Type: kind, ID: "e", Payload: data})
		posted, _, errPosted := reader().parsePosted(formType, []byte("payload="+url.QueryEscape(string(data))))
		for _, in := range []incoming{in, posted} {
			r := in.request
			if in.kind != nothing && (r.User.ID == "" || r.Channel.ID == "" || r.Line == "" || r.User.Admin) {
				t.Errorf("understood %+v (%v, %v)", in, err, errPosted)
			}
		}
	})
}

// FuzzTyped takes any text of a command and any value of a button as a line.
func FuzzTyped(f *testing.F) {
	f.Add("tag <#C0123456789|x> &amp;lt; <@U1> “a b”")
	f.Add("<!subteam^S1|@t><https://a|b><")
	f.Add("\x82")
	f.Fuzz(func(t *testing.T, text string) {
		l := reader()
		got := l.typed(text)
		if !strings.ContainsAny(text, "<&") && got != text {
			t.Errorf("%q became %q", text, got)
		}
		in, err := l.parseForm(url.Values{"command": {"/digest"}, "text": {text}, "user_id": {"U1"}, "channel_id": {"C1"}}.Encode())
		if want := strings.TrimSpace("/digest " + got); err != nil || in.request.Line != want {
			t.Errorf("%q comes through a form as %q (%v), want %q", text, in.request.Line, err, want)
		}
		if line, ok := render.MoreOf("more-1 " + text); ok && line == "" {
			t.Error("a menu that begins no line asks for choices")
		}
		_, _ = tree.Parse(chat.Line("digest") + " " + got)
	})
}

func postedFiles(t testing.TB) []string {
	files, err := filepath.Glob("testdata/posted/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files %v", len(files), err)
	}
	return files
}

// TestPosted posts what Slack would, field by field, and compares the
// handler's request and the answer with the recorded ones.
func TestPosted(t *testing.T) {
	for _, file := range postedFiles(t) {
		if strings.HasSuffix(file, ".golden.json") {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := openHTTP(t, env(quiet))
			h := &handler{reply: echo, suggest: func(_ context.Context, r chat.Request) []chat.Choice {
				return []chat.Choice{{Label: r.Line + "<!channel>", Line: "/digest tag AI"}}
			}}
			s.listen(t, h)
			body, kind := "payload="+url.QueryEscape(string(data)), formType
			var o map[string]any
			if err := json.Unmarshal(data, &o); err != nil {
				t.Fatal(err)
			}
			switch {
			case o["command"] != nil:
				form := url.Values{}
				for name, value := range o {
					form.Set(name, strings.Trim(string(must(json.Marshal(value))), `"`))
				}
				form.Set("text", o["text"].(string))
				body = form.Encode()
			case o["type"] == "event_callback":
				body, kind = string(data), "application/json"
			}
			status, answer, _ := s.posted(t, kind, body, signedAt(body, time.Now()))
			if o["type"] == "event_callback" {
				if err := s.fake.WaitCalls(t.Context(), "views.publish", 1); err != nil {
					t.Fatal(err)
				}
			}
			for o["type"] == "block_actions" && len(h.requests()) == 0 {
				time.Sleep(time.Millisecond)
			}
			type record struct {
				Status int
				Heard  []chat.Request
				Answer json.RawMessage `json:",omitempty"`
			}
			got := must(json.MarshalIndent(record{status, h.requests(), json.RawMessage(answer)}, "", "  "))
			golden := strings.TrimSuffix(file, ".json") + ".golden.json"
			if update := flag.Lookup("update"); update != nil && update.Value.String() == "true" {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || string(want) != string(got)+"\n" {
				t.Errorf("got\n%s\nwant\n%s (%v)", got, want, err)
			}
		})
	}
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}
