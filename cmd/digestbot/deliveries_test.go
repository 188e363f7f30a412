package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// Anything held is shown with its key, and released or forgotten with it; who did
// so is kept, and what cannot be decided is refused in words.
func TestReleaseAndForget(t *testing.T) {
	state := t.TempDir()
	conf := filepath.Join(state, "config.toml")
	if err := os.WriteFile(conf, []byte("[library]\npath = \""+filepath.ToSlash(state)+"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	digestbot := func(want int, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		p := &program{out: &out, err: &out, getenv: func(string) string { return "" }}
		if got := run(t.Context(), p, append([]string{"--config", conf, "--state", state}, args...)); got != want {
			t.Fatalf("%q ended with %d, want %d:\n%s", args, got, want, &out)
		}
		return out.String()
	}
	l, err := sqlite.Open(filepath.Join(state, "digestbot.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var keys []string
	for _, id := range []string{"one", "two"} {
		x := ledger.NewDelivery(id, "晨报 "+id, chat.Channel{Adapter: "web", ID: "general"}, time.Now())
		if err := x.Freeze([]chat.Payload{chat.Payload("{}")}); err != nil {
			t.Fatal(err)
		}
		x.Promise(time.Now())
		x.Hold("nobody can tell", time.Now())
		if _, err := l.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, string(x.Key))
	}
	if got, want := digestbot(0, "deliveries"), "“晨报 one”: nobody can tell (release or forget "+keys[0]+")"; !strings.Contains(got, want) {
		t.Errorf("listed:\n%s\nwant %s", got, want)
	}
	digestbot(0, "deliveries", "release", keys[0])
	digestbot(0, "deliveries", "forget", keys[1])
	for i, want := range []ledger.State{ledger.Planned, ledger.Skipped} {
		x, err := l.Get(t.Context(), chat.Key(keys[i]))
		if err != nil || x.State != want || len(x.Decisions) != 1 || x.Decisions[0].By != operator() {
			t.Errorf("the delivery is %s, %+v, %v, want %s by %s", x.State, x.Decisions, err, want, operator())
		}
	}
	if got, want := digestbot(1, "deliveries", "release", keys[1]), "it is skipped"; !strings.Contains(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	if got, want := digestbot(1, "deliveries", "forget", "nonsense"), "delivery nonsense: delivery not found"; !strings.Contains(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	if got, want := digestbot(0, "deliveries", "--json", "--skipped", "--limit", "1"), `"what":"forgotten"`; !strings.Contains(got, want) || strings.Count(got, "\n") != 1 {
		t.Errorf("printed %q, want %q", got, want)
	}
}

// Operators get a list of who changed what in chat, where and when.
func TestRecord(t *testing.T) {
	state := t.TempDir()
	conf := filepath.Join(state, "config.toml")
	if err := os.WriteFile(conf, []byte("[library]\npath = \""+filepath.ToSlash(state)+"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := sqlite.Open(filepath.Join(state, "digestbot.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	record := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		p := &program{out: &out, err: &out, getenv: func(string) string { return "" }}
		if got := run(t.Context(), p, append([]string{"--config", conf, "--state", state, "record"}, args...)); got != 0 {
			t.Fatalf("record ended with %d:\n%s", got, &out)
		}
		return out.String()
	}
	if got, want := record(), "no admin has changed anything"; !strings.Contains(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	act := ledger.Act{
		At: time.Date(2026, 1, 21, 8, 30, 0, 0, time.UTC), By: ledger.Person{ID: "7", Name: "Grace"}, Channel: chat.Channel{Adapter: "discord", ID: "12"},
		Home: "9", Line: "/digest pause", What: "paused discord:12",
	}
	if err := l.Record(t.Context(), act); err != nil {
		t.Fatal(err)
	}
	got := record()
	for _, want := range []string{"Grace", "discord:12", "/digest pause", "paused", act.At.Local().Format("2006-01-02 15:04:05")} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
	if got, want := record("--json"), `{"at":"2026-01-21T08:30:00Z","by":"Grace","by_id":"7","channel":"discord:12","home":"9","line":"/digest pause","what":"paused discord:12"}`+"\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
