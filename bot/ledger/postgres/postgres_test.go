package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/ledgertest"
	"github.com/digestbot/digestbot/bot/ledger/postgres"
	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLedger(t *testing.T) { suite(t, func(url string) string { return url }) }

// TestLedgerThroughPgBouncer: each transaction may use another connection.
func TestLedgerThroughPgBouncer(t *testing.T) {
	server := postgrestest.Start(t)
	bouncer := server.PgBouncer(t)
	suite(t, bouncer)
	databases := bouncer(server.Database(t))
	agree(t, databases)
}

// suite runs the suite of ledgers, with a separate database for each test.
func suite(t *testing.T, way func(url string) string) {
	server := postgrestest.Start(t)
	databases := map[string]string{}
	ledgertest.Run(t, func(t *testing.T) ledger.Ledger {
		if databases[t.Name()] == "" {
			databases[t.Name()] = way(server.Database(t))
		}
		return open(t, databases[t.Name()])
	})
}

// open opens a ledger that must open; the caller closes it.
func open(t testing.TB, url string) *postgres.Ledger {
	t.Helper()
	l, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// opened is open, and closes it when the test ends.
func opened(t testing.TB, url string) *postgres.Ledger {
	t.Helper()
	l := open(t, url)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// raw runs statements on a database, bypassing the ledger.
func raw(t testing.TB, url string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for _, s := range statements {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatal(s, err)
		}
	}
}

var (
	monday = time.Date(2026, 11, 23, 8, 30, 0, 123456789, time.UTC)
	team   = chat.Channel{Adapter: "discord", ID: "12"}
)

// planned plans deliveries, each to a different channel.
func planned(t testing.TB, l *postgres.Ledger, n int) []ledger.Delivery {
	t.Helper()
	var all []ledger.Delivery
	for i := range n {
		d := ledger.NewDelivery("2026-11-23", "Morning", chat.Channel{Adapter: "discord", ID: fmt.Sprint(i)}, monday)
		if err := d.Freeze([]chat.Payload{chat.Payload("{}"), chat.Payload("[]")}); err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	if keys, err := l.Plan(t.Context(), all...); err != nil || len(keys) != n {
		t.Fatalf("%d planned, want %d: %v", len(keys), n, err)
	}
	return all
}

// TestOpenErrors: the error says what to do, and does not contain the password.
func TestOpenErrors(t *testing.T) {
	server := postgrestest.Start(t)
	with := func(change func(u *url.URL)) string {
		u, err := url.Parse(server.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	ascii := with(func(u *url.URL) { u.Path = "/ascii" })
	server.Run(t, "DROP DATABASE IF EXISTS ascii", "CREATE DATABASE ascii OWNER digestbot ENCODING 'SQL_ASCII' TEMPLATE template0")
	others := with(func(*url.URL) {})
	raw(t, others, "CREATE SCHEMA digestbot", "CREATE TABLE digestbot.deliveries (url text)")
	taken := with(func(*url.URL) {})
	if err := open(t, taken).Close(); err != nil {
		t.Fatal(err)
	}
	raw(t, taken, "UPDATE digestbot.format SET format = 99, least = 98")
	lost := with(func(*url.URL) {})
	if err := open(t, lost).Close(); err != nil {
		t.Fatal(err)
	}
	raw(t, lost, "DELETE FROM digestbot.format")
	for _, tc := range []struct{ name, url, want string }{
		{"no URL", "var/digestbot.db", "want postgres://user:password@host:5432/database"},
		{"a password that is not encoded", "postgres://ada:" + postgrestest.Password + "@localhost/x", "with / @ : % ? # in the password as %2F"},
		{"nonsense", with(func(u *url.URL) { u.RawQuery = "sslmode=maybe" }), "the URL of the database cannot be used"},
		{"nobody there", with(func(u *url.URL) { u.Host = "127.0.0.1:1" }), "the database cannot be reached; see that it runs"},
		{"a wrong password", with(func(u *url.URL) { u.User = url.UserPassword("digestbot", postgrestest.Password+"!") }), "the database refuses the user or the password"},
		{"no such database", with(func(u *url.URL) { u.Path = "/nowhere" }), "there is no such database; make it first"},
		{"another encoding", ascii, "the database keeps text as SQL_ASCII, and digestbot needs UTF8"},
		{"another program's", others, "has tables of another program; name another database"},
		{"a newer one's", taken, "a newer digestbot has changed the database (for programs that know format 98, and this one knows "},
		{"without its format", lost, "the database is damaged"},
	} {
		l, err := postgres.Open(t.Context(), tc.url)
		if err == nil {
			_ = l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "ledger") && !errors.Is(err, postgres.ErrAddress) {
			t.Errorf("%s: got error %v, want %q", tc.name, err, tc.want)
		} else if strings.Contains(err.Error(), "password/of") || strings.Contains(err.Error(), "password%2Fof") || strings.Contains(err.Error(), "tests") {
			t.Errorf("%s: the error has the password: %v", tc.name, err)
		}
	}
	if got := opened(t, server.Database(t)).Place(); !strings.HasPrefix(got, "127.0.0.1:") || strings.Contains(got, "@") {
		t.Errorf("the place is %s", got)
	}
}

// TestTogether: replicas that start at once on an empty database create one ledger.
func TestTogether(t *testing.T) {
	url := postgrestest.Start(t).Database(t)
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			l, err := postgres.Open(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = l.Close() }()
			if _, err := l.Plan(t.Context(), ledger.NewDelivery("2026-11-23", "Morning", team, monday)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if all, err := opened(t, url).List(t.Context(), ledger.Query{}); err != nil || len(all) != 1 {
		t.Errorf("there are %d deliveries, %v", len(all), err)
	}
}

// TestFormats: an old program and a new one share a database until the new one removes what
// the old one needs.
func TestFormats(t *testing.T) {
	url := postgrestest.Start(t).Database(t)
	old := opened(t, url)
	expand := "ALTER TABLE digestbot.deliveries ADD COLUMN mood text NOT NULL DEFAULT ''"
	expanded, err := postgres.OpenAs(t.Context(), url, postgres.Format, expand)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = expanded.Close() }()
	for i, l := range []*postgres.Ledger{old, expanded, opened(t, url)} {
		d := ledger.NewDelivery(fmt.Sprint(i), "Morning", team, monday)
		if _, err := l.Plan(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		d.Skip("not wanted", monday)
		if err := errors.Join(l.Save(t.Context(), &d), l.Ping(t.Context())); err != nil {
			t.Error(err)
		}
	}
	contracted, err := postgres.OpenAs(t.Context(), url, postgres.Format+2, expand, "ALTER TABLE digestbot.deliveries DROP COLUMN style")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = contracted.Close() }()
	if l, err := postgres.Open(t.Context(), url); err == nil || !strings.Contains(err.Error(), "a newer digestbot has changed the database") {
		t.Errorf("got %v, %v", l, err)
	}
	if err := old.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "a newer digestbot has changed the database") {
		t.Errorf("an old program that runs says %v", err)
	}
	// A failed step changes nothing.
	if _, err := postgres.OpenAs(t.Context(), url, 1, expand, "SELECT 1", "ALTER TABLE digestbot.slots ADD COLUMN x text; SELECT nothing"); err == nil {
		t.Error("a step that fails was taken")
	}
	again, err := postgres.OpenAs(t.Context(), url, 1, expand, "SELECT 1", "ALTER TABLE digestbot.slots ADD COLUMN x text")
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}

// TestText: text that the database cannot store costs a character and never a delivery.
func TestText(t *testing.T) {
	l := opened(t, postgrestest.Start(t).Database(t))
	d := ledger.NewDelivery("2026-11-23", "a\x00b \xff", team, monday)
	d.Said = []ledger.Said{{Digest: "2026-11-23", Day: "2026-11-23", Text: "c\x00d \\u0000"}}
	if err := d.Freeze([]chat.Payload{chat.Payload("\x00\xff{}"), nil, {}}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Plan(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	d.Retry("e\x00f", monday)
	d.Parts[0].Receipt.URL = "\x00"
	if err := l.Save(t.Context(), &d); err != nil {
		t.Fatal(err)
	}
	got, err := l.Get(t.Context(), d.Key)
	if err != nil || got.Title != "a\uFFFDb \uFFFD" || got.Reason != "e\uFFFDf" || got.Said[0].Text != d.Said[0].Text || string(got.Parts[0].Payload) != "\x00\xff{}" ||
		got.Parts[1].Payload != nil || got.Parts[2].Payload == nil {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := l.Record(t.Context(), ledger.Act{Line: "\x00", What: "\xff"}); err != nil {
		t.Error(err)
	}
	if found, err := l.List(t.Context(), ledger.Query{Digest: "\x00"}); err != nil || len(found) != 0 {
		t.Errorf("found %v, %v", found, err)
	}
	d = ledger.NewDelivery("9999", "", team, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
	if _, err := l.Plan(t.Context(), d); err == nil || !strings.Contains(err.Error(), "outside the years 1678 to 2262") {
		t.Errorf("got error %v", err)
	}
}

// TestPing: the error says what keeps the ledger from being used.
func TestPing(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database(t)
	l := opened(t, url)
	if err := l.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	raw(t, url, "ALTER ROLE digestbot SET default_transaction_read_only = on")
	readOnly := opened(t, url)
	if err := readOnly.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "the database takes no changes; it may be a standby") {
		t.Errorf("got %v", err)
	}
	if err := readOnly.Record(t.Context(), ledger.Act{}); err == nil || !strings.Contains(err.Error(), "the database takes no changes") {
		t.Errorf("got %v", err)
	}
	server.Run(t, "ALTER ROLE digestbot RESET default_transaction_read_only")
	server.Stop(t)
	err := l.Ping(t.Context())
	server.Start(t)
	if err == nil || !strings.Contains(err.Error(), "the database") || !strings.HasPrefix(err.Error(), "ledger ") {
		t.Errorf("got %v", err)
	}
	if err := l.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestDurable: a commit is durable even if the database is configured to be faster.
func TestDurable(t *testing.T) {
	server := postgrestest.Start(t)
	address := server.Database(t)
	l := opened(t, address)
	var settings []string
	l.Wake = func(ctx context.Context, tx pgx.Tx, _ []postgres.Wake) error {
		for _, name := range []string{"synchronous_commit", "idle_in_transaction_session_timeout"} {
			var setting string
			if err := tx.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&setting); err != nil {
				return err
			}
			settings = append(settings, setting)
		}
		return nil
	}
	for _, step := range []struct{ set, want string }{{"off", "on"}, {"on", "on"}, {"remote_apply", "remote_apply"}, {"local", "local"}} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		raw(t, address, fmt.Sprintf("ALTER DATABASE %s SET synchronous_commit = %s", strings.TrimPrefix(u.Path, "/"), step.set))
		l.Pool().Reset()
		settings = nil
		if _, err := l.Plan(t.Context(), ledger.NewDelivery(step.set, "", team, monday)); err != nil {
			t.Fatal(err)
		}
		if len(settings) != 2 || settings[0] != step.want || settings[1] != "10s" {
			t.Errorf("%s: the settings are %q", step.set, settings)
		}
	}
}

// TestCollision: a transaction that the database ended because of a conflict is retried,
// but not forever.
func TestCollision(t *testing.T) {
	l := opened(t, postgrestest.Start(t).Database(t))
	for _, code := range []string{"40001", "40P01"} {
		left := 0
		l.Wake = func(context.Context, pgx.Tx, []postgres.Wake) error {
			if left--; left < 0 {
				return nil
			}
			return &pgconn.PgError{Code: code}
		}
		for collisions, want := range map[int]bool{1: true, 4: true, 5: false} {
			left = collisions
			d := ledger.NewDelivery(fmt.Sprint(code, collisions), "", team, monday)
			keys, err := l.Plan(t.Context(), d)
			if got := err == nil && len(keys) == 1; got != want {
				t.Errorf("%s %d times: planned %q, %v", code, collisions, keys, err)
			}
		}
	}
}

// TestWake: Wake is called in the same transaction.
func TestWake(t *testing.T) {
	l := opened(t, postgrestest.Start(t).Database(t))
	var woken []postgres.Wake
	var refuse error
	l.Wake = func(_ context.Context, _ pgx.Tx, wakes []postgres.Wake) error {
		woken = append(woken, wakes...)
		return refuse
	}
	waits, ended := ledger.NewDelivery("waits", "", team, monday), ledger.NewDelivery("ended", "", team, monday)
	ended.Skip("not wanted", monday)
	check := func(step string, err error, want ...postgres.Wake) {
		t.Helper()
		if err != nil || fmt.Sprint(woken) != fmt.Sprint(want) {
			t.Errorf("%s: woken %v, want %v; %v", step, woken, want, err)
		}
		woken = nil
	}
	save := func(d *ledger.Delivery) error { return l.Save(t.Context(), d) }
	_, err := l.Plan(t.Context(), waits, ended, waits)
	check("planned", err, postgres.Wake{Key: waits.Key, Adapter: "discord", At: monday})
	_, err = l.Plan(t.Context(), waits)
	check("planned before", err)
	began := ledger.NewDelivery("began", "", team, monday.Add(time.Minute))
	check("begun", l.Begin(t.Context(), "morning", monday, []chat.Channel{team}, began), postgres.Wake{Key: began.Key, Adapter: "discord", At: began.Next})
	if err := waits.Freeze([]chat.Payload{chat.Payload("{}")}); err != nil {
		t.Fatal(err)
	}
	waits.Promise(monday)
	check("promised", save(&waits))
	waits.Doubt("lost", monday.Add(time.Hour))
	check("in doubt", save(&waits), postgres.Wake{Key: waits.Key, Adapter: "discord", At: waits.Next})
	waits.Retry("limited", monday.Add(2*time.Hour))
	check("to be tried again", save(&waits), postgres.Wake{Key: waits.Key, Adapter: "discord", At: waits.Next})
	stale := waits
	stale.Version--
	if err := save(&stale); !errors.Is(err, ledger.ErrFenced) {
		t.Error(err)
	}
	check("fenced", nil)
	refuse = errors.New("no queue")
	if _, err := l.Plan(t.Context(), ledger.NewDelivery("refused", "", team, monday)); !errors.Is(err, refuse) {
		t.Errorf("got %v", err)
	}
	changed := waits
	changed.Retry("again", monday)
	if err := save(&changed); !errors.Is(err, refuse) || changed.Version != waits.Version {
		t.Errorf("got %v and version %d, want %d", err, changed.Version, waits.Version)
	}
	if all, err := l.List(t.Context(), ledger.Query{}); err != nil || len(all) != 3 || all[2].Reason != "limited" {
		t.Errorf("there are %+v, %v", all, err)
	}
}
