package command

import (
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// TestSecrets: a line that contains what looks like a secret does nothing, whoever sends it
// with whatever verb; the answer, in the reader's language, does not repeat it, and neither
// does the record. A possible secret is not repeated in a refusal.
func TestSecrets(t *testing.T) {
	r, _ := town(t)
	token := "xoxb" + "-1234-" + strings.Repeat("fake", 6)
	var lines []string
	for _, v := range verbs() {
		lines = append(lines, "digest "+v.Name+" "+token, "digest "+v.Name+" a zone="+token, "digest "+v.Name+` "https://u:`+"fakefake"+`@example.org/"`)
	}
	lines = append(lines, token, "digest "+token, "/digest subscribe "+token+" channel=office")
	for _, line := range lines {
		for locale, want := range map[string]string{"en": "looks like a token", "zh-CN": "看起来像令牌", "zh-TW": "看起來像權杖"} {
			req := chat.Request{ID: "1", Channel: office, Line: line, Locale: locale, User: chat.User{ID: "1", Name: "Ada", Admin: true}}
			if got := words(r.Handle(t.Context(), req)); !strings.Contains(got, want) || strings.Contains(got, token) || strings.Contains(got, "fakefake") {
				t.Errorf("%s: answered %s", line, got)
			}
			if _, ok := r.Form(t.Context(), req); ok {
				t.Errorf("%s: asked for more by a form", line)
			}
			if got := r.Suggest(t.Context(), req); len(got) > 0 {
				t.Errorf("%s: suggested %v", line, got)
			}
		}
	}
	weak := strings.Repeat("0af1", 8)
	for _, line := range []string{"digest set fixed zone=" + weak, "digest " + weak, "digest subscribe n zone=" + weak, "digest unsubscribe " + weak, "digest resend today " + weak} {
		req := chat.Request{ID: "1", Channel: office, Line: line, Locale: "en", User: chat.User{ID: "1", Name: "Ada", Admin: true}}
		if got := words(r.Handle(t.Context(), req)); strings.Contains(got, weak) {
			t.Errorf("%s: answered %s", line, got)
		}
	}
	acts, err := r.Ledger.Acts(t.Context(), ledger.ActQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range acts {
		if strings.Contains(a.Line+a.What, token) || strings.Contains(a.Line+a.What, "fakefake") {
			t.Errorf("recorded %+v", a)
		}
	}
	stored, err := r.Ledger.Stored(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stored {
		if strings.Contains(s.Name+s.Settings, "fake") {
			t.Errorf("stored %+v", s)
		}
	}
	for _, cause := range []ledger.Cause{ledger.ForResend, ledger.ForSlot} {
		if all, err := r.Ledger.List(t.Context(), ledger.Query{}); err != nil || slices.ContainsFunc(all, func(x ledger.Delivery) bool { return x.Cause == cause }) {
			t.Errorf("planned %v, %v", all, err)
		}
	}
}
