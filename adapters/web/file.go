package web

import (
	"context"
	"database/sql"
	_ "embed" // the tables
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// schema makes a new file.
//
//go:embed schema.sql
var schema string

// steps lead an older file to that schema, each from one format to the next; the
// first is for a file of oldest. The file's user_version is its format.
var steps = []string{
	// Format 3: who has signed in.
	`CREATE TABLE session (hash BLOB PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
}

// oldest is the format of the oldest file that can be brought up to date, and
// newest that of the schema.
const oldest = 2

var newest = oldest + len(steps)

// openFile opens the file, makes it and its folder when they are missing,
// readable to their owner alone, and brings one of an older format up to date.
func openFile(path string) (*sql.DB, error) {
	if err := create(path); err != nil {
		return nil, err
	}
	// FULL, because the ledger believes a receipt for ever: a message that was
	// acknowledged must survive a power cut.
	settings := "?_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_txlock=immediate"
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+settings)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := migrate(context.Background(), db); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("%s: %w", path, inWords(err))
	}
	return db, nil
}

// damaged is what is said of a file that cannot be relied on. The ledger knows what
// was posted, so a room that begins empty gets nothing twice.
const damaged = "the file is damaged; stop digestbot and put a copy of it in its place, or move it away with its -wal and -shm: " +
	"the web room then begins empty, and nothing is posted again"

// inWords puts in front of an error of SQLite what an operator can do.
func inWords(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	var words string
	switch e.Code() & 0xff { // the rest is detail (https://www.sqlite.org/rescode.html)
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		words = damaged
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		words = "the file or its folder cannot be written"
	case sqlite3.SQLITE_FULL:
		words = "the disk is full; make room"
	case sqlite3.SQLITE_BUSY:
		words = "another process keeps the file locked"
	default:
		return err
	}
	return fmt.Errorf("%s: %w", words, err)
}

// check reads the whole file for damage.
func check(ctx context.Context, db *sql.DB) error {
	var found string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found); err != nil {
		return inWords(err)
	}
	if found != "ok" {
		return fmt.Errorf("%s: %s", damaged, found)
	}
	// SQLite takes the text that describes the tables as it is.
	is, err := shape(ctx, db)
	if err != nil {
		return inWords(err)
	}
	fresh, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	defer func() { _ = fresh.Close() }()
	fresh.SetMaxOpenConns(1) // another one would have a memory of its own
	if _, err := fresh.ExecContext(ctx, schema); err != nil {
		return err
	}
	should, err := shape(ctx, fresh)
	if err == nil && is != should {
		err = errors.New(damaged + ": its tables are not those of a web room")
	}
	return err
}

// shape is what tables and triggers a database has, and the columns of the tables.
func shape(ctx context.Context, db *sql.DB) (text string, err error) {
	err = db.QueryRowContext(ctx, `SELECT coalesce(group_concat(line, ';' ORDER BY line), '') FROM (
		SELECT t.type || ' ' || t.name || ' ' || coalesce(c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk, '') AS line
		FROM sqlite_schema AS t LEFT JOIN pragma_table_info(t.name) AS c ON t.type = 'table' WHERE t.type IN ('table', 'trigger') AND t.name NOT LIKE 'sqlite_%')`).Scan(&text)
	return text, err
}

// creating is held while a file is made: closing a file drops the locks that
// SQLite has taken on it elsewhere in this process
// (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
var creating sync.Mutex

// create makes an empty file at path, and its folder, unless they exist.
func create(path string) error {
	creating.Lock()
	defer creating.Unlock()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// migrate brings the file to the newest format.
func migrate(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var format, tables int
	err = tx.QueryRowContext(ctx, `SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`).Scan(&format, &tables)
	switch {
	case err != nil:
		return err
	case format > newest:
		return fmt.Errorf("a newer digestbot has written the file (format %d, this one knows %d); use that one or a newer one", format, newest)
	case tables == 0:
		_, err = tx.ExecContext(ctx, schema)
	case format < oldest:
		return errors.New("the file is the database of another program, or from before the first release of digestbot; move it away")
	default:
		for _, step := range steps[format-oldest:] {
			if _, err = tx.ExecContext(ctx, step); err != nil {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, newest)); err != nil {
		return err
	}
	return tx.Commit()
}

// busy reports whether another process held the file for too long, so that
// nothing was written.
func busy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_BUSY
}
