package sqlite

import (
	"context"
	"database/sql"
	"runtime"
	"testing"
)

// Fill makes the file full: it cannot grow beyond its present pages.
func Fill(l *Ledger) error {
	_, err := l.pen.exec("PRAGMA max_page_count = 1")
	return err
}

// KeepLog keeps commits in the log beside the file.
func KeepLog(l *Ledger) error {
	_, err := l.pen.exec("PRAGMA wal_autocheckpoint = 0")
	return err
}

// Gather blocks the writing of changes. release waits until n of them have arrived, and
// unblocks them.
func Gather(l *Ledger, n int) (release func()) {
	l.group.turn <- struct{}{}
	return func() {
		for gathered := 0; gathered < n; runtime.Gosched() {
			l.group.mu.Lock()
			gathered = len(l.group.waiting)
			l.group.mu.Unlock()
		}
		<-l.group.turn
	}
}

// Commits returns the number of commits.
func Commits(l *Ledger) (n int64) {
	if err := l.read.QueryRow("SELECT commits FROM mark").Scan(&n); err != nil {
		panic(err)
	}
	return n
}

// TestSettings: the settings on which durability and sharing between processes depend are
// set on every connection.
func TestSettings(t *testing.T) {
	l, err := Open(t.TempDir() + "/ledger.db")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, tc := range []struct {
		db interface {
			QueryRowContext(context.Context, string, ...any) *sql.Row
		}
		pragma, want string
	}{
		{l.pen.conn, "journal_mode", "wal"},
		{l.pen.conn, "synchronous", "2"}, // FULL
		{l.pen.conn, "busy_timeout", "5000"},
		{l.pen.conn, "foreign_keys", "1"},
		{l.read, "journal_mode", "wal"},
		{l.read, "query_only", "1"},
		{l.read, "busy_timeout", "5000"},
	} {
		var got string
		if err := tc.db.QueryRowContext(t.Context(), "PRAGMA "+tc.pragma).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != tc.want {
			t.Errorf("%s is %s, want %s", tc.pragma, got, tc.want)
		}
	}
}
