package slackfake_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/digestbot/digestbot/adapters/slack/slackfake"
)

// start serves a fake on loopback.
func start(t *testing.T) (*slackfake.Fake, string) {
	t.Helper()
	fake := slackfake.New()
	server := httptest.NewServer(fake)
	t.Cleanup(func() { fake.Close(); server.Close() })
	return fake, server.URL
}

type reply struct {
	Status     int           `json:"-"`
	RetryAfter string        `json:"-"`
	OK         bool          `json:"ok"`
	Error      string        `json:"error"`
	TS         string        `json:"ts"`
	URL        string        `json:"url"`
	BotID      string        `json:"bot_id"`
	Permalink  string        `json:"permalink"`
	HasMore    bool          `json:"has_more"`
	Messages   []reply       `json:"messages"`
	Message    *reply        `json:"message"`
	Text       string        `json:"text"`
	Thread     string        `json:"thread_ts"`
	Metadata   metadata      `json:"metadata"`
	User       user          `json:"user"`
	Meta       replyMetadata `json:"response_metadata"`
}

type metadata struct {
	Type    string            `json:"event_type"`
	Payload map[string]string `json:"event_payload"`
}

type user struct {
	ID      string
	IsAdmin bool `json:"is_admin"`
}

func (u *user) UnmarshalJSON(data []byte) error { // a message's user is an id, that of users.info an object
	type plain user
	if json.Unmarshal(data, &u.ID) == nil {
		return nil
	}
	return json.Unmarshal(data, (*plain)(u))
}

type replyMetadata struct {
	Messages []string `json:"messages"`
	Cursor   string   `json:"next_cursor"`
}

func call(t *testing.T, base, method, token string, args map[string]any) reply {
	t.Helper()
	body, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, base+"/api/"+method, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Authorization", "Bearer "+token)
	return do(t, req)
}

func do(t *testing.T, req *http.Request) reply {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	r := reply{Status: resp.StatusCode, RetryAfter: resp.Header.Get("Retry-After")}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return r
}

type list = []map[string]any

func header(text string) map[string]any {
	return map[string]any{"type": "header", "text": map[string]any{"type": "plain_text", "text": text}}
}

func section(text string) map[string]any {
	return map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": text}}
}

func TestPostMessageRefuses(t *testing.T) {
	_, base := start(t)
	many := list{}
	for range 51 {
		many = append(many, map[string]any{"type": "divider"})
	}
	button := map[string]any{"type": "button", "action_id": "a", "text": map[string]any{"type": "plain_text", "text": "x"}, "value": strings.Repeat("v", 2001)}
	rich := func(leaf map[string]any) list {
		return list{{"type": "rich_text", "elements": list{{"type": "rich_text_section", "elements": list{leaf}}}}}
	}
	for _, tt := range []struct {
		name    string
		channel string
		token   string
		text    string
		blocks  any
		want    string
		detail  string
	}{
		{name: "no token", token: "", text: "x", want: "not_authed"},
		{name: "bad token", token: "xoxb-other", text: "x", want: "invalid_auth"},
		{name: "app token", token: slackfake.AppToken, text: "x", want: "not_allowed_token_type"},
		{name: "missing channel", channel: "C0NOWHERE1", text: "x", want: "channel_not_found"},
		{name: "not a member", channel: slackfake.Random, text: "x", want: "not_in_channel"},
		{name: "archived", channel: "C0ARCHIVE1", text: "x", want: "is_archived"},
		{name: "nothing", want: "no_text"},
		{name: "long text", text: strings.Repeat("x", 40_001), want: "msg_too_long"},
		{name: "blocks are no list", blocks: map[string]any{}, want: "invalid_blocks_format"},
		{name: "51 blocks", blocks: many, want: "invalid_blocks", detail: "[ERROR] no more than 50 items allowed [json-pointer:/blocks]"},
		{name: "header 151", blocks: list{header(strings.Repeat("题", 151))}, want: "invalid_blocks", detail: "[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]"},
		{name: "section 3001", blocks: list{section("x"), section(strings.Repeat("x", 3001))}, want: "invalid_blocks", detail: "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"},
		{name: "button value", blocks: list{{"type": "actions", "elements": list{button}}}, want: "invalid_blocks", detail: "[ERROR] must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"},
		{name: "empty leaf", blocks: rich(map[string]any{"type": "text", "text": ""}), want: "invalid_blocks", detail: "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]"},
		{name: "script link", blocks: rich(map[string]any{"type": "link", "url": "javascript:1"}), want: "invalid_blocks", detail: "[ERROR] must be a valid url [json-pointer:/blocks/0/elements/0/elements/0/url]"},
		{name: "date without a time", blocks: rich(map[string]any{"type": "date", "format": "{date}"}), want: "invalid_blocks", detail: "[ERROR] missing required field: timestamp [json-pointer:/blocks/0/elements/0/elements/0]"},
		{name: "group that is none", blocks: rich(map[string]any{"type": "usergroup", "usergroup_id": "readers"}), want: "invalid_blocks", detail: "[ERROR] must be a valid usergroup id [json-pointer:/blocks/0/elements/0/elements/0/usergroup_id]"},
		{name: "picture without words", blocks: list{{"type": "image", "image_url": "https://a.example/p.png"}}, want: "invalid_blocks", detail: "[ERROR] missing required field: alt_text [json-pointer:/blocks/0]"},
		{name: "unknown block", blocks: list{{"type": "card"}}, want: "invalid_blocks", detail: "[ERROR] unsupported type: card [json-pointer:/blocks/0]"},
		{name: "all too long", blocks: list{section(strings.Repeat("x", 3000)), section(strings.Repeat("x", 3000)), section(strings.Repeat("x", 3000)), section(strings.Repeat("x", 3000)), section(strings.Repeat("x", 1201))}, want: "msg_blocks_too_long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fake, base := start(t)
			fake.AddChannel(slackfake.Channel{ID: "C0ARCHIVE1", Member: true, Archived: true})
			args := map[string]any{"channel": slackfake.General, "text": tt.text}
			if tt.channel != "" {
				args["channel"] = tt.channel
			}
			if tt.blocks != nil {
				args["blocks"] = tt.blocks
			}
			token := tt.token
			if token == "" && tt.want != "not_authed" {
				token = slackfake.BotToken
			}
			r := call(t, base, "chat.postMessage", token, args)
			if r.OK || r.Error != tt.want {
				t.Errorf("got %+v, want error %s", r, tt.want)
			}
			if tt.detail != "" && !slices.Contains(r.Meta.Messages, tt.detail) {
				t.Errorf("details: got %q, want %q", r.Meta.Messages, tt.detail)
			}
			if n := len(fake.Messages(slackfake.General)); n != 0 {
				t.Errorf("a refused post left %d messages", n)
			}
		})
	}
	if r := call(t, base, "chat.postMessage", slackfake.BotToken, map[string]any{"channel": slackfake.General, "blocks": list{header(strings.Repeat("题", 150)), section(strings.Repeat("题", 3000))}}); !r.OK {
		t.Errorf("a post at the limits: got %+v", r)
	}
}

func TestPostsAreReadBack(t *testing.T) {
	fake, base := start(t)
	var stamps []string
	for _, text := range []string{"one", "two", "three"} {
		r := call(t, base, "chat.postMessage", slackfake.BotToken, map[string]any{
			"channel": slackfake.General, "text": text,
			"metadata": map[string]any{"event_type": "part", "event_payload": map[string]any{"key": "k-" + text}},
		})
		if !r.OK || r.Message.Metadata.Payload["key"] != "k-"+text {
			t.Fatalf("post: got %+v", r)
		}
		stamps = append(stamps, r.TS)
	}
	if !slices.IsSorted(stamps) || len(slices.Compact(slices.Clone(stamps))) != 3 {
		t.Errorf("stamps are not unique and rising: %q", stamps)
	}
	texts := func(r reply) (out []string) {
		for _, m := range r.Messages {
			out = append(out, m.Text)
		}
		return out
	}
	history := func(more map[string]any) reply {
		args := map[string]any{"channel": slackfake.General}
		for k, v := range more {
			args[k] = v
		}
		return call(t, base, "conversations.history", slackfake.BotToken, args)
	}
	first := history(map[string]any{"limit": 2, "include_all_metadata": true})
	if got := texts(first); !slices.Equal(got, []string{"three", "two"}) || !first.HasMore {
		t.Errorf("first page: got %q, more %v", got, first.HasMore)
	}
	if first.Messages[0].Metadata.Payload["key"] != "k-three" {
		t.Errorf("metadata: got %+v", first.Messages[0].Metadata)
	}
	second := history(map[string]any{"limit": 2, "cursor": first.Meta.Cursor})
	if got := texts(second); !slices.Equal(got, []string{"one"}) || second.HasMore {
		t.Errorf("second page: got %q, more %v", got, second.HasMore)
	}
	if m := second.Messages[0].Metadata; m.Type != "part" || m.Payload != nil {
		t.Errorf("metadata that nobody asked for: got %+v", m)
	}
	if got := texts(history(map[string]any{"oldest": stamps[1]})); !slices.Equal(got, []string{"three"}) {
		t.Errorf("after the second: got %q", got)
	}
	if got := texts(history(map[string]any{"oldest": stamps[1], "inclusive": true})); !slices.Equal(got, []string{"three", "two"}) {
		t.Errorf("from the second: got %q", got)
	}
	if r := call(t, base, "conversations.history", slackfake.BotToken, map[string]any{"channel": slackfake.Random}); r.Error != "not_in_channel" {
		t.Errorf("history without membership: got %+v", r)
	}
	link := call(t, base, "chat.getPermalink", slackfake.BotToken, map[string]any{"channel": slackfake.General, "message_ts": stamps[0]})
	if want := "/archives/C0GENERAL1/p" + strings.Replace(stamps[0], ".", "", 1); !strings.HasSuffix(link.Permalink, want) {
		t.Errorf("permalink: got %q, want …%s", link.Permalink, want)
	}
	if got := len(fake.Messages(slackfake.General)); got != 3 || fake.Calls("chat.postMessage") != 3 {
		t.Errorf("got %d messages of %d calls", got, fake.Calls("chat.postMessage"))
	}
}

func TestThreads(t *testing.T) {
	fake, base := start(t)
	post := func(text, thread string, more map[string]any) reply {
		args := map[string]any{"channel": slackfake.General, "text": text, "thread_ts": thread}
		maps.Copy(args, more)
		return call(t, base, "chat.postMessage", slackfake.BotToken, args)
	}
	replies := func(ts string, more map[string]any) (out []string, r reply) {
		args := map[string]any{"channel": slackfake.General, "ts": ts}
		maps.Copy(args, more)
		r = call(t, base, "conversations.replies", slackfake.BotToken, args)
		for _, m := range r.Messages {
			out = append(out, m.Text)
		}
		return out, r
	}
	parent := post("parent", "", nil).TS
	if got, _ := replies(parent, nil); !slices.Equal(got, []string{"parent"}) {
		t.Errorf("a message without replies: got %q", got)
	}
	first := post("one", parent, nil)
	if first.Message.Thread != parent {
		t.Errorf("got %+v, want a reply to %s", first.Message, parent)
	}
	post("two", parent, map[string]any{"reply_broadcast": true})
	post("three", parent, nil)
	if r := post("x", "soon", nil); r.Error != "invalid_thread_ts" {
		t.Errorf("got %+v", r)
	}
	if got := len(fake.Messages(slackfake.General)); got != 2 {
		t.Errorf("%d messages stand in the channel, want the parent and what was broadcast", got)
	}
	got, page := replies(first.TS, map[string]any{"limit": 2})
	if !slices.Equal(got, []string{"parent", "one", "two"}) || !page.HasMore {
		t.Errorf("first page: got %q, more %v", got, page.HasMore)
	}
	if got, page := replies(parent, map[string]any{"cursor": page.Meta.Cursor}); !slices.Equal(got, []string{"parent", "three"}) || page.HasMore {
		t.Errorf("second page: got %q, more %v", got, page.HasMore)
	}
	if got, _ := replies(parent, map[string]any{"oldest": first.TS}); !slices.Equal(got, []string{"parent", "two", "three"}) {
		t.Errorf("after the first: got %q", got)
	}
	remove := func(ts string) reply {
		return call(t, base, "chat.delete", slackfake.BotToken, map[string]any{"channel": slackfake.General, "ts": ts})
	}
	if r := remove(parent); !r.OK {
		t.Errorf("got %+v", r)
	}
	if got, _ := replies(parent, nil); !slices.Equal(got, []string{"This message was deleted.", "one", "two", "three"}) {
		t.Errorf("a removed parent: got %q", got)
	}
	for _, m := range fake.Replies(slackfake.General, parent) {
		remove(m.TS)
	}
	if _, r := replies(parent, nil); r.Error != "thread_not_found" {
		t.Errorf("got %+v", r)
	}
	if r := post("late", parent, nil); !r.OK || r.Message.Thread != "" || len(fake.Messages(slackfake.General)) != 1 {
		t.Errorf("a reply to nothing: got %+v, want a message in the channel", r.Message)
	}
}

func TestUpdateAndDelete(t *testing.T) {
	fake, base := start(t)
	posted := call(t, base, "chat.postMessage", slackfake.BotToken, map[string]any{
		"channel": slackfake.General, "text": "old", "blocks": list{header("old")}, "metadata": map[string]any{"event_type": "part", "event_payload": map[string]any{"key": "k"}},
	})
	update := func(args map[string]any) reply {
		all := map[string]any{"channel": slackfake.General, "ts": posted.TS, "text": "new"}
		maps.Copy(all, args)
		return call(t, base, "chat.update", slackfake.BotToken, all)
	}
	for want, args := range map[string]map[string]any{
		"message_not_found": {"ts": "1.000001"},
		"msg_too_long":      {"text": strings.Repeat("长", 1334)},
		"invalid_blocks":    {"blocks": list{header(strings.Repeat("x", 151))}},
		"channel_not_found": {"channel": "C0NOWHERE1"},
	} {
		if r := update(args); r.Error != want {
			t.Errorf("got %+v, want %s", r, want)
		}
	}
	if r := update(map[string]any{"text": "new <!channel>", "blocks": list{header("new")}}); !r.OK || r.TS != posted.TS {
		t.Errorf("got %+v", r)
	}
	m := fake.Messages(slackfake.General)[0]
	if m.Text != "new <!channel>" || !m.Edited || !strings.Contains(string(m.Blocks), "new") || !strings.Contains(string(m.Metadata), `"k"`) || len(m.Notified) != 0 {
		t.Errorf("got %s, notified %q", m.JSON(), m.Notified)
	}
	fake.AddChannel(slackfake.Channel{ID: slackfake.General, Member: true, Archived: true})
	if r := update(nil); r.Error != "is_inactive" {
		t.Errorf("got %+v", r)
	}
	for _, want := range []string{"", "message_not_found"} {
		if r := call(t, base, "chat.delete", slackfake.BotToken, map[string]any{"channel": slackfake.General, "ts": posted.TS}); r.Error != want {
			t.Errorf("got %+v, want %q", r, want)
		}
	}
	if n := len(fake.Messages(slackfake.General)); n != 0 {
		t.Errorf("%d messages stand there", n)
	}
}

func TestNotified(t *testing.T) {
	leaf := func(leaf map[string]any) list {
		return list{{"type": "rich_text", "elements": list{{"type": "rich_text_section", "elements": list{leaf}}}}}
	}
	for name, tt := range map[string]struct {
		args map[string]any
		want []string
	}{
		"nobody":       {map[string]any{"text": "@here &lt;!channel&gt;"}, nil},
		"text":         {map[string]any{"text": "<!channel> <!subteam^S0GROUP001> <!subteam^S0GROUP001|@x> <@U0READER01>"}, []string{"channel", "S0GROUP001", "U0READER01"}},
		"names":        {map[string]any{"text": "@here", "link_names": true}, []string{"here"}},
		"parse":        {map[string]any{"text": "@everyone", "parse": "full"}, []string{"everyone"}},
		"mrkdwn":       {map[string]any{"text": "x", "blocks": list{section("<!here>")}}, []string{"here"}},
		"plain":        {map[string]any{"text": "x", "blocks": list{header("<!here>")}}, nil},
		"leaf":         {map[string]any{"text": "x", "blocks": leaf(map[string]any{"type": "text", "text": "<!here>"})}, nil},
		"group":        {map[string]any{"text": "x", "blocks": leaf(map[string]any{"type": "usergroup", "usergroup_id": "S0GROUP001"})}, []string{"S0GROUP001"}},
		"broadcast":    {map[string]any{"text": "x", "blocks": leaf(map[string]any{"type": "broadcast", "range": "channel"})}, []string{"channel"}},
		"in a thread":  {map[string]any{"text": "<!here>", "thread_ts": "1.000001"}, []string{"here"}},
		"only a time":  {map[string]any{"text": "<!date^1^{date}|then>"}, nil},
		"user as leaf": {map[string]any{"text": "x", "blocks": leaf(map[string]any{"type": "user", "user_id": "U0READER01"})}, []string{"U0READER01"}},
	} {
		fake, base := start(t)
		tt.args["channel"] = slackfake.General
		if r := call(t, base, "chat.postMessage", slackfake.BotToken, tt.args); !r.OK {
			t.Errorf("%s: got %+v", name, r)
		}
		if got := fake.Notified(slackfake.General); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestHistoryLags(t *testing.T) {
	fake, base := start(t)
	fake.Lag = time.Hour
	call(t, base, "chat.postMessage", slackfake.BotToken, map[string]any{"channel": slackfake.General, "text": "x"})
	if r := call(t, base, "conversations.history", slackfake.BotToken, map[string]any{"channel": slackfake.General}); !r.OK || len(r.Messages) != 0 {
		t.Errorf("got %+v, want nothing yet", r)
	}
	if len(fake.Messages(slackfake.General)) != 1 {
		t.Error("the message is not there")
	}
}

func TestLimits(t *testing.T) {
	fake, base := start(t)
	fake.Gap, fake.PerMinute = time.Hour, 2
	fake.AddChannel(slackfake.Channel{ID: slackfake.Random, Member: true})
	fake.AddChannel(slackfake.Channel{ID: "C0THIRD001", Member: true})
	for _, tt := range []struct{ channel, wait string }{
		{slackfake.General, ""}, {slackfake.General, "3600"}, {slackfake.Random, ""}, {"C0THIRD001", "60"},
	} {
		r := call(t, base, "chat.postMessage", slackfake.BotToken, map[string]any{"channel": tt.channel, "text": "x"})
		if limited := r.Status == http.StatusTooManyRequests; limited != (tt.wait != "") || r.RetryAfter != tt.wait {
			t.Errorf("%s: got %+v, want to wait %q", tt.channel, r, tt.wait)
		}
	}
	if n := fake.Limited(); n != 2 {
		t.Errorf("%d requests were limited, want 2", n)
	}
}

func TestLongTextBecomesSeveralMessages(t *testing.T) {
	fake, base := start(t)
	call(t, base, "chat.postMessage", slackfake.BotToken, map[string]any{"channel": slackfake.General, "text": strings.Repeat("长", 4001)})
	if n := len(fake.Messages(slackfake.General)); n != 2 {
		t.Errorf("got %d messages, want 2", n)
	}
}

func TestFormsAndLookups(t *testing.T) {
	_, base := start(t)
	form := func(method string, args url.Values) reply {
		req, err := http.NewRequest(http.MethodPost, base+"/api/"+method, strings.NewReader(args.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return do(t, req)
	}
	if r := form("auth.test", url.Values{"token": {slackfake.BotToken}}); !r.OK || r.BotID == "" {
		t.Errorf("auth.test: got %+v", r)
	}
	for id, admin := range map[string]bool{slackfake.Reader: false, slackfake.Admin: true} {
		if r := form("users.info", url.Values{"token": {slackfake.BotToken}, "user": {id}}); !r.OK || r.User.IsAdmin != admin {
			t.Errorf("users.info %s: got %+v", id, r.User)
		}
	}
	if r := form("users.info", url.Values{"token": {slackfake.BotToken}, "user": {"U0NOBODY01"}}); r.Error != "user_not_found" {
		t.Errorf("got %+v", r)
	}
	if r := form("conversations.info", url.Values{"token": {slackfake.BotToken}, "channel": {slackfake.Random}}); !r.OK {
		t.Errorf("got %+v", r)
	}
	if r := form("chat.postEphemeral", url.Values{"token": {slackfake.BotToken}, "channel": {slackfake.General}, "user": {slackfake.Reader}, "text": {"psst"}}); !r.OK {
		t.Errorf("got %+v", r)
	}
	if r := form("no.such", url.Values{"token": {slackfake.BotToken}}); r.Error != "unknown_method" {
		t.Errorf("got %+v", r)
	}
}

func TestFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		fault  slackfake.Fault
		status int
		posted int
	}{
		"lost":    {slackfake.AnswerLost, 0, 1},
		"garbled": {slackfake.Garbled, 200, 1},
		"502":     {slackfake.ServerErrorAfter, 502, 1},
		"500":     {slackfake.ServerError, 500, 0},
		"limited": {slackfake.Limited("2"), 429, 0},
		"refused": {slackfake.Forbidden, 200, 0},
	} {
		t.Run(name, func(t *testing.T) {
			fake, base := start(t)
			fake.Fail("chat.postMessage", tt.fault)
			body := url.Values{"token": {slackfake.BotToken}, "channel": {slackfake.General}, "text": {"x"}}
			resp, err := http.PostForm(base+"/api/chat.postMessage", body)
			status := 0
			if err == nil {
				status = resp.StatusCode
				_ = resp.Body.Close()
			}
			if status != tt.status || len(fake.Messages(slackfake.General)) != tt.posted {
				t.Errorf("got status %d and %d posted, want %d and %d", status, len(fake.Messages(slackfake.General)), tt.status, tt.posted)
			}
		})
	}
}

// dial opens a Socket Mode connection and reads its hello.
func dial(t *testing.T, base string) *websocket.Conn {
	t.Helper()
	opened := call(t, base, "apps.connections.open", slackfake.AppToken, nil)
	if !opened.OK {
		t.Fatalf("apps.connections.open: got %+v", opened)
	}
	ws, resp, err := websocket.DefaultDialer.Dial(opened.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	if hello := read(t, ws); hello["type"] != "hello" {
		t.Fatalf("got %v, want hello", hello)
	}
	if _, _, err := websocket.DefaultDialer.Dial(opened.URL, nil); err == nil {
		t.Error("the address of a connection worked twice")
	}
	return ws
}

func read(t *testing.T, ws *websocket.Conn) map[string]any {
	t.Helper()
	var m map[string]any
	if err := ws.ReadJSON(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSocketMode(t *testing.T) {
	fake, base := start(t)
	fake.AckWait = 20 * time.Millisecond
	ws := dial(t, base)
	act, err := fake.Say(t.Context(), slackfake.Reader, slackfake.General, "/digest tag AI")
	if err != nil {
		t.Fatal(err)
	}
	first := read(t, ws)
	payload, _ := first["payload"].(map[string]any)
	if first["type"] != "slash_commands" || payload["command"] != "/digest" || payload["text"] != "tag AI" || payload["user_id"] != slackfake.Reader {
		t.Fatalf("got %v", first)
	}
	if again := read(t, ws); again["envelope_id"] != first["envelope_id"] {
		t.Fatalf("an envelope that nobody acknowledged does not come again: %v", again)
	}
	if err := ws.WriteJSON(map[string]any{"envelope_id": first["envelope_id"]}); err != nil {
		t.Fatal(err)
	}
	if err := act.Acknowledged(t.Context()); err != nil {
		t.Fatal(err)
	}

	hook, _ := payload["response_url"].(string)
	body := `{"text":"x","response_type":"ephemeral","blocks":[{"type":"actions","elements":[{"type":"button","action_id":"a","value":"/digest latest","text":{"type":"plain_text","text":"Latest"}}]}]}`
	for use := range 6 {
		resp, err := http.Post(hook, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if want := use < 5; (resp.StatusCode == http.StatusOK) != want {
			t.Errorf("use %d of a response URL: status %d", use+1, resp.StatusCode)
		}
	}
	replies, err := act.Replies(t.Context(), 5)
	if err != nil || replies[0].To != slackfake.Reader {
		t.Errorf("got %v %v, want an answer to the reader alone", replies, err)
	}

	if _, err := fake.Press(t.Context(), slackfake.Reader, slackfake.General, "Latest"); err != nil {
		t.Fatal(err)
	}
	press := read(t, ws)
	for press["envelope_id"] == first["envelope_id"] {
		press = read(t, ws) // a late redelivery
	}
	payload, _ = press["payload"].(map[string]any)
	actions, _ := payload["actions"].([]any)
	if press["type"] != "interactive" || payload["type"] != "block_actions" || len(actions) != 1 || actions[0].(map[string]any)["value"] != "/digest latest" {
		t.Fatalf("got %v", press)
	}
	if _, err := fake.Press(t.Context(), slackfake.Admin, slackfake.General, "Latest"); err == nil {
		t.Error("an admin pressed a button that only the reader sees")
	}

	fake.Disconnect("refresh_requested")
	for {
		if m := read(t, ws); m["type"] == "disconnect" {
			break
		}
	}
}
