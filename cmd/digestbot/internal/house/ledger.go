package house

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/postgres"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/health"
)

// Ledger is a ledger in a database, with its maintenance. In this package,
// only ledger.go, replica.go and copystate.go know which database it is.
type Ledger interface {
	ledger.Ledger

	// Check checks the whole ledger for damage.
	Check(ctx context.Context) error
	// Ping reports whether the ledger can be read and written. It changes nothing.
	Ping(ctx context.Context) error
	// Prune removes deliveries and slots that ended before a time and are no longer needed,
	// and returns how many.
	Prune(ctx context.Context, before time.Time) (removed int, err error)
	// Backup writes a copy to a new file, while others read and write.
	Backup(ctx context.Context, to string) error
	// Behind reports whether the ledger may be older than the one used last, such as a
	// backup that was restored.
	Behind() bool
	// CaughtUp records that the ledger is no longer behind.
	CaughtUp(ctx context.Context) error
	// Recognised reports, without changing anything, whether the ledger is behind. The
	// error says that it is a different ledger from the one used last.
	Recognised(ctx context.Context) (behind bool, err error)
}

// ErrNoLedger reports that a state has no ledger.
var ErrNoLedger = errors.New("there is no ledger")

// openLedger opens the ledger and, with a shared database, what replicas share beside it.
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

// openFile opens the ledger in its file. It logs if a copy of an older format was kept, and
// if the ledger is new: an unexpected new ledger means that the old one was moved.
func openFile(conf *config.Config, log *slog.Logger) (Ledger, error) {
	l, err := sqlite.Open(conf.LedgerFile())
	if err != nil {
		return nil, err // not l, which is a typed nil
	}
	if l.Kept() != "" {
		log.Warn("ledger: it was migrated to a new format; an older digestbot can read only the copy", "copy", l.Kept())
	}
	if l.Fresh() {
		log.Info("ledger: a new one is made, and nothing is known of earlier posts", "file", conf.LedgerFile())
	}
	return l, nil
}

// ReadLedger opens the ledger for reading; ErrNoLedger if there is none.
func ReadLedger(ctx context.Context, conf *config.Config, log *slog.Logger) (Ledger, error) {
	l, err := readLedgerAsIs(ctx, conf)
	if errors.Is(err, sqlite.ErrOlder) {
		return openFile(conf, log)
	}
	return l, err
}

// readLedgerAsIs is ReadLedger for callers that must not change the ledger: one of an older
// format cannot be opened.
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

// ChangeLedger opens the ledger for changes; ErrNoLedger if there is none.
func ChangeLedger(ctx context.Context, conf *config.Config, log *slog.Logger) (Ledger, error) {
	if conf.Database.Shared() {
		l, err := readLedgerAsIs(ctx, conf) // a replica has created it
		if err != nil {
			return nil, err
		}
		return l, nil
	}
	if err := errors.Join(checkLedger(conf), reaches(ctx, conf)); err != nil {
		return nil, err
	}
	return openFile(conf, log)
}

// reaches returns an error if a change of the state would not reach the digestbot that
// answers at http.listen, because that one has another state.
func reaches(ctx context.Context, conf *config.Config) error {
	if conf.Database.Shared() {
		return nil
	}
	if held, err := locked(conf); err != nil || held {
		return err
	}
	if _, err := health.Ask(ctx, conf.HTTP.Listen, "/healthz", chat.Secret{}); err != nil {
		return nil //nolint:nilerr // nothing runs there
	}
	return fmt.Errorf("state %s: the digestbot that answers at %s has another state, so the change would not reach it: name its --state-dir and --config, or stop it",
		config.Absolute(conf.State), conf.HTTP.Listen)
}

// checkLedger returns ErrNoLedger if there is none.
func checkLedger(conf *config.Config) error {
	if !sqlite.Exists(conf.LedgerFile()) {
		return fmt.Errorf("%w in %s: nothing was delivered yet", ErrNoLedger, conf.State)
	}
	return nil
}

// emptyLedger creates a ledger in folder, for commands that only look and find no state.
func emptyLedger(folder string) (Ledger, error) {
	l, err := sqlite.Open(filepath.Join(folder, "empty.db"))
	if err != nil {
		return nil, err
	}
	return l, nil
}

// errLocked is returned by lock if another process has the state.
var errLocked = sqlite.ErrLocked

// lock makes this process the one that owns the state and delivers from its ledger, until
// release is called.
func lock(conf *config.Config) (release func() error, err error) {
	return sqlite.Lock(conf.LockFile())
}

// locked reports whether a process delivers from the state.
func locked(conf *config.Config) (bool, error) { return sqlite.Locked(conf.LockFile()) }
