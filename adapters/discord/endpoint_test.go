package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/rendertest"
	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// post makes a request to the endpoint as Discord does, or with a trick.
func (s *stand) post(t testing.TB, body []byte, trick discordfake.Trick) (status int, answer string) {
	t.Helper()
	return s.request(t, http.MethodPost, body, s.fake.Sign(body, trick))
}

func (s *stand) request(t testing.TB, method string, body []byte, h http.Header) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, s.door, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header, req.Close = h, true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(got)
}

var ids struct {
	sync.Mutex
	last uint64
}

// newID returns a new interaction id.
func newID() string {
	ids.Lock()
	defer ids.Unlock()
	ids.last = max(ids.last+1, snowflake.At(time.Now()))
	return strconv.FormatUint(ids.last, 10)
}

// captured returns an interaction in testdata with a current id.
func captured(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "interactions", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(body, []byte(`"id": "ID"`), []byte(`"id": "`+newID()+`"`), 1)
}

// styled is a command tree whose tag verb has a style.
var styled = chat.Command{Name: "digest", Summary: "Read", Private: true, Subs: []chat.Command{
	{Name: "latest", Summary: "Newest", Private: true},
	{Name: "tag", Summary: "Tag", Private: true, Args: []chat.Arg{
		{Name: "tag", Summary: "The tag", Required: true, Rest: true, Suggest: true}, {Name: "style", Summary: "Style", Named: true, Suggest: true}, chat.Page, chat.Share,
	}},
	{Name: "pause", Summary: "Pause", Private: true, AdminOnly: true, Args: []chat.Arg{chat.Confirm}},
}}

// TestCaptured handles recorded requests by Discord, and compares the answers
// with the recorded ones.
func TestCaptured(t *testing.T) {
	s := newHTTPStand(t)
	h := &echo{}
	s.listeningTo(t, styled, h)
	for name, want := range map[string]chat.Request{
		"ping":                      {},
		"command-in-server":         {Channel: channelOf, Home: testGuild, User: chat.User{ID: reader.ID, Name: "小李 👩🏽‍💻"}, Line: `/digest tag "人工智能 @everyone" style=compact`, Locale: "zh-CN"},
		"command-in-direct-message": {Channel: chat.Channel{Adapter: "discord", ID: "200000000000000077"}, User: chat.User{ID: reader.ID, Name: "reader"}, Line: "/digest latest", Locale: "en-GB"},
		"autocomplete-named":        {Channel: channelOf, Home: testGuild, User: chat.User{ID: reader.ID, Name: "Li"}, Line: `/digest tag "open source" style=com`, Locale: "zh-TW"},
		"button-on-private":         {Channel: channelOf, Home: testGuild, User: chat.User{ID: reader.ID, Name: "Li"}, Line: "/digest tag AI page=2", Locale: "zh-CN"},
		"menu":                      {Channel: channelOf, Home: testGuild, User: chat.User{ID: "300000000000000002", Name: "Boss", Admin: true}, Line: `/digest tag "open source"`, Locale: "en-US"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(h.heard())
			body := captured(t, name)
			status, answer := s.post(t, body, discordfake.Honest)
			if status != http.StatusOK {
				t.Fatalf("got %d %s", status, answer)
			}
			recorded(t, name, answer)
			heard := h.heard()[before:]
			if want.Line == "" {
				if len(heard) > 0 {
					t.Errorf("the handler heard %v", heard)
				}
				return
			}
			var in struct{ ID string }
			if err := json.Unmarshal(body, &in); err != nil {
				t.Fatal(err)
			}
			if want.ID = in.ID; len(heard) != 1 || heard[0] != want {
				t.Errorf("got  %+v\nwant %+v", heard, want)
			}
		})
	}
}

// recorded compares an answer with the one in testdata.
func recorded(t *testing.T, name, answer string) {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(answer), "", "  "); err != nil {
		t.Fatalf("the answer %q is no JSON: %v", answer, err)
	}
	pretty.WriteByte('\n')
	file := filepath.Join("testdata", "interactions", name+".answer.golden.json")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file, pretty.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if pretty.String() != string(want) {
		t.Errorf("got %s\nwant %s", pretty.String(), want)
	}
}

// TestEndpointRefuses sends requests that are not interactions from Discord.
func TestEndpointRefuses(t *testing.T) {
	s := newHTTPStand(t)
	if status, _ := s.post(t, captured(t, "ping"), discordfake.Honest); status != http.StatusServiceUnavailable {
		t.Errorf("before Listen a PING gives %d, want 503", status)
	}
	h := &echo{}
	s.listeningTo(t, styled, h)
	command := captured(t, "command-in-server")
	for _, trick := range discordfake.Tricks {
		for name, body := range map[string][]byte{"command": command, "PING": captured(t, "ping")} {
			if status, answer := s.post(t, body, trick); status != http.StatusUnauthorized {
				t.Errorf("%s with trick %d: got %d %s", name, trick, status, answer)
			}
		}
	}
	signed := func(change func(h http.Header)) http.Header {
		h := s.fake.Sign(command, discordfake.Honest)
		change(h)
		return h
	}
	for name, test := range map[string]struct {
		method string
		header http.Header
		want   int
	}{
		"GET":                      {http.MethodGet, signed(func(http.Header) {}), http.StatusMethodNotAllowed},
		"PUT":                      {http.MethodPut, signed(func(http.Header) {}), http.StatusMethodNotAllowed},
		"a form":                   {http.MethodPost, signed(func(h http.Header) { h.Set("Content-Type", "application/x-www-form-urlencoded") }), http.StatusUnsupportedMediaType},
		"no type":                  {http.MethodPost, signed(func(h http.Header) { h.Del("Content-Type") }), http.StatusUnsupportedMediaType},
		"a signature that is text": {http.MethodPost, signed(func(h http.Header) { h.Set("X-Signature-Ed25519", strings.Repeat("zz", 64)) }), http.StatusUnauthorized},
		"one that is too long":     {http.MethodPost, signed(func(h http.Header) { h.Set("X-Signature-Ed25519", h.Get("X-Signature-Ed25519")+"00") }), http.StatusUnauthorized},
		"a time that is text":      {http.MethodPost, signed(func(h http.Header) { h.Set("X-Signature-Timestamp", "now") }), http.StatusUnauthorized},
		"a time without end":       {http.MethodPost, signed(func(h http.Header) { h.Set("X-Signature-Timestamp", strings.Repeat("9", 400)) }), http.StatusUnauthorized},
	} {
		if status, answer := s.request(t, test.method, command, test.header); status != test.want {
			t.Errorf("%s: got %d %s, want %d", name, status, answer, test.want)
		}
	}
	for name, test := range map[string]struct {
		body string
		want int
	}{
		"no JSON":                     {"}", http.StatusBadRequest},
		"two at once":                 {`{"type":1}{"type":1}`, http.StatusBadRequest},
		"null":                        {"null", http.StatusBadRequest},
		"a type of words":             {`{"type":"2","id":"` + newID() + `"}`, http.StatusBadRequest},
		"a number as id":              {`{"type":2,"id":` + newID() + `}`, http.StatusBadRequest},
		"a half type":                 {`{"type":1.5}`, http.StatusBadRequest},
		"a list as member":            {`{"type":2,"id":"` + newID() + `","member":[]}`, http.StatusBadRequest},
		"roles of numbers":            {`{"type":2,"id":"` + newID() + `","member":{"roles":[1]}}`, http.StatusBadRequest},
		"data of words":               {`{"type":2,"id":"` + newID() + `","data":"digest"}`, http.StatusBadRequest},
		"an object as options":        {`{"type":2,"id":"` + newID() + `","data":{"options":{}}}`, http.StatusBadRequest},
		"a number as value":           {`{"type":2,"id":"` + newID() + `","data":{"options":[{"value":1}]}}`, http.StatusBadRequest},
		"flags of words":              {`{"type":3,"id":"` + newID() + `","message":{"flags":"64"}}`, http.StatusBadRequest},
		"too deep":                    {`{"type":2,"id":"` + newID() + `","data":{"options":` + strings.Repeat(`[{"options":`, 5000) + `[]` + strings.Repeat(`}]`, 5000) + `}}`, http.StatusBadRequest},
		"too deep where nobody looks": {`{"type":1,"x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, http.StatusBadRequest},
		"nothing":                     {"", http.StatusBadRequest},
		"an array":                    {"[]", http.StatusBadRequest},
		"no id":                       {`{"type":2}`, http.StatusBadRequest},
		"an id of words":              {`{"type":2,"id":"x"}`, http.StatusBadRequest},
		"a form of nobody's":          {`{"type":5,"id":"` + newID() + `"}`, http.StatusBadRequest},
		"a type to come":              {`{"type":99,"id":"` + newID() + `"}`, http.StatusBadRequest},
		"a body too long":             {`{"type":1,"x":"` + strings.Repeat("x", wire.InteractionSize) + `"}`, http.StatusRequestEntityTooLarge},
	} {
		if status, answer := s.post(t, []byte(test.body), discordfake.Honest); status != test.want {
			t.Errorf("%s: got %d %s, want %d", name, status, answer, test.want)
		}
	}
	if heard := h.heard(); len(heard) > 0 {
		t.Errorf("the handler heard %v", heard)
	}
	if log := s.log.String(); strings.Contains(log, "aW50ZXJhY3Rpb24") {
		t.Errorf("the log holds a token of an interaction: %s", log)
	}
}

// TestEndpointTwice sends one request again, unchanged and with a new signature.
func TestEndpointTwice(t *testing.T) {
	s := newHTTPStand(t)
	h := &echo{}
	s.listeningTo(t, styled, h)
	for name, want := range map[string]string{"command-in-server": `{"type":5}`, "button-on-private": `{"type":6}`, "autocomplete-named": `"choices":[]`} {
		body := captured(t, name)
		before := len(h.heard())
		header := s.fake.Sign(body, discordfake.Honest)
		if status, answer := s.request(t, http.MethodPost, body, header.Clone()); status != http.StatusOK || strings.Contains(answer, want) {
			t.Fatalf("%s: got %d %s", name, status, answer)
		}
		for _, again := range []http.Header{header, s.fake.Sign(body, discordfake.Honest)} {
			if status, answer := s.request(t, http.MethodPost, body, again); status != http.StatusOK || !strings.Contains(answer, want) {
				t.Errorf("%s again: got %d %s, want 200 %s", name, status, answer, want)
			}
		}
		if got := len(h.heard()) - before; got != 1 {
			t.Errorf("%s was acted upon %d times", name, got)
		}
	}
}

// slow answers only when allowed to.
type slow struct {
	echo
	let chan struct{}
}

func (h *slow) Handle(ctx context.Context, r chat.Request) chat.Message {
	<-h.let
	return h.echo.Handle(ctx, r)
}

func (h *slow) Suggest(ctx context.Context, r chat.Request) []chat.Choice {
	<-h.let
	return h.echo.Suggest(ctx, r)
}

// TestSlow checks that a slow answer is deferred even while the adapter's lock
// is held, and that slow suggestions are dropped.
func TestSlow(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for name, open := range map[string]func(*testing.T) *stand{"gateway": newStand, "HTTP": newHTTPStand} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			h := &slow{let: make(chan struct{})}
			s.listeningTo(t, styled, h)
			s.enter(t)
			s.dir.mu.Lock()
			i := say(t, s, reader, "/digest tag AI")
			typing, err := s.fake.Type(reader, testChannel, "/digest tag A")
			if err != nil {
				t.Fatal(err)
			}
			if a := wait(t, typing, 0); len(a.Choices) > 0 {
				t.Errorf("got %v, want no suggestion", a.Choices)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := i.Acknowledged(ctx); err != nil {
				t.Error(err)
			}
			s.dir.mu.Unlock()
			close(h.let)
			a := wait(t, i, 1)
			if !a.Deferred || !a.Private || !strings.Contains(string(a.Replies[0]), "/digest tag AI") {
				t.Errorf("got %+v, want a private answer that came later", a)
			}
			if a := wait(t, say(t, s, reader, "/digest tag AI"), 1); a.Deferred {
				t.Error("an answer that was there at once came later")
			}
			if log := s.log.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "level=WARN") && !strings.Contains(log, "Interactions Endpoint URL") {
				t.Errorf("the log complains: %s", log)
			}
		})
	}
}

// TestSlowIsNotInTheWay checks that no request waits for a slow one on its
// connection, which stays open after a quick one.
func TestSlowIsNotInTheWay(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	s := newHTTPStand(t)
	h := &slow{let: make(chan struct{})}
	s.listeningTo(t, styled, h)
	server := httptest.NewServer(s.endpoint)
	t.Cleanup(server.Close)
	let := sync.OnceFunc(func() { close(h.let) })
	t.Cleanup(let)
	for _, c := range []struct {
		name string
		held bool
	}{{"command-in-server", true}, {"autocomplete-named", true}, {"ping", false}, {"button-on-private", false}} {
		if c.name == "button-on-private" {
			let()
		}
		body := captured(t, c.name)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = s.fake.Sign(body, discordfake.Honest)
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.Close != c.held {
			t.Errorf("%s: got %s, and the connection is closed: %t, want %t", c.name, resp.Status, resp.Close, c.held)
		}
	}
}

// paged is a handler with configurable pages: long, slow or both.
type paged struct {
	wait  chan struct{} // nil for none
	parts int
}

func (p *paged) Handle(_ context.Context, r chat.Request) chat.Message {
	if p.wait != nil && strings.Contains(r.Line, "page=") {
		<-p.wait
	}
	m := chat.Message{Title: r.Line, Mention: rendertest.Roles}
	for i := range p.parts * 9 {
		m.Blocks = append(m.Blocks, chat.Story{Headline: fmt.Sprint("Story ", i), Summary: chat.Plain(strings.Repeat("Summary ", 70))})
	}
	m.Blocks = append(m.Blocks, chat.Buttons{
		{Label: "Turn", Line: "/digest tag AI page=2"}, {Label: "Share", Line: "/digest tag AI share=here"}, {Label: "Pause", Line: "/digest pause confirm=yes"}, {Label: "Plain", Line: "/digest tag B"},
	})
	return m
}

func (*paged) Form(context.Context, chat.Request) (chat.Form, bool) { return chat.Form{}, false }
func (*paged) Suggest(context.Context, chat.Request) []chat.Choice  { return nil }

// TestPages presses buttons of private, shared and posted messages, on the
// gateway and over HTTP, with immediate and late answers.
func TestPages(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for name, open := range map[string]func(*testing.T) *stand{"gateway": newStand, "HTTP": newHTTPStand} {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", late: ", late), func(t *testing.T) {
				t.Parallel()
				s := open(t)
				h := &paged{parts: 2}
				if late {
					h.wait = make(chan struct{})
				}
				s.listeningTo(t, styled, h)
				s.enter(t)
				press := func(on *discordfake.Interaction, label string, replies int) discordfake.Answer {
					t.Helper()
					i, err := on.Press(reader, label)
					if err != nil {
						t.Fatal(err)
					}
					if late && (label == "Turn") {
						if err := i.Acknowledged(t.Context()); err != nil {
							t.Fatal(err)
						}
						h.wait <- struct{}{}
					}
					return wait(t, i, replies)
				}
				list := say(t, s, reader, "/digest tag AI")
				wait(t, list, 2)
				if a := press(list, "Turn", 2); !a.Turned || !a.Private || a.Deferred != late || !strings.Contains(string(a.Replies[0]), "page=2") {
					t.Errorf("a page: %+v", a)
				}
				now := wait(t, list, 2)
				if !strings.Contains(string(now.Replies[1]), "## /digest tag AI page=2") || strings.Contains(string(now.Replies[0]), "page=2") {
					t.Errorf("the page with the button did not turn into the next one: %.300s", now.Replies)
				}
				list = say(t, s, reader, "/digest tag AI")
				wait(t, list, 2)
				if a := press(list, "Pause", 2); !a.Turned || !a.Private {
					t.Errorf("a decision: turned %v, private %v", a.Turned, a.Private)
				}
				list = say(t, s, reader, "/digest tag AI")
				wait(t, list, 2)
				if a := press(list, "Plain", 2); a.Turned || !a.Private {
					t.Errorf("another question: turned %v, private %v", a.Turned, a.Private)
				}
				shared, err := list.Press(reader, "Share")
				if err != nil {
					t.Fatal(err)
				}
				if a := wait(t, shared, 2); a.Turned || a.Private {
					t.Errorf("share here: turned %v, private %v", a.Turned, a.Private)
				}
				for _, r := range wait(t, shared, 2).Replies {
					if strings.Contains(string(r), `"flags"`) {
						t.Errorf("a part of a shared answer has flags: %s", r)
					}
				}
				// Messages that others can read stay as they are.
				if a := press(shared, "Turn", 2); a.Turned || !a.Private {
					t.Errorf("a page of a shared answer: turned %v, private %v", a.Turned, a.Private)
				}
				if got := s.fake.Pings(testChannel); len(got) > 0 {
					t.Errorf("%v were notified", got)
				}
			})
		}
	}
}

// TestAdmins checks who counts as an admin for every kind of interaction.
func TestAdmins(t *testing.T) {
	const role, boss = "400000000000000007", "300000000000000007"
	s := newStandWith(t, Config{Listen: "http", AdminRoles: []string{role}, AdminUsers: []string{boss}})
	h := &echo{}
	s.listeningTo(t, styled, h)
	s.enter(t)
	s.fake.AddChannel(discordfake.Channel{ID: "200000000000000055", Guild: "100000000000000055"})
	direct := s.fake.Direct(reader.ID)
	for _, test := range []struct {
		name    string
		who     discordfake.Person
		channel string
		want    bool
	}{
		{"a reader", discordfake.Person{ID: "1"}, testChannel, false},
		{"somebody who may do all but that", discordfake.Person{ID: "1", Permissions: ^uint64(0) &^ adminPermissions}, testChannel, false},
		{"Manage Server", discordfake.Person{ID: "1", Permissions: 1 << 5}, testChannel, true},
		{"Administrator", discordfake.Person{ID: "1", Permissions: discordfake.Admin}, testChannel, true},
		{"a role that is configured", discordfake.Person{ID: "1", Roles: []string{"2", role}}, testChannel, true},
		{"another role", discordfake.Person{ID: "1", Roles: []string{"2", role + "0"}}, testChannel, false},
		{"a user who is configured", discordfake.Person{ID: boss}, testChannel, true},
		{"a user who is configured, elsewhere", discordfake.Person{ID: boss}, "200000000000000055", true},
		{"an admin in a direct message", discordfake.Person{ID: "1", Permissions: discordfake.Admin, Roles: []string{role}}, direct, false},
		{"a user who is configured in a direct message", discordfake.Person{ID: boss}, direct, true},
	} {
		for _, forged := range []map[string]any{
			{"custom_id": "|/digest pause"}, {"custom_id": "/digest pause"}, {"custom_id": "k|/digest pause confirm=yes"}, {"custom_id": "|x", "values": []string{"/digest pause"}},
			{"custom_id": "|/digest pause", "permissions": "8", "member": map[string]any{"permissions": "8"}},
		} {
			i, err := s.fake.Send(test.who, test.channel, forged)
			if err != nil {
				t.Fatal(err)
			}
			wait(t, i, 1)
			if got := last(h.heard()); got.User.Admin != test.want || got.ID != i.ID {
				t.Errorf("%s with %v: got %+v, want Admin %v", test.name, forged, got, test.want)
			}
		}
	}
}

// FuzzCustomID forges the lines of components: each is a line like any
// other, given by the person whom Discord names.
func FuzzCustomID(f *testing.F) {
	for _, s := range []string{"", "|", "|/digest pause", "key|/digest tag AI page=2", "||", "\x00", `|/digest pause "`, "|/digest tag 「x share=here", "menu 1", "|@everyone <!channel> 👨‍👩‍👧‍👦", strings.Repeat("|x", 200)} {
		f.Add(s, s, uint64(0))
		f.Add(s, "", uint64(1<<5))
	}
	l := &listener{Adapter: &Adapter{name: "discord", adminRoles: []string{"400000000000000007"}}, root: styled}
	f.Fuzz(func(t *testing.T, customID, value string, bits uint64) {
		raw, err := json.Marshal(map[string]any{"type": 3, "guild_id": testGuild, "channel_id": testChannel, "member": map[string]any{"permissions": strconv.FormatUint(bits, 10), "user": map[string]any{"id": "1"}}, "data": map[string]any{"custom_id": customID, "values": []string{value}}})
		if err != nil {
			t.Fatal(err)
		}
		i := &interaction{}
		if err := json.Unmarshal(raw, i); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			q := l.read(i)
			if q.User != (chat.User{ID: "1", Admin: bits&adminPermissions != 0}) || q.Home != testGuild || q.Channel != channelOf {
				t.Errorf("%q, %q: got %+v", customID, value, q)
			}
			if call, err := styled.Parse(q.Line); q.private == (err == nil && call.Args["share"] != "") || q.turns {
				t.Errorf("%q, %q: private %v, turns %v", customID, value, q.private, q.turns)
			}
			want := discordgo.MessageFlags(0)
			if q.private {
				want = discordgo.MessageFlagsEphemeral
			}
			if got := answer(q, render.Message{}).Data.(render.Message).Flags; got != int(want) {
				t.Errorf("%q, %q: the answer has the flags %d, want %d", customID, value, got, want)
			}
			if got, ok := deferred(q).Data.(responseFlags); ok != q.private || got.Flags != want {
				t.Errorf("%q, %q: that it is on its way has the flags %d, want %d", customID, value, got.Flags, want)
			}
			i.Data.Values = nil // as a button has it
		}
	})
}

// TestOddEvents sends invalid interactions over the gateway, or interactions with
// values of undocumented types: at most they are logged, and the next interaction
// is answered.
func TestOddEvents(t *testing.T) {
	s := newStand(t)
	h := &echo{}
	l := &listener{Adapter: s.Adapter, root: styled, handler: h}
	for name, c := range map[string]struct {
		data  string
		noted bool
	}{
		"nothing":           {``, true},
		"null":              {`null`, false},
		"a list":            {`[]`, true},
		"a type of words":   {`{"id":"` + newID() + `","type":"2"}`, true},
		"a number as token": {`{"id":"` + newID() + `","type":2,"token":1}`, true},
		"a number as value": {`{"id":"` + newID() + `","type":2,"data":{"options":[{"value":1}]}}`, true},
		"too deep":          {`{"id":"` + newID() + `","type":2,"x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, true},
		"a strange form":    {`{"id":"` + newID() + `","type":5}`, false},
	} {
		before := strings.Count(s.log.String(), "interaction cannot be read")
		l.handleEvent(t.Context(), "INTERACTION_CREATE", json.RawMessage(c.data))
		if got := strings.Count(s.log.String(), "interaction cannot be read") - before; (got == 1) != c.noted {
			t.Errorf("%s was noted %d times, want that it is noted: %t", name, got, c.noted)
		}
	}
	l.handleEvent(t.Context(), "INTERACTION_CREATE", captured(t, "command-in-server"))
	l.finish()
	if got := h.heard(); len(got) != 1 || got[0].User.ID != reader.ID {
		t.Errorf("the handler heard %v, want the last one alone", got)
	}
}

// FuzzInteraction parses arbitrary data: the result is an error, or a user's line.
// That user is an admin only in a server or by configuration.
func FuzzInteraction(f *testing.F) {
	for _, name := range []string{"ping", "command-in-server", "command-in-direct-message", "autocomplete-named", "button-on-private", "menu"} {
		f.Add(captured(f, name))
	}
	for _, s := range []string{`{}`, `null`, `{"member":null,"user":null,"data":null,"message":null}`, `{"type":3,"data":{"values":[null]}}`, `{"type":4,"data":{"options":[{"type":1,"options":[{}]}]}}`, `{"ID":"1","TYPE":2}`} {
		f.Add([]byte(s))
	}
	l := &listener{Adapter: &Adapter{name: "discord", guild: testGuild, adminRoles: []string{"400000000000000007"}}, root: styled}
	f.Fuzz(func(t *testing.T, data []byte) {
		i := &interaction{}
		if json.Unmarshal(data, i) != nil {
			return
		}
		q := l.read(i)
		if q.User.Admin && i.GuildID == "" {
			t.Errorf("%s: an admin outside of servers", data)
		}
		if !utf8.ValidString(q.Line) || !utf8.ValidString(q.User.Name) {
			t.Errorf("%s: got %+v, which is no UTF-8", data, q)
		}
		if l.serves(i) && i.GuildID != testGuild {
			t.Errorf("%s: another server is served", data)
		}
	})
}

// TestEndpointNeeds opens adapters with invalid configurations of the way in.
func TestEndpointNeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	fake := discordfake.New(testToken)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	env := chat.Env{Name: "discord", Log: newStand(t).Adapter.log, Getenv: func(string) string { return testToken }, Mount: func(string, http.Handler) {}}
	config := Config{APIURL: server.URL + "/api/v10", Listen: "http", PublicKey: discordfake.New("x").PublicKey()}
	a, err := Open(env, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Listen(t.Context(), styled, &echo{}, func(string) {}); err == nil || !strings.Contains(err.Error(), "public_key is not that of the application") {
		t.Errorf("another application's key: got %v", err)
	}
	_ = a.Close()
	env.Mount = nil
	config.PublicKey = fake.PublicKey()
	if a, err = Open(env, config); err != nil {
		t.Fatal(err)
	}
	if err := a.Listen(t.Context(), styled, &echo{}, func(string) {}); err == nil || !strings.Contains(err.Error(), "no HTTP server") {
		t.Errorf("without a server: got %v", err)
	}
	_ = a.Close()
}

// TestClaims: an interaction that another replica has begun to answer is not answered here.
// If nothing can tell whether one has, the interaction is answered, so that people do not
// depend on the database.
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
			s := newHTTPStand(t)
			s.first = chat.Env{Name: "discord", Claim: func(_ context.Context, request string) (bool, error) {
				if !strings.HasPrefix(request, "discord ") {
					t.Errorf("claimed was %q", request)
				}
				return tt.first, tt.err
			}}.First
			h := &echo{}
			s.listeningTo(t, styled, h)
			status, answer := s.post(t, captured(t, "command-in-server"), discordfake.Honest)
			if got := len(h.heard()); status != http.StatusOK || got != tt.want || answer == "" {
				t.Errorf("got %d %s, and %d requests were heard, want %d", status, answer, got, tt.want)
			}
		})
	}
}
