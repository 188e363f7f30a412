package house

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/postgres"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
)

// Ledger is a ledger in a database, with what keeps it whole. No other file of this
// package, and no command, knows which database that is.
type Ledger interface {
	ledger.Ledger

	// Check reads all of it for damage.
	Check(ctx context.Context) error
	// Ping reports whether it can be read and written. It changes nothing.
	Ping(ctx context.Context) error
	// Prune removes deliveries and slots that ended before a time and that nothing needs any
	// more, and counts them.
	Prune(ctx context.Context, before time.Time) (removed int, err error)
	// Backup makes a copy in a new file, while others read and write.
	Backup(ctx context.Context, to string) error
	// Behind reports whether it may be older than the one that stood here, such as a backup
	// that was put back.
	Behind() bool
	// CaughtUp notes that nothing will be posted because it was behind.
	CaughtUp(ctx context.Context) error
	// Recognised tells without a change whether it is behind; the error says that it is
	// another ledger than the one that stood here.
	Recognised(ctx context.Context) (behind bool, err error)
}

// ErrNoLedger is the error of a state without a ledger.
var ErrNoLedger = errors.New("there is no ledger")

// openLedger opens the ledger, and what several replicas share beside it, if they do.
func openLedger(ctx context.Context, conf *config.Config, log *slog.Logger) (Ledger, *replica, error) {
	if conf.Database.Shared() {
		r, err := openReplica(ctx, conf, log)
		if err != nil {
			return nil, nil, err
		}
		return shared{r.ledger}, r, nil
	}
	l, err := openFile(conf, log)
	return l, nil, err
}

// openFile opens the ledger in its file, and tells of a copy that was kept of an older one, and
// of a new one: where it was not expected, somebody has moved the old one.
func openFile(conf *config.Config, log *slog.Logger) (Ledger, error) {
	l, err := sqlite.Open(conf.LedgerFile())
	if err != nil {
		return nil, err // not l, which is a typed nil
	}
	if l.Kept() != "" {
		log.Warn("ledger: it was brought to a new format; an older digestbot can read the copy only", "copy", l.Kept())
	}
	if l.Fresh() {
		log.Info("ledger: a new one is made, and nothing is known of earlier posts", "file", conf.LedgerFile())
	}
	return l, nil
}

// ReadLedger opens the ledger to look at it; ErrNoLedger if there is none.
func ReadLedger(ctx context.Context, conf *config.Config, log *slog.Logger) (Ledger, error) {
	l, err := readLedgerAsIs(ctx, conf)
	if errors.Is(err, sqlite.ErrOlder) {
		return openFile(conf, log)
	}
	return l, err
}

// readLedgerAsIs is ReadLedger for who must not change a ledger of an older format: it
// cannot be opened.
func readLedgerAsIs(ctx context.Context, conf *config.Config) (Ledger, error) {
	if conf.Database.Shared() {
		l, err := openShared(ctx, conf, postgres.Look)
		if errors.Is(err, postgres.ErrNone) {
			return nil, fmt.Errorf("%w: %w", ErrNoLedger, err)
		}
		if err != nil {
			return nil, err // not l, which is a typed nil
		}
		return shared{l}, nil
	}
	if err := checkLedger(conf); err != nil {
		return nil, err
	}
	l, err := sqlite.Read(ctx, conf.LedgerFile())
	if err != nil {
		return nil, err
	}
	return l, nil
}

// ChangeLedger opens the ledger to change something in it; ErrNoLedger if there is none.
func ChangeLedger(ctx context.Context, conf *config.Config, log *slog.Logger) (Ledger, error) {
	if conf.Database.Shared() {
		l, err := readLedgerAsIs(ctx, conf) // a replica has made it
		if err != nil {
			return nil, err
		}
		return l, nil
	}
	if err := checkLedger(conf); err != nil {
		return nil, err
	}
	return openFile(conf, log)
}

// checkLedger is ErrNoLedger if there is none.
func checkLedger(conf *config.Config) error {
	if !sqlite.Exists(conf.LedgerFile()) {
		return fmt.Errorf("%w in %s: nothing was delivered yet", ErrNoLedger, conf.State)
	}
	return nil
}

// emptyLedger makes a ledger in a folder, for who looks at a state that has none.
func emptyLedger(folder string) (Ledger, error) {
	l, err := sqlite.Open(filepath.Join(folder, "empty.db"))
	if err != nil {
		return nil, err
	}
	return l, nil
}

// errLocked is the error of lock where another process has the state.
var errLocked = sqlite.ErrLocked

// lock makes this the process that has a state, and delivers from the ledger in it, until
// release.
func lock(conf *config.Config) (release func() error, err error) {
	return sqlite.Lock(conf.LockFile())
}

// locked reports whether a process delivers from a state.
func locked(conf *config.Config) (bool, error) { return sqlite.Locked(conf.LockFile()) }
