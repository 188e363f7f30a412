package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest/specimens"

	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
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

// TestOnlyPlaceAndKeyAreAdded holds what is sent to what was laid out.
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

// TestFindReadsTheWholeWindow puts more messages over the one that is looked
// for than a page holds.
func TestFindReadsTheWholeWindow(t *testing.T) {
	s := open(t, env(quiet))
	began := time.Now()
	want, err := s.post(t, "wanted")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2*pageSize + 1 {
		if _, err := s.post(t, chat.Key(fmt.Sprint("other", i))); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Find(t.Context(), s.channel, "wanted", began)
	if err != nil || got.ID != want.ID {
		t.Errorf("got %+v %v, want %s", got, err, want.ID)
	}
	before := s.fake.Calls("conversations.history")
	if _, err := s.Find(t.Context(), s.channel, "absent", began); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if n := s.fake.Calls("conversations.history") - before; n != 3 {
		t.Errorf("the window was read with %d requests, want 3", n)
	}
	if _, err := s.Find(t.Context(), s.channel, "wanted", began.Add(time.Hour)); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a message before the window: got %v, want ErrNotFound", err)
	}
}

func TestFindTakesNothingForAbsenceButTheWholeWindow(t *testing.T) {
	history := func(body string) slackfake.Fault { return slackfake.Fault{Status: 200, Body: body} }
	for name, fault := range map[string]slackfake.Fault{
		"not in channel":  slackfake.Forbidden,
		"no channel":      slackfake.Refused("channel_not_found"),
		"limited":         slackfake.Limited("1"),
		"server error":    slackfake.ServerError,
		"garbled":         history("<html>"),
		"no messages":     history(`{"ok":true}`),
		"no next page":    history(`{"ok":true,"messages":[],"has_more":true}`),
		"second fails":    history(`{"ok":true,"messages":[],"has_more":true,"response_metadata":{"next_cursor":"nonsense"}}`),
		"own, unreadable": history(`{"ok":true,"messages":[{"bot_id":"B0FAKEBOT1","ts":"1.000001","blocks":"?"}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, env(quiet))
			s.fake.Fail("conversations.history", fault)
			if r, err := s.Find(t.Context(), s.channel, "k", time.Now()); err == nil || errors.Is(err, chat.ErrNotFound) {
				t.Errorf("got %+v %v, want an error that leaves it open", r, err)
			}
		})
	}
}

// TestFindTakesNothingForAbsenceWithoutMembership even if Slack showed an empty
// history.
func TestFindTakesNothingForAbsenceWithoutMembership(t *testing.T) {
	for name, tt := range map[string]struct {
		channel slackfake.Channel
		fault   *slackfake.Fault
		want    string
	}{
		"never invited": {slackfake.Channel{ID: slackfake.Random}, nil, "not_in_channel"},
		"private":       {slackfake.Channel{ID: slackfake.Random, Private: true}, nil, "channel_not_found"},
		"archived":      {slackfake.Channel{ID: slackfake.Random, Archived: true}, nil, "is_archived"},
		"unknown":       {slackfake.Channel{ID: slackfake.Random, Member: true}, &slackfake.Fault{Status: 200, Body: `{"ok":true}`}, "not_in_channel"},
		"server error":  {slackfake.Channel{ID: slackfake.Random, Member: true}, &slackfake.ServerError, "conversations.info"},
		"limited":       {slackfake.Channel{ID: slackfake.Random, Member: true}, new(slackfake.Limited("1")), "asks to wait"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, env(quiet))
			s.fake.AddChannel(tt.channel)
			if tt.fault != nil {
				s.fake.Fail("conversations.info", *tt.fault)
			}
			s.fake.Fail("conversations.history", slackfake.Fault{Status: 200, Body: `{"ok":true,"messages":[],"has_more":false}`})
			_, err := s.Find(t.Context(), chat.Channel{Adapter: "slack", ID: slackfake.Random}, "k", time.Now())
			if err == nil || errors.Is(err, chat.ErrNotFound) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error about %s", err, tt.want)
			}
			if n := s.fake.Calls("conversations.history"); n != 0 {
				t.Errorf("the history was read %d times", n)
			}
		})
	}
}

func TestFindReadsAnArchivedChannel(t *testing.T) {
	s := open(t, env(quiet))
	began := time.Now()
	sent, err := s.post(t, "k")
	if err != nil {
		t.Fatal(err)
	}
	s.fake.AddChannel(slackfake.Channel{ID: slackfake.General, Member: true, Archived: true})
	if found, err := s.Find(t.Context(), s.channel, "k", began); err != nil || found.ID != sent.ID {
		t.Errorf("got %+v %v, want %s", found, err, sent.ID)
	}
}

// TestFindInAHistoryOfSmallPages that has no metadata and is behind.
func TestFindInAHistoryOfSmallPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := crowd(t, 1)
		s.fake.PageLimit, s.fake.Forgetful, s.fake.Lag = 15, true, settle
		began := time.Now()
		wanted, err := s.post(t, "wanted")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			time.Sleep(gap)
			if _, err := s.post(t, chat.Key(fmt.Sprint("other", i))); err != nil {
				t.Fatal(err)
			}
		}
		last := time.Now()
		if _, err := s.Find(t.Context(), s.channel, "other39", began); err == nil || errors.Is(err, chat.ErrNotFound) {
			t.Errorf("right after it was posted: got %v, want an error that leaves it open", err)
		}
		time.Sleep(time.Until(last.Add(s.Capabilities().Settle)))
		for _, key := range []chat.Key{"wanted", "other39"} {
			if _, err := s.Find(t.Context(), s.channel, key, began); err != nil {
				t.Errorf("%s: got %v after it has settled", key, err)
			}
		}
		calls := s.fake.Calls("conversations.history")
		found, err := s.Find(t.Context(), s.channel, "wanted", began)
		if n := s.fake.Calls("conversations.history") - calls; err != nil || found.ID != wanted.ID || n != 3 {
			t.Errorf("got %+v %v with %d pages, want %s with 3", found, err, n, wanted.ID)
		}
	})
}

func TestFindKnowsItsOwn(t *testing.T) {
	for name, tt := range map[string]struct {
		message string
		found   bool
	}{
		"metadata":       {`{"bot_id":"B0FAKEBOT1","ts":"1.000001","metadata":{"event_type":"digest_part","event_payload":{"key":"k"}}}`, true},
		"block":          {`{"bot_id":"B0FAKEBOT1","ts":"1.000001","blocks":[{"block_id":"dg:k"}]}`, true},
		"other bot":      {`{"bot_id":"B0OTHERBOT","ts":"1.000001","blocks":[{"block_id":"dg:k"}]}`, false},
		"person":         {`{"user":"U0READER01","ts":"1.000001","blocks":[{"block_id":"dg:k"}]}`, false},
		"other key":      {`{"bot_id":"B0FAKEBOT1","ts":"1.000001","blocks":[{"block_id":"dg:kk"}]}`, false},
		"other event":    {`{"bot_id":"B0FAKEBOT1","ts":"1.000001","metadata":{"event_type":"other","event_payload":{"key":"k"}}}`, false},
		"strange, other": {`{"bot_id":"B0OTHERBOT","ts":1,"metadata":[],"blocks":"?"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, env(quiet))
			s.fake.Fail("conversations.history", slackfake.Fault{Status: 200, Body: `{"ok":true,"messages":[` + tt.message + `],"has_more":false}`})
			r, err := s.Find(t.Context(), s.channel, "k", time.Now())
			if found := err == nil && r.ID == "1.000001"; found != tt.found || !tt.found && !errors.Is(err, chat.ErrNotFound) {
				t.Errorf("got %+v %v, want found: %v", r, err, tt.found)
			}
		})
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

// TestReplyToWhatWasRemoved is put into the channel by Slack, and has to be
// found there.
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

func TestEdit(t *testing.T) {
	s := open(t, env(quiet))
	r, err := s.post(t, "thekey")
	if err != nil {
		t.Fatal(err)
	}
	p := rendered(t, chat.Message{Mention: payloadtest.Groups, Title: "Corrected @here"})[0]
	if err := s.Edit(t.Context(), r, p, "thekey"); err != nil {
		t.Fatal(err)
	}
	m := s.fake.Messages(slackfake.General)[0]
	if m.TS != r.ID || !m.Edited || !strings.Contains(m.Text, "Corrected") || !strings.Contains(string(m.Blocks), `"block_id":"dg:thekey"`) || !strings.Contains(string(m.Metadata), "thekey") {
		t.Errorf("got %s", m.JSON())
	}
	if len(m.Notified) != 0 {
		t.Errorf("%q were notified", m.Notified)
	}
	for code, want := range map[string]chat.Outcome{"edit_window_closed": chat.RejectedPayload, "cant_update_message": chat.RejectedPayload, "is_inactive": chat.RejectedChannel} {
		s.fake.Fail("chat.update", slackfake.Refused(code))
		if err := s.Edit(t.Context(), r, p, "thekey"); chat.OutcomeOf(err) != want || err == nil || errors.Is(err, chat.ErrNotFound) {
			t.Errorf("%s: got %v, want %v", code, err, want)
		}
	}
	s.fake.Fail("chat.delete", slackfake.Refused("cant_delete_message"))
	if err := s.Remove(t.Context(), r); chat.OutcomeOf(err) != chat.RejectedPayload {
		t.Errorf("Remove: got %v", err)
	}
}

// noPicture is how Slack refuses a message with a picture that it cannot fetch.
var noPicture = slackfake.Fault{Status: 200, Body: `{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] downloading image failed [json-pointer:/blocks/1/image_url]"]}}`}

// TestPictureThatSlackCannotFetch costs an attempt and not the message.
func TestPictureThatSlackCannotFetch(t *testing.T) {
	s := open(t, env(quiet))
	p := rendered(t, chat.Message{Title: "T", Picture: chat.Picture{URL: "https://gone.example/a.png?a=1&b=2", Alt: "A <cup>"}})[0]
	s.fake.Fail("chat.postMessage", noPicture)
	if _, err := s.Send(t.Context(), s.channel, p, "k"); chat.OutcomeOf(err) != chat.Retryable {
		t.Fatalf("got %v, want an error that can be tried again", err)
	}
	if _, err := s.Send(t.Context(), s.channel, p, "k"); err != nil {
		t.Fatal(err)
	}
	got := s.fake.Messages(slackfake.General)[0].JSON()
	if payloadtest.Kinds(got) != "header context" || payloadtest.SmallPrints(got)[0] != "<https://gone.example/a.png?a=1&amp;b=2|A &lt;cup\u2060&gt;>" {
		t.Errorf("got %s", got)
	}
	other := rendered(t, chat.Message{Title: "T", Picture: chat.Picture{URL: "https://there.example/b.png"}})[0]
	if _, err := s.Send(t.Context(), s.channel, other, "l"); err != nil {
		t.Fatal(err)
	}
	if got := s.fake.Messages(slackfake.General)[1].JSON(); payloadtest.Kinds(got) != "header image" {
		t.Errorf("another picture: got %s", got)
	}
}

// Where Slack refuses a container, the same payload is posted without it.
func TestFoldThatSlackRefuses(t *testing.T) {
	s := open(t, env(quiet))
	p := rendered(t, payloadtest.Specimen(t, "brief"))[0]
	if got := payloadtest.Kinds(p); strings.Count(got, "container") != 1 {
		t.Fatalf("got %s, want a container", got)
	}
	s.fake.Fail("chat.postMessage", slackfake.Fault{Status: 200, Body: `{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] unsupported type: container [json-pointer:/blocks/9]"]}}`})
	if _, err := s.Send(t.Context(), s.channel, p, "k"); chat.OutcomeOf(err) != chat.Retryable {
		t.Fatalf("got %v, want an error that can be tried again", err)
	}
	r, err := s.Send(t.Context(), s.channel, p, "k")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Edit(t.Context(), r, p, "k"); err != nil {
		t.Fatal(err)
	}
	all := s.fake.Messages(slackfake.General)
	if got, want := payloadtest.Kinds(all[0].JSON()), strings.Replace(payloadtest.Kinds(p), " container", "", 1); len(all) != 1 || got != want {
		t.Errorf("%d messages, the first of %s, want one of %s", len(all), got, want)
	}
	s.fake.Fail("chat.postMessage", slackfake.Fault{Status: 200, Body: `{"ok":false,"error":"invalid_blocks"}`})
	if _, err := s.Send(t.Context(), s.channel, p, "l"); chat.OutcomeOf(err) != chat.RejectedPayload {
		t.Errorf("got %v, want a payload that is rejected", err)
	}
}
