package house

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/engine/local"
	"github.com/digestbot/digestbot/bot/engine/replicas"
	"github.com/digestbot/digestbot/bot/ledger/postgres"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/doctor"
)

// keepClaims is how long a request counts as claimed: longer than any platform keeps
// repeating it.
const keepClaims = 15 * time.Minute

// shared is a ledger in PostgreSQL.
type shared struct{ *postgres.Ledger }

// errOwnTools refuses a backup of a database, and names the tool for it.
var errOwnTools = errors.New("the state is in PostgreSQL, which has its own backup tools, such as pg_dump")

// Backup always fails: PostgreSQL has its own tools.
func (shared) Backup(context.Context, string) error { return errOwnTools }

// Check only checks whether the database is usable. The server protects its rows, and
// replicas start too often to read all of them.
func (s shared) Check(ctx context.Context) error { return s.Ping(ctx) }

// Behind returns false: a restored database cannot be recognized.
func (shared) Behind() bool { return false }

// CaughtUp does nothing, because Behind is always false.
func (shared) CaughtUp(context.Context) error { return nil }

// Recognised always reports false, like Behind.
func (shared) Recognised(context.Context) (behind bool, err error) { return false, nil }

// replica is this process's view of what several replicas share.
type replica struct {
	ledger *postgres.Ledger
	beside *sql.DB // the ledger's connections, for adapters that keep rows beside it
	leases *replicas.Leases
	calls  *replicas.River
}

// databaseAddress returns the URL of the database.
func databaseAddress(conf *config.Config) (string, error) {
	if conf.Database.URLFile == "" {
		return conf.Database.URL, nil
	}
	name := conf.Database.URLFile
	if !filepath.IsAbs(name) {
		name = filepath.Join(conf.Folder, name)
	}
	data, err := os.ReadFile(name)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return "", conf.Explain(fmt.Errorf("state.url_file: %s cannot be read: %w", config.Absolute(name), e.Err))
	}
	return strings.TrimSpace(string(data)), err
}

// openShared opens the ledger in the database with open, and registers the name of this
// process.
func openShared(ctx context.Context, conf *config.Config, open func(context.Context, string) (*postgres.Ledger, error)) (*postgres.Ledger, error) {
	address, err := databaseAddress(conf)
	if err != nil {
		return nil, err
	}
	l, err := open(ctx, address)
	if errors.Is(err, postgres.ErrAddress) {
		return nil, conf.Explain(fmt.Errorf("%s: %w", conf.Database.Key(), err))
	}
	return l, err
}

// openReplica opens what replicas share, migrates it to the newest format, and makes this
// process one of them.
func openReplica(ctx context.Context, conf *config.Config, log *slog.Logger) (*replica, error) {
	l, err := openShared(ctx, conf, postgres.Open)
	if err != nil {
		return nil, err
	}
	r := &replica{ledger: l, beside: stdlib.OpenDBFromPool(l.Pool()), leases: replicas.NewLeases(l, holder(), log)}
	if err = replicas.MigrateRiver(ctx, l); err == nil {
		r.calls, err = replicas.NewRiver(l, r.leases.Holder(), log)
	}
	if err != nil {
		_ = errors.Join(r.beside.Close(), l.Close())
		return nil, err
	}
	l.Guard(r.leases.Holder(), replicas.Posting, replicas.Planning)
	return r, nil
}

// holder returns a unique name for this process: the machine's name, for people, and some
// random letters.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "replica"
	}
	return fmt.Sprintf("%.40s-%s", host, strings.ToLower(rand.Text()[:8]))
}

// Migrate migrates the database to the newest format, and returns where it is.
func Migrate(ctx context.Context, conf *config.Config) (place string, err error) {
	l, err := openShared(ctx, conf, postgres.Open)
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Place(), replicas.MigrateRiver(ctx, l)
}

// examineDatabase checks what replicas share. l is the opened ledger, unless err says why
// it could not be opened.
func examineDatabase(ctx context.Context, conf *config.Config, l Ledger, err error) []chat.Finding {
	seen := doctor.Database{Place: "the database", Err: err, None: errors.Is(err, postgres.ErrNone), Older: errors.Is(err, postgres.ErrOlder), Apart: replicas.Apart}
	if s, ok := l.(shared); ok && err == nil {
		seen.Place = s.Place()
		before := time.Now()
		var at time.Time
		if seen.Leases, at, seen.Err = s.Renew(ctx, "", 0); seen.Err == nil {
			seen.Ahead = replicas.Ahead(before, time.Now(), at)
			seen.Pooled, seen.Err = s.Pooled(ctx)
		}
		if seen.Err == nil {
			seen.Err = s.Ping(ctx)
		}
	}
	return seen.Findings()
}

// run keeps the leases and listens for calls until ctx is done and all work of h has ended.
func (r *replica) run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { r.leases.Run(ctx) })
	running.Go(func() { r.calls.Run(ctx) })
}

// alone listens on an adapter. If the platform talks to only one replica, it listens only
// while this is the one. An error ends it permanently.
func (h *House) alone(ctx context.Context, a Adapter, listen func(context.Context) error) (err error) {
	if h.replica == nil || !a.Capabilities().OneListener {
		return listen(ctx)
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	h.replica.leases.Hold(ctx, replicas.Hearing(a.Name), func(ctx context.Context) {
		if err = listen(ctx); err != nil && ctx.Err() == nil {
			end()
		}
	})
	return err
}

// elsewhere reports whether another replica listens on an adapter instead of this one.
func (h *House) elsewhere(adapter string) bool {
	return h.replica != nil && h.replica.leases.OfAnother(replicas.Hearing(adapter))
}

// engine plans and delivers.
type engine interface {
	Run(ctx context.Context)
	// Replan signals that there may be something to plan.
	Replan()
}

// newEngine returns the engine of a house.
func (h *House) newEngine() engine {
	if h.replica == nil {
		return local.New(h.Dispatcher, h.Log)
	}
	return replicas.New(h.Dispatcher, h.replica.leases, h.replica.calls, h.Log)
}

// claim returns a function that claims a request which a platform may send to several
// replicas; nil with a single process.
func (r *replica) claim() func(ctx context.Context, request string) (bool, error) {
	if r == nil {
		return nil
	}
	return func(ctx context.Context, request string) (bool, error) {
		return r.ledger.Claim(ctx, request, keepClaims)
	}
}

// posts returns a function that reports whether this replica posts on an adapter; nil with
// a single process.
func (r *replica) posts(adapter string) func() bool {
	if r == nil {
		return nil
	}
	return func() bool { return r.leases.Posts(adapter) }
}

// database returns the database in which adapters keep what all replicas need; nil with a
// single process.
func (r *replica) database() *sql.DB {
	if r == nil {
		return nil
	}
	return r.beside
}

// Turn lets a command deliver instead of serve, while no serve delivers.
type Turn struct {
	// Ours returns the context in which this process may deliver now; nil while another one
	// does.
	Ours func() (context.Context, error)
	// Release ends the turn.
	Release func()
}

// Turn returns a turn for deliveries to an adapter.
func (h *House) Turn(ctx context.Context, adapter string) Turn {
	if h.replica != nil {
		return h.replica.turn(ctx, adapter)
	}
	var release func() error
	return Turn{
		Ours: func() (_ context.Context, err error) {
			if release == nil {
				release, err = lock(h.Config)
			}
			if errors.Is(err, errLocked) {
				return nil, nil
			}
			return ctx, err
		},
		Release: func() {
			if release != nil {
				_ = release()
			}
		},
	}
}

func (r *replica) turn(ctx context.Context, adapter string) Turn {
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { r.leases.Run(ctx) })
	running.Go(func() {
		r.leases.Hold(ctx, replicas.Posting(adapter), func(ctx context.Context) { <-ctx.Done() })
	})
	return Turn{
		Ours:    func() (context.Context, error) { return r.leases.Held(replicas.Posting(adapter)), nil },
		Release: func() { stop(); running.Wait() },
	}
}
