package sqlite

import (
	"database/sql"
	"testing"
)

// Fill makes the file full: it cannot grow beyond the pages that it
// has.
func Fill(l *Ledger) error {
	_, err := l.write.Exec("PRAGMA max_page_count = 1")
	return err
}

// Format1 is the schema of the first files.
var Format1 = format1

// TestSettings: what durability and several processes rest on is set on every
// connection.
func TestSettings(t *testing.T) {
	l, err := Open(t.TempDir() + "/ledger.db")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, tc := range []struct {
		db           *sql.DB
		pragma, want string
	}{
		{l.write, "journal_mode", "wal"},
		{l.write, "synchronous", "2"}, // FULL
		{l.write, "busy_timeout", "5000"},
		{l.write, "foreign_keys", "1"},
		{l.read, "journal_mode", "wal"},
		{l.read, "query_only", "1"},
		{l.read, "busy_timeout", "5000"},
	} {
		var got string
		if err := tc.db.QueryRow("PRAGMA " + tc.pragma).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != tc.want {
			t.Errorf("%s is %s, want %s", tc.pragma, got, tc.want)
		}
	}
}
