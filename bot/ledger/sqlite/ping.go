package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// pingSize is how much is written to check for free space: a few pages.
const pingSize = 64 << 10

// Ping reports whether the ledger can be read and written: its file is still there, a row
// of it can be read, and a file can be written, synced and removed in its folder. It does
// not change the ledger.
func (l *database) Ping(ctx context.Context) error {
	if now, err := os.Stat(l.path); err != nil || !os.SameFile(now, l.made) {
		return l.wrap(errReplaced)
	}
	var commits int64
	if err := l.read.QueryRowContext(ctx, `SELECT commits FROM mark`).Scan(&commits); err != nil {
		return l.wrap(err)
	}
	switch err := writable(filepath.Dir(l.path)); {
	case errors.Is(err, syscall.ENOSPC):
		return l.wrap(fmt.Errorf("%s: %w", diskFull, err))
	case err != nil:
		return l.wrap(fmt.Errorf("its folder cannot be written; %s: %w", allow, err))
	}
	return nil
}

// writable reports whether a file can be created in a folder.
func writable(folder string) (err error) {
	file, err := os.CreateTemp(folder, ".ping-*")
	if err != nil {
		return err
	}
	_, err = file.Write(make([]byte, pingSize))
	return errors.Join(err, file.Sync(), file.Close(), os.Remove(file.Name()))
}
