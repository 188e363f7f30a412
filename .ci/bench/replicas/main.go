// Replicas compares several replicas of digestbot over one PostgreSQL with one process, and
// counts their database queries. It plays the platforms: the replicas run beside it, as
// separate processes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digestbot/digestbot/.ci/bench/figures"
	"github.com/digestbot/digestbot/.ci/bench/stand"
	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
)

// measure has the sizes of the measurements.
type measure struct {
	folder          string
	channels, kills int
	server          *postgrestest.Server
}

// stage lets the test server run outside a test.
type stage struct{ testing.TB }

func (stage) Helper() {}

func (stage) Skip(args ...any) { figures.End(errors.New(fmt.Sprint(args...))) }

func (stage) Fatal(args ...any) { figures.End(errors.New(fmt.Sprint(args...))) }

func (stage) Fatalf(format string, args ...any) { figures.End(fmt.Errorf(format, args...)) }

func main() {
	testing.Init() // the test server checks for -short
	var m measure
	flag.StringVar(&m.folder, "folder", "", "where digestbot is, and room for more")
	flag.IntVar(&m.channels, "channels", 1000, "to how many channels of a token a digest is posted")
	flag.IntVar(&m.kills, "kills", 9, "how often the owner of a token is killed")
	flag.Parse()
	figures.End(m.run(strings.Split(flag.Arg(0), ",")))
}

// run runs the measurements with these names.
func (m measure) run(names []string) error {
	m.server = postgrestest.Start(stage{})
	// The server counts statements only if it was started this way.
	m.server.Run(stage{}, "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
	m.server.Restart(stage{})
	m.server.Run(stage{}, "CREATE EXTENSION pg_stat_statements")
	goals := map[string]func() error{"pace": m.pace, "spread": m.spread, "failover": m.failover, "idle": m.idle}
	for _, name := range names {
		if goals[name] == nil {
			return fmt.Errorf("%q is not a measurement", name)
		}
		if err := goals[name](); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// fleet is replicas, and a Discord for each of their tokens, which each replica reaches
// through a network path of its own.
type fleet struct {
	m        measure
	database string // empty for one process over a file
	discords []*discordfake.Fake
	sites    []*stand.Site
	ways     [][]*stand.Platform // by token and replica
	commands []*exec.Cmd
}

// way is the round-trip time to the platform.
type way struct {
	name        string
	least, most time.Duration
}

var (
	longWay  = way{"60 to 120 ms", 60 * time.Millisecond, 120 * time.Millisecond}
	shortWay = way{"below 5 ms", time.Millisecond, 4 * time.Millisecond}
)

// fleet creates replicas and tokens, each token with all channels.
func (m measure) fleet(name string, replicas, tokens int, shared bool, via way) (*fleet, error) {
	f := &fleet{m: m, ways: make([][]*stand.Platform, tokens), commands: make([]*exec.Cmd, replicas)}
	if shared {
		f.database = m.server.Database(stage{})
	}
	for range tokens {
		f.discords = append(f.discords, stand.NewDiscord(m.channels, discordfake.Sliding))
	}
	for n := range replicas {
		s, err := stand.NewSite(filepath.Join(m.folder, fmt.Sprint(name, "-", n)), "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		s.Database = f.database
		for t, d := range f.discords {
			p := &stand.Platform{Handler: d, Least: via.least, Most: via.most}
			f.ways[t] = append(f.ways[t], p)
			s.DiscordAs([]string{"discord", "discord-2", "discord-3"}[t], p.Serve(), m.channels)
		}
		f.sites = append(f.sites, s)
	}
	return f, nil
}

// start starts all replicas, and waits until they are idle.
func (f *fleet) start() (err error) {
	for n, s := range f.sites {
		if f.commands[n], err = s.Start(f.program()); err != nil {
			return err
		}
	}
	if f.database == "" {
		return f.ways[0][0].Rests(5 * time.Minute)
	}
	for range 600 { // until each replica has its share
		leases, err := f.number(`SELECT count(*) FROM digestbot.leases WHERE name LIKE 'post:discord%' AND until > clock_timestamp()`)
		if err == nil && int(leases) == len(f.ways) {
			time.Sleep(10 * time.Second) // for their checks at the start
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("the replicas do not take up their work")
}

func (f *fleet) program() string { return filepath.Join(f.m.folder, "digestbot") }

// arrive adds a digest of two parts to each library.
func (f *fleet) arrive() (err error) {
	for _, s := range f.sites {
		err = errors.Join(err, os.WriteFile(s.Digest(), []byte(stand.Digest()), 0o644))
	}
	return err
}

// stop stops all replicas and closes the network paths.
func (f *fleet) stop() (err error) {
	for _, c := range f.commands {
		_, stopped := stand.Stop(c)
		err = errors.Join(err, stopped)
	}
	for _, ways := range f.ways {
		for _, p := range ways {
			p.Close()
		}
	}
	return err
}

// posts returns the number of posts so far.
func (f *fleet) posts() (posts int) {
	for _, ways := range f.ways {
		for _, p := range ways {
			n, _ := p.Seen()
			posts += n
		}
	}
	return posts
}

// posted waits for a number of posts, and returns the seconds since the first of them.
func (f *fleet) posted(posts int, patience time.Duration) (float64, error) {
	var began time.Time
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		n := f.posts()
		if n > 0 && began.IsZero() {
			began = time.Now()
		}
		if n >= posts {
			return time.Since(began).Seconds(), nil
		}
		if time.Now().After(end) {
			return 0, fmt.Errorf("after %v there are %d posts of %d", patience, n, posts)
		}
	}
}

// over returns how many requests exceeded Discord's limit per second.
func (f *fleet) over() (over float64) {
	for _, d := range f.discords {
		over += float64(d.Over())
	}
	return over
}

// number queries a number from the database.
func (f *fleet) number(query string) (float64, error) { return number(f.database, query) }

func number(database, query string) (n float64, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	err = conn.QueryRow(ctx, query).Scan(&n)
	return n, err
}

// timed posts a digest to all channels of all tokens, and returns the seconds from the
// first post to the last.
func (f *fleet) timed() (seconds float64, err error) {
	if err := f.start(); err != nil {
		return 0, err
	}
	if err := f.arrive(); err != nil {
		return 0, err
	}
	total := f.m.channels * stand.Parts * len(f.ways)
	seconds, err = f.posted(total, 5*time.Minute)
	time.Sleep(2 * time.Second) // no more posts arrive
	if n := f.posts(); err == nil && n != total {
		err = fmt.Errorf("%d posts, want %d; %v requests were answered 429", n, total, f.over())
	}
	return seconds, err
}

// ideal returns the minimum time for posts to all channels of a token.
func (m measure) ideal() float64 { return float64((m.channels*stand.Parts+49)/50 - 1) }

// pace posts to many channels of one token, from one process over a file and from one
// replica over the database. With a long round trip, Discord's limit cannot be fully used,
// because a request counts from its arrival, and that time is unknown.
func (m measure) pace() error {
	for _, via := range []way{shortWay, longWay} {
		figures.Title("%d messages on one token at 50 a second, which takes %.0f s at best, over a way of %s", m.channels*stand.Parts, m.ideal(), via.name)
		took := map[bool]float64{}
		for _, shared := range []bool{false, true} {
			name, where := "file", "SQLite"
			if shared {
				name, where = "database", "PostgreSQL"
			}
			f, err := m.fleet(name+strconv.Itoa(int(via.most)), 1, 1, shared, via)
			if err != nil {
				return err
			}
			took[shared], err = f.timed()
			if err == nil && shared && via == longWay {
				err = f.size()
			}
			if err = errors.Join(err, f.stop()); err != nil {
				return err
			}
			if via == shortWay {
				figures.AtLeast(0.95, m.ideal()/took[shared], "", "of the ideal, one process over "+where)
			} else {
				figures.Say(m.ideal()/took[shared], "", "of the ideal, one process over "+where)
			}
			figures.AtMost(0, f.over(), "", "answers 429 for all channels")
		}
		figures.AtLeast(0.95, took[false]/took[true], "", "as fast over PostgreSQL as over SQLite")
	}
	return nil
}

// size prints the size of a delivery of two parts in the database.
func (f *fleet) size() error {
	deliveries := float64(f.m.channels)
	for _, kept := range []struct{ what, names string }{
		{"a delivery, its parts and payloads", "('deliveries', 'parts', 'payloads')"},
		{"its calls, which River removes after an hour", "('river_job')"},
	} {
		const each = "FROM pg_stat_user_tables WHERE schemaname = 'digestbot' AND relname IN "
		rows, err := f.number("SELECT sum(n_tup_ins)::float8 " + each + kept.names)
		if err != nil {
			return err
		}
		bytes, err := f.number("SELECT sum(pg_total_relation_size(relid))::float8 " + each + kept.names)
		if err != nil {
			return err
		}
		figures.Say(rows/deliveries, "rows", "for "+kept.what)
		figures.Say(bytes/deliveries/1000, "kB", "for "+kept.what+", so as many GB for a million")
	}
	return nil
}

// spread posts on three tokens from three replicas, compared with one token and one
// replica.
func (m measure) spread() error {
	figures.Title("%d messages on each of three tokens, from three replicas", m.channels*stand.Parts)
	var rates []float64
	for _, n := range []int{1, 3} {
		f, err := m.fleet(fmt.Sprint("spread", n), n, n, true, longWay)
		if err != nil {
			return err
		}
		seconds, err := f.timed()
		owners := 0
		for n := range f.sites {
			for _, ways := range f.ways {
				if posts, _ := ways[n].Seen(); posts > 0 {
					owners++
					break
				}
			}
		}
		if err = errors.Join(err, f.stop()); err != nil {
			return err
		}
		rates = append(rates, float64(f.posts())/seconds)
		figures.Say(rates[len(rates)-1], "msg/s", fmt.Sprintf("on %d tokens, posted by %d replicas", n, owners))
		figures.AtMost(0, f.over(), "", "answers 429 for all channels")
	}
	figures.AtLeast(2.5, rates[1]/rates[0], "x", "as many messages a second on three tokens as on one")
	return nil
}

// failover repeatedly kills the replica that posts.
func (m measure) failover() error {
	figures.Title("SIGKILL of the replica that posts, %d times", m.kills)
	m.channels = m.kills * 15 * 50 / stand.Parts // each kill costs the time of some posts
	f, err := m.fleet("failover", 3, 1, true, longWay)
	if err != nil {
		return err
	}
	if err := f.start(); err != nil {
		return err
	}
	if err := f.arrive(); err != nil {
		return err
	}
	var took []float64
	for range m.kills {
		seconds, err := f.kill()
		if err != nil {
			return errors.Join(err, f.stop())
		}
		took = append(took, seconds)
	}
	if err := f.stop(); err != nil {
		return err
	}
	slices.Sort(took)
	figures.Say(took[0], "s", "at best")
	figures.Say(took[len(took)-1], "s", "at worst")
	figures.AtMost(10, figures.Median(took), "s", "from SIGKILL to the next post by another replica, median")
	return nil
}

// kill kills the replica that posts, returns the seconds until another one posts, and
// restarts it.
func (f *fleet) kill() (float64, error) {
	counts := func() (counts []int) {
		for _, p := range f.ways[0] {
			n, _ := p.Seen()
			counts = append(counts, n)
		}
		return counts
	}
	owner := -1
	for end := time.Now().Add(time.Minute); owner < 0; {
		before := counts()
		time.Sleep(time.Second)
		for n, posts := range counts() {
			if posts-before[n] >= 3 { // more than was in flight
				owner = n
			}
		}
		if owner < 0 && time.Now().After(end) {
			return 0, errors.New("nobody posts")
		}
	}
	before := counts()
	began := time.Now()
	if err := f.commands[owner].Process.Kill(); err != nil {
		return 0, err
	}
	_ = f.commands[owner].Wait() // it was killed
	for time.Since(began) < time.Minute {
		for n, posts := range counts() {
			if n != owner && posts > before[n] {
				seconds := time.Since(began).Seconds()
				var err error
				f.commands[owner], err = f.sites[owner].Restart(f.program())
				time.Sleep(3 * time.Second) // so that it has begun to serve
				return seconds, err
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	return 0, errors.New("within a minute no other replica posts")
}

// idle counts the database queries of three replicas while nothing happens.
func (m measure) idle() error {
	const while = time.Minute
	figures.Title("three replicas on three tokens with nothing to do, for %v", while)
	f, err := m.fleet("idle", 3, 3, true, longWay)
	if err != nil {
		return err
	}
	if err := f.start(); err != nil {
		return err
	}
	at, err := url.Parse(f.database)
	if err != nil {
		return errors.Join(err, f.stop())
	}
	statements := fmt.Sprintf("SELECT sum(calls)::float8 FROM pg_stat_statements JOIN pg_database AS d ON d.oid = dbid WHERE d.datname = '%s'", strings.TrimPrefix(at.Path, "/"))
	at.Path = "/postgres" // where the extension is
	transactions := "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
	count := func() (asked, done float64, err error) {
		if asked, err = number(at.String(), statements); err == nil {
			done, err = f.number(transactions)
		}
		return asked, done, err
	}
	asked, done, err := count()
	if err != nil {
		return errors.Join(err, f.stop())
	}
	time.Sleep(while)
	askedNow, doneNow, err := count()
	if err = errors.Join(err, f.stop()); err != nil {
		return err
	}
	figures.Say((doneNow-done)/while.Seconds(), "/s", "transactions")
	figures.AtMost(50, (askedNow-asked)/while.Seconds(), "/s", "statements, those that begin and end transactions included")
	return nil
}
