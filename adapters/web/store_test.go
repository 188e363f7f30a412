package web

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
)

// inEach runs a test with each kind of store. Each state folder stands for one store.
func inEach(t *testing.T, test func(t *testing.T)) {
	t.Run("SQLite", test)
	t.Run("PostgreSQL", func(t *testing.T) {
		postgrestest.Start(t)
		test(t)
	})
}

// databases maps folders to the URLs of databases.
var databases = struct {
	sync.Mutex
	by map[string]string
}{by: map[string]string{}}

// makesTables is the test in which rooms create their tables at the same time.
const makesTables = "TestRevisionsAreSeenInTheirOrder/PostgreSQL"

// databaseOf returns the database that stands for a folder, or nil if rooms use files.
func databaseOf(t *testing.T, state string) *sql.DB {
	t.Helper()
	if !strings.Contains(t.Name()+"/", "/PostgreSQL/") {
		return nil
	}
	databases.Lock()
	defer databases.Unlock()
	if databases.by[state] != "" {
		return postgrestest.Open(t, databases.by[state])
	}
	address := postgrestest.Start(t).Database(t)
	db := postgrestest.Open(t, address)
	databases.by[state] = address
	if t.Name() == makesTables {
		return db
	}
	// Ids start at 1, so that tests can name messages as in a file.
	if _, err := openShared(db); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `ALTER TABLE digestbot.web_message ALTER COLUMN id RESTART WITH 1`); err != nil {
		t.Fatal(err)
	}
	return db
}

// replica opens a room that shares a folder's store and a public URL with others, under
// roomToken.
func replica(t *testing.T, state string, home *url.URL) (a *Adapter, base string) {
	t.Helper()
	a = openAt(t, state, freeAddress(t), home, "general")
	a.token = chat.NewSecret(roomToken)
	listen(t, a, tree, &echo{})
	return a, "http://" + a.listen
}

// Changes made through one room are visible through the other, even on open pages, and a person
// who has signed in to one room is signed in to both.
func TestTwoRoomsOverOneStore(t *testing.T) { inEach(t, checkTwoRoomsOverOneStore) }

func checkTwoRoomsOverOneStore(t *testing.T) {
	dir := t.TempDir()
	home := &url.URL{Scheme: "http", Host: "localhost:9999"}
	a, atA := replica(t, dir, home)
	b, atB := replica(t, dir, home)

	c := signIn(t, atA, roomToken)
	req := request(t, "GET", atB+"/events?channel=general&after=0", "")
	req.AddCookie(c)
	next := streamOf(t, req)
	r := post(t, a, "general", chat.Message{Title: "The first"}, "k1")
	if id, event, data := next(); id != "1" || event != "message" || !strings.Contains(data, "The first") {
		t.Errorf("after a post: %s %s %.200s", id, event, data)
	}
	if _, page := with(t, c, "GET", atB+"/"); !strings.Contains(page, "The first") {
		t.Errorf("the page of the other room: %s", page)
	}
	if got, err := b.Find(t.Context(), r.Channel, "k1", time.Time{}); err != nil || got != r {
		t.Errorf("Find = %v, %v, want %v", got, err, r)
	}
	edit(t, a, r, chat.Message{Title: "The corrected"}, "k1")
	if id, event, data := next(); id != "2" || event != "message" || !strings.Contains(data, "The corrected") {
		t.Errorf("after an edit: %s %s %.200s", id, event, data)
	}
	if err := b.Remove(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if id, event, _ := next(); id != "3" || event != "removed" {
		t.Errorf("after a removal: %s %s", id, event)
	}

	if res, _ := with(t, c, "POST", atB+"/logout"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("sign out: %s", res.Status)
	}
	if res, _ := with(t, c, "GET", atA+"/"); res.Header.Get("Location") != "/login" {
		t.Errorf("who signed out of one room is in the other: %s", res.Status)
	}
}

// Many replicas create the tables and post at the same time, some of them the same messages:
// each message exists once, and a reader of the changes misses none. A file has only one
// serving process, and SQLite assigns revisions in order.
func TestRevisionsAreSeenInTheirOrder(t *testing.T) {
	t.Run("PostgreSQL", func(t *testing.T) {
		postgrestest.Start(t)
		checkRevisionsAreSeenInTheirOrder(t)
	})
}

func checkRevisionsAreSeenInTheirOrder(t *testing.T) {
	const writers, each = 6, 40
	dir := t.TempDir()
	var rooms [writers]*Adapter
	var ready, writing sync.WaitGroup
	for i := range rooms {
		ready.Go(func() { rooms[i] = openIn(t, dir) })
	}
	ready.Wait()
	if t.Failed() {
		return
	}
	var receipts sync.Map
	for _, a := range rooms {
		writing.Go(func() {
			for n := range each {
				for _, key := range []string{fmt.Sprint("all ", n), fmt.Sprintf("%p %d", a, n)} {
					r, err := a.Send(t.Context(), chat.Channel{Adapter: "web", ID: "general"}, chat.Payload(`{"footer":"x"}`), chat.Key(key))
					if err != nil {
						t.Error(err)
						return
					}
					if first, _ := receipts.LoadOrStore(key, r.ID); first != r.ID {
						t.Errorf("key %q is of message %s and %s", key, first, r.ID)
					}
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()
	seen := map[int64]bool{}
	var last, lastID int64
	for ended := false; ; {
		changes, err := rooms[0].store.changes(t.Context(), last, pageSize)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			if c.ID < lastID {
				t.Errorf("message %d is seen after %d", c.ID, lastID)
			}
			last, lastID, seen[c.ID] = c.Revision, c.ID, true
		}
		if ended && len(changes) == 0 {
			break
		}
		select {
		case <-done:
			ended = true
		default:
		}
	}
	if want := (writers + 1) * each; len(seen) != want {
		t.Errorf("%d messages are seen, want %d", len(seen), want)
	}
}

// A request may name anything. Text that the database does not accept finds nothing.
func TestTextThatNoDatabaseKeeps(t *testing.T) { inEach(t, checkTextThatNoDatabaseKeeps) }

func checkTextThatNoDatabaseKeeps(t *testing.T) {
	a := open(t, "general")
	base := listen(t, a, tree, &echo{})
	post(t, a, "general", chat.Message{Title: "The first"}, "k1")
	for _, channel := range []string{"general%00", "%ff", "%00", "%ed%a0%80"} {
		if res, body := get(t, request(t, "GET", base+"/api/messages?channel="+channel, "")); res.StatusCode != http.StatusOK || strings.TrimSpace(body) != `{"messages":[]}` {
			t.Errorf("channel %s: %s %s", channel, res.Status, body)
		}
	}
}

// Tables of another format are accepted if they allow it, and otherwise refused with an
// explanation. So are a database in which the room may not create tables, and one that has
// lost the format.
func TestTablesOfAnotherFormat(t *testing.T) {
	server := postgrestest.Start(t)
	address := server.Database(t)
	db := postgrestest.Open(t, address)
	if _, err := openShared(db); err != nil {
		t.Fatal(err)
	}
	newer := slices.Concat(sharedSteps, []sharedStep{{"ALTER TABLE digestbot.web_message ADD COLUMN mood text", 1}})
	if err := (&store{db: db, dialect: replicated{}}).migrate(t.Context(), newer); err != nil {
		t.Fatal(err)
	}
	s, err := openShared(db)
	if err != nil {
		t.Errorf("a newer format that lets older programs in: %v", err)
	} else if err := s.post(t.Context(), chat.Channel{ID: "general"}, "k", time.Now(), chat.Payload(`{}`)); err != nil {
		t.Errorf("an older program writes: %v", err)
	}
	for _, c := range []struct{ statement, want string }{
		{"UPDATE digestbot.web_format SET format = 9, least = 9", "a newer digestbot has changed the tables (for programs that know format 9, and this one knows 1)"},
		{"DELETE FROM digestbot.web_format", "the format of the web room is lost"},
	} {
		if _, err := db.ExecContext(t.Context(), c.statement); err != nil {
			t.Fatal(err)
		}
		if _, err := openShared(db); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("after %s: %v", c.statement, err)
		}
	}
	a := openAtDatabase(t, server.Database(t))
	if err := a.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := a.store.db.ExecContext(t.Context(), "DROP TABLE digestbot.web_change"); err != nil {
		t.Fatal(err)
	}
	if err := a.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "the tables are not as this digestbot knows them") {
		t.Errorf("without a table: %v", err)
	}
}

// A receipt of a room in a file matches no message of a room in a database, even if the
// ledger with the receipt was copied there.
func TestReceiptsOfAFileFindNothing(t *testing.T) {
	before, after := open(t), openAtDatabase(t, postgrestest.Start(t).Database(t))
	old, fresh := post(t, before, "general", chat.Message{Title: "The first"}, "k1"), post(t, after, "general", chat.Message{Title: "The second"}, "k2")
	if err := after.Edit(t.Context(), old, chat.Payload(`{"footer":"x"}`), "k1"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("Edit: %v, want %v", err, chat.ErrNotFound)
	}
	if err := after.Remove(t.Context(), old); err != nil {
		t.Error(err)
	}
	if got, err := after.Find(t.Context(), fresh.Channel, "k2", time.Time{}); err != nil || got != fresh {
		t.Errorf("Find = %v, %v, want %v", got, err, fresh)
	}
}

// openAtDatabase opens a room in a database, without signed-in people.
func openAtDatabase(t *testing.T, address string) *Adapter {
	t.Helper()
	home := freeAddress(t)
	a, err := Open(chat.Env{
		Name: "web", Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }, Channels: []string{"general"},
		Listen: home, URL: &url.URL{Scheme: "http", Host: home}, Words: words, Database: postgrestest.Open(t, address),
	}, Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// While the database is unreachable, pages apologise and the log says so once. When it is
// back, everything continues, and sessions are still valid.
func TestDatabaseThatIsAway(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	server := postgrestest.Start(t)
	a := openAtDatabase(t, server.Database(t))
	a.token = chat.NewSecret(roomToken)
	log := &logged{}
	a.log = slog.New(slog.NewTextHandler(log, nil))
	base := listen(t, a, tree, &echo{})
	c := signIn(t, base, roomToken)
	post(t, a, "general", chat.Message{Title: "The first"}, "k1")

	server.Stop(t)
	for range 3 {
		for _, path := range []string{"/", "/c/general", "/api/messages?channel=general", "/events?channel=general", "/login"} {
			if res, body := with(t, c, "GET", base+path); res.StatusCode != http.StatusInternalServerError || !strings.Contains(body, "Sorry") {
				t.Errorf("%s: %s %s", path, res.Status, body)
			}
		}
	}
	general := chat.Channel{Adapter: "web", ID: "general"}
	if _, err := a.Send(t.Context(), general, chat.Payload(`{"footer":"x"}`), "k2"); chat.OutcomeOf(err) != chat.Retryable || !strings.Contains(err.Error(), "the database cannot be reached; see that it runs") {
		t.Errorf("Send: %v", err)
	} else if strings.Contains(err.Error(), postgrestest.Password) {
		t.Errorf("the error has the password: %v", err)
	}
	if _, err := a.Find(t.Context(), general, "k1", time.Time{}); err == nil || errors.Is(err, chat.ErrNotFound) {
		t.Errorf("Find: %v, want an error that says nothing of the message", err)
	}
	if got := log.String(); strings.Count(got, "level=ERROR") != 1 || !strings.Contains(got, "the database cannot be reached") || strings.Contains(got, postgrestest.Password) {
		t.Errorf("the log:\n%s", got)
	}

	server.Start(t)
	if res, page := with(t, c, "GET", base+"/"); res.StatusCode != http.StatusOK || !strings.Contains(page, "The first") {
		t.Errorf("when it is back: %s %s", res.Status, page)
	}
	post(t, a, "general", chat.Message{Title: "The second"}, "k2")
	server.Stop(t)
	with(t, c, "GET", base+"/")
	server.Start(t)
	if got := log.String(); strings.Count(got, "level=ERROR") != 2 {
		t.Errorf("the log after a second time:\n%s", got)
	}
}

// A room opens before its database is reachable.
func TestRoomWaitsForItsDatabase(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	server := postgrestest.Start(t)
	a := openAtDatabase(t, server.Database(t))
	log := &logged{}
	a.log = slog.New(slog.NewTextHandler(log, nil))
	server.Stop(t)
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- a.Listen(ctx, tree, &echo{}, func(where string) { ready <- where }) }()
	for log.String() == "" {
		time.Sleep(10 * time.Millisecond)
	}
	if err := a.Connection(); err == nil {
		t.Error("the room is open without its database")
	}
	server.Start(t)
	<-ready
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "the room waits for the database") {
		t.Errorf("the log:\n%s", got)
	}
}

// A pool that uses another connection for each transaction makes no difference.
func TestRoomThroughPgBouncer(t *testing.T) {
	server := postgrestest.Start(t)
	through := server.PgBouncer(t)
	address := through(server.Database(t))
	a, b := openAtDatabase(t, address), openAtDatabase(t, address)
	for i := range 20 {
		r := post(t, a, "general", chat.Message{Title: "The first"}, fmt.Sprint("k", i))
		edit(t, b, r, chat.Message{Title: "The corrected"}, fmt.Sprint("k", i))
	}
	if revision, _, err := a.store.newest(t.Context()); revision != 40 || err != nil {
		t.Errorf("revision %d, %v", revision, err)
	}
}
