package house

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/postgres"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
)

// Copied is the result of CopyState.
type Copied struct {
	Place      string // of the database
	Deliveries int
	Kept       string // the file's new name
}

// CopyState copies a ledger from its file to the database of a configuration, completely or
// not at all, while no process delivers from the file. Then it retires the file: it must
// not be delivered from again, because it would not know what was posted since.
func CopyState(ctx context.Context, file string, conf *config.Config) (done Copied, err error) {
	if !sqlite.Exists(file) {
		return done, fmt.Errorf("copy-state: there is no ledger in %s", config.Absolute(file))
	}
	release, err := sqlite.Lock(filepath.Join(filepath.Dir(file), filepath.Base((&config.Config{}).LockFile())))
	if errors.Is(err, sqlite.ErrLocked) {
		return done, fmt.Errorf("copy-state: a digestbot delivers from %s: stop it first", config.Absolute(file))
	}
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, release()) }()
	done, err = copyLedger(ctx, file, conf)
	if err != nil {
		return done, err
	}
	done.Kept = file + sqlite.MovedSuffix
	if err := os.Rename(file, done.Kept); err != nil {
		return done, fmt.Errorf("copy-state: %s has all of it, but the file cannot be retired: move it away before digestbot starts again: %w", done.Place, err)
	}
	return done, nil
}

func copyLedger(ctx context.Context, file string, conf *config.Config) (done Copied, err error) {
	from, err := sqlite.Open(file) // migrates it to the newest format
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if from.Behind() {
		return done, fmt.Errorf("copy-state: %s is older than the ledger used last: start digestbot with it once, so that nothing is posted again", config.Absolute(file))
	}
	to, err := openShared(ctx, conf, postgres.Open)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	done.Place = to.Place()
	err = to.Fill(ctx, func(yield func(ledger.Row, error) bool) {
		for row, err := range from.Rows(ctx) {
			if row.Table == "deliveries" {
				done.Deliveries++
			}
			if !yield(row, err) {
				return
			}
		}
	})
	return done, err
}
