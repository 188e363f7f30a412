package slack

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

func TestDirect(t *testing.T) {
	s := open(t, env(quiet))
	to := s.Direct(slackfake.Reader)
	if err := CheckChannel(to.ID); err == nil {
		t.Error("config.toml takes the conversation with a person for a channel")
	}
	p := chat.Payload(payloadOfTest)
	r, err := s.Send(t.Context(), to, p, "thekeyofthispart")
	if err != nil || r.Channel != to {
		t.Fatalf("got %+v %v", r, err)
	}
	found, err := s.Find(t.Context(), to, "thekeyofthispart", time.Now().Add(-time.Minute))
	if err != nil || found.ID != r.ID || !strings.Contains(found.URL, "/archives/"+slackfake.Direct(slackfake.Reader)+"/") {
		t.Errorf("found %+v %v", found, err)
	}
	if err := s.Edit(t.Context(), r, p, "thekeyofthispart"); err != nil {
		t.Error(err)
	}
	if err := s.Remove(t.Context(), r); err != nil {
		t.Error(err)
	}
	if n := s.fake.Calls("conversations.open"); n != 1 {
		t.Errorf("conversations.open was called %d times", n)
	}
	if got := s.fake.Messages(slackfake.Direct(slackfake.Reader)); len(got) != 0 {
		t.Errorf("%d messages stand there", len(got))
	}
}

func TestDirectFails(t *testing.T) {
	for name, tt := range map[string]struct {
		fault slackfake.Fault
		want  chat.Outcome
	}{
		"no such user":  {slackfake.Refused("user_not_found"), chat.RejectedChannel},
		"not visible":   {slackfake.Refused("user_not_visible"), chat.RejectedChannel},
		"disabled":      {slackfake.Refused("user_disabled"), chat.RejectedChannel},
		"a bot":         {slackfake.Refused("cannot_dm_bot"), chat.RejectedChannel},
		"no scope":      {slackfake.Refused("missing_scope"), chat.RejectedChannel},
		"no account":    {slackfake.NoAccount, chat.RejectedAccount},
		"server error":  {slackfake.ServerError, chat.Retryable},
		"answer lost":   {slackfake.AnswerLost, chat.Retryable},
		"garbled":       {slackfake.Garbled, chat.Retryable},
		"unknown error": {slackfake.Refused("never_heard_of"), chat.Retryable},
		"no channel":    {slackfake.Fault{Status: 200, Body: `{"ok":true}`}, chat.Retryable},
		"limited":       {slackfake.Limited("7"), chat.Retryable},
	} {
		s := open(t, env(quiet))
		s.fake.Fail("conversations.open", tt.fault)
		_, err := s.Send(t.Context(), s.Direct(slackfake.Reader), chat.Payload(payloadOfTest), "k")
		if got := chat.OutcomeOf(err); got != tt.want {
			t.Errorf("%s: got %v (%v), want %v", name, got, err, tt.want)
		}
		if e, _ := errors.AsType[*chat.SendError](err); name == "limited" && e.RetryAfter != 7*time.Second {
			t.Errorf("limited: wait %v", e.RetryAfter)
		}
		if n := s.fake.Calls("chat.postMessage"); n != 0 {
			t.Errorf("%s: it was posted all the same", name)
		}
	}
}
