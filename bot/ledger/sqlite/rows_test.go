package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// TestRows: all tables except the one about the file are read, with their rows.
func TestRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	defer func() { _ = l.Close() }()
	d := ledger.NewDelivery("2026-11-23", "", chat.Channel{Adapter: "web", ID: "general"}, time.Unix(0, 5))
	if err := d.Freeze([]chat.Payload{chat.Payload("{}"), {}}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Plan(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	raw(t, path,
		"INSERT INTO beginnings VALUES ('', '', '', 1)", "INSERT INTO slots VALUES ('', 1, 1, '', '', 1)", "INSERT INTO subscriptions VALUES ('', '', '', '', '', '', '', 1)",
		"INSERT INTO follows VALUES ('', '', '', '', 1)", "INSERT INTO halts VALUES ('', '', '', '', 1)", "INSERT INTO acts VALUES (1, 1, '', '', '', '', '', '', '')",
		"INSERT INTO seen VALUES ('', 1)", "INSERT INTO outages VALUES ('', '', 1, '')")
	var tables []string
	var payloads [][]byte
	for row, err := range l.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		value := func(column string) any { return row.Values[slices.Index(row.Columns, column)] }
		switch row.Table {
		case "deliveries":
			if value("key") != string(d.Key) || value("planned") != int64(5) || value("slot") != nil {
				t.Errorf("the delivery is %v", row)
			}
		case "payloads":
			payloads = append(payloads, value("payload").([]byte))
		}
		tables = append(tables, row.Table)
	}
	if len(payloads) != 2 || string(payloads[0]) != "{}" || payloads[1] == nil {
		t.Errorf("the payloads are %q", payloads)
	}
	slices.Sort(tables)
	want := rows(t, path, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'mark'")
	if tables = slices.Compact(tables); strconv.Itoa(len(tables)) != want {
		t.Errorf("rows of the tables %q, want %s", tables, want)
	}
	for _, err := range l.Rows(t.Context()) {
		if err != nil {
			t.Error(err)
		}
		break // ending the iteration early
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range l.Rows(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v", err)
		}
	}
}
