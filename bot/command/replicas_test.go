package command

import (
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/digest"
)

// Whatever an admin does through one process, the next request sees it, whichever process
// answers it.
func TestAnyProcessAnswers(t *testing.T) {
	one, other := newRoom(t), newRoom(t)
	other.Ledger = one.Ledger
	for _, r := range []*room{one, other} {
		r.Dispatch = dispatch.New(dispatch.Options{
			Ledger: one.Ledger, Adapters: map[string]chat.Adapter{"web": &stage{}}, Library: func() *digest.Library { return r.Library() }, Log: r.Log,
			CheckChannel: func(chat.Channel) error { return nil },
		})
		r.Dispatch.Planner.Shared = true
		if err := r.Dispatch.Subscriptions.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ line, then, want string }{
		{"/digest subscribe evening schedule=18:00", "/digest subscriptions", "evening"},
		{"/digest pause", "/digest subscriptions", "paused by Grace"},
		{"/digest resume", "/digest resume", "web:general is not paused"},
	} {
		done := one.says(admin, c.line)
		if got := other.says(admin, c.then); !strings.Contains(got, c.want) {
			t.Errorf("after %s (%s) the other process answers %s with %q, want %q", c.line, done, c.then, got, c.want)
		}
	}
	one.says(admin, "/digest set evening wait=3h")
	f, ok := other.Form(t.Context(), chat.Request{ID: "r", Channel: general, User: admin, Line: "/digest set evening"})
	if i := slices.IndexFunc(f.Fields, func(x chat.Field) bool { return x.Arg == "wait" }); !ok || i < 0 || f.Fields[i].Value != "3h" {
		t.Errorf("the other process asks %+v, %t; want what was just set", f.Fields, ok)
	}
}
