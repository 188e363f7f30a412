package sqlite_test

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// TestFormat6: a file of format 6, as digestbot wrote it in November 2026, keeps its rows,
// and the bot continues where it was.
func TestFormat6(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	raw(t, path, "PRAGMA journal_mode = wal", format6(t), "PRAGMA application_id = 0x64626f74; PRAGMA user_version = 6",
		`INSERT INTO mark VALUES ('0123456789abcdef', 3, 0, 0)`,
		`INSERT INTO deliveries (seq, key, digest, title, adapter, channel, subscription, style, language, cause, asked_by, slot, state, reason, planned, next, ended, version, since) VALUES
			(1, 'sentkey', 'one', 'Morning 晨报', 'discord', '12', 'morning', 'full', 'zh', 'slot', '', 1000, 'sent', '', 2000, NULL, 3000, 5, 3000),
			(2, 'openkey', 'two', 'Evening', 'discord', '12', '', 'compact', '', 'resend', 'Ada', NULL, 'sending', '', 4000, 5000, NULL, 2, NULL),
			(3, 'skippedkey', 'three', '', 'web', 'general', 'morning', 'full', '', 'start', '', NULL, 'skipped', 'older', 6000, NULL, 7000, 0, NULL)`,
		`INSERT INTO parts (delivery, number, key, state, attempts, first, last, receipt_adapter, receipt_channel, receipt_id, receipt_url, reason) VALUES
			(1, 1, 'sentkey-1', 'sent', 1, 2100, 2100, 'discord', '12', '99', 'https://example.org/99', ''),
			(1, 2, 'sentkey-2', 'split', 3, 2200, 2200, '', '', '', '', 'it was laid out smaller: 500'),
			(2, 1, 'openkey-1', 'sent', 1, 4100, 4100, 'discord', '12', '100', '', ''),
			(2, 2, 'openkey-2', 'sending', 3, 4200, 4300, '', '', '', '', 'the answer was lost')`,
		`INSERT INTO payloads VALUES (1, 1, CAST('{"a":1}' AS BLOB)), (1, 2, CAST('{"a":2}' AS BLOB)), (2, 1, CAST('{"b":1}' AS BLOB)), (2, 2, CAST('{"b":2}' AS BLOB))`,
		`INSERT INTO beginnings VALUES ('morning', 'discord', '12', 500)`,
		`INSERT INTO slots VALUES ('morning', 1000, 1500, 'posted', '', 3000)`)

	at := func(ns int64) time.Time { return time.Unix(0, ns).UTC() }
	team, general := chat.Channel{Adapter: "discord", ID: "12"}, chat.Channel{Adapter: "web", ID: "general"}
	want := []ledger.Delivery{
		{Key: "sentkey", Digest: "one", Title: "Morning 晨报", Channel: team, Subscription: "morning", Style: "full", Language: "zh", Cause: ledger.ForSlot,
			Slot: at(1000), State: ledger.Sent, Planned: at(2000), Ended: at(3000), Since: at(3000), Version: 5, Parts: []ledger.Part{
				{Key: "sentkey-1", Payload: chat.Payload(`{"a":1}`), State: ledger.Sent, Attempts: 1, First: at(2100), Last: at(2100),
					Receipt: chat.Receipt{Channel: team, ID: "99", URL: "https://example.org/99"}},
				{Key: "sentkey-2", Payload: chat.Payload(`{"a":2}`), State: ledger.Gone, Attempts: 3, First: at(2200), Last: at(2200), Reason: "it was laid out smaller: 500"}}},
		{Key: "openkey", Digest: "two", Title: "Evening", Channel: team, Style: "compact", Cause: ledger.ForResend, By: "Ada",
			State: ledger.Sending, Planned: at(4000), Next: at(5000), Version: 2, Parts: []ledger.Part{
				{Key: "openkey-1", Payload: chat.Payload(`{"b":1}`), State: ledger.Sent, Attempts: 1, First: at(4100), Last: at(4100), Receipt: chat.Receipt{Channel: team, ID: "100"}},
				{Key: "openkey-2", Payload: chat.Payload(`{"b":2}`), State: ledger.Sending, Attempts: 3, First: at(4200), Last: at(4300), Reason: "the answer was lost"}}},
		{Key: "skippedkey", Digest: "three", Channel: general, Subscription: "morning", Style: "full", Cause: ledger.ForStart,
			State: ledger.Skipped, Reason: "older", Planned: at(6000), Ended: at(7000)},
	}
	for round := range 2 { // the second time it has the newest format
		l := open(t, path)
		if kept, want := l.Kept(), []string{path + ".format6", ""}[round]; kept != want {
			t.Errorf("the copy of the old file is %q, want %q", kept, want)
		}
		for _, w := range want {
			got, err := l.Get(t.Context(), w.Key)
			if err != nil {
				t.Fatal(err)
			}
			if g, w := written(t, got), written(t, w); g != w {
				t.Errorf("got  %s\nwant %s", g, w)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}

	info, err := os.Stat(path + ".format6")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy of the old file: %v, %v", info, err)
	}
	if got, want := rows(t, path+".format6", "SELECT user_version || ' ' || (SELECT group_concat(key ORDER BY seq) FROM deliveries) FROM pragma_user_version"), "6 sentkey,openkey,skippedkey"; got != want {
		t.Errorf("the copy of the old file holds %q, want %q", got, want)
	}

	l := open(t, path)
	defer func() { _ = l.Close() }()
	if begun, err := l.Begun(t.Context(), "morning"); err != nil || !begun[team] {
		t.Errorf("begun %v, %v", begun, err)
	}
	if slots, err := l.Slots(t.Context(), "morning", 5); err != nil || len(slots) != 1 || slots[0].Outcome != ledger.SlotPosted || !slots[0].Until.Equal(at(1500)) {
		t.Errorf("slots %+v, %v", slots, err)
	}
	if news, err := l.Pause(t.Context(), ledger.Pause{Channel: team, At: at(6000)}); err != nil || !news {
		t.Errorf("paused %t, %v", news, err)
	}
	if n, err := l.Revision(t.Context()); err != nil || n != 1 {
		t.Errorf("revision %d, %v, want 1", n, err)
	}
	due, err := l.Due(t.Context(), at(6000))
	if err != nil || len(due) != 1 || due[0].Key != "openkey" {
		t.Fatalf("due %+v, %v, want the one that was under way", due, err)
	}
	open, err := l.Get(t.Context(), due[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	open.Posted(chat.Receipt{Channel: team, ID: "101"}, at(8000))
	if err := l.Save(t.Context(), &open); err != nil {
		t.Fatal(err)
	}
	if err := open.Revise(at(9000), []chat.Payload{chat.Payload("{}")}); err != nil {
		t.Fatal(err)
	}
	if err := l.Save(t.Context(), &open); err != nil {
		t.Fatal(err)
	}
	known, err := l.Known(t.Context(), []chat.Channel{team}, "one", "two", "three")
	if err != nil || len(known[0]) != 2 || len(known[0]["one"].Said) != 0 || known[0]["one"].Open {
		t.Errorf("known %+v, %v", known, err)
	}
}

// A file of an earlier format is refused and stays unchanged.
func TestFormatIsTooOld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	raw(t, path, format6(t), "PRAGMA application_id = 0x64626f74; PRAGMA user_version = 5")
	if l, err := sqlite.Open(path); err == nil || !strings.Contains(err.Error(), "is of format 5, from before the first release") {
		t.Errorf("got %v, %v", l, err)
	}
	if got := rows(t, path, "SELECT user_version FROM pragma_user_version"); got != "5" {
		t.Errorf("the file is of format %s afterwards", got)
	}
}

// format6 are the tables of format 6.
func format6(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "format6.sql"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rows returns the result of a query for one value of a file.
func rows(t *testing.T, path, query string) (text string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRow(query).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

func written(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
