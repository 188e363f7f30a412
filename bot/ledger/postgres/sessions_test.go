package postgres_test

import (
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
)

// A session that one replica begins is visible to another, with its note. It ends after its
// life, when it is idle, and when someone ends it, and does not come back.
func TestSessions(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database(t)
	a, b := opened(t, url), opened(t, url)
	age := func(by time.Duration) {
		t.Helper()
		if _, err := a.Pool().Exec(t.Context(), `UPDATE digestbot.sessions SET until = until - $1::bigint * interval '1 microsecond', last = last - $1::bigint * interval '1 microsecond'`, by.Microseconds()); err != nil {
			t.Fatal(err)
		}
	}
	is := func(when, id string, want bool, note string) {
		t.Helper()
		if got, there, err := b.VisitSession(t.Context(), id, time.Hour); err != nil || there != want || got != note {
			t.Errorf("%s: session %s is there %t with %q, %v; want %t with %q", when, id, there, got, err, want, note)
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	is("before it began", "ada", false, "")
	do(a.BeginSession(t.Context(), "ada", time.Hour, 3*time.Hour))
	do(a.BeginSession(t.Context(), "bob", time.Hour, 3*time.Hour))
	is("when it began", "ada", true, "")
	do(a.NoteSession(t.Context(), "ada", "done"))
	is("with a note", "ada", true, "done")
	is("without one", "bob", true, "")
	for range 3 {
		age(50 * time.Minute)
		is("after less than a pause", "ada", true, "done")
	}
	is("after a pause", "bob", false, "")
	age(29 * time.Minute)
	is("before the end of its life", "ada", true, "done")
	age(2 * time.Minute)
	is("after its life", "ada", false, "")
	do(a.BeginSession(t.Context(), "eve", time.Hour, time.Hour))
	var n int
	if err := a.Pool().QueryRow(t.Context(), `SELECT count(*) FROM digestbot.sessions`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d sessions are kept, %v; want the one that is not over", n, err)
	}
	do(b.EndSession(t.Context(), "eve"))
	do(a.NoteSession(t.Context(), "eve", "too late"))
	is("when it was ended", "eve", false, "")
}
