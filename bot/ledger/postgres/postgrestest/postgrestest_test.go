package postgrestest

import (
	"context"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestServer: committed rows survive a restart and a crash, and a dropped connection is
// broken.
func TestServer(t *testing.T) {
	s := Start(t)
	if s != Start(t) {
		t.Error("a second server was started")
	}
	database := s.Database(t)
	if other := s.Database(t); other == database {
		t.Errorf("two databases are %s", other)
	}
	try := func(statements ...string) {
		t.Helper()
		if err := run(t.Context(), database, statements...); err != nil {
			t.Error(err)
		}
	}
	try("CREATE TABLE kept (number int PRIMARY KEY)", "INSERT INTO kept VALUES (1)")
	s.Restart(t)
	try("INSERT INTO kept VALUES (2)")
	s.Crash(t)
	if err := run(t.Context(), database, "SELECT 1"); err == nil {
		t.Error("a server that was stopped answers")
	}
	s.Start(t)
	if err := run(context.Background(), database, "INSERT INTO kept VALUES (2)"); err == nil {
		t.Error("a row was lost")
	}
	try("SELECT pg_sleep(0)")
	if err := run(t.Context(), s.PgBouncer(t)(database), "INSERT INTO kept VALUES (3)"); err != nil {
		t.Error(err)
	}
}
