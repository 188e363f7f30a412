package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/digestbot/digestbot/bot/cache"
	"github.com/digestbot/digestbot/bot/chat"
)

// Exists reports whether there is or was a ledger at path; Open explains what to do if it
// is missing. A file that is still being created does not count.
func Exists(path string) bool {
	info, err := os.Stat(path)
	if err == nil && info.Size() > 0 {
		return true
	}
	_, err = os.Stat(path + markSuffix)
	return err == nil
}

// ErrOlder means that Open has to migrate the file to the newest format first.
var ErrOlder = errors.New("the file is of an older format")

// errLooking is the error of a change through a ledger that was opened with Read.
var errLooking = errors.New("the file was opened to look at it, and not to change it")

// Read opens the ledger in the file at path only for reading: it creates and changes
// nothing, the folder may be read-only, and changes fail. For a file of an older format the
// error is ErrOlder.
func Read(ctx context.Context, path string) (*Ledger, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	l := &database{path: path, group: group{turn: make(chan struct{}, 1)}, recent: recent{all: cache.Recent[chat.Key, rows]{Limit: 1}}}
	if info, err := os.Stat(path); errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil, l.wrap(gone(path))
	}
	if err := strayLog(path); err != nil {
		return nil, l.wrap(err)
	}
	err = l.look(ctx, "mode=rw")
	if denied(err) {
		// Without write permission, SQLite reads together with a writer whose files are
		// there; otherwise the file must not change
		// (https://www.sqlite.org/wal.html#readonly).
		if err = l.look(ctx, "mode=ro"); denied(err) {
			if log, none := os.Stat(path + "-wal"); none != nil || log.Size() == 0 {
				err = l.look(ctx, "mode=ro", "immutable=1")
			}
		}
	}
	if err != nil {
		return nil, l.wrap(err)
	}
	return &Ledger{l, deliveries{l}, slots{l}, settings{l}}, nil
}

// look opens the reading connections, and checks whether they can read the file.
func (l *database) look(ctx context.Context, settings ...string) (err error) {
	l.read, err = sql.Open("sqlite", address(l.path, append(settings, busySetting, "_query_only=1", fmt.Sprintf("_pragma=cache_size(%d)", -readerCache>>10))...))
	if err != nil {
		return err
	}
	l.read.SetMaxOpenConns(readers)
	l.read.SetMaxIdleConns(readers)
	has, err := formatOf(ctx, l.read)
	if err == nil && has < format {
		err = fmt.Errorf("%w: %d, and this digestbot reads %d", ErrOlder, has, format)
	}
	if err != nil {
		err = errors.Join(err, l.read.Close())
	}
	return err
}

// formatOf returns the format of a file, 0 for an empty one. A file of another program, or
// of a newer format, is an error.
func formatOf(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}) (has int, err error) {
	var owner, tables int
	err = db.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT count(*) FROM sqlite_schema), (SELECT user_version FROM pragma_user_version)`).Scan(&owner, &tables, &has)
	switch {
	case err != nil:
		return 0, err
	case owner != applicationID && (owner != 0 || tables > 0):
		return 0, errors.New("the file is the database of another program; name another file")
	case has > format:
		return 0, fmt.Errorf("a newer digestbot has written the file (format %d, this one knows %d); use that one or a newer one", has, format)
	}
	return has, nil
}

// denied reports whether the file or its folder cannot be written.
func denied(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case codes.SQLITE_READONLY, codes.SQLITE_CANTOPEN, codes.SQLITE_PERM:
		return true
	}
	return false
}
