// Dispatch compares how fast digestbot posts and answers with its goals. It plays the
// platforms: digestbot runs beside it, as a separate process.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/bwmarrin/discordgo"
	"golang.org/x/sync/errgroup"

	"github.com/digestbot/digestbot/.ci/bench/figures"
	"github.com/digestbot/digestbot/.ci/bench/stand"
	"github.com/digestbot/digestbot/adapters/discord"
	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/digest/source"
)

// measure has the sizes of the measurements.
type measure struct {
	folder                   string
	channels, many, commands int
}

func main() {
	var m measure
	flag.StringVar(&m.folder, "folder", "", "where the programs are, and room for more")
	flag.IntVar(&m.channels, "channels", 1000, "to how many channels of a platform a digest is posted")
	flag.IntVar(&m.many, "many", 10_000, "how many are many")
	flag.IntVar(&m.commands, "commands", 200_000, "how many commands are given before the heap is looked at")
	plain := flag.String("plain", "", "post with discordgo and nothing else to this Discord")
	flag.Parse()
	if *plain != "" {
		err := loop(*plain, m.channels)
		fmt.Print(figures.Peak(os.Getpid()))
		figures.End(err)
		return
	}
	figures.End(m.run(strings.Split(flag.Arg(0), ",")))
}

// run runs the measurements with these names.
func (m measure) run(names []string) error {
	goals := map[string]func() error{
		"ledger": m.ledger, "cost": m.cost, "pace": m.pace, "answers": m.answers, "memory": m.memory, "commands": m.heap,
	}
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

// ledger compares the ledger with its floor.
func (m measure) ledger() error {
	figures.Title("the ledger: 64 callers, each change durable before its caller continues")
	measured, err := figures.Benchmarks("./bot/ledger/sqlite", "Group", "10x", 3)
	if err != nil {
		return err
	}
	figures.Say(measured["Group"]["changes/commit"], "", "changes share a commit")
	figures.Say(measured["Group"]["cpu-ns/change"]/1000, "us", "of the processors for a change")
	figures.AtLeast(10, measured["Group"]["x-floor"], "x", "as fast as one write and fdatasync after the other")
	return nil
}

// cost compares the CPU time of a post with that of a minimal one.
func (m measure) cost() error {
	figures.Title("a post without limits, beside a bare net/http POST of the same bytes")
	for _, platform := range []struct {
		folder, floor, send string
	}{
		{"discord", "Send/floor", "Send/Send"},
		{"slack", "Send/floor", "Send/send"},
	} {
		measured, err := figures.Benchmarks("./adapters/"+platform.folder, "Send", "5000x", 7)
		if err != nil {
			return err
		}
		floor, send := measured[platform.floor]["cpu-ns/op"], measured[platform.send]["cpu-ns/op"]
		figures.Say(floor/1000, "us", "of the processors for the bare one, "+platform.folder)
		figures.Say(send/floor, "x", "of that for ours, "+platform.folder)
	}
	return nil
}

// site returns a site whose library is a digest of two parts.
func (m measure) site(name string) (*stand.Site, error) {
	s, err := stand.NewSite(filepath.Join(m.folder, name), "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return s, os.WriteFile(s.Digest(), []byte(stand.Digest()), 0o644)
}

// pace posts a digest to many Discord channels, for all ways in which Discord may count
// requests, with a long and a short round trip. It compares this with a loop that posts
// without a ledger, and with one that ignores limits until it hits them.
func (m measure) pace() error {
	total := m.channels * stand.Parts
	ideal := float64((total+49)/50 - 1)
	figures.Title("%d messages to %d Discord channels at 50 a second, which takes %.0f s at best", total, m.channels, ideal)
	type run struct {
		way   string
		model discordfake.Count
		fake  *discordfake.Fake
		p     *stand.Platform
	}
	var runs []*run
	bare := &run{fake: stand.NewDiscord(m.channels, discordfake.Sliding)}
	bare.p = &stand.Platform{Handler: bare.fake, Least: 60 * time.Millisecond, Most: 120 * time.Millisecond}
	models := []string{"from the first", "by the clock", "sliding"}
	for _, way := range []struct {
		name        string
		least, most time.Duration
		atOnce      int // more would wait for the CPU instead of the network
	}{{"60 to 120 ms", 60 * time.Millisecond, 120 * time.Millisecond, 4}, {"below 5 ms", time.Millisecond, 4 * time.Millisecond, 1}} {
		var group errgroup.Group
		group.SetLimit(way.atOnce)
		for count := range models {
			r := &run{way: way.name, model: discordfake.Count(count)}
			r.fake = stand.NewDiscord(m.channels, r.model)
			r.p = &stand.Platform{Handler: r.fake, Least: way.least, Most: way.most}
			n := len(runs)
			runs = append(runs, r)
			group.Go(func() error {
				s, err := m.site(fmt.Sprint("pace", n))
				if err != nil {
					return err
				}
				s.Discord(r.p.Serve(), m.channels)
				defer r.p.Close()
				if err := os.Remove(s.Digest()); err != nil {
					return err
				}
				c, err := s.Start(filepath.Join(m.folder, "digestbot"))
				if err != nil {
					return err
				}
				// The digest arrives in the morning, long after the bot has checked its
				// channels.
				err = r.p.Rests(5 * time.Minute)
				err = errors.Join(err, os.WriteFile(s.Digest(), []byte(stand.Digest()), 0o644), r.p.Arrived(total, 3*time.Minute))
				time.Sleep(2 * time.Second) // no more posts arrive
				_, stopped := stand.Stop(c)
				return errors.Join(err, stopped)
			})
		}
		if way.least == bare.p.Least {
			group.Go(func() error { return m.withoutLedger(bare.p) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	over := 0
	for _, r := range runs {
		posts, seconds := r.p.Seen()
		if posts != total {
			return fmt.Errorf("%s, %s: %d posts, want %d", r.way, models[r.model], posts, total)
		}
		over += r.fake.Over()
		if r.p.Least > 5*time.Millisecond {
			// A permit is held until the answer, so a long round trip costs some of the
			// limit.
			figures.AtLeast(45, float64(total)/seconds, "msg/s", r.way+", counted "+models[r.model])
		} else {
			figures.AtLeast(0.99, ideal/seconds, "", "of the ideal, "+r.way+", counted "+models[r.model])
		}
	}
	figures.AtMost(0, float64(over+bare.fake.Over()), "", "answers 429 in all of these runs")
	_, without := bare.p.Seen()
	var with []float64
	for _, r := range runs[:len(models)] {
		_, seconds := r.p.Seen()
		with = append(with, seconds)
	}
	figures.AtLeast(0.99, without/figures.Median(with), "", "as fast as without ledger and dispatch")
	// The plain sender runs last: it would take CPU time from the others.
	plain := &stand.Platform{Handler: stand.NewDiscord(m.channels, discordfake.FromFirst), Least: 60 * time.Millisecond, Most: 120 * time.Millisecond}
	c := exec.Command(os.Args[0], "-plain", plain.Serve(), "-channels", strconv.Itoa(m.channels))
	defer plain.Close()
	c.Stderr = os.Stderr
	told, err := c.Output()
	if err != nil {
		return err
	}
	peak, err := strconv.ParseFloat(string(told), 64)
	if err != nil {
		return err
	}
	_, seconds := plain.Seen()
	figures.Say(seconds, "s", "with discordgo alone, a goroutine for each channel")
	figures.Say(float64(plain.Handler.(*discordfake.Fake).Over()), "", "of its requests were answered 429")
	figures.Say(peak, "MB", "resident")
	return nil
}

// message returns the digest of a site as it is posted.
func message(s *stand.Site) (chat.Message, error) {
	read, err := source.Read(slog.New(slog.DiscardHandler), []string{s.Digest()})
	if err != nil {
		return chat.Message{}, err
	}
	d, err := read[0].Digest()
	if err != nil {
		return chat.Message{}, err
	}
	return compose.Digest(d, compose.Post{}), nil
}

// withoutLedger posts the same as digestbot, with the same adapter, and records nothing.
func (m measure) withoutLedger(p *stand.Platform) error {
	defer p.Close()
	a, err := discord.Open(chat.Env{Name: "discord", Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return stand.Token }},
		discord.Config{APIURL: p.Serve() + "/api/v10"})
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }() // it has sent everything or failed
	s, err := m.site("bare")
	if err != nil {
		return err
	}
	whole, err := message(s)
	if err != nil {
		return err
	}
	payloads, err := a.Render(whole)
	if err != nil {
		return err
	}
	if len(payloads) != stand.Parts {
		return fmt.Errorf("the digest has %d parts", len(payloads))
	}
	var group errgroup.Group
	group.SetLimit(64)
	for i, payload := range payloads {
		for n := range m.channels {
			group.Go(func() error {
				// A failed attempt is repeated: the idempotency key prevents duplicates.
				for {
					_, err := a.Send(context.Background(), chat.Channel{Adapter: "discord", ID: stand.DiscordChannel(n)}, payload, chat.Key(fmt.Sprintf("key%d.%d", n, i)))
					if err == nil || chat.OutcomeOf(err).Rejected() {
						return err
					}
				}
			})
		}
	}
	return group.Wait()
}

// loop posts with discordgo without pacing, with a goroutine for each channel.
func loop(address string, channels int) error {
	to, err := url.Parse(address)
	if err != nil {
		return err
	}
	session, err := discordgo.New("Bot " + stand.Token)
	if err != nil {
		return err
	}
	wire := http.DefaultTransport.(*http.Transport).Clone()
	wire.MaxIdleConnsPerHost = 64
	session.Client = &http.Client{Timeout: 20 * time.Second, Transport: redirect{to, wire}}
	var group errgroup.Group
	for i := range channels {
		group.Go(func() error {
			for range stand.Parts {
				if _, err := session.ChannelMessageSend(stand.DiscordChannel(i), strings.Repeat("A story of the morning. ", 60)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// redirect sends requests for Discord to the fake.
type redirect struct {
	to   *url.URL
	next http.RoundTripper
}

func (r redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	target := *req.URL
	target.Scheme, target.Host = r.to.Scheme, r.to.Host
	req = req.Clone(req.Context())
	req.URL, req.Host = &target, ""
	return r.next.RoundTrip(req)
}

// answers posts to many channels of both platforms, and sends commands meanwhile and after
// everything is posted.
func (m measure) answers() error {
	const perMinute = 700
	total := m.channels * stand.Parts
	figures.Title("%d channels of both platforms at once, Slack taking %d posts a minute, and commands", m.channels, perMinute)
	d, s := stand.NewDiscord(m.channels, discordfake.Sliding), stand.NewSlack(m.channels, perMinute)
	left := &stand.Platform{Handler: d, Least: 60 * time.Millisecond, Most: 120 * time.Millisecond}
	right := &stand.Platform{Handler: s, Least: 60 * time.Millisecond, Most: 120 * time.Millisecond}
	place, err := m.site("answers")
	if err != nil {
		return err
	}
	place.Discord(left.Serve(), m.channels)
	place.Slack(right.Serve(), m.channels, perMinute)
	defer left.Close()
	defer right.Close()
	defer s.Close()
	c, err := place.Start(filepath.Join(m.folder, "digestbot"))
	if err != nil {
		return err
	}
	busy, err := talk(d, s, left, right)
	if err != nil {
		return errors.Join(err, c.Process.Kill())
	}
	err = errors.Join(left.Arrived(total, 2*time.Minute), right.Arrived(total, 6*time.Minute))
	time.Sleep(2 * time.Second)
	idle, talked := talk(d, s, nil, nil)
	_, stopped := stand.Stop(c)
	if err := errors.Join(err, talked, stopped); err != nil {
		return err
	}
	posts, seconds := right.Seen()
	ideal := float64((total+perMinute-1)/perMinute-1) * 60
	if ideal == 0 {
		ideal = stand.Parts - 1 // seconds between two posts to a channel
	}
	figures.AtLeast(0.95, ideal/seconds, "", fmt.Sprintf("of the ideal on Slack, which is %.0f s", ideal))
	figures.AtMost(0, float64(s.Limited()+posts-total), "", "answers 429 on Slack")
	figures.AtMost(0, float64(d.Over()), "", "answers 429 on Discord")
	for n, name := range []string{"Discord", "Slack"} {
		figures.Say(idle[n]*1000, "ms", "p99 of the answers on "+name+" when idle")
		figures.AtMost(1.25*idle[n]*1000+20, busy[n]*1000, "ms", "p99 of them while it posts, on "+name)
	}
	return nil
}

// talk sends 20 commands per second on both platforms, and returns the 99th percentile of
// the response times in seconds. If after is given, it begins when posts arrive on all of
// them.
func talk(d *discordfake.Fake, s *slackfake.Fake, after ...*stand.Platform) (p99 [2]float64, err error) {
	const each = 500
	for _, p := range after {
		if p != nil {
			if err := p.Arrived(1, time.Minute); err != nil {
				return p99, err
			}
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	person := discordfake.Person{ID: "77", Name: "reader"}
	for { // until the commands are registered
		i, err := d.Say(person, stand.DiscordChannel(0), "/digest latest")
		if err == nil {
			_, err = i.Wait(ctx, 1)
		}
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return p99, err
		}
		time.Sleep(50 * time.Millisecond)
	}
	ask := []func() error{
		func() error {
			i, err := d.Say(person, stand.DiscordChannel(0), "/digest latest")
			if err == nil {
				_, err = i.Wait(ctx, 1)
			}
			return err
		},
		func() error {
			a, err := s.Say(ctx, slackfake.Reader, stand.SlackChannel(0), "/digest latest")
			if err == nil {
				_, err = a.Replies(ctx, 1)
			}
			return err
		},
	}
	// Ask on Slack as well, so that the bot knows the readers of both platforms.
	if err := ask[1](); err != nil {
		return p99, err
	}
	var group errgroup.Group
	var mu sync.Mutex
	took := make([][]float64, len(ask))
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range each {
		<-tick.C
		for n := range ask {
			group.Go(func() error {
				began := time.Now()
				err := ask[n]()
				mu.Lock()
				defer mu.Unlock()
				took[n] = append(took[n], time.Since(began).Seconds())
				return err
			})
		}
	}
	err = group.Wait()
	for n := range ask {
		slices.Sort(took[n])
		p99[n] = took[n][len(took[n])*99/100]
	}
	return p99, err
}

// memory posts to a very large number of channels and measures the peak memory. Then it
// lets both platforms ask for an hour's wait, and stops the program.
func (m measure) memory() error {
	half := m.many / 2
	figures.Title("%d channels of both platforms together", 2*half)
	d, s := stand.NewDiscord(half, discordfake.Sliding), stand.NewSlack(half, 0)
	left := &stand.Platform{Handler: d, Least: 10 * time.Millisecond, Most: 30 * time.Millisecond}
	right := &stand.Platform{Handler: s, Least: 10 * time.Millisecond, Most: 30 * time.Millisecond}
	place, err := m.site("memory")
	if err != nil {
		return err
	}
	place.Discord(left.Serve(), half)
	place.Slack(right.Serve(), half, 1<<20)
	defer left.Close()
	defer right.Close()
	defer s.Close()
	c, err := place.Start(filepath.Join(m.folder, "digestbot"))
	if err != nil {
		return err
	}
	err = errors.Join(right.Arrived(half*stand.Parts, 3*time.Minute), left.Arrived(min(half*stand.Parts, 2500), 2*time.Minute))
	for _, p := range []*stand.Platform{left, right} {
		p.Halt()
	}
	// Slack has finished, so post one more digest there.
	time.Sleep(3 * time.Second)
	peak := figures.Peak(c.Process.Pid)
	seconds, stopped := stand.Stop(c)
	if err := errors.Join(err, stopped); err != nil {
		return err
	}
	if peak == 0 {
		return errors.New("this system does not report a program's memory")
	}
	posts, _ := left.Seen()
	more, took := right.Seen()
	figures.Say(float64(posts), "", "posts reached Discord meanwhile")
	figures.Say(float64(more)/took, "msg/s", "reached Slack, which had no limit but that of a channel")
	figures.AtMost(60, peak, "MB", "resident at most")
	figures.AtMost(5, seconds, "s", "from SIGTERM to the end, inside a Retry-After of an hour")
	return nil
}

// heap sends a very large number of commands and compares the heap before and after.
func (m measure) heap() error {
	figures.Title("%d commands, half of them on each platform", m.commands)
	d, s := stand.NewDiscord(1, discordfake.Sliding), stand.NewSlack(1, 0)
	left, right := &stand.Platform{Handler: d}, &stand.Platform{Handler: s}
	place, err := m.site("commands")
	if err != nil {
		return err
	}
	place.Discord(left.Serve(), 1)
	place.Slack(right.Serve(), 1, 300)
	defer left.Close()
	defer right.Close()
	defer s.Close()
	c, err := place.Start(filepath.Join(m.folder, "told", "digestbot"), "TELL_HEAP=1")
	if err != nil {
		return err
	}
	err = errors.Join(left.Arrived(stand.Parts, time.Minute), right.Arrived(stand.Parts, time.Minute))
	give := func(each int) error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		defer cancel()
		var group errgroup.Group
		for n := range 32 {
			group.Go(func() error {
				for range each / 16 {
					if n%2 == 0 {
						i, err := d.Say(discordfake.Person{ID: "77", Name: "reader"}, stand.DiscordChannel(0), "/digest tags")
						if err != nil {
							return err
						}
						if _, err := i.Wait(ctx, 1); err != nil {
							return err
						}
						i.Forget()
						continue
					}
					a, err := s.Say(ctx, slackfake.Reader, stand.SlackChannel(0), "/digest tags")
					if err != nil {
						return err
					}
					if _, err := a.Replies(ctx, 1); err != nil {
						return err
					}
					a.Forget()
				}
				return nil
			})
		}
		return group.Wait()
	}
	said := filepath.Join(place.Folder, "said")
	// The IDs of the newest commands are kept, so that a repeated one is answered once.
	// That many are not growth.
	err = errors.Join(err, give(m.commands/2))
	before, told := heapOf(c, said)
	began := time.Now()
	err = errors.Join(err, told, give(m.commands/2))
	took := time.Since(began)
	after, told := heapOf(c, said)
	_, stopped := stand.Stop(c)
	if err := errors.Join(err, told, stopped); err != nil {
		return err
	}
	figures.Say(float64(m.commands)/took.Seconds(), "/s", "commands were answered")
	figures.Say(before/1e6, "MB", "of heap before")
	figures.AtMost(1.1, after/before, "x", "of that after them")
	return nil
}

// heapOf asks the program for the size of its heap.
func heapOf(c *exec.Cmd, said string) (float64, error) {
	read := func() []string {
		data, err := os.ReadFile(said)
		if err != nil {
			return nil
		}
		var told []string
		for line := range strings.Lines(string(data)) {
			if bytes, ok := strings.CutPrefix(line, "heap "); ok {
				told = append(told, strings.TrimSpace(bytes))
			}
		}
		return told
	}
	known := len(read())
	if err := c.Process.Signal(syscall.SIGUSR1); err != nil {
		return 0, err
	}
	for range 100 {
		time.Sleep(100 * time.Millisecond)
		if told := read(); len(told) > known {
			return strconv.ParseFloat(told[known], 64)
		}
	}
	return 0, errors.New("the program does not report the size of its heap")
}
