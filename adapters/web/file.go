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
	"strings"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/digestbot/digestbot/digest/owner"
)

// schema creates the tables of a new file.
//
//go:embed schema.sql
var schema string

// steps upgrade an older file, each from one format to the next; the first one
// is for a file of format oldest. The format is stored as the file's
// user_version.
var steps = []string{
	// Format 3: sessions.
	`CREATE TABLE session (hash BLOB PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
}

// oldest is the format of the oldest file that can be upgraded, and newest is
// the format of schema.
const oldest = 2

var newest = oldest + len(steps)

// file is the dialect of SQLite. Its value is the path of the room's file.
type file string

var inSQLite = strings.NewReplacer("@", "")

func (file) text(statement string) string { return inSQLite.Replace(statement) }

// alone does nothing: a transaction begins as a writing one (txlock).
func (file) alone(context.Context, *sql.Tx) error { return nil }

func (f file) place() string { return string(f) }

func (file) mend() string {
	return "stop digestbot and put a copy of the file in its place, or post the digest again with /digest resend"
}

func (file) close(db *sql.DB) error { return db.Close() }

// openFile opens the file and upgrades it if it has an older format. If the
// file or its folder does not exist, it creates them, readable only by their
// owner.
func openFile(path string) (*store, error) {
	if err := create(path); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	// FULL, because the ledger relies on a receipt for ever: an acknowledged
	// message must survive a power cut.
	settings := "?_pragma=busy_timeout(5000)&_pragma=synchronous(full)&_txlock=immediate"
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+settings)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	ctx := context.Background()
	err = migrate(ctx, db)
	if err == nil {
		// The file stays in WAL mode. Reading it creates the -wal and -shm files.
		_, err = db.ExecContext(ctx, `PRAGMA journal_mode = wal; SELECT count(*) FROM sqlite_schema`)
	}
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("%s: %w", path, file(path).explain(err))
	}
	return &store{db: db, dialect: file(path)}, nil
}

// begins says what happens without a file. The ledger knows what was posted, so
// nothing is posted twice to a room that begins empty.
const begins = "the web room then begins empty, and nothing is posted again"

// damaged is the message about a file that cannot be trusted.
const damaged = "the file is damaged; stop digestbot and put a copy of it in its place, or move it away with its -wal and -shm: " + begins

// explain adds advice for the operator to an error of SQLite.
func (file) explain(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	var words string
	switch e.Code() & 0xff { // the rest is detail (https://www.sqlite.org/rescode.html)
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		words = damaged
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		words = "the file, its -wal or -shm, or their folder cannot be written; see that the user who runs digestbot may write them"
	case sqlite3.SQLITE_IOERR:
		words = "the file, its -wal or its -shm cannot be read or written; see that the disk is well, and that none of them is a folder"
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
func (f file) check(ctx context.Context, db *sql.DB) error {
	var found string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found); err != nil {
		return f.explain(err)
	}
	if found != "ok" {
		return fmt.Errorf("%s: %s", damaged, found)
	}
	// SQLite does not check the text that describes the tables.
	is, err := shape(ctx, db)
	if err != nil {
		return f.explain(err)
	}
	fresh, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	defer func() { _ = fresh.Close() }()
	fresh.SetMaxOpenConns(1) // every connection has a memory of its own
	if _, err := fresh.ExecContext(ctx, schema); err != nil {
		return err
	}
	should, err := shape(ctx, fresh)
	if err == nil && is != should {
		err = errors.New(damaged + ": its tables are not those of a web room")
	}
	return err
}

// shape describes the tables and triggers of a database, and the columns of the tables.
func shape(ctx context.Context, db *sql.DB) (text string, err error) {
	err = db.QueryRowContext(ctx, `SELECT coalesce(group_concat(line, ';' ORDER BY line), '') FROM (
		SELECT t.type || ' ' || t.name || ' ' || coalesce(c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk, '') AS line
		FROM sqlite_schema AS t LEFT JOIN pragma_table_info(t.name) AS c ON t.type = 'table' WHERE t.type IN ('table', 'trigger') AND t.name NOT LIKE 'sqlite_%')`).Scan(&text)
	return text, err
}

// creating is held while a file is created: closing a file drops the locks that SQLite holds on
// it elsewhere in this process
// (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
var creating sync.Mutex

// create creates an empty file at path, and its folder, unless they exist.
func create(path string) error {
	creating.Lock()
	defer creating.Unlock()
	if err := owner.MkdirAll(filepath.Dir(path)); err != nil {
		return fmt.Errorf("its folder cannot be created; check that it is not a file, and that the user who runs digestbot may create it: %w", err)
	}
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return errors.New("it is a folder, not a file; move it away: " + begins)
	case err == nil && !info.Mode().IsRegular():
		return errors.New("it is not a regular file; move it away: " + begins)
	case err == nil:
		return nil
	}
	// SQLite would create the target of a dangling link, readable by others.
	if to, err := os.Readlink(path); err == nil {
		return fmt.Errorf("it is a link to %s, which does not exist; create that file, even an empty one, or remove the link: %s", to, begins)
	}
	made, err := owner.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil // another process was faster
	}
	if err != nil {
		return fmt.Errorf("the file cannot be created; check that the user who runs digestbot may write to its folder: %w", err)
	}
	return made.Close()
}

// migrate upgrades the file to the newest format. It changes nothing in a file
// that is not a web room or is newer; it does not even switch it to WAL mode.
func migrate(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	// A room has no application_id. A damaged room may have lost some of its
	// tables and triggers, whose names other programs are unlikely to use.
	var owner, format, tables, ours int
	err = tx.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
		count(*), count(*) FILTER (WHERE name IN ('change', 'message_posted', 'message_edited', 'message_removed')) FROM sqlite_schema`).Scan(&owner, &format, &tables, &ours)
	switch {
	case err != nil:
		return err
	case owner == 0 && format == 0 && tables == 0:
		_, err = tx.ExecContext(ctx, schema)
	case owner != 0 || ours == 0 || format < oldest:
		return errors.New("the file is another database, not a web room's, or from before the first release of digestbot; move it away with its -wal and -shm: " + begins)
	case format > newest:
		return fmt.Errorf("a newer digestbot has written the file (format %d, this one knows %d); use that one or a newer one", format, newest)
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
