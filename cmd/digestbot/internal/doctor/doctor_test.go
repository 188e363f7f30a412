package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/source"
)

var silent = slog.New(slog.DiscardHandler)

// TestRun: checks run concurrently, and one that never ends or panics does not hide the
// others.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		slow := func(text string) func(context.Context) []chat.Finding {
			return func(context.Context) []chat.Finding {
				time.Sleep(15 * time.Second)
				return []chat.Finding{fine("slow", "%s", text)}
			}
		}
		free := make(chan struct{})
		found := Run(t.Context(), silent, []Check{
			{"first", slow("1")},
			{"stubborn", func(context.Context) []chat.Finding { <-free; return nil }},
			{"broken", func(context.Context) []chat.Finding { panic("@everyone") }},
			{"nothing", func(context.Context) []chat.Finding { return nil }},
			{"cut short", func(ctx context.Context) []chat.Finding {
				<-ctx.Done()
				return []chat.Finding{unseen("cut short", "it came to here")}
			}},
			{"last", slow("2")},
		})
		close(free)
		got := Lines(found)
		for _, want := range []string{"ok    slow: 1\n", "fail  stubborn: the check did not end within 20s\n", "fail  broken: a bug ended the check\n", "skip  cut short: it came to here\nok    slow: 2\n", "2 ok, 0 warn, 2 fail, 1 skip\n"} {
			if !strings.Contains(got, want) {
				t.Errorf("got\n%s\nwant %q in it", got, want)
			}
		}
		if took := time.Since(begin); took >= 30*time.Second {
			t.Errorf("it took %v", took)
		}
		if !Bad(found) || Bad(found[:1]) {
			t.Error("what failed is not told from what is well")
		}
	})
}

// TestLines: whatever the name, a finding is one line, and its fix another.
func TestLines(t *testing.T) {
	got := Lines([]chat.Finding{risky("alias of <!channel>\nok    all: well", "do\r\nthis", "@everyone\n\n%s", "👩‍👩‍👧")})
	if want := "warn  alias of <!channel> ok all: well: @everyone 👩‍👩‍👧\n      do this\n0 ok, 1 warn, 0 fail, 0 skip\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestDiary: a problem is logged once, and again after it had disappeared.
func TestDiary(t *testing.T) {
	var out bytes.Buffer
	d := Diary{Log: slog.New(slog.NewJSONHandler(&out, nil))}
	full, gone, well := risky("space", "make room", "5 MB are free"), failed("slack:C1", "invite it", "it is not in it"), fine("space", "much is free")
	for i, x := range []struct {
		found []chat.Finding
		want  string // logged subjects
	}{
		{[]chat.Finding{full, gone}, "WARN space make room, ERROR slack:C1 invite it"},
		{[]chat.Finding{full, gone}, ""},
		{[]chat.Finding{well, gone}, ""},
		{[]chat.Finding{full, gone, unseen("x", "y")}, "WARN space make room"},
	} {
		out.Reset()
		d.Tell(x.found)
		var got []string
		for in := json.NewDecoder(&out); ; {
			var r struct{ Level, Subject, Remedy string }
			if in.Decode(&r) != nil {
				break
			}
			got = append(got, r.Level+" "+r.Subject+" "+r.Remedy)
		}
		if strings.Join(got, ", ") != x.want {
			t.Errorf("%d: logged %q, want %q", i, got, x.want)
		}
	}
}

func TestTonight(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ now, want string }{
		{"2026-03-28T12:00:00+01:00", "2026-03-29T04:23:00+02:00"}, // clocks go forward in between
		{"2026-10-24T12:00:00+02:00", "2026-10-25T04:23:00+01:00"},
		{"2026-11-30T04:22:59+01:00", "2026-11-30T04:23:00+01:00"},
		{"2026-11-30T04:23:00+01:00", "2026-12-01T04:23:00+01:00"},
	} {
		now, err := time.Parse(time.RFC3339, x.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := Tonight(now, berlin).Format(time.RFC3339); got != x.want {
			t.Errorf("after %s comes %s, want %s", x.now, got, x.want)
		}
	}
	if at := Tonight(time.Now(), nil); at.Location() != time.UTC {
		t.Errorf("without a zone it is %v", at)
	}
}

// TestNightly: the first look comes soon after the start, the others once a night.
func TestNightly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var looks []string
		begin := time.Now() // a midnight
		go Nightly(ctx, func() *time.Location { return time.UTC }, func() { looks = append(looks, time.Since(begin).String()) })
		time.Sleep(49 * time.Hour)
		stop()
		synctest.Wait()
		if got := strings.Join(looks, " "); got != "30s 4h23m0s 28h23m0s" {
			t.Errorf("it looks after %s", got)
		}
	})
}

// books is a source that does not change.
type books struct {
	source.Source
	library  *digest.Library
	problems []source.Problem
}

func (b books) Library() *digest.Library   { return b.library }
func (b books) Problems() []source.Problem { return b.problems }

// TestLibrary: a setting that matches nothing has a finding.
func TestLibrary(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	card := func(daysOld int, tags ...string) *digest.Card {
		day := now.AddDate(0, 0, -daysOld).Truncate(24 * time.Hour)
		return &digest.Card{ID: day.Format(time.DateOnly), Title: "@everyone \u202e", Date: day, Tags: tags}
	}
	sub := func(tags ...string) subscription.Subscription {
		return subscription.Subscription{Name: "晨报 <!channel>", Zone: time.UTC, MaxAge: 48 * time.Hour, Match: subscription.Match{Any: tags}}
	}
	var aliases digest.Aliases
	for alias, tag := range map[string]string{"人工智能": "AI", "golang": "Go"} {
		if err := aliases.Add(alias, tag); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct {
		name     string
		cards    []*digest.Card
		subs     []subscription.Subscription
		problems []source.Problem
		want     string
	}{
		{"all is well", []*digest.Card{card(1, "AI", "golang")}, []subscription.Subscription{sub(), sub("AI"), sub("golang")}, nil, "ok ok"},
		{"an alias for a tag that nobody has", []*digest.Card{card(1, "AI")}, nil, nil, "ok ok warn alias of Go"},
		{"a match that takes nothing", []*digest.Card{card(1, "AI", "Go")}, []subscription.Subscription{sub("AI"), sub("Zig")}, nil, "ok ok warn subscription 晨报 <!channel>"},
		{"a match that took nothing for a month", []*digest.Card{card(2, "AI", "Go"), card(40, "Zig")}, []subscription.Subscription{sub("Zig")}, nil, "ok ok warn subscription 晨报 <!channel>"},
		{"a match that took something this month", []*digest.Card{card(2, "AI", "Go"), card(29, "Zig")}, []subscription.Subscription{sub("Zig")}, nil, "ok ok"},
		{"old news, where no match is to blame", []*digest.Card{card(40, "AI", "Go")}, []subscription.Subscription{sub("AI")}, nil, "warn library ok"},
		{"the future is no news", []*digest.Card{card(-3, "AI", "Go")}, []subscription.Subscription{sub()}, nil, "fail library ok"},
		{"nothing", nil, []subscription.Subscription{sub()}, nil, "fail library ok"},
		{"problems", []*digest.Card{card(1, "AI", "Go")}, nil, []source.Problem{{File: "a.md", Problem: digest.Problem{Severity: digest.Error}}, {File: "a.md"}}, "ok warn files"},
	} {
		got := ""
		for _, f := range Library(books{library: digest.Rules{Aliases: aliases}.NewLibrary(x.cards), problems: x.problems}, aliases, x.subs, now) {
			got += " " + string(f.State)
			if f.State != chat.Fine {
				got += " " + f.Subject
			}
			if (f.Fix == "") != (f.State == chat.Fine) {
				t.Errorf("%s: %v has the fix %q", x.name, f, f.Fix)
			}
		}
		if strings.TrimSpace(got) != x.want {
			t.Errorf("%s: got%s, want %s", x.name, got, x.want)
		}
	}
}

// TestState: a state that others can write, or that is not a folder, has a finding. The
// check creates nothing.
func TestState(t *testing.T) {
	folder := t.TempDir()
	has := func(conf *config.Config, want string) {
		t.Helper()
		if got := Lines(State(conf)); !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %q", got, want)
		}
	}
	state := filepath.Join(folder, "the @everyone state")
	conf := &config.Config{State: state}
	has(conf, "skip  state: there is no folder")
	deep := &config.Config{State: filepath.Join(state, "deep", "er")}
	if found := State(deep); Bad(found) {
		t.Errorf("a state that serve can make: %v", found)
	}
	if _, err := os.Stat(state); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a look made the folder: %v", err)
	}
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	has(conf, "ok    state: ")
	if err := os.Chmod(state, 0o777); err != nil {
		t.Fatal(err)
	}
	has(conf, "others can write to it (0777)")
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	has(&config.Config{State: file}, "is not a folder")
	if got := Ledger(t.Context(), conf, nil, nil); got.State != chat.Unseen {
		t.Errorf("without a ledger: %v", got)
	}
	if got := Ledger(t.Context(), conf, nil, errors.New("damaged")); got.State != chat.Failed || got.Text != "damaged" {
		t.Errorf("of a damaged ledger: %v", got)
	}
}

// TestServe: what a running serve says is classified, and a process that is not ours is
// reported.
func TestServe(t *testing.T) {
	conf := &config.Config{State: "var", HTTP: config.HTTP{Listen: "127.0.0.1:8080"}}
	for _, x := range []struct {
		serve Serve
		want  chat.State
	}{
		{Serve{Answers: true, Locked: true}, chat.Fine}, {Serve{}, chat.Risky}, {Serve{Locked: true}, chat.Failed}, {Serve{Answers: true}, chat.Failed},
	} {
		if got := x.serve.Running(conf); got.State != x.want || (got.Fix != "") != (x.want != chat.Fine) {
			t.Errorf("of %v: %v", x.serve, got)
		}
	}
	up := Serve{Answers: true, Locked: true, Ready: "discord: connected\nslack: connected, beside others\nweb: off\nteam: not connected\nslack:C1: takes no posts since yesterday: @everyone: <!channel>\nledger: ok\n"}
	got := Lines(up.Hears([]string{"discord", "slack", "web", "team"}))
	for _, want := range []string{
		"ok    discord connection: ", "warn  slack connection: connected, beside others", "skip  web connection: it is off", "fail  team connection: serve says: not connected",
		"fail  slack:C1 in use: serve says: takes no posts since yesterday: @everyone: <!channel>", "1 ok, 1 warn, 2 fail, 1 skip",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %q", got, want)
		}
	}
	up.Ready = "discord: connected\nconfiguration: the one in the file was refused\n"
	if got := Lines(up.Hears([]string{"discord"})); !strings.Contains(got, "warn  configuration in use: serve says: the one in the file was refused") || !strings.Contains(got, "run digestbot reload") {
		t.Errorf("of a configuration that was refused: %s", got)
	}
	up.Ready = "ok\n"
	if found := up.Hears([]string{"discord"}); len(found) != 1 || found[0].State != chat.Unseen {
		t.Errorf("without names: %v", found)
	}
	up.Err = errors.New("it answers 500")
	if found := up.Hears([]string{"discord"}); len(found) != 1 || found[0].State != chat.Risky {
		t.Errorf("without an answer: %v", found)
	}
}

// pauses are the settings of a ledger with one pause and nothing else.
type pauses struct {
	ledger.Settings
	of chat.Channel
}

func (pauses) Revision(context.Context) (int64, error)         { return 1, nil }
func (pauses) Stored(context.Context) ([]ledger.Stored, error) { return nil, nil }
func (p pauses) Pauses(context.Context) ([]ledger.Pause, error) {
	return []ledger.Pause{{Channel: p.of, By: ledger.Person{Name: "Ada @everyone"}, At: time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)}}, nil
}

// A channel that an admin has paused is reported, with the command that ends it.
func TestPaused(t *testing.T) {
	channels := []chat.Channel{{Adapter: "web", ID: "general"}, {Adapter: "discord", ID: "1"}}
	r := &subscription.Registry{Settings: pauses{of: channels[1]}, Configured: []subscription.Subscription{{Name: "morning", Channels: channels}}}
	if err := r.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := Lines(Paused(r))
	for _, want := range []string{"warn  discord:1: it gets nothing new, because Ada @everyone paused it on 2026-11-30 at 08:00 UTC", "digestbot ask --as discord:1 '/digest resume'", "1 warn"} {
		if !strings.Contains(got, want) || strings.Contains(got, "web:general") {
			t.Errorf("got\n%s\nwant %q, and nothing of web:general", got, want)
		}
	}
}

// large is a ledger that takes longer to read than a check may.
type large struct{}

func (large) Recognised(context.Context) (behind bool, err error) { return false, nil }
func (large) Check(ctx context.Context) error                     { <-ctx.Done(); return ctx.Err() }

// A ledger that is too large to be read whole in time is not called damaged.
func TestLargeLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		found := Run(t.Context(), silent, []Check{{Subject: "ledger", Look: func(ctx context.Context) []chat.Finding {
			return []chat.Finding{Ledger(ctx, &config.Config{State: "var"}, large{}, nil)}
		}}})
		if len(found) != 1 || found[0].State != chat.Unseen || !strings.Contains(found[0].Text, "could not be read whole within 20s") {
			t.Errorf("of a large ledger: %v", found)
		}
	})
}
