// Package shelf keeps what was read of files, so that a file which has not changed
// is not read again, and the memory of a library has no texts. It finds stories by
// their words, Chinese and English. It never knows who asks.
//
// A shelf is one SQLite file in the folder of the state. It is disposable: what is
// on it can be read again. A reading is found by the content of its file and the
// version of the reader, so a file that was moved or touched, and a second
// checkout, cost nothing. Several processes may use one shelf. A file that is
// damaged, or of another format, is removed and made anew.
//
// # Search
//
// A story is found by the words of its headline, its summary, its tags and its sources
// (titles and hosts). Its group, and the title and the tags of its digest, help to
// find it, but at least one word must be its own: else a tag would bring up all the
// stories of a digest. A digest is found itself, by title, tags, lead, groups and
// sections.
//
// All words must be there, each where a word begins and ends, whatever their
// case and width. Quotes ("…", “…”, 「…」), hyphens and dots hold words together:
// GPT-5 is "gpt" and then "5", and is found as gpt5, GPT 5 and GPT. Chinese,
// Japanese and Korean words are found wherever they stand, for nobody marks where
// they begin.
//
// # Why
//
// FTS5 has no tokenizer for Chinese: unicode61 makes one word of a sentence,
// and trigram finds no word of two characters, which most are. So Go cuts the
// text (words.go), FTS5 sees tokens between spaces, and the text of a query
// gets to FTS5 only as such tokens in quotes. A run of characters becomes its
// overlapping pairs and its last character alone; every character so begins
// exactly one token. A word is then a phrase of pairs, and a single character
// the beginning of a token.
//
// The index is of readings and has no texts: a reading never changes, so its rows
// are written once and go with it. A search asks the library which digests have
// the readings that it finds, and passes over the others.
package shelf

import (
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed" // the tables
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/digestbot/digestbot/digest"
)

// Content names the bytes of a file.
type Content [sha256.Size]byte

// ContentOf is the name of some bytes, and of how they are read if that is not as any
// file is.
func ContentOf(data []byte, as string) Content {
	if as == "" {
		return sha256.Sum256(data)
	}
	return sha256.Sum256(append([]byte(as+"\x00"), data...))
}

// Reading is what a file was read as. Its card has neither ID, File nor URL: these
// are of the place where the file stands.
type Reading struct {
	digest.Reading

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
	path   string  // empty if it is in memory
	db     *sql.DB // nil if nothing is written
	find   *sql.Stmt
	some   atomic.Bool // whether there were readings of this reader when it was opened, and still can be found
	places placeCache
	words  interner
	wake   chan struct{}
	ended  chan struct{}

	mu       sync.Mutex
	queue    []write
	indexing bool       // whether the index follows
	indexed  bool       // whether it has all that is written
	failed   error      // why nothing can be written now
	said     string     // the last failure in the log; empty once all is written again
	damaged  error      // why nothing is written any more
	idle     *sync.Cond // of any change to the fields above
	closed   bool
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

// format is the file's user_version. It grows with every change of schema.sql, of
// the cutting of words and of what a row holds.
const format = 7

//go:embed schema.sql
var schema string

const (
	// busyTimeout is how long a connection waits while another process writes.
	busyTimeout = time.Minute
	// idle is how long a connection is kept that nobody uses: what it remembers of the
	// file takes some megabytes.
	idle = 10 * time.Second
	// batch is how many files are written in one transaction, or readings indexed.
	batch = 256
	// retried is how long after a failure, such as a full disk, it is tried again.
	retried = time.Minute
	// kept is for how many days a reading stays that is of no use any more: its file
	// may come back, and another process may still show it.
	kept = 7
)

// errUnusable: the file is not a shelf that this package can trust.
var errUnusable = errors.New("the file is damaged or of another kind")

// Memory is a shelf that keeps nothing and finds nothing: all stays in memory.
func Memory() *Shelf { return &Shelf{log: slog.New(slog.DiscardHandler)} }

// Open opens the shelf in the file at path, and makes it when it is missing or no
// shelf that can be used. reader is the version of the reader: readings of another
// one are of no use. When the file cannot be used at all, the log says so once, and
// the shelf is in memory.
func Open(ctx context.Context, path, reader string, log *slog.Logger) *Shelf {
	s := &Shelf{log: log, reader: reader, path: path, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	s.idle = sync.NewCond(&s.mu)
	err := s.open(ctx)
	if err != nil {
		log.Warn("library: what is read cannot be kept, so it is read again at each start", "file", path, "error", err)
		s.path = ""
		err = s.openFile(ctx, "")
	}
	if err != nil { // there is no room, or the context has ended
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
	removeSearchFile(filepath.Dir(path))
	if err = s.openFile(ctx, path); !unusable(err) {
		return err
	}
	if err := removeFiles(path); err != nil {
		return err
	}
	return s.openFile(ctx, path)
}

// openFile opens a file that must be a shelf, or empty or missing. Without a path, the
// shelf is in memory.
func (s *Shelf) openFile(ctx context.Context, path string) (err error) {
	if s.db, err = openShelf(ctx, path); err != nil {
		return err
	}
	s.find, err = s.db.PrepareContext(ctx, `SELECT `+columns+` FROM readings AS r WHERE r.content = ? AND r.reader = ? AND r.asked IN ('', ?)`)
	if err == nil {
		var some bool
		err = s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM readings WHERE reader = ?)`, s.reader).Scan(&some)
		s.some.Store(some)
	}
	if err != nil {
		_ = s.db.Close()
	}
	return err
}

// Check looks for damage that nobody has come across, which takes some time.
func (s *Shelf) Check(ctx context.Context) {
	if s.db == nil {
		return
	}
	var said string
	err := s.db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&said)
	if err == nil && said != "ok" {
		err = fmt.Errorf("%w: %s", errUnusable, said)
	}
	s.condemn(err)
}

// lose notes that what was read before cannot be had, and says so once: nothing is
// found from now on.
func (s *Shelf) lose(err error) {
	if err != nil && s.some.Swap(false) && !unusable(err) {
		s.log.Warn("library: what was read before cannot be used", "file", s.path, "error", err)
	}
	s.condemn(err)
}

// condemn removes a file that turns out to be damaged, so that the next process
// makes it anew. This one goes on with what it has, and writes nothing more.
func (s *Shelf) condemn(err error) {
	if !unusable(err) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.damaged != nil {
		return
	}
	s.log.Warn("library: the file with what was read is damaged and removed; it is made anew at the next start", "file", s.path, "error", err)
	s.damaged, s.queue = err, nil
	s.some.Store(false)
	if s.path != "" {
		_ = removeFiles(s.path) // or the next process does
	}
	s.idle.Broadcast()
}

// removeFiles removes a database.
func removeFiles(path string) error {
	var errs []error
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + end); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// removeSearchFile removes the index that earlier versions kept in a file of its own,
// which is told by its application_id ("dbix").
func removeSearchFile(folder string) {
	path := filepath.Join(folder, "search.db")
	file, err := os.Open(path)
	if err != nil {
		return
	}
	var header [72]byte
	_, err = io.ReadFull(file, header[:])
	if _ = file.Close(); err == nil && string(header[68:]) == "dbix" { // https://www.sqlite.org/fileformat.html#the_database_header
		_ = removeFiles(path)
	}
}

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

// Wait waits until everything is written that was put on the shelf, or cannot be.
func (s *Shelf) Wait() {
	if s.db == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) > 0 && s.failed == nil {
		s.idle.Wait()
	}
}

// openShelf is the database of a shelf; its tables are made in an empty file.
func openShelf(ctx context.Context, path string) (_ *sql.DB, err error) {
	address := ":memory:?_txlock=immediate"
	if path != "" {
		if address, err = addressOf(path); err != nil {
			return nil, err
		}
	}
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = db.Close()
		}
	}()
	if path == "" {
		db.SetMaxOpenConns(1) // each has a memory of its own
	} else {
		db.SetMaxOpenConns(4)
		db.SetConnMaxIdleTime(idle)
	}
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

// addressOf is the URI of a database, whose file is made if it is missing.
func addressOf(path string) (string, error) {
	file, err := os.OpenFile(path, os.O_CREATE, 0o600) // readable to its owner alone
	if err != nil {
		return "", err
	}
	_ = file.Close()
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive's letter comes first on Windows
	}
	uri := url.URL{Scheme: "file", Path: path, RawQuery: strings.Join([]string{
		fmt.Sprintf("_busy_timeout=%d", busyTimeout.Milliseconds()), "_pragma=cache_size(-2048)", "_journal_mode=wal", "_synchronous=normal", "_txlock=immediate",
	}, "&")}
	return uri.String(), nil
}

// unusable reports whether an error means that the file must be replaced. A
// fault that time or an operator can mend is no reason to.
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
