package search

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// applicationID marks the file as an index ("dbix" in ASCII;
// https://www.sqlite.org/pragma.html#pragma_application_id).
const applicationID = 0x64626978

// format is the file's user_version. It grows with every change of schema.sql,
// of the cutting of words and of what a row holds.
const format = 2

//go:embed schema.sql
var schema string

const (
	// patience is how long a connection waits while another process writes: as
	// long as filing a large library may take.
	patience = time.Minute
	// readers is how many connections read at the same time.
	readers = 4
	// idle is how long a connection is kept that nobody uses: what it remembers of
	// the file takes some megabytes.
	idle = 10 * time.Second
	// writerCache and filing are how much a change keeps in memory before it
	// goes to the file, in bytes: many small pieces would have to be merged.
	writerCache = 8 << 20
	filing      = 8 << 20
	// pageSize is that of the file, in bytes: every change reads all pages, and
	// each costs more than what is in it.
	pageSize = 16 << 10
)

// errUnusable: the file is not an index that this package can trust.
var errUnusable = errors.New("the file is damaged or of another kind")

// file is an open index file.
type file struct {
	// write has one connection, so that writers of this process queue here and
	// not at the file's lock; read has a few.
	write, read *sql.DB
}

// openFile opens the file at path and checks its seal. A file that is missing
// or unusable is replaced by an empty index.
func openFile(ctx context.Context, path string) (*file, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("the folder cannot be made: %w", err)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return nil, errors.New("it is not a file")
	case err == nil:
		f, err := openSealed(ctx, path)
		if !unusable(err) {
			return f, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if err := replace(ctx, path); err != nil {
		return nil, fmt.Errorf("a new file cannot be made: %w", err)
	}
	return openSealed(ctx, path)
}

// openSealed opens a file that must be an index.
func openSealed(ctx context.Context, path string) (_ *file, err error) {
	f := &file{}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	waits := fmt.Sprintf("_busy_timeout=%d", patience.Milliseconds())
	f.write, err = sql.Open("sqlite", address(path, "mode=rw", waits, "_txlock=immediate", "_synchronous=normal",
		fmt.Sprintf("_pragma=cache_size(%d)", -writerCache>>10), fmt.Sprintf("_pragma=journal_size_limit(%d)", writerCache)))
	if err != nil {
		return nil, err
	}
	f.write.SetMaxOpenConns(1)
	f.write.SetConnMaxIdleTime(idle)
	f.read, err = sql.Open("sqlite", address(path, "mode=rw", waits, "_query_only=1"))
	if err != nil {
		return nil, err
	}
	f.read.SetMaxOpenConns(readers)
	f.read.SetMaxIdleConns(readers)
	f.read.SetConnMaxIdleTime(idle)
	return f, f.view(ctx, func(tx *sql.Tx) error {
		var owner, version int
		err := tx.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
			(SELECT user_version FROM pragma_user_version)`).Scan(&owner, &version)
		if err != nil {
			return err
		}
		if owner != applicationID || version != format {
			return errUnusable
		}
		is, err := seal(ctx, tx)
		if err != nil {
			return err
		}
		if sum, err := checksum(ctx, tx); err != nil || sum != is {
			return errors.Join(err, errUnusable)
		}
		return nil
	})
}

// view runs do in a transaction that reads: all that it sees is of one moment.
func (f *file) view(ctx context.Context, do func(*sql.Tx) error) error {
	if f == nil {
		return errUnusable
	}
	return transact(ctx, f.read, do)
}

// change runs do in a transaction that writes, and commits it if do succeeds.
func (f *file) change(ctx context.Context, do func(*sql.Tx) error) error {
	if f == nil {
		return errUnusable
	}
	return transact(ctx, f.write, do)
}

// Close closes the file.
func (f *file) Close() error {
	if f == nil {
		return nil
	}
	var errs []error
	for _, db := range []*sql.DB{f.read, f.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// replace puts an empty index at path, in one step, so that nobody ever opens
// half of one. Whoever has the old file open keeps it until it finds out.
func replace(ctx context.Context, path string) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	name := temporary.Name()
	defer func() {
		if err != nil {
			_ = os.Remove(name)
		}
	}()
	if err := temporary.Close(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", address(name, fmt.Sprintf("_pragma=page_size(%d)", pageSize), "_journal_mode=wal", "_txlock=immediate"))
	if err != nil {
		return err
	}
	err = transact(ctx, db, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, format)+
			schema+fmt.Sprintf("INSERT INTO seal VALUES (0); INSERT INTO stories (stories, rank) VALUES ('hashsize', %d)", filing))
		if err != nil {
			return err
		}
		_, err = putSeal(ctx, tx)
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	// What is left of the old file's log would be taken for the new one's.
	for _, rest := range []string{path + "-wal", path + "-shm"} {
		if err := os.Remove(rest); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Rename(name, path)
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

func transact(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // also after a panic; nothing is left of it after Commit
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// seal is the checksum that the file bears.
func seal(ctx context.Context, tx *sql.Tx) (sum int64, err error) {
	err = tx.QueryRowContext(ctx, "SELECT sum FROM seal").Scan(&sum)
	if errors.Is(err, sql.ErrNoRows) {
		err = errUnusable
	}
	return sum, err
}

// putSeal writes the checksum of what the transaction leaves.
func putSeal(ctx context.Context, tx *sql.Tx) (int64, error) {
	// FTS5 keeps what is new in memory until the commit, and the pages must
	// have it before.
	if _, err := tx.ExecContext(ctx, "INSERT INTO stories (stories) VALUES ('flush')"); err != nil {
		return 0, err
	}
	sum, err := checksum(ctx, tx)
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE seal SET sum = ?", sum)
	return sum, err
}

// polynomial is one that processors know.
var polynomial = crc32.MakeTable(crc32.Castagnoli)

// checksum is that of all pages but the seal's (https://www.sqlite.org/dbpage.html).
func checksum(ctx context.Context, tx *sql.Tx) (int64, error) {
	rows, err := tx.QueryContext(ctx, `SELECT pgno, data FROM sqlite_dbpage
		WHERE pgno <> (SELECT rootpage FROM sqlite_schema WHERE name = 'seal') ORDER BY pgno`)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	var sum uint32
	var data sql.RawBytes
	for rows.Next() {
		var page int
		if err := rows.Scan(&page, &data); err != nil {
			return 0, err
		}
		if page == 1 && len(data) >= 100 {
			// Commits count here (https://www.sqlite.org/fileformat.html#file_change_counter).
			clear(data[24:28])
			clear(data[92:100])
		}
		sum = crc32.Update(sum, polynomial, data)
	}
	return int64(sum), rows.Err()
}

// unusable reports whether an error means that the file must be replaced. What
// time or an operator can mend is no reason to.
func unusable(err error) bool {
	if errors.Is(err, errUnusable) {
		return true
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff { // the rest is detail (https://www.sqlite.org/rescode.html)
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_CANTOPEN, codes.SQLITE_READONLY, codes.SQLITE_PERM,
		codes.SQLITE_FULL, codes.SQLITE_NOMEM, codes.SQLITE_INTERRUPT:
		return false
	}
	return true
}
