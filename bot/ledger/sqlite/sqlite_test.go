package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/ledgertest"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

func TestLedger(t *testing.T) {
	root := t.TempDir()
	ledgertest.Run(t, func(t *testing.T) ledger.Ledger {
		return open(t, filepath.Join(root, filepath.FromSlash(t.Name()), "ledger.db"))
	})
}

// open opens a ledger that must open; the caller closes it.
func open(t testing.TB, path string) *sqlite.Ledger {
	t.Helper()
	l, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
