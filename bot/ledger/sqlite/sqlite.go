// Package sqlite keeps the ledger in a SQLite file, and has the lock that lets only one
// process dispatch from it. It knows nothing of the content of payloads, nor of the meaning
// of states beyond which of them wait.
//
// # Why
//
// The file is in WAL mode with synchronous=FULL: once a method has returned, its changes
// are in the file even after a power cut. NORMAL would be faster, but could forget that a
// message was sent, and then send it again. Several processes may open the file at once, so
// that the command line can look and plan while the server runs; only the holder of Lock
// may send. Changes that arrive while a commit is being written share the next one, so
// durability costs less per change the more changes there are.
//
// A ledger that has lost its newest rows is worse than none, because the bot would post
// again what it forgot. So a small file beside it, the mark, says which ledger is there and
// how many commits it has had: a missing or different ledger is refused, and an older one
// reports that it is behind. Two risks remain: a mark that is lost together with the newest
// rows, and a power cut with a disk that lied about writing.
package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/digestbot/digestbot/bot/cache"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest/owner"
)

// Ledger is a ledger in a SQLite file: one database, and for each interface of a ledger the
// part that implements it.
type Ledger struct {
	*database
	deliveries // ledger.Deliveries
	slots      // ledger.Slots
	settings   // ledger.Settings, ledger.Outages and ledger.Record
}

// The parts of a Ledger.
type (
	deliveries struct{ *database }
	slots      struct{ *database }
	settings   struct{ *database }
)

// database is the file and its connections.
type database struct {
	// pen is the only connection for writing, so that writers of this process queue here
	// and not at the file's lock; read has a few.
	pen   pen
	group group
	read  *sql.DB
	// recent avoids writing what a change does not affect.
	recent recent

	path string
	// made identifies the file as it was opened: it must still be the one at path.
	made   os.FileInfo
	mark   mark
	behind bool
	kept   string
	fresh  bool
	taken  bool
}

var _ ledger.Ledger = (*Ledger)(nil)

// busyTimeout is how long a connection waits while another process writes.
const busyTimeout = 5 * time.Second

// busySetting sets busyTimeout on a connection.
var busySetting = fmt.Sprintf("_busy_timeout=%d", busyTimeout.Milliseconds())

// readers is the number of reading connections. Each caches few pages, because the
// operating system caches the file, too.
const (
	readers     = 4
	readerCache = 256 << 10 // bytes
)

// applicationID marks the file as a ledger ("dbot" in ASCII;
// https://www.sqlite.org/pragma.html#pragma_application_id).
const applicationID = 0x64626f74

// schema makes a new file.
//
//go:embed schema.sql
var schema string

// steps migrate an older file to that schema, each from one format to the next; the first
// is for a file of the format oldest. The file's user_version is its format.
var steps = []string{
	// Format 7: parts are no longer split. A part that was has no message.
	`UPDATE parts SET state = 'gone' WHERE state = 'split'`,
	// Format 8: changes of the settings are counted.
	`CREATE TABLE revision (settings INTEGER NOT NULL) STRICT; INSERT INTO revision VALUES (0)`,
}

// oldest is the oldest format that can be migrated, and format is that of the schema.
const oldest = 6

var format = oldest + len(steps)

// Open opens the ledger in the file at path. It creates the file and its folder if they are
// missing, readable only by their owner, and migrates a file of an older format. A file
// that is not the one that was there before is refused, see mark.
func Open(path string) (_ *Ledger, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	l := &database{path: path, group: group{turn: make(chan struct{}, 1)}, recent: recent{all: cache.Recent[chat.Key, rows]{Limit: recentLimit}}}
	if err := createFolder(path); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	found, err := readMark(path)
	if err != nil {
		return nil, l.wrap(err)
	}
	defer func() {
		if err != nil {
			l.mark = found
			_ = l.Close() // the first error is returned
		}
	}()
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if found.id != "" {
			return nil, l.wrap(gone(path))
		}
		l.fresh = true
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	if err := l.take(); err != nil {
		return nil, l.wrap(err)
	}
	if l.kept, err = migrate(context.Background(), path, found); err != nil {
		return nil, l.wrap(err)
	}
	if l.pen, err = openPen(path); err != nil {
		return nil, l.wrap(err)
	}
	if l.made, err = os.Stat(path); err != nil {
		return nil, l.wrap(err)
	}
	if l.read, err = sql.Open("sqlite", address(path, busySetting, "_query_only=1", fmt.Sprintf("_pragma=cache_size(%d)", -readerCache>>10))); err != nil {
		return nil, l.wrap(err)
	}
	l.read.SetMaxOpenConns(readers)
	l.read.SetMaxIdleConns(readers)
	if err := l.recognise(found); err != nil {
		return nil, l.wrap(err)
	}
	return &Ledger{l, deliveries{l}, slots{l}, settings{l}}, nil
}

// Kept returns the name of the copy that was made before the file was migrated when it was
// opened; empty if it was not migrated.
func (l *database) Kept() string { return l.kept }

// Fresh reports whether the file did not exist when it was opened, so that nothing is known
// of earlier posts.
func (l *database) Fresh() bool { return l.fresh }

// Close closes the file once pending writes are finished.
func (l *database) Close() error {
	l.group.turn <- struct{}{}
	defer func() { <-l.group.turn }()
	var errs []error
	if l.read != nil {
		errs = append(errs, l.read.Close())
	}
	errs = append(errs, l.pen.close(), l.mark.close())
	l.leave()
	return errors.Join(errs...)
}

// users is how many ledgers of this process use a file, by path. creating protects it, for
// the same reason.
var users = map[string]int{}

// take records that the ledger uses its file. If it is the first in this process, it
// ensures that SQLite does not mix two files: SQLite would apply a log that an old file has
// left to the backup in its place.
func (l *database) take() error {
	creating.Lock()
	defer creating.Unlock()
	if users[l.path] == 0 {
		if err := strayLog(l.path); err != nil {
			return err
		}
	}
	users[l.path]++
	l.taken = true
	return nil
}

func (l *database) leave() {
	creating.Lock()
	defer creating.Unlock()
	if l.taken {
		users[l.path]--
		l.taken = false
	}
}

// strayLog finds a log beside a file that has none. Backups have no log until they are
// opened; their header says so
// (https://www.sqlite.org/fileformat2.html#file_format_version_numbers).
func strayLog(path string) error {
	if log, err := os.Stat(path + "-wal"); err != nil || log.Size() == 0 {
		return nil // SQLite reports what is wrong with it, if anything
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	header := make([]byte, 20)
	_, err = io.ReadFull(file, header)
	_ = file.Close() // opened for reading
	if err == nil && header[18] == 1 && header[19] == 1 {
		name := filepath.Base(path)
		return fmt.Errorf("a copy was put in its place, but the log of the old file is still there: remove %s-wal and %s-shm", name, name)
	}
	return nil
}

// creating is held while a file is created: closing a file drops the locks that SQLite has
// taken on it elsewhere in this process
// (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_),
// so nothing may use the file before it is closed, and an existing file is not opened.
var creating sync.Mutex

// create creates an empty file at path, and its folder, unless they exist.
func create(path string) error {
	creating.Lock()
	defer creating.Unlock()
	if err := createFolder(path); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil {
		if info.IsDir() {
			return fmt.Errorf("%s is a folder, not a file", path)
		}
		return nil
	}
	file, err := owner.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil // another process was faster
	}
	if err != nil {
		return fmt.Errorf("the file cannot be created, or its folder cannot be written; %s: %w", allow, err)
	}
	return file.Close()
}

// createFolder creates the folder of path unless it exists.
func createFolder(path string) error {
	if err := owner.MkdirAll(filepath.Dir(path)); err != nil {
		return fmt.Errorf("the folder of %s cannot be created; check that it is not a file, and that the user who runs digestbot may create it: %w", path, err)
	}
	return nil
}

// address returns the URI of a file with the settings of its connections.
func address(path string, settings ...string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // on Windows, a drive's letter comes first
	}
	uri := url.URL{Scheme: "file", Path: path, RawQuery: strings.Join(settings, "&")}
	return uri.String()
}

// migrate migrates the file to the newest format, and returns the name of the copy that it
// made before. It changes nothing in a file that is not ours or is newer, not even to WAL
// mode.
func migrate(ctx context.Context, path string, found mark) (kept string, err error) {
	db, err := sql.Open("sqlite", address(path, busySetting, "_txlock=immediate", "_synchronous=full"))
	if err != nil {
		return "", err
	}
	err = transact(ctx, db, func(tx *sql.Tx) error {
		has, err := formatOf(ctx, tx)
		switch {
		case err != nil:
			return err
		case has == format:
			return nil
		case has == 0 && found.id != "":
			return gone(path)
		case has == 0:
			if _, err := tx.ExecContext(ctx, schema); err != nil {
				return err
			}
		case has < oldest:
			return fmt.Errorf("the file is of format %d, from before the first release, and this digestbot knows %d to %d; use the one that wrote it, or move the file away and begin as on a first start", has, oldest, format)
		default:
			// No other process can write now.
			kept = fmt.Sprintf("%s.format%d", path, has)
			if err := duplicate(ctx, path, kept, ""); err != nil {
				return fmt.Errorf("the file must be brought to a new format, but a copy of it cannot be kept as %s: %w", filepath.Base(kept), err)
			}
			for _, step := range steps[has-oldest:] {
				if _, err := tx.ExecContext(ctx, step); err != nil {
					return err
				}
			}
		}
		_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, format))
		return err
	})
	return kept, errors.Join(err, db.Close())
}

// view runs f in a read transaction: f sees one snapshot.
func (l *database) view(ctx context.Context, f func(*sql.Tx) error) error {
	return transact(ctx, l.read, f)
}

func transact(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // even after a panic; it has no effect after Commit
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// change runs one statement, and reports whether it changed a row.
func (l *database) change(ctx context.Context, statement string, args ...any) (bool, error) {
	return l.changeAnd(ctx, func(*pen) error { return nil }, statement, args...)
}

// changeAnd is change, and calls and in the same transaction if a row was changed.
func (l *database) changeAnd(ctx context.Context, and func(*pen) error, statement string, args ...any) (changed bool, err error) {
	if err := plain(args); err != nil {
		return false, l.wrap(err)
	}
	err = l.update(ctx, func(p *pen) error {
		result, err := p.exec(statement, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if changed = n > 0; err != nil || !changed {
			return err
		}
		return and(p)
	})
	return changed && err == nil, l.wrap(err)
}

// all returns the rows of a query, each read with scan.
func all[T any](ctx context.Context, l *database, scan func(*sql.Rows, *T) error, query string, args ...any) ([]T, error) {
	rows, err := l.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, l.wrap(err)
	}
	defer rows.Close()
	var found []T
	for rows.Next() {
		var x T
		if err := scan(rows, &x); err != nil {
			return nil, l.wrap(err)
		}
		found = append(found, x)
	}
	return found, l.wrap(rows.Err())
}

// wrap explains an error of SQLite in words.
func (l *database) wrap(err error) error {
	if err == nil || errors.Is(err, ledger.ErrFenced) || errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	return fmt.Errorf("ledger %s: %w", l.path, inWords(err))
}

// inWords prefixes an error with its explanation.
func inWords(err error) error {
	if words := explain(err); words != "" {
		return fmt.Errorf("%s: %w", words, err)
	}
	return err
}

// busy reports whether another process holds a lock that is needed.
func busy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == codes.SQLITE_BUSY
}

// damaged is the text for a file that SQLite cannot rely on.
const damaged = "the file is damaged; stop digestbot and put its newest backup in its place (without it, the bot cannot know what it has posted)"

// allow is the remedy for files that cannot be written.
const allow = "see that the user who runs digestbot may write them"

// diskFull is the text for a full disk.
const diskFull = "the disk is full; make room"

// explain says in words what an operator can do about an error of SQLite; it is empty if
// there is nothing to add.
func explain(err error) string {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return ""
	}
	if denied(err) {
		return "the file or its folder cannot be written; " + allow
	}
	switch e.Code() & 0xff { // the rest is detail (https://www.sqlite.org/rescode.html)
	case codes.SQLITE_NOTADB:
		return "the file is not an SQLite database; put the ledger or its newest backup in its place"
	case codes.SQLITE_CORRUPT:
		return damaged
	case codes.SQLITE_FULL:
		return diskFull
	case codes.SQLITE_BUSY:
		return "another process keeps the file locked"
	}
	return ""
}
