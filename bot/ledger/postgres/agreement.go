package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/digestbot/digestbot/bot/ledger"
)

// Lease takes or renews a lease, which only one replica can have, and reports whether the
// holder has it. It lasts for ttl by the clock of the database.
func (l agreement) Lease(ctx context.Context, name, holder string, ttl time.Duration) (held bool, err error) {
	return l.change(ctx, `INSERT INTO digestbot.leases AS l (name, holder, until) VALUES ($1, $2, clock_timestamp() + $3::bigint * interval '1 microsecond')
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = clock_timestamp() + $3::bigint * interval '1 microsecond'
		WHERE l.holder = excluded.holder OR l.until <= clock_timestamp()`, name, holder, ttl.Microseconds())
}

// Renew renews those of the named leases that a holder still has, for ttl from now. It
// returns the holder of each lease that has not ended, and the time, all by the clock of
// the database.
func (l agreement) Renew(ctx context.Context, holder string, ttl time.Duration, names ...string) (holders map[string]string, at time.Time, err error) {
	args, err := plain([]any{holder, ttl.Microseconds(), names})
	if err != nil {
		return nil, at, l.wrap(err)
	}
	err = l.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		holders = map[string]string{}
		rows, err := tx.Query(ctx, `WITH renewed AS (UPDATE digestbot.leases SET until = clock_timestamp() + $2::bigint * interval '1 microsecond'
				WHERE holder = $1 AND name = ANY($3::text[]) AND until > clock_timestamp() RETURNING name, holder)
			SELECT name, holder, clock_timestamp() FROM renewed
			UNION ALL SELECT name, holder, clock_timestamp() FROM digestbot.leases WHERE until > clock_timestamp() AND name NOT IN (SELECT name FROM renewed)
			UNION ALL SELECT '', '', clock_timestamp()`, args...)
		if err != nil {
			return err
		}
		var name, who string
		_, err = pgx.ForEachRow(rows, []any{&name, &who, &at}, func() error {
			if name != "" {
				holders[name] = who
			}
			return nil
		})
		return err
	})
	return holders, at.UTC(), l.wrap(err)
}

// Return ends a lease, if the holder has it.
func (l agreement) Return(ctx context.Context, name, holder string) error {
	_, err := l.change(ctx, `UPDATE digestbot.leases SET holder = '', until = clock_timestamp() WHERE name = $1 AND holder = $2`, name, holder)
	return err
}

// Claim claims a task for one replica, and reports whether it was the first. It excludes
// all others for keep, by the clock of the database.
func (l agreement) Claim(ctx context.Context, key string, keep time.Duration) (first bool, err error) {
	return l.change(ctx, `WITH old AS (DELETE FROM digestbot.claims WHERE key IN (SELECT key FROM digestbot.claims
			WHERE until <= clock_timestamp() AND key <> $1 ORDER BY until LIMIT 10 FOR UPDATE SKIP LOCKED))
		INSERT INTO digestbot.claims AS c (key, until) VALUES ($1, clock_timestamp() + $2::bigint * interval '1 microsecond')
		ON CONFLICT (key) DO UPDATE SET until = excluded.until WHERE c.until <= clock_timestamp()`, key, keep.Microseconds())
}

// guard says which holder's promises and plans are saved.
type guard struct {
	holder   string
	lease    func(adapter string) string
	planning string
}

// Guard restricts writing. A promise, that is, a delivery that is ledger.Sending, is saved
// only while the holder has the lease of its adapter. The changes of a plan other than
// deliveries (Begin, SaveSlot, Move) are saved only while it has the lease of planning.
// Otherwise the error is ledger.ErrFenced.
func (l *database) Guard(holder string, lease func(adapter string) string, planning string) {
	l.guard.Store(&guard{clean(holder), lease, clean(planning)})
}

// plans returns ledger.ErrFenced unless this holder plans, and prevents another holder from
// taking the lease until the transaction ends: the rows of a plan have no version.
func (g *guard) plans(ctx context.Context, tx pgx.Tx) error {
	if g == nil {
		return nil
	}
	found, err := tx.Exec(ctx, `SELECT FROM digestbot.leases WHERE name = $1 AND holder = $2 AND until > clock_timestamp() FOR SHARE`, g.planning, g.holder)
	if err == nil && found.RowsAffected() == 0 {
		return ledger.ErrFenced
	}
	return err
}

// check queries the lease of an adapter. The row is not locked: if a lease ends before the
// transaction does, its holder considers it ended, too, and the version of the delivery
// decides between the two holders.
func (g *guard) check(batch *pgx.Batch, adapter string, held *bool) {
	batch.Queue(`SELECT FROM digestbot.leases WHERE name = $1 AND holder = $2 AND until > clock_timestamp()`, clean(g.lease(adapter)), g.holder).
		Exec(func(found pgconn.CommandTag) error {
			*held = found.RowsAffected() > 0
			return nil
		})
}
