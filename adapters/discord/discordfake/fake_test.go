package discordfake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

const (
	token = "token"
	here  = "200000000000000001"
	there = "200000000000000002"
)

// bot talks to a fake as a bot would, without an SDK.
type bot struct {
	t   *testing.T
	url string
	*Fake
}

func newBot(t *testing.T) *bot {
	t.Helper()
	f := New(token)
	f.AddChannel(Channel{ID: here, Guild: "100000000000000001"})
	f.AddChannel(Channel{ID: there, Guild: "100000000000000001"})
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return &bot{t: t, url: server.URL, Fake: f}
}

// answer is the response to a request.
type answer struct {
	status int
	header http.Header
	body   string
	fields map[string]any
}

func (b *bot) call(method, path, body string) answer {
	b.t.Helper()
	req, err := http.NewRequest(method, b.url+"/api/v10"+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bot "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(raw)}
	_ = json.Unmarshal(raw, &a.fields) // lists have no fields
	return a
}

func (b *bot) post(channel, body string) answer {
	b.t.Helper()
	return b.call("POST", "/channels/"+channel+"/messages", body)
}

func (b *bot) want(a answer, status, code int) {
	b.t.Helper()
	got, _ := a.fields["code"].(float64)
	if a.status != status || int(got) != code {
		b.t.Errorf("got %d, code %v: %s; want %d, code %d", a.status, got, a.body, status, code)
	}
}

func TestNonce(t *testing.T) {
	b := newBot(t)
	b.NonceWindow = 100 * time.Millisecond
	const body = `{"content":"a","nonce":"k1","enforce_nonce":true}`
	first := b.post(here, body)
	second := b.post(here, body)
	elsewhere := b.post(there, body)
	for name, a := range map[string]answer{"again": second, "in another channel": elsewhere} {
		if a.status != 200 || a.fields["id"] != first.fields["id"] {
			t.Errorf("%s: got %s, want the first message", name, a.body)
		}
	}
	if len(b.Messages(here)) != 1 || len(b.Messages(there)) != 0 {
		t.Error("a nonce made a second message")
	}
	b.post(here, `{"content":"b","nonce":"k1"}`)
	if len(b.Messages(here)) != 2 {
		t.Error("a nonce that is not enforced kept a message back")
	}
	time.Sleep(b.NonceWindow)
	if late := b.post(here, body); late.fields["id"] == first.fields["id"] || len(b.Messages(here)) != 3 {
		t.Error("a nonce was remembered for longer than its window")
	}
	b.post(here, `{"content":"c","nonce":"k2","enforce_nonce":true}`)
	b.Delete(here, b.Messages(here)[3].ID)
	b.want(b.post(here, `{"content":"c","nonce":"k2","enforce_nonce":true}`), 404, 10008)
}

func TestLimits(t *testing.T) {
	long := strings.Repeat
	for _, test := range []struct {
		name, body   string
		status, code int
		path         string // in the tree of errors
	}{
		{"text of 2000", `{"content":"` + long("漢", 2000) + `"}`, 200, 0, ""},
		{"text of 2001", `{"content":"` + long("漢", 2001) + `"}`, 400, 50035, `{"content":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH"`},
		{"nothing", `{"content":" "}`, 400, 50006, ""},
		{"no JSON", `{`, 400, 50109, ""},
		{"a number for text", `{"content":1}`, 400, 50035, ""},
		{"title of 256 and spaces", `{"embeds":[{"title":"` + long("a", 256) + `   "}]}`, 200, 0, ""},
		{"title of 257", `{"embeds":[{"title":"` + long("a", 257) + `"}]}`, 400, 50035, `"embeds":{"0":{"title":`},
		{"description of 4096 emoji", `{"embeds":[{"description":"` + long("é", 4096) + `"}]}`, 200, 0, ""},
		{"description of 4097", `{"embeds":[{"description":"` + long("a", 4097) + `"}]}`, 400, 50035, `"embeds":{"0":{"description":`},
		{"6001 in all", `{"embeds":[{"description":"` + long("a", 3001) + `"},{"description":"` + long("a", 3000) + `"}]}`, 400, 50035, "MAX_EMBED_SIZE_EXCEEDED"},
		{"eleven embeds", `{"embeds":[{"title":"a"}` + long(`,{"title":"a"}`, 10) + `]}`, 400, 50035, `"embeds":{"_errors"`},
		{"an empty embed", `{"embeds":[{"color":1}]}`, 400, 50035, `"0":{"description"`},
		{"a script for a link", `{"embeds":[{"title":"a","url":"javascript:alert(1)"}]}`, 400, 50035, `"url":`},
		{"too many bytes", `{"embeds":[{"description":"` + long("😀", 3500) + `"}]}`, 500, 0, ""},
		{"six buttons in a row", `{"components":[{"type":1,"components":[` + long(`{"type":2,"style":2,"label":"a","custom_id":"a"},`, 5) + `{"type":2,"style":2,"label":"a","custom_id":"b"}]}]}`, 400, 50035, "BASE_TYPE_BAD_LENGTH"},
		{"a custom id twice", `{"components":[{"type":1,"components":[{"type":2,"style":2,"label":"a","custom_id":"a"},{"type":2,"style":2,"label":"b","custom_id":"a"}]}]}`, 400, 50035, "COMPONENT_CUSTOM_ID_DUPLICATED"},
		{"a label of 81", `{"components":[{"type":1,"components":[{"type":2,"style":2,"label":"` + long("a", 81) + `","custom_id":"a"}]}]}`, 400, 50035, `"label":`},
		{"a nonce of 26", `{"content":"a","nonce":"` + long("a", 26) + `"}`, 400, 50035, `"nonce":`},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBot(t)
			a := b.post(here, test.body)
			b.want(a, test.status, test.code)
			if !strings.Contains(a.body, test.path) {
				t.Errorf("got %s, want %s in it", a.body, test.path)
			}
			if posted := len(b.Messages(here)) == 1; posted != (test.status == 200) {
				t.Errorf("posted: %v", posted)
			}
		})
	}
}

func TestRights(t *testing.T) {
	b := newBot(t)
	b.want(b.post("200000000000000009", `{"content":"a"}`), 404, 10003)
	b.AddChannel(Channel{ID: here, NoPosts: true})
	b.want(b.post(here, `{"content":"a"}`), 403, 50013)
	b.AddChannel(Channel{ID: here, NoAccess: true})
	b.want(b.post(here, `{"content":"a"}`), 403, 50001)
	b.AddChannel(Channel{ID: here, NoHistory: true})
	b.post(here, `{"content":"a"}`)
	if a := b.call("GET", "/channels/"+here+"/messages", ""); a.status != 200 || strings.TrimSpace(a.body) != "[]" {
		t.Errorf("without the permission the history is %s, want an empty list", a.body)
	}
	b.want(b.call("GET", "/channels/"+here+"/messages/1", ""), 403, 50013)
	b.Token = "another"
	b.want(b.post(here, `{"content":"a"}`), 401, 0)
	b.want(b.call("GET", "/nowhere", ""), 404, 0)
}

func TestHistory(t *testing.T) {
	b := newBot(t)
	var ids []string
	for i := range 5 {
		ids = append(ids, b.Post(here, "1", time.Now().Add(time.Duration(i)*time.Second), fmt.Sprintf(`{"content":"%d"}`, i)).ID)
	}
	for query, want := range map[string]string{
		"":                          "43210",
		"?limit=2":                  "43",
		"?limit=2&after=" + ids[0]:  "21", // the oldest after it, newest first
		"?limit=2&before=" + ids[3]: "21",
		"?limit=3&around=" + ids[2]: "321",
		"?after=" + ids[4]:          "",
	} {
		var list []struct{ Content string }
		if err := json.Unmarshal([]byte(b.call("GET", "/channels/"+here+"/messages"+query, "").body), &list); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, m := range list {
			got += m.Content
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	b.want(b.call("GET", "/channels/"+here+"/messages?limit=101", ""), 400, 50035)
	b.want(b.call("GET", "/channels/"+here+"/messages/"+ids[1], ""), 200, 0)
	b.want(b.call("PATCH", "/channels/"+here+"/messages/"+ids[1], `{"content":"x"}`), 403, 50005)
	if a := b.call("DELETE", "/channels/"+here+"/messages/"+ids[1], ""); a.status != 204 || len(b.Messages(here)) != 4 {
		t.Errorf("delete gave %d", a.status)
	}
	own := b.post(here, `{"content":"before"}`).fields["id"].(string)
	if a := b.call("PATCH", "/channels/"+here+"/messages/"+own, `{"content":"after"}`); a.fields["content"] != "after" {
		t.Errorf("edit gave %s", a.body)
	}
}

func TestPostLimit(t *testing.T) {
	b := newBot(t)
	b.PostLimit, b.PostWindow = 2, time.Minute
	for i, left := range []string{"1", "0"} {
		if a := b.post(here, `{"content":"a"}`); a.status != 200 || a.header.Get("X-RateLimit-Remaining") != left {
			t.Errorf("post %d: got %d, %s remaining", i, a.status, a.header.Get("X-RateLimit-Remaining"))
		}
	}
	a := b.post(here, `{"content":"a"}`)
	after, _ := a.fields["retry_after"].(float64)
	if a.status != 429 || after <= 0 || a.header.Get("Retry-After") == "" {
		t.Errorf("got %d: %s", a.status, a.body)
	}
	if a := b.post(there, `{"content":"a"}`); a.status != 200 {
		t.Errorf("another channel: got %d", a.status)
	}
}

func TestCommands(t *testing.T) {
	const path = "/applications/" + AppID + "/commands"
	b := newBot(t)
	b.want(b.call("PUT", path, `[{"name":"Digest","description":"x"}]`), 400, 50035)
	b.want(b.call("PUT", path, `[{"name":"digest","description":""}]`), 400, 50035)
	b.want(b.call("PUT", path, `[{"name":"digest","description":"x","options":[{"type":3,"name":"a","description":"x"},{"type":3,"name":"b","description":"x","required":true}]}]`), 400, 50035)
	b.want(b.call("PUT", "/applications/1/commands", `[]`), 403, 20012)
	if a := b.call("PUT", path, `[{"name":"digest","description":"x"}]`); a.status != 200 {
		t.Fatalf("got %s", a.body)
	}
	if a := b.call("GET", path, ""); !strings.Contains(a.body, `"name":"digest"`) || !strings.Contains(a.body, `"type":1`) {
		t.Errorf("got %s", a.body)
	}
}

// wire is a connection to the gateway.
type wire struct {
	t *testing.T
	*websocket.Conn
}

func (b *bot) connect() wire {
	b.t.Helper()
	url, _ := b.call("GET", "/gateway/bot", "").fields["url"].(string)
	conn, _, err := websocket.DefaultDialer.Dial(url+"?v=10&encoding=json", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = conn.Close() })
	return wire{b.t, conn}
}

func (w wire) say(s string) {
	w.t.Helper()
	if err := w.WriteMessage(websocket.TextMessage, []byte(s)); err != nil {
		w.t.Fatal(err)
	}
}

// hear reads the next event, which must have this op and type.
func (w wire) hear(op int, kind string) map[string]any {
	w.t.Helper()
	var e struct {
		Op   int            `json:"op"`
		Type string         `json:"t"`
		Data map[string]any `json:"d"`
	}
	_ = w.SetReadDeadline(time.Now().Add(10 * time.Second))
	if err := w.ReadJSON(&e); err != nil && !strings.Contains(err.Error(), "bool") { // op 9 has a bool
		w.t.Fatal(err)
	}
	if e.Op != op || e.Type != kind {
		w.t.Fatalf("got op %d %s, want op %d %s", e.Op, e.Type, op, kind)
	}
	return e.Data
}

const identify = `{"op":2,"d":{"token":"token","intents":0,"properties":{"os":"linux"}}}`

func TestGatewayHandshake(t *testing.T) {
	b := newBot(t)
	w := b.connect()
	if w.hear(10, "")["heartbeat_interval"] == nil {
		t.Error("HELLO has no interval")
	}
	w.say(identify)
	ready := w.hear(0, "READY")
	w.say(`{"op":1,"d":1}`)
	w.hear(11, "")
	if b.Count("IDENTIFY") != 1 || !b.Connected() {
		t.Error("the bot is not connected after IDENTIFY")
	}
	_ = w.Close()

	again := b.connect()
	again.hear(10, "")
	again.say(fmt.Sprintf(`{"op":6,"d":{"token":"token","session_id":%q,"seq":1}}`, ready["session_id"]))
	again.hear(0, "RESUMED")
	_ = again.Close()

	stranger := b.connect()
	stranger.hear(10, "")
	stranger.say(`{"op":6,"d":{"token":"token","session_id":"1","seq":1}}`)
	stranger.hear(9, "")

	for name, test := range map[string]struct {
		says string
		code int
	}{
		"wrong token": {`{"op":2,"d":{"token":"x","intents":0,"properties":{}}}`, 4004},
		"no intents":  {`{"op":2,"d":{"token":"token"}}`, 4002},
		"unknown op":  {`{"op":77}`, 4001},
	} {
		w := b.connect()
		w.hear(10, "")
		w.say(test.says)
		_, _, err := w.ReadMessage()
		if closed, ok := errors.AsType[*websocket.CloseError](err); !ok || closed.Code != test.code {
			t.Errorf("%s: got %v, want close code %d", name, err, test.code)
		}
	}
}

func TestInteraction(t *testing.T) {
	b := newBot(t)
	b.AckLimit = 200 * time.Millisecond
	b.call("PUT", "/applications/"+AppID+"/commands", `[{"name":"digest","description":"x","options":[{"type":1,"name":"tag","description":"x","options":[{"type":3,"name":"tag","description":"x","required":true}]}]}]`)
	reader := Person{ID: "3", Name: "reader"}
	if _, err := b.Say(reader, here, "/digest tag AI"); !errors.Is(err, errNobody) {
		t.Errorf("without a bot: got %v", err)
	}
	w := b.connect()
	w.hear(10, "")
	w.say(identify)
	w.hear(0, "READY")
	for _, line := range []string{"/digest", "/digest nope", "/digest tag", "/other"} {
		if _, err := b.Say(reader, here, line); err == nil {
			t.Errorf("%s: the fake took it", line)
		}
	}
	asked, err := b.Say(reader, here, "/digest tag open source")
	if err != nil {
		t.Fatal(err)
	}
	event := w.hear(0, "INTERACTION_CREATE")
	if data, _ := json.Marshal(event["data"]); !bytes.Contains(data, []byte(`"value":"open source"`)) {
		t.Errorf("got %s", data)
	}
	callback := "/interactions/" + asked.ID + "/" + asked.Token() + "/callback"
	original := "/webhooks/" + AppID + "/" + asked.Token() + "/messages/@original"
	b.want(b.call("PATCH", original, `{"content":"early"}`), 404, 10015)
	if a := b.call("POST", callback, `{"type":5,"data":{"flags":64}}`); a.status != 204 {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	b.want(b.call("POST", callback, `{"type":5}`), 400, 40060)
	b.want(b.call("PATCH", original, `{"content":""}`), 400, 50006)
	b.call("PATCH", original, `{"content":"one"}`)
	b.call("POST", "/webhooks/"+AppID+"/"+asked.Token(), `{"content":"two"}`)
	got, err := asked.Wait(t.Context(), 2)
	if err != nil || !got.Private || len(got.Replies) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}

	late, err := b.Say(reader, here, "/digest tag AI")
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(b.AckLimit)
	b.want(b.call("POST", "/interactions/"+late.ID+"/"+late.Token()+"/callback", `{"type":5}`), 404, 10062)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := late.Wait(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want that nothing came", err)
	}
}
