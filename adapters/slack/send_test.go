package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest/specimens"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

const payloadOfTest = `{"text":"x","blocks":[{"type":"divider"},{"type":"divider"}]}`

func (s *stage) post(t *testing.T, key chat.Key) (chat.Receipt, error) {
	t.Helper()
	return s.Send(t.Context(), s.channel, chat.Payload(payloadOfTest), key)
}

func TestOutcomeOfEveryAnswer(t *testing.T) {
	answer := func(status int, body string) slackfake.Fault { return slackfake.Fault{Status: status, Body: body} }
	for _, tt := range []struct {
		name  string
		fault slackfake.Fault
		want  chat.Outcome
		wait  time.Duration
	}{
		{"429", slackfake.Limited("7"), chat.Retryable, 7 * time.Second},
		{"429 without advice", slackfake.Limited(""), chat.Retryable, 0},
		{"429 with a fraction", slackfake.Limited("1.5"), chat.Retryable, 1500 * time.Millisecond},
		{"429 with zero", slackfake.Limited("0"), chat.Retryable, 0},
		{"429 with less", slackfake.Limited("-5"), chat.Retryable, 0},
		{"429 with nonsense", slackfake.Limited("soon"), chat.Retryable, 0},
		{"429 with no number", slackfake.Limited("NaN"), chat.Retryable, 0},
		{"429 with a huge number", slackfake.Limited("1e300"), chat.Retryable, 24 * time.Hour},
		{"429 of a proxy", answer(429, "<html>"), chat.Retryable, 0},
		{"full workspace", slackfake.Refused("message_limit_exceeded"), chat.Retryable, 5 * time.Minute},
		{"empty", answer(200, ""), chat.InDoubt, 0},
		{"half", answer(200, `{"ok":true,"ts":"1`), chat.InDoubt, 0},
		{"null", answer(200, "null"), chat.InDoubt, 0},
		{"other type", answer(200, `{"ok":true,"ts":17}`), chat.InDoubt, 0},
		{"list", answer(200, "[]"), chat.InDoubt, 0},
		{"neither", answer(200, "{}"), chat.InDoubt, 0},
		{"ok in words", answer(200, `{"ok":"true","ts":"1.000001"}`), chat.InDoubt, 0},
		{"comma at the end", answer(200, `{"ok":true,"ts":"1.000001",}`), chat.InDoubt, 0},
		{"one bracket too many", answer(200, `{"ok":true,"ts":"1.000001"}}`), chat.InDoubt, 0},
		{"two answers", answer(200, `{"ok":true,"ts":"1.000001"}{"ok":true,"ts":"1.000002"}`), chat.InDoubt, 0},
		{"in a page", answer(200, `<html>{"ok":true,"ts":"1.000001"}</html>`), chat.InDoubt, 0},
		{"half, refused", answer(200, `{"ok":false,"error":"invalid_auth"`), chat.InDoubt, 0},
		{"refused in numbers", answer(200, `{"ok":false,"error":7}`), chat.InDoubt, 0},
		{"message of other type", answer(200, `{"ok":true,"ts":"1.000001","message":"x"}`), chat.InDoubt, 0},
		{"ok without ts", answer(200, `{"ok":true,"channel":"C0GENERAL1"}`), chat.InDoubt, 0},
		{"refused without why", answer(200, `{"ok":false}`), chat.InDoubt, 0},
		{"401 of Slack", answer(401, `{"ok":false,"error":"invalid_auth"}`), chat.RejectedAccount, 0},
		{"redirect", slackfake.Fault{Status: 307, Header: http.Header{"Location": {"/api/chat.postMessage"}}}, chat.InDoubt, 0},
		{"403 of a proxy", answer(403, "<html>"), chat.InDoubt, 0},
		{"404 of a proxy", answer(404, "<html>"), chat.InDoubt, 0},
		{"204", answer(204, ""), chat.InDoubt, 0},
		{"408", answer(408, ""), chat.InDoubt, 0},
		{"500", answer(500, `{"ok":false,"error":"invalid_auth"}`), chat.InDoubt, 0},
		{"503", answer(503, "<html>"), chat.InDoubt, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, env(quiet))
			s.fake.Fail("chat.postMessage", tt.fault)
			_, err := s.post(t, "k")
			failed, ok := errors.AsType[*chat.SendError](err)
			if !ok || failed.Outcome != tt.want || failed.RetryAfter != tt.wait {
				t.Errorf("got %#v, want %v after %v", err, tt.want, tt.wait)
			}
			if n := s.fake.Calls("chat.postMessage"); n != 1 {
				t.Errorf("one Send made %d requests", n)
			}
		})
	}
}

func TestSendStampsAndAddsNothingElse(t *testing.T) {
	s := open(t, env(quiet))
	if _, err := s.post(t, "thekey"); err != nil {
		t.Fatal(err)
	}
	var m struct {
		Text     string
		Metadata json.RawMessage
		Blocks   []map[string]string
	}
	if err := json.Unmarshal(s.fake.Messages(slackfake.General)[0].JSON(), &m); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(m.Text, m.Blocks); got != "x[map[block_id:dg:thekey type:divider] map[block_id:b1 type:divider]]" {
		t.Errorf("got %s", got)
	}
	if got := string(m.Metadata); got != `{"event_payload":{"key":"thekey"},"event_type":"digest_part"}` {
		t.Errorf("metadata: got %s", got)
	}
	for _, p := range []string{"", "null", "[]", `{"blocks":{}}`, `{"blocks":[1]}`, `{"blocks":[null]}`} {
		if _, err := s.Send(t.Context(), s.channel, chat.Payload(p), "k"); chat.OutcomeOf(err) != chat.RejectedPayload {
			t.Errorf("payload %q: got %v", p, err)
		}
	}
}

// TestOnlyPlaceAndKeyAreAdded compares what is sent with what was laid out.
func TestOnlyPlaceAndKeyAreAdded(t *testing.T) {
	s := open(t, env(quiet))
	const rest = `"unfurl_links":false,"unfurl_media":false,"parse":"none","link_names":false`
	payloads := []chat.Payload{
		chat.Payload(`{"text":"\"blocks\":[{ <!channel>",` + rest + ` , "blocks" : [ { "type":"divider","of":[1.50,-2e3,null,{"a\u0062<":"\u2028&"}] } ] } `),
		chat.Payload(`{"text":"without blocks",` + rest + `}`),
	}
	for _, specimen := range specimens.All() {
		payloads = append(payloads, rendered(t, specimen.Message)...)
	}
	for _, p := range payloads {
		data, err := s.addressed(p, target{Channel: s.channel.ID, Thread: "1.000001"}, "thekey")
		if err != nil {
			t.Fatal(err)
		}
		var want, got map[string]any
		if err := errors.Join(json.Unmarshal(p, &want), json.Unmarshal(data, &got)); err != nil {
			t.Fatal(err)
		}
		want["channel"], want["thread_ts"] = s.channel.ID, "1.000001"
		want["metadata"] = map[string]any{"event_type": eventType, "event_payload": map[string]any{"key": "thekey"}}
		if blocks, ok := want["blocks"].([]any); ok && len(blocks) > 0 {
			blocks[0].(map[string]any)["block_id"] = "dg:thekey"
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %s, want what was laid out, with its place and key: %s", data, p)
		}
	}
}

func TestReceiptLeadsToTheMessage(t *testing.T) {
	s := open(t, env(quiet))
	first, err := s.post(t, "one")
	if err != nil || first.URL != "" {
		t.Fatalf("got %+v %v; one Send is one request, so nobody has said yet where the workspace is", first, err)
	}
	found, err := s.Find(t.Context(), s.channel, "one", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	want := "https://fake-team.slack.com/archives/C0GENERAL1/p" + strings.Replace(first.ID, ".", "", 1)
	if found.URL != want || found.ID != first.ID {
		t.Errorf("got %+v, want %s", found, want)
	}
	second, err := s.post(t, "two")
	if err != nil || second.URL == "" || s.fake.Calls("auth.test") != 1 {
		t.Errorf("got %+v %v", second, err)
	}
}

func TestThread(t *testing.T) {
	s := open(t, env(quiet))
	began := time.Now()
	parent, err := s.post(t, "parent")
	if err != nil {
		t.Fatal(err)
	}
	thread := chat.Under(parent)
	if _, err := s.Find(t.Context(), thread, "absent", began); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("in a message without replies: got %v, want ErrNotFound", err)
	}
	var last chat.Receipt
	for i := range pageSize + 1 {
		if last, err = s.Send(t.Context(), thread, chat.Payload(payloadOfTest), chat.Key(fmt.Sprint("reply", i))); err != nil {
			t.Fatal(err)
		}
	}
	found, err := s.Find(t.Context(), thread, chat.Key(fmt.Sprint("reply", pageSize)), began)
	want := "https://fake-team.slack.com/archives/C0GENERAL1/p" + strings.Replace(last.ID, ".", "", 1) + "?cid=C0GENERAL1&thread_ts=" + parent.ID
	if err != nil || found.ID != last.ID || found.Channel != thread || found.URL != want {
		t.Errorf("got %+v %v, want %s at %s", found, err, last.ID, want)
	}
	if n := len(s.fake.Messages(slackfake.General)); n != 1 {
		t.Errorf("%d messages stand in the channel, want the parent alone", n)
	}
}

// TestReplyToWhatWasRemoved: Slack puts it into the channel, where it must
// be found.
func TestReplyToWhatWasRemoved(t *testing.T) {
	s := open(t, env(quiet))
	began := time.Now()
	parent, err := s.post(t, "parent")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(t.Context(), parent); err != nil {
		t.Fatal(err)
	}
	thread := chat.Under(parent)
	if _, err := s.Find(t.Context(), thread, "reply", began); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	sent, err := s.Send(t.Context(), thread, chat.Payload(payloadOfTest), "reply")
	if err != nil || sent.Channel != s.channel {
		t.Errorf("got %+v %v, want a receipt of the channel", sent, err)
	}
	found, err := s.Find(t.Context(), thread, "reply", began)
	if err != nil || found.ID != sent.ID || found.Channel != s.channel {
		t.Errorf("got %+v %v, want %+v", found, err, sent)
	}
}
