// Package shelf keeps the results of reading files, so that an unchanged file is not
// read again and a library need not keep texts in memory. It also finds stories by
// their words, in Chinese and English. It does not know who searches.
//
// A shelf is one SQLite file in the state folder. It is disposable: everything on it
// can be read again. A reading is identified by the content of its file and the version
// of the reader, so a file that was moved or touched costs nothing, nor does a second
// checkout. Several processes may share one shelf. A file that is damaged, or of
// another format, is removed and created again.
//
// # Search
//
// A story is found by the words of its headline, its summary, its tags and its sources
// (titles and hosts). Its group, and the title and the tags of its digest, count as
// well, but at least one word must be the story's own. Otherwise a tag would find every
// story of a digest. A digest itself is found by its title, tags, lead, groups and
// sections.
//
// All words must match, each as a whole word, regardless of case and width. Quotes
// ("…", “…”, 「…」), hyphens and dots keep words together: GPT-5 is "gpt" followed by
// "5", and is found as gpt5, GPT 5 and GPT. Chinese, Japanese and Korean words are
// found anywhere, because nothing marks where they begin.
//
// # Why
//
// FTS5 has no tokenizer for Chinese: unicode61 makes one word of a sentence, and
// trigram cannot find words of two characters, which most are. So this package splits
// the text (words.go), and FTS5 sees tokens separated by spaces. The text of a query
// reaches FTS5 only as quoted tokens. A run of Chinese characters becomes its
// overlapping pairs and its last character alone, so that each character begins exactly
// one token. A word is then a phrase of pairs, and a single character is a prefix of a
// token.
//
// The index covers readings, and contains no texts. A reading never changes, so its
// rows are written once and deleted together with it. A search asks the library which
// digests have the readings that it finds, and skips all others.
package shelf

import (
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed" // for schema.sql
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
	"github.com/digestbot/digestbot/digest/owner"
)

// Content identifies the bytes of a file.
type Content [sha256.Size]byte

// ContentOf returns the Content of data. as says how the data is read, if not in the
// way of most files.
func ContentOf(data []byte, as string) Content {
	if as == "" {
		return sha256.Sum256(data)
	}
	return sha256.Sum256(append([]byte(as+"\x00"), data...))
}

// Reading is the result of reading a file. Its card has no ID, File or URL, because
// these depend on where the file is.
type Reading struct {
	digest.Reading

	id int64 // 0 until it is written
}

// File is a file of a library as it was when it was read.
type File struct {
	Name       string
	Size, Time int64
	Reading    *Reading
}

// Shelf is an open shelf. It is safe for concurrent use.
type Shelf struct {
	log    *slog.Logger
	reader string
	path   string  // empty if the shelf is in memory
	db     *sql.DB // nil if nothing is stored
	find   *sql.Stmt
	some   atomic.Bool // whether readings of this reader existed at the start and can still be read
	places placeCache
	words  interner
	wake   chan struct{}
	ended  chan struct{}

	mu       sync.Mutex
	queue    []write
	indexing bool       // whether the index follows
	indexed  bool       // whether everything written is indexed
	failed   error      // why nothing can be written now
	said     string     // the last failure logged; empty once everything is written again
	damaged  error      // why nothing will be written any more
	idle     *sync.Cond // signals any change to the fields above
	closed   bool
}

// write is a file to be written to the shelf, or to be removed from it.
type write struct {
	library string
	file    File
	content Content
	asked   string
	text    *text // nil if the reading is on the shelf already
}

// applicationID marks the file as a shelf ("dbsh" in ASCII;
// https://www.sqlite.org/pragma.html#pragma_application_id).
const applicationID = 0x64627368

// format is the file's user_version. It must be increased with every change of
// schema.sql, of the way in which words are split, and of the contents of a row.
const format = 7

//go:embed schema.sql
var schema string

const (
	// busyTimeout is how long a connection waits while another process writes.
	busyTimeout = time.Minute
	// idle is how long an unused connection is kept: its cache of the file takes some
	// megabytes.
	idle = 10 * time.Second
	// batch is how many files are written, or readings indexed, in one transaction.
	batch = 256
	// retried is the delay before a retry after a failure, such as a full disk.
	retried = time.Minute
	// kept is how many days an unused reading is kept: its file may come back, and
	// another process may still show it.
	kept = 7
)

// errUnusable means that the file is not a shelf that this package can trust.
var errUnusable = errors.New("the file is damaged or of another kind")

// Memory returns a shelf that stores nothing and finds nothing: everything stays in
// memory.
func Memory() *Shelf { return &Shelf{log: slog.New(slog.DiscardHandler)} }

// Open opens the shelf in the file at path. It creates the file if it is missing or is
// not a usable shelf. reader is the version of the reader: readings of other versions
// are not used. If the file cannot be used at all, Open logs that once, and the shelf
// is in memory.
func Open(ctx context.Context, path, reader string, log *slog.Logger) *Shelf {
	s := &Shelf{log: log, reader: reader, path: path, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	s.idle = sync.NewCond(&s.mu)
	err := s.open(ctx)
	if err != nil {
		log.Warn("library: what is read cannot be stored, so all files are read again at each start", "file", path, "error", err)
		s.path = ""
		err = s.openFile(ctx, "")
	}
	if err != nil { // no memory is left, or the context has ended
		s.db = nil
		return s
	}
	go s.run()
	return s
}

// open opens the file. It replaces a file that is not usable by a new one.
func (s *Shelf) open(ctx context.Context) error {
	path, err := filepath.Abs(s.path)
	if err == nil {
		err = owner.MkdirAll(filepath.Dir(path))
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

// openFile opens a file that must be a shelf, empty or missing. Without a path, the
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

// Check looks for damage that has not been noticed yet. It takes some time.
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

// lose records that earlier readings cannot be read, and logs it once. From then on, no
// readings are found.
func (s *Shelf) lose(err error) {
	if err != nil && s.some.Swap(false) && !unusable(err) {
		s.log.Warn("library: earlier readings cannot be used", "file", s.path, "error", err)
	}
	s.condemn(err)
}

// condemn removes a file that turns out to be damaged, so that the next process creates
// it again. This process continues with what it has, and writes nothing more.
func (s *Shelf) condemn(err error) {
	if !unusable(err) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.damaged != nil {
		return
	}
	s.log.Warn("library: the file with the readings is damaged and was removed; the next start makes a new one", "file", s.path, "error", err)
	s.damaged, s.queue = err, nil
	s.some.Store(false)
	if s.path != "" {
		_ = removeFiles(s.path) // if this fails, the next process removes them
	}
	s.idle.Broadcast()
}

// removeFiles removes the files of a database.
func removeFiles(path string) error {
	var errs []error
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + end); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// removeSearchFile removes the index that earlier versions kept in a separate file,
// which is recognized by its application_id ("dbix").
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

// Wait waits until everything that was put on the shelf is written, or cannot be.
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

// openShelf opens the database of a shelf. It creates the tables in an empty file.
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
		db.SetMaxOpenConns(1) // each connection would have a database of its own
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

// addressOf returns the URI of a database. It creates the file if it is missing.
func addressOf(path string) (string, error) {
	file, err := owner.OpenFile(path, os.O_CREATE, 0o600) // readable only by its owner
	if err != nil {
		return "", err
	}
	_ = file.Close()
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // on Windows, a path begins with a drive letter
	}
	uri := url.URL{Scheme: "file", Path: path, RawQuery: strings.Join([]string{
		fmt.Sprintf("_busy_timeout=%d", busyTimeout.Milliseconds()), "_pragma=cache_size(-2048)", "_journal_mode=wal", "_synchronous=normal", "_txlock=immediate",
	}, "&")}
	return uri.String(), nil
}

// unusable reports whether an error means that the file must be replaced. Errors that
// pass with time or that an operator can fix are not such.
func unusable(err error) bool {
	if errors.Is(err, errUnusable) {
		return true
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff { // the higher bits are details (https://www.sqlite.org/rescode.html)
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
	defer func() { _ = tx.Rollback() }() // also after a panic; has no effect after Commit
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}
