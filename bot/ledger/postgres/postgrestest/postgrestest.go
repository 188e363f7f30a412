// Package postgrestest starts a real PostgreSQL server on loopback for the tests of a
// binary, creates databases in it, and makes it fail. It knows nothing of the content of
// the databases.
package postgrestest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// Server is a PostgreSQL server in a temporary folder. It leaves writing to the operating
// system and does not wait for the disk: only a power cut of this machine would show the
// difference.
type Server struct {
	programs, folder string
	port             int
	program          program
	databases        atomic.Int64 // number of databases created
}

// Its superuser, and the owner of the databases, who has no other rights.
const (
	superuser = "postgres"
	member    = "digestbot"
)

// Password is the password of both. It occurs in the URLs of databases and nowhere else.
const Password = "password/of%tests"

// patience is the time limit for the server's start.
const patience = time.Minute

// one is the server of this test binary.
var one struct {
	sync.Mutex
	*Server
}

// Start returns the server of this test binary. The first call starts it; when the binary
// ends, in any way, the server stops and its folder is removed. Without PostgreSQL, and
// with -short, the test is skipped.
func Start(t testing.TB) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	one.Lock()
	defer one.Unlock()
	if one.Server != nil {
		return one.Server
	}
	programs := find()
	if programs == "" {
		t.Skip("there is no initdb in PATH and in /usr/lib/postgresql: install the Debian package postgresql")
	}
	s := &Server{programs: programs}
	if err := s.create(); err != nil {
		t.Fatal(err)
	}
	s.Start(t)
	s.sync(t, "off")
	s.Run(t, "CREATE ROLE "+member+" LOGIN PASSWORD '"+Password+"'")
	one.Server = s
	return s
}

// find returns the folder of the server's programs, or "" if there is none. Debian has one
// for each version, outside PATH.
func find() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is well formed
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(slices.Max(found))
}

// create creates the folder of the server.
func (s *Server) create() (err error) {
	if s.folder, err = makeFolder(map[string]string{"password": Password}); err != nil {
		return err
	}
	// This authentication method is the fastest, and no one eavesdrops on loopback.
	cmd := exec.Command(filepath.Join(s.programs, "initdb"), "-D", "data", "-U", superuser, "--pwfile", "password",
		"-A", "password", "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir = s.folder
	asUser(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	s.port, err = freePort()
	return err
}

// makeFolder creates a folder with files for a program.
func makeFolder(files map[string]string) (folder string, err error) {
	if folder, err = os.MkdirTemp("", "postgrestest-*"); err != nil {
		return "", err
	}
	for name, text := range files {
		name = filepath.Join(folder, name)
		if err := errors.Join(os.WriteFile(name, []byte(text), 0o600), give(name)); err != nil {
			return "", err
		}
	}
	return folder, give(folder)
}

// freePort returns a port on which no program listens.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

// Start starts the server again after Stop or Crash, at the same address.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	program, err := start(s.folder, "INT", filepath.Join(s.programs, "postgres"), "-D", "data", "-p", fmt.Sprint(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200")
	if err != nil {
		t.Fatal(err)
	}
	s.program = program
	wait(t, s.folder, s.address(superuser, "postgres"))
}

// wait waits until a database answers.
func wait(t testing.TB, folder, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := run(ctx, address, "SELECT 1")
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			log, _ := os.ReadFile(filepath.Join(folder, "log")) // the first error is reported
			t.Fatalf("the database does not answer: %v\n%s", err, log)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Stop stops the server: its connections break.
func (s *Server) Stop(t testing.TB) { s.program.end(t, "INT") }

// Crash stops the server like a power cut: it writes nothing more.
func (s *Server) Crash(t testing.TB) { s.program.end(t, "QUIT") }

// Restart stops the server and starts it again.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop(t)
	s.Start(t)
}

// Database creates an empty database and returns its URL, with the password.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprint("test", s.databases.Add(1))
	s.Run(t, "CREATE DATABASE "+name+" OWNER "+member)
	return s.address(member, name)
}

// Open opens a database until the test ends, with connections that use no prepared
// statements, like those of the ledger.
func Open(t testing.TB, url string) *sql.DB {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDBFromPool(pool)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		pool.Close()
	})
	return db
}

// Run runs statements as the superuser.
func (s *Server) Run(t testing.TB, statements ...string) {
	t.Helper()
	if err := run(context.Background(), s.address(superuser, "postgres"), statements...); err != nil {
		t.Fatal(err)
	}
}

// Sync makes the server wait for the disk until the test ends, like a production server.
func (s *Server) Sync(t testing.TB) {
	t.Helper()
	s.sync(t, "on")
	t.Cleanup(func() { s.sync(t, "off") })
}

func (s *Server) sync(t testing.TB, on string) {
	t.Helper()
	s.Run(t, "ALTER SYSTEM SET fsync = "+on, "SELECT pg_reload_conf()")
}

// Drop breaks the connections to all databases.
func (s *Server) Drop(t testing.TB) {
	t.Helper()
	s.Run(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test%'")
}

func (s *Server) address(user, database string) string { return address(s.port, user, database) }

func address(port int, user, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, Password), Host: fmt.Sprint("127.0.0.1:", port), Path: database}
	return u.String()
}

// run runs statements in a database over a separate connection.
func run(ctx context.Context, address string, statements ...string) (err error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return err
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol // which also works through PgBouncer
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// PgBouncer starts a PgBouncer in transaction mode in front of the server, until the test
// ends. The returned function converts the URL of a database to the URL of the same
// database through PgBouncer. Without PgBouncer the test is skipped.
func (s *Server) PgBouncer(t testing.TB) func(database string) string {
	t.Helper()
	path, err := exec.LookPath("pgbouncer")
	if err != nil {
		path = "/usr/sbin/pgbouncer" // outside the PATH of users
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("there is no pgbouncer in PATH: install the Debian package pgbouncer")
	}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	folder, err := makeFolder(map[string]string{
		"users": fmt.Sprintf("%q %q\n%q %q\n", member, Password, superuser, Password),
		"pgbouncer.ini": fmt.Sprintf(`[databases]
* = host=127.0.0.1 port=%d
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = md5
auth_file = users
pool_mode = transaction
default_pool_size = 5
server_idle_timeout = 1
`, s.port, port),
	})
	if err != nil {
		t.Fatal(err)
	}
	bouncer, err := start(folder, "TERM", path, "pgbouncer.ini")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		bouncer.end(t, "TERM")
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	wait(t, folder, address(port, superuser, "postgres"))
	return func(database string) string {
		at, err := url.Parse(database)
		if err != nil {
			t.Fatal(err)
		}
		at.Host = fmt.Sprint("127.0.0.1:", port)
		return at.String()
	}
}
