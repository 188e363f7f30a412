package slack

import (
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// noPicture is Slack's refusal of a message with a picture that it cannot fetch.
var noPicture = slackfake.Fault{Status: 200, Body: `{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] downloading image failed [json-pointer:/blocks/1/image_url]"]}}`}

// TestPictureThatSlackCannotFetch: such a picture costs an attempt, but not the message.
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

// If Slack refuses a container, the same payload is posted without it.
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
