// Package sqlite keeps the ledger in a SQLite file, and holds the lock that
// lets one process alone dispatch from it. It never knows what a payload
// says, or what a state means beyond which of them wait.
//
// # Why
//
// The file is in WAL mode with synchronous=FULL: what a method has returned
// for is in the file even after a power cut. NORMAL would be faster and could
// forget that a message was sent, and then send it again. Several processes
// may open the file at once, so that the command line can look and plan while
// the server runs; only the one that holds Lock may send.
package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/digestbot/digestbot/bot/ledger"
)

// Ledger is a ledger in a SQLite file.
type Ledger struct {
	// write has one connection, so that writers of this process queue here and
	// not at the file's lock; read has a few.
	write, read *sql.DB
	path        string
}

var _ ledger.Ledger = (*Ledger)(nil)

// patience is how long a connection waits while another process writes.
const patience = 5 * time.Second

// waits is the setting of a connection that has patience.
var waits = fmt.Sprintf("_busy_timeout=%d", patience.Milliseconds())

// readers is how many connections read at the same time.
const readers = 4

// applicationID marks the file as a ledger ("dbot" in ASCII;
// https://www.sqlite.org/pragma.html#pragma_application_id).
const applicationID = 0x64626f74

var (
	//go:embed format1.sql
	format1 string
	//go:embed format2.sql
	format2 string
	//go:embed format3.sql
	format3 string
)

// formats leads from each format of the file to the next. A format that was
// released never changes; the file's user_version counts those it has seen.
var formats = []string{format1, format2, format3}

// Open opens the ledger in the file at path. It makes the file and its folder
// when they are missing, readable to their owner alone, and brings a file of an
// older format up to date.
func Open(path string) (*Ledger, error) {
	path, err := create(path)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	l := &Ledger{path: path}
	if err := migrate(context.Background(), path); err != nil {
		return nil, l.wrap(err)
	}
	l.write, err = sql.Open("sqlite", address(path, waits, "_txlock=immediate", "_journal_mode=wal", "_synchronous=full", "_foreign_keys=1"))
	if err != nil {
		return nil, l.wrap(err)
	}
	l.write.SetMaxOpenConns(1)
	l.read, err = sql.Open("sqlite", address(path, waits, "_query_only=1"))
	if err != nil {
		return nil, l.wrap(errors.Join(err, l.write.Close()))
	}
	l.read.SetMaxOpenConns(readers)
	// The first connection turns a new file to WAL. SQLite does not wait for
	// another process that does the same at the same time, so we do.
	err = l.write.Ping()
	for begin := time.Now(); busy(err) && time.Since(begin) < patience; err = l.write.Ping() {
		time.Sleep(rand.N(20 * time.Millisecond))
	}
	if err != nil {
		return nil, errors.Join(l.wrap(err), l.Close())
	}
	return l, nil
}

// Close closes the file.
func (l *Ledger) Close() error { return errors.Join(l.read.Close(), l.write.Close()) }

// creating is held while a file is made: closing a file drops the locks that
// SQLite has taken on it elsewhere in this process
// (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_),
// so nobody may use it before it is closed, and one that exists is not opened.
var creating sync.Mutex

// create makes an empty file at path, and its folder, unless they exist, and
// returns the absolute path.
func create(path string) (string, error) {
	creating.Lock()
	defer creating.Unlock()
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("the folder of %s cannot be made: %w", path, err)
	}
	if info, err := os.Stat(path); err == nil {
		if info.IsDir() {
			return "", fmt.Errorf("%s is a folder, not a file", path)
		}
		return path, nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return path, nil // another process was faster
	}
	if err != nil {
		return "", fmt.Errorf("the file cannot be made, is the folder writable? %w", err)
	}
	return path, file.Close()
}

// address is the URI of a file with the settings of its connections.
func address(path string, settings ...string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive's letter comes first on Windows
	}
	uri := url.URL{Scheme: "file", Path: path, RawQuery: strings.Join(settings, "&")}
	return uri.String()
}

// migrate brings the file to the newest format. It changes nothing of a file
// that is not ours or is newer, not even to WAL mode.
func migrate(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", address(path, waits, "_txlock=immediate", "_synchronous=full"))
	if err != nil {
		return err
	}
	err = transact(ctx, db, func(tx *sql.Tx) error {
		var owner, tables, format int
		err := tx.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
			(SELECT count(*) FROM sqlite_schema), (SELECT user_version FROM pragma_user_version)`).Scan(&owner, &tables, &format)
		switch {
		case err != nil:
			return err
		case owner != applicationID && (owner != 0 || tables > 0):
			return errors.New("the file is the database of another program; name another file")
		case format > len(formats):
			return fmt.Errorf("a newer digestbot has written the file (format %d, this one knows %d); use that one or a newer one", format, len(formats))
		case format == len(formats):
			return nil
		}
		for _, step := range formats[format:] {
			if _, err := tx.ExecContext(ctx, step); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(formats)))
		return err
	})
	return errors.Join(err, db.Close())
}

// update runs f in a transaction that writes, and commits it if f succeeds.
func (l *Ledger) update(ctx context.Context, f func(*sql.Tx) error) error {
	return transact(ctx, l.write, f)
}

// view runs f in a transaction that reads: all that f sees is of one moment.
func (l *Ledger) view(ctx context.Context, f func(*sql.Tx) error) error {
	return transact(ctx, l.read, f)
}

func transact(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // f's error is the one to tell
		return err
	}
	return tx.Commit()
}

// wrap puts an error of SQLite into words.
func (l *Ledger) wrap(err error) error {
	if err == nil || errors.Is(err, ledger.ErrFenced) || errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	if words := explain(err); words != "" {
		err = fmt.Errorf("%s: %w", words, err)
	}
	return fmt.Errorf("ledger %s: %w", l.path, err)
}

// busy reports whether another process holds a lock that is needed.
func busy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == codes.SQLITE_BUSY
}

// explain says in words what an operator can do about an error of SQLite; it is
// empty when there is nothing to add.
func explain(err error) string {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return ""
	}
	switch e.Code() & 0xff { // the rest is detail (https://www.sqlite.org/rescode.html)
	case codes.SQLITE_NOTADB:
		return "the file is no SQLite database; name another file or move it away"
	case codes.SQLITE_CORRUPT:
		return "the file is damaged; restore it from a copy (without it, the bot cannot know what it has posted)"
	case codes.SQLITE_READONLY, codes.SQLITE_CANTOPEN, codes.SQLITE_PERM:
		return "the file or its folder cannot be written"
	case codes.SQLITE_FULL:
		return "the disk is full"
	case codes.SQLITE_BUSY:
		return "another process keeps the file locked"
	}
	return ""
}
