package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrLocked means that another process holds the lock.
var ErrLocked = errors.New("another digestbot holds it")

// Locked reports whether a process holds the lock, without taking it or creating the file.
func Locked(path string) (held bool, err error) {
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
		return false, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return false, fmt.Errorf("ledger lock: %w", err)
	}
	db, err := sql.Open("sqlite", address(path, "mode=ro"))
	if err != nil {
		return false, fmt.Errorf("ledger lock: %w", err)
	}
	defer func() { _ = db.Close() }()
	var n int
	if err = db.QueryRowContext(context.Background(), `SELECT count(*) FROM sqlite_schema`).Scan(&n); busy(err) {
		return true, nil
	}
	return false, err
}

// Lock takes the right to dispatch for this process alone, until release is called or the
// process dies. If another process has it, Lock returns ErrLocked at once. The file at path
// is beside the ledger and is created if it is missing. Reading and planning need no lock.
//
// The lock is the exclusive lock of an empty database, because the kernel releases that
// however the process ends, on every system that SQLite runs on.
func Lock(path string) (release func() error, err error) {
	if path, err = filepath.Abs(path); err == nil {
		err = create(path)
	}
	if err != nil {
		return nil, fmt.Errorf("ledger lock: %w", err)
	}
	db, err := sql.Open("sqlite", address(path, "_txlock=exclusive", "_pragma=journal_mode(memory)"))
	if err != nil {
		return nil, fmt.Errorf("ledger lock %s: %w", path, err)
	}
	tx, err := db.BeginTx(context.Background(), nil)
	if err == nil {
		// In a file that cannot be written, SQLite begins to read instead, and others could
		// hold the lock too. Nothing of this is committed, and with a journal in memory,
		// nothing of it is on the disk.
		_, err = tx.ExecContext(context.Background(), "PRAGMA user_version = 1")
	}
	if err != nil {
		err = errors.Join(err, db.Close())
		if busy(err) {
			err = ErrLocked
		}
		return nil, fmt.Errorf("ledger lock %s: %w", path, inWords(err))
	}
	return func() error { return errors.Join(tx.Rollback(), db.Close()) }, nil
}
