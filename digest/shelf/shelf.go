// Package shelf keeps what was read of files, so that a file which has not changed
// is not read again, and the memory of a library has no texts.
//
// A shelf is one SQLite file in the folder of the state. It is disposable: what is
// on it can be read again. A reading is found by the content of its file and the
// version of the reader, so a file that was moved or touched, and a second
// checkout, cost nothing. Several processes may use one shelf.
package shelf

import (
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed" // the tables
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/digestbot/digestbot/digest"
)

// Content names the bytes of a file.
type Content [sha256.Size]byte

// ContentOf is the name of some bytes.
func ContentOf(data []byte) Content { return sha256.Sum256(data) }

// Reading is what a file was read as. Its card has neither ID, File nor URL: these
// are of the place where the file stands.
type Reading struct {
	Card     *digest.Card
	Draft    bool
	Problems []digest.Problem

	id int64 // 0 while it is not written
}

// File is a file of a library as it was when it was read.
type File struct {
	Name       string
	Size, Time int64
	Reading    *Reading
}

// Shelf is an open shelf. Any number of goroutines may use it.
type Shelf struct {
	log    *slog.Logger
	reader string
	path   string
	db     *sql.DB // nil if nothing can be kept
	find   *sql.Stmt
	some   bool // whether there were readings of this reader when it was opened

	mu     sync.Mutex
	words  map[string]string // those that many digests share
	queue  []write
	wake   chan struct{}
	idle   *sync.Cond // nothing is queued or being written
	busy   bool
	closed bool
	ended  chan struct{}
}

// write is a file that is to be on the shelf.
type write struct {
	library string
	file    File
	content Content
	asked   string
	text    *text // nil if its reading is there already
}

// applicationID marks the file as a shelf ("dbsh" in ASCII;
// https://www.sqlite.org/pragma.html#pragma_application_id).
const applicationID = 0x64627368

// format is the file's user_version. It grows with every change of schema.sql.
const format = 2

//go:embed schema.sql
var schema string

const (
	// patience is how long a connection waits while another process writes.
	patience = time.Minute
	// mostWords is how many words are known that digests may share.
	mostWords = 100_000
	// batch is how many files are written in one transaction.
	batch = 256
	// kept is for how many days a reading stays that is of no use any more: its file
	// may come back, and another process may still show it.
	kept = 7
)

// errUnusable: the file is not a shelf that this package can trust.
var errUnusable = errors.New("the file is damaged or of another kind")

// Memory is a shelf that keeps nothing: all stays in memory.
func Memory() *Shelf { return &Shelf{log: slog.New(slog.DiscardHandler), words: map[string]string{}} }

// Open opens the shelf in the file at path, and makes it when it is missing or no
// shelf that can be used. reader is the version of the reader: readings of another
// one are of no use. When the file cannot be used at all, the log says so once, and
// everything stays in memory.
func Open(ctx context.Context, path, reader string, log *slog.Logger) *Shelf {
	s := &Shelf{log: log, reader: reader, path: path, words: map[string]string{}, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	s.idle = sync.NewCond(&s.mu)
	if err := s.open(ctx); err != nil {
		log.Warn("library: what is read cannot be kept, so it is read again at each start", "file", path, "error", err)
		s.db = nil
		return s
	}
	go s.run()
	return s
}

// open opens the file, or a new one in the place of one that cannot be used.
func (s *Shelf) open(ctx context.Context) error {
	path, err := filepath.Abs(s.path)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err != nil {
		return err
	}
	if err = s.openFile(ctx, path); !unusable(err) {
		return err
	}
	for _, end := range fileEnds {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return s.openFile(ctx, path)
}

// openFile opens a file that must be a shelf, or empty or missing.
func (s *Shelf) openFile(ctx context.Context, path string) (err error) {
	if s.db, err = openShelf(ctx, path); err != nil {
		return err
	}
	s.find, err = s.db.PrepareContext(ctx, `SELECT `+columns+` FROM readings AS r WHERE r.content = ? AND r.reader = ? AND r.asked IN ('', ?)`)
	if err == nil {
		err = s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM readings WHERE reader = ?)`, s.reader).Scan(&s.some)
	}
	if err != nil {
		_ = s.db.Close()
	}
	return err
}

// condemn removes a file that turns out to be damaged, so that the next process
// makes it anew. This one goes on with what it has.
func (s *Shelf) condemn(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !unusable(err) || s.path == "" {
		return
	}
	s.log.Warn("library: the file with what was read is damaged and removed; it is made anew at the next start", "file", s.path, "error", err)
	for _, end := range fileEnds {
		_ = os.Remove(s.path + end) // or the next process does
	}
	s.path = ""
}

// fileEnds are those of the names of a database's files.
var fileEnds = []string{"", "-wal", "-shm"}

// Close writes what is queued and closes the file.
func (s *Shelf) Close() error {
	if s.db == nil {
		return nil
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.poke()
	<-s.ended
	return errors.Join(s.find.Close(), s.db.Close())
}

// Wait waits until everything is written that was put on the shelf.
func (s *Shelf) Wait() {
	if s.db == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.busy || len(s.queue) > 0 {
		s.idle.Wait()
	}
}

// openShelf is the database of a shelf; its tables are made in an empty file.
func openShelf(ctx context.Context, path string) (_ *sql.DB, err error) {
	address := filepath.ToSlash(path)
	if !strings.HasPrefix(address, "/") {
		address = "/" + address // a drive's letter comes first on Windows
	}
	uri := url.URL{Scheme: "file", Path: address, RawQuery: strings.Join([]string{
		fmt.Sprintf("_busy_timeout=%d", patience.Milliseconds()), "_pragma=cache_size(-1024)", "_journal_mode=wal", "_synchronous=normal", "_txlock=immediate",
	}, "&")}
	file, err := os.OpenFile(path, os.O_CREATE, 0o600) // readable to its owner alone
	if err != nil {
		return nil, err
	}
	_ = file.Close()
	db, err := sql.Open("sqlite", uri.String())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = db.Close()
		}
	}()
	db.SetMaxOpenConns(4)
	return db, transact(ctx, db, func(tx *sql.Tx) error {
		var owner, version, tables int
		err := tx.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
			(SELECT count(*) FROM sqlite_schema)`).Scan(&owner, &version, &tables)
		switch {
		case err != nil:
			return err
		case tables == 0:
			_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, format)+schema)
			return err
		case owner != applicationID || version != format:
			return errUnusable
		}
		return nil
	})
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
		codes.SQLITE_FULL, codes.SQLITE_NOMEM, codes.SQLITE_INTERRUPT, codes.SQLITE_IOERR:
		return false
	}
	return true
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
