package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// A held delivery is listed with its key, with which it can be released or forgotten. The
// ledger keeps who did so, and impossible decisions are refused with a message.
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
		if got := run(t.Context(), p, append([]string{"--config", conf, "--state-dir", state}, args...)); got != want {
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
	// What has failed can be released, what waits can be dropped too, and what is being sent
	// must be waited for.
	for title, make := range map[string]func(x *ledger.Delivery){
		"failed":  func(x *ledger.Delivery) { x.Promise(time.Now()); x.Fail("@everyone", time.Now()) },
		"planned": func(*ledger.Delivery) {},
		"sending": func(x *ledger.Delivery) { x.Promise(time.Now()) },
		"sent":    func(x *ledger.Delivery) { x.Promise(time.Now()); x.Posted(chat.Receipt{ID: "1"}, time.Now()) },
	} {
		x := ledger.NewDelivery(title, title, chat.Channel{Adapter: "web", ID: title}, time.Now())
		if err := x.Freeze([]chat.Payload{chat.Payload("{}")}); err != nil {
			t.Fatal(err)
		}
		make(&x)
		if _, err := l.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"failed": "(release " + string(x.Key) + ")", "planned": "(release or forget " + string(x.Key) + ")"}[title]
		if got := digestbot(0, "deliveries", "--channel", "web:"+title); !strings.Contains(got, "“"+title+"”") || !strings.Contains(got, want) || strings.Contains(got, string(x.Key)) != (want != "") {
			t.Errorf("listed:\n%s\nwant %q", got, want)
		}
	}
	for _, args := range [][]string{{"release"}, {"forget"}, {"release", "--all", keys[0]}} {
		if got := digestbot(2, append([]string{"deliveries"}, args...)...); !strings.Contains(got, "key") {
			t.Errorf("%q says %q", args, got)
		}
	}
}

// Operators get a list of what was changed in chat, by whom, where and when.
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
		if got := run(t.Context(), p, append([]string{"--config", conf, "--state-dir", state, "record"}, args...)); got != 0 {
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

// Deliveries can be filtered by channel, state and day; skipped ones are listed only on
// request. All held deliveries are released at once, even if one of them cannot be.
func TestDeliveriesAreChosen(t *testing.T) {
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
	digestbot := func(want int, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		p := &program{out: &out, err: &out, getenv: func(string) string { return "" }}
		if got := run(t.Context(), p, append([]string{"--config", conf, "--state-dir", state, "deliveries"}, args...)); got != want {
			t.Fatalf("%q ended with %d, want %d:\n%s", args, got, want, &out)
		}
		return out.String()
	}
	if got := digestbot(0); got != "nothing was delivered yet\n" {
		t.Errorf("an empty ledger has %q", got)
	}
	if got := digestbot(0, "release", "--all"); got != "nothing is held\n" {
		t.Errorf("released %q", got)
	}
	now := time.Now()
	plan := func(id, channel string, at time.Time, become func(*ledger.Delivery)) {
		t.Helper()
		x := ledger.NewDelivery(id, id, chat.Channel{Adapter: "web", ID: channel}, at)
		if err := x.Freeze([]chat.Payload{chat.Payload("{}")}); err != nil {
			t.Fatal(err)
		}
		become(&x)
		if _, err := l.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	old := now.AddDate(0, 0, -10)
	plan("skipped", "team", now, func(x *ledger.Delivery) { x.Skip("older @everyone", now) })
	if got := digestbot(0); got != "nothing but 1 skipped: --skipped shows them\n" {
		t.Errorf("a ledger of skipped ones has %q", got)
	}
	plan("aged", "team", old, func(x *ledger.Delivery) { x.Promise(old); x.Posted(chat.Receipt{ID: "1"}, old) })
	plan("fresh", "other", now, func(x *ledger.Delivery) { x.Promise(now); x.Posted(chat.Receipt{ID: "2"}, now) })
	plan("blocked", "team", now, func(x *ledger.Delivery) {
		x.Refuse(ledger.Refusal{Scope: ledger.OfChannel, Since: now}, "archived", now.Add(time.Hour))
	})
	plan("held", "team", now, func(x *ledger.Delivery) { x.Promise(now); x.Hold("nobody can tell", now) })
	plan("broken", "other", now, func(x *ledger.Delivery) { x.Promise(now); x.Hold("nobody can tell", now); x.Channel = chat.Channel{} })
	for _, tc := range []struct {
		flags string
		want  string // digests, latest planned first
	}{
		{"", "broken held blocked fresh aged"},
		{"--skipped", "broken held blocked fresh aged skipped"},
		{"--state skipped", "skipped"},
		{"--state held --channel web:team", "held"},
		{"--state paused", "blocked"},
		{"--state planned", "blocked"},
		{"--state sent --since 36h", "fresh"},
		{"--state sent --since 11d", "fresh aged"},
		{"--state sent --since " + now.AddDate(0, 0, -1).Format(time.DateOnly), "fresh"},
		{"--channel web:team --limit 2", "held blocked"},
		{"--channel web:@everyone", ""},
	} {
		got := ""
		for line := range strings.Lines(digestbot(0, append(strings.Fields(tc.flags), "--json")...)) {
			var x listedDelivery
			if err := json.Unmarshal([]byte(line), &x); err != nil {
				t.Fatal(err)
			}
			got += " " + x.Digest
		}
		if got = strings.TrimSpace(got); got != tc.want {
			t.Errorf("%q chooses %q, want %q", tc.flags, got, tc.want)
		}
	}
	if got := digestbot(0); !strings.HasSuffix(got, "\n1 skipped not shown: --skipped shows them\n") {
		t.Errorf("listed:\n%s", got)
	}
	for _, flags := range []string{"--state lost", "--since soon", "--since=-3h", "--channel team", "--limit 0"} {
		digestbot(1, strings.Fields(flags)...)
	}
	if got := digestbot(1, "release", "--all"); !strings.Contains(got, "“held” to web:team is released") || !strings.Contains(got, "so it cannot be sent as it is") {
		t.Errorf("released:\n%s", got)
	}
	if held, err := l.List(t.Context(), ledger.Query{State: ledger.Held}); err != nil || len(held) != 1 || held[0].Digest != "broken" {
		t.Errorf("held are %+v, %v", held, err)
	}
}
