package web

import (
	"database/sql"
	"strings"
	"sync"
	"testing"

	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
)

// inEach runs a test with rooms in each of the stores. A folder of state stands for one of
// each.
func inEach(t *testing.T, test func(t *testing.T)) {
	t.Run("SQLite", test)
	t.Run("PostgreSQL", func(t *testing.T) {
		postgrestest.Start(t).Hurry(t)
		test(t)
	})
}

// databases are the URLs of databases, by folder.
var databases sync.Map

// databaseOf is the database that stands for a folder, nil where rooms are in files.
func databaseOf(t *testing.T, state string) *sql.DB {
	t.Helper()
	if !strings.Contains(t.Name()+"/", "/PostgreSQL/") {
		return nil
	}
	address, ok := databases.Load(state)
	if !ok {
		address = postgrestest.Start(t).Database(t)
		databases.Store(state, address)
	}
	return postgrestest.Open(t, address.(string))
}
