package postgres_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/ledgertest"
	"github.com/digestbot/digestbot/bot/ledger/postgres"
	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLedger(t *testing.T) { suite(t, func(url string) string { return url }) }

// suite runs the suite of ledgers, each test with a database of its own.
func suite(t *testing.T, way func(url string) string) {
	server := postgrestest.Start(t)
	server.Hurry(t)
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
