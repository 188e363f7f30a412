package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
)

// group collects the changes that arrive while a commit is being written, so that the next
// commit includes them all: no change waits for later ones, and all that arrive at once
// cost one write to the disk.
type group struct {
	// turn is held by the one caller that writes, for all that wait.
	turn chan struct{}

	mu      sync.Mutex
	waiting []*change
}

// change is one caller's change: it is written completely or not at all.
type change struct {
	ctx context.Context
	do  func(*pen) error
	end chan error // buffered, so that the result needs no receiver
}

// attempt makes the change. If that panics, it fails like any other: its writes are rolled
// back, and the next change can be written.
func (c *change) attempt(p *pen) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("digestbot has a bug: a change of the ledger panicked: %v\n%s", v, debug.Stack())
		}
	}()
	return c.do(p)
}

// update runs do in a write transaction, together with the changes that others want to
// write at the same time, and returns when the change would survive a power cut. An error
// comes from do, or says that nothing could be written. Once do has begun, ctx does not
// interrupt it, because SQLite would roll back the others' changes, too.
func (l *database) update(ctx context.Context, do func(*pen) error) error {
	if l.pen.conn == nil {
		return errLooking
	}
	c := &change{ctx: ctx, do: do, end: make(chan error, 1)}
	l.group.mu.Lock()
	l.group.waiting = append(l.group.waiting, c)
	l.group.mu.Unlock()
	select {
	case err := <-c.end:
		return err
	case l.group.turn <- struct{}{}:
	}
	// Callers that have just got their results may have their next changes ready.
	runtime.Gosched()
	l.group.mu.Lock()
	changes := l.group.waiting // c is among them, unless it is already written
	l.group.waiting = nil
	l.group.mu.Unlock()
	l.commit(changes)
	<-l.group.turn
	return <-c.end
}

// commit writes the changes and gives each caller the result of its own.
func (l *database) commit(changes []*change) {
	if len(changes) > 1 {
		err := l.transact(changes...)
		if !errors.Is(err, errSpoilt) {
			return
		}
	}
	for _, c := range changes {
		_ = l.transact(c) // the caller gets the error
	}
}

// pen is the connection for writing. It prepares each statement once, because preparing
// takes SQLite longer than running. It belongs to the holder of the turn.
type pen struct {
	db       *sql.DB
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	// total is the number of changed rows at the last commit.
	total int64
}

// openPen opens the connection, and switches a new file to WAL. It retries if another
// process does the same at the same time, because SQLite does not wait then.
func openPen(path string) (pen, error) {
	db, err := sql.Open("sqlite", address(path, busySetting, "_journal_mode=wal", "_synchronous=full", "_foreign_keys=1"))
	if err != nil {
		return pen{}, err
	}
	conn, err := db.Conn(context.Background())
	for begin := time.Now(); busy(err) && time.Since(begin) < busyTimeout; conn, err = db.Conn(context.Background()) {
		time.Sleep(rand.N(20 * time.Millisecond))
	}
	if err != nil {
		return pen{}, errors.Join(err, db.Close())
	}
	return pen{db: db, conn: conn, prepared: map[string]*sql.Stmt{}}, nil
}

func (p *pen) close() error {
	if p.db == nil {
		return nil
	}
	var errs []error
	for _, s := range p.prepared {
		errs = append(errs, s.Close()) // else SQLite goes on using the file
	}
	return errors.Join(append(errs, p.conn.Close(), p.db.Close())...)
}

func (p *pen) exec(query string, args ...any) (sql.Result, error) {
	s, err := p.prepare(query) //nolint:sqlclosecheck // close does, because the next change runs it again
	if err != nil {
		return nil, err
	}
	return s.Exec(args...)
}

// row reads the only row of a query into to.
func (p *pen) row(to []any, query string, args ...any) error {
	s, err := p.prepare(query) //nolint:sqlclosecheck // close does, because the next change runs it again
	if err != nil {
		return err
	}
	return s.QueryRow(args...).Scan(to...)
}

func (p *pen) prepare(query string) (*sql.Stmt, error) {
	if s := p.prepared[query]; s != nil {
		return s, nil
	}
	s, err := p.conn.PrepareContext(context.Background(), query)
	if err == nil {
		p.prepared[query] = s
	}
	return s, err
}

// errSpoilt says that a change failed after writing a part of itself, so that the others
// have to be written without it.
var errSpoilt = errors.New("one change of several failed")

// transact writes changes in one transaction and gives the callers their results. If one of
// several spoils the others, nothing is written, no caller gets a result, and the error is
// errSpoilt.
func (l *database) transact(changes ...*change) error {
	ends := make([]error, len(changes))
	_, err := l.pen.exec("BEGIN IMMEDIATE")
	if err == nil {
		err = l.write(changes, ends)
	}
	if errors.Is(err, errSpoilt) {
		return err
	}
	for i, c := range changes {
		if ends[i] == nil {
			ends[i] = err
		}
		c.end <- ends[i]
	}
	return err
}

// write makes the changes in the transaction that has begun, and ends it.
func (l *database) write(changes []*change, ends []error) (err error) {
	defer func() {
		if err != nil {
			_, _ = l.pen.exec("ROLLBACK") // SQLite may have rolled back already
		}
	}()
	// A removed file can still be written to unnoticed, and is empty at the next start.
	if now, err := os.Stat(l.path); err != nil || !os.SameFile(now, l.made) {
		return errors.Join(errReplaced, err)
	}
	for i, c := range changes {
		if ends[i] = c.ctx.Err(); ends[i] != nil {
			continue
		}
		ends[i] = c.attempt(&l.pen)
		switch {
		case ends[i] == nil, errors.Is(ends[i], ledger.ErrFenced):
		case len(changes) > 1:
			return errSpoilt
		default:
			return ends[i]
		}
	}
	var commits, total int64
	err = l.pen.row([]any{&commits, &total}, noteCommit, l.pen.total)
	unchanged := errors.Is(err, sql.ErrNoRows)
	if err != nil && !unchanged {
		return err
	}
	if _, err := l.pen.exec("COMMIT"); err != nil || unchanged {
		return err
	}
	l.pen.total = total + 1 // including the mark's own row
	l.mark.note(commits)
	return nil
}

// noteCommit counts a commit, if any rows were changed since the last one.
const noteCommit = `UPDATE mark SET commits = commits + 1 WHERE total_changes() <> ? RETURNING commits, total_changes()`

// errReplaced says that anything written would be lost.
var errReplaced = errors.New("the file was removed or replaced while it was in use, so nothing can be recorded: " +
	"stop digestbot, put the file or its newest backup in its place and start it again")
