package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
)

// TestManyRows: thousands are planned at once, and an index finds the few that wait among a
// hundred thousand that have ended.
func TestManyRows(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database(t)
	l := opened(t, url)
	raw(t, url, `INSERT INTO digestbot.deliveries (key, digest, title, adapter, channel, subscription, style, language, cause, asked_by, state, reason, planned, ended, version, bundle,
		said, pause, decisions) SELECT 'old' || i, 'digest' || i, 'Morning', 'discord', (i % 3000)::text, 'morning', 'full', '', 'slot', '', 'sent', '', i, i, 1, '', '', '', ''
		FROM generate_series(1, 100000) AS i`, "ANALYZE digestbot.deliveries")
	began := time.Now()
	all := planned(t, l, 3000)
	t.Logf("planned %d in %s", len(all), time.Since(began))
	began = time.Now()
	due, err := l.Due(t.Context(), monday)
	if err != nil || len(due) != 3000 || due[0].Key != all[0].Key || due[2999].Key != all[2999].Key {
		t.Fatalf("due are %d, %v", len(due), err)
	}
	took := time.Since(began)
	t.Logf("found who is due in %s", took)
	rows, err := l.Pool().Query(t.Context(), `EXPLAIN SELECT DISTINCT ON (adapter, channel) seq, key, adapter, channel, next FROM digestbot.deliveries
		WHERE ended IS NULL ORDER BY adapter, channel, (since IS NOT NULL), seq`)
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&plan, line)
	}
	if rows.Err() != nil || !strings.Contains(plan.String(), "Index Scan using deliveries_waiting") {
		t.Errorf("the database reads who is due without the index: %v\n%s", rows.Err(), &plan)
	}
}

// BenchmarkSave saves changes of state one after the other, each durable.
func BenchmarkSave(b *testing.B) {
	server := postgrestest.Start(b)
	server.Sync(b)
	l := opened(b, server.Database(b))
	d := ledger.NewDelivery("new", "Morning", team, monday)
	part := chat.Payload(strings.Repeat("晨", 4096/3))
	if err := d.Freeze([]chat.Payload{part, part}); err != nil {
		b.Fatal(err)
	}
	if _, err := l.Plan(b.Context(), d); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		d.Promise(monday)
		if err := l.Save(b.Context(), &d); err != nil {
			b.Fatal(err)
		}
	}
}
