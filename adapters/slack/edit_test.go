package slack

import (
	"errors"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

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
