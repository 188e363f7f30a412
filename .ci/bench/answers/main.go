// Answers compares how fast digestbot answers people with its goals. It plays the people;
// digestbot, the platforms, and the minimal handlers are separate processes, so that the
// garbage collection of one does not delay another.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"github.com/digestbot/digestbot/.ci/bench/figures"
	"github.com/digestbot/digestbot/.ci/bench/stand"
	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
)

func main() {
	folder := flag.String("folder", "", "where digestbot is, and room for more")
	digests := flag.Int("digests", 10_000, "how many are in the library")
	channels := flag.Int("channels", 1000, "to how many channels of a platform a digest is posted")
	rounds := flag.Int("rounds", 25, "how often each is measured; the median counts")
	least := flag.String("floors", "", "serve the floors for this public key at this address, and nothing else")
	platforms := flag.String("platforms", "", "serve the platforms at these two addresses, for the seed of this private key, and nothing else")
	flag.Parse()
	if *platforms != "" {
		figures.End(servePlatforms(strings.Split(*platforms, ","), flag.Arg(0), *channels))
		return
	}
	if *least != "" {
		figures.End(serveFloors(*least, flag.Arg(0)))
		return
	}
	figures.End(run(strings.Split(flag.Arg(0), ","), *folder, *digests, *channels, *rounds))
}

// run runs the measurements with these names.
func run(names []string, folder string, digests, channels, rounds int) error {
	// busy comes first: the program posts its digests when it starts.
	first := slices.Index(names, "busy")
	if first > 0 {
		names[0], names[first] = names[first], names[0]
	}
	h, err := open(folder, digests, channels, rounds, first >= 0)
	if err != nil {
		return err
	}
	goals := map[string]func() error{"rate": h.rate, "latency": h.latency, "busy": h.busy, "suggestions": h.suggestions}
	for _, name := range names {
		if goals[name] == nil {
			err = fmt.Errorf("%q is not a measurement", name)
			break
		}
		if err = goals[name](); err != nil {
			err = fmt.Errorf("%s: %w", name, err)
			break
		}
	}
	return errors.Join(err, h.close())
}

// served returns a server with the settings of digestbot's own server.
func served(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
}

// serveFloors serves the minimal handlers: bare answers a constant; ed25519 and hmac verify
// as digestbot does, with reused buffers; discordgo and slack verify as these libraries do.
// None of them parses the body.
func serveFloors(publicKey, address string) error {
	raw, err := hex.DecodeString(publicKey)
	if err != nil {
		return err
	}
	key := ed25519.PublicKey(raw)
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	buffers := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	say := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"type":5}`) // a disconnected client does not read it
	}
	verify := func(verified func(r *http.Request, b *bytes.Buffer) bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			b := buffers.Get().(*bytes.Buffer)
			defer buffers.Put(b)
			b.Reset()
			if !verified(r, b) {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			say(w)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/bare", func(w http.ResponseWriter, _ *http.Request) { say(w) })
	mux.HandleFunc("/ed25519", verify(func(r *http.Request, b *bytes.Buffer) bool {
		b.WriteString(r.Header.Get("X-Signature-Timestamp"))
		_, err := b.ReadFrom(r.Body)
		var signature [ed25519.SignatureSize]byte
		given := r.Header.Get("X-Signature-Ed25519")
		if err != nil || len(given) != hex.EncodedLen(len(signature)) {
			return false
		}
		_, err = hex.Decode(signature[:], []byte(given))
		return err == nil && ed25519.Verify(key, b.Bytes(), signature[:])
	}))
	mux.HandleFunc("/discordgo", verify(func(r *http.Request, _ *bytes.Buffer) bool { return discordgo.VerifyInteraction(r, key) }))
	mux.HandleFunc("/hmac", verify(func(r *http.Request, b *bytes.Buffer) bool {
		v, err := slack.NewSecretsVerifier(r.Header, slackfake.SigningSecret)
		if err != nil {
			return false
		}
		if _, err := b.ReadFrom(r.Body); err != nil {
			return false
		}
		_, _ = v.Write(b.Bytes()) // writing to a hash cannot fail
		return v.Ensure() == nil
	}))
	return served(mux).Serve(ln)
}

// perMinute is the post limit of each platform, the same as Discord's.
const perMinute = 3000

// servePlatforms serves Discord and Slack. They return at /seen how many posts have reached
// them.
func servePlatforms(addresses []string, seed string, channels int) error {
	raw, err := hex.DecodeString(seed)
	if err != nil {
		return err
	}
	d, s := stand.NewDiscord(max(channels, rooms), discordfake.Sliding), stand.NewSlack(max(channels, rooms), perMinute)
	d.Key = ed25519.NewKeyFromSeed(raw)
	for n := range uint64(people) {
		s.AddUser(slackfake.User{ID: fmt.Sprint("U", person(n)), Name: "reader"})
	}
	var group errgroup.Group
	for i, fake := range []http.Handler{d, s} {
		p := &stand.Platform{Handler: fake, Least: 60 * time.Millisecond, Most: 120 * time.Millisecond}
		mux := http.NewServeMux()
		mux.HandleFunc("/seen", func(w http.ResponseWriter, _ *http.Request) {
			posts, _ := p.Seen()
			fmt.Fprint(w, posts)
		})
		mux.Handle("/", p)
		group.Go(func() error { return http.ListenAndServe(addresses[i], mux) })
	}
	return group.Wait()
}

// house is the running digestbot, its floors and the platforms.
type house struct {
	*stand.Site
	channels, rounds       int
	key                    ed25519.PrivateKey // Discord's
	bot, floors, platforms *exec.Cmd
	address, floor         string // where digestbot and the floors listen
	discord, slack         string // and the platforms
	serial                 uint64 // of interactions
}

// posts returns how many posts have reached a platform.
func posts(platform string) (n int, err error) {
	resp, err := http.Get("http://" + platform + "/seen")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = fmt.Fscan(resp.Body, &n)
	return n, err
}

// arrived waits until both platforms have n posts.
func (h *house) arrived(n int, patience time.Duration) error {
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		d, err := posts(h.discord)
		s, other := posts(h.slack)
		if err = errors.Join(err, other); err == nil && d >= n && s >= n {
			return nil
		}
		if time.Now().After(end) {
			return errors.Join(err, fmt.Errorf("after %v there are %d posts on Discord and %d on Slack, of %d", patience, d, s, n))
		}
	}
}

const (
	// people ask in turn, each below the bot's rate limit.
	people = 5000
	// rooms is the number of channels that they ask in.
	rooms = 8
	tags  = 5000
)

func person(n uint64) uint64 { return 300_000_000_000_000_000 + n%people }

// free returns an unused address.
func free() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

// open starts everything and, unless it is to be busy, waits until it is idle.
func open(folder string, digests, channels, rounds int, busy bool) (h *house, err error) {
	h = &house{channels: channels, rounds: rounds}
	for _, address := range []*string{&h.address, &h.floor, &h.discord, &h.slack} {
		if *address, err = free(); err != nil {
			return nil, err
		}
	}
	if h.Site, err = stand.NewSite(filepath.Join(folder, "house"), h.address); err != nil {
		return nil, err
	}
	if err := generate(filepath.Dir(h.Digest()), digests); err != nil {
		return nil, err
	}
	if busy {
		if err := os.WriteFile(h.Digest(), []byte(stand.Digest()), 0o644); err != nil {
			return nil, err
		}
	}
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	h.key = key
	h.Discord("http://"+h.discord, channels)
	h.Set("listen = \"http\"\npublic_key = \"%x\"\n", public)
	h.Slack("http://"+h.slack, channels, perMinute)
	h.Set("listen = \"http\"\n")
	h.floors = exec.Command(os.Args[0], "-floors", fmt.Sprintf("%x", public), h.floor)
	h.platforms = exec.Command(os.Args[0], "-platforms", h.discord+","+h.slack, "-channels", strconv.Itoa(channels), fmt.Sprintf("%x", key.Seed()))
	for _, c := range []*exec.Cmd{h.floors, h.platforms} {
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			return nil, errors.Join(err, h.close())
		}
	}
	if err := h.arrived(0, 10*time.Second); err != nil {
		return nil, errors.Join(err, h.close())
	}
	if h.bot, err = h.Start(filepath.Join(folder, "digestbot"), "SLACK_SIGNING_SECRET="+slackfake.SigningSecret); err != nil {
		return nil, errors.Join(err, h.close())
	}
	if err := h.ready(!busy); err != nil {
		said, _ := os.ReadFile(filepath.Join(h.Folder, "said"))
		return nil, errors.Join(err, errors.New(string(said)), h.close())
	}
	figures.Title("%d digests and %d tags: %.0f MB are resident", digests, tags, figures.Memory(h.bot.Process.Pid, "VmRSS:"))
	return h, nil
}

// close stops all processes.
func (h *house) close() (err error) {
	if h.bot != nil && h.bot.Process != nil {
		_, err = stand.Stop(h.bot)
	}
	for _, c := range []*exec.Cmd{h.floors, h.platforms} {
		if c.Process != nil {
			err = errors.Join(err, c.Process.Kill())
			_ = c.Wait() // it was killed
		}
	}
	return err
}

// ready waits until digestbot is connected and, if quiet is set, has finished the work of
// its start.
func (h *house) ready(quiet bool) error {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get("http://" + h.address + "/readyz")
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			continue
		}
		if !quiet {
			return nil
		}
		before := figures.Spent(h.bot.Process.Pid)
		time.Sleep(2 * time.Second)
		if figures.Spent(h.bot.Process.Pid)-before < 0.05 {
			return nil
		}
	}
	return errors.New("digestbot does not become idle")
}

// tagName returns the name of a tag.
func tagName(n int) string {
	first := [...]string{"cloud", "open-source", "kubernetes", "security", "模型", "数据库", "robotics", "chips", "agentic", "云原生"}
	second := [...]string{"release", "policy", "漏洞", "inference", "research", "芯片", "funding", "network", "compilers", "监管"}
	return fmt.Sprintf("%s %s %d", first[n%10], second[n/10%10], n/100)
}

// generate fills a library with a digest for each day, ending some days ago. A quarter of
// them have the tag AI, and together they have all tags.
func generate(library string, n int) error {
	last := time.Now().UTC().AddDate(0, 0, -10)
	for i := range n {
		var d strings.Builder
		day := last.AddDate(0, 0, -i).Format(time.DateOnly)
		fmt.Fprintf(&d, "---\ntitle: \"科技行业动态 Tech Digest %d\"\ndate: %s\ncategories: [tech]\ntags:\n", i, day)
		if i%4 == 0 {
			d.WriteString("  - AI\n")
		}
		for k := range 4 {
			fmt.Fprintf(&d, "  - %q\n", tagName((i*4+k)*7%tags))
		}
		d.WriteString("---\n\n云原生与人工智能的一天 A day of cloud and AI.\n\n")
		for k := range 5 {
			fmt.Fprintf(&d, "### Release %d.%d brings %d%% more throughput 性能提升\n\n%s\n\n**Source:** [Site %d](https://site-%d.example.com/news/%d/%d/)\n\n", i, k, (i+k)%90,
				strings.Repeat("A new release brings twice the throughput，开发者可以通过接口更快地完成部署。", 2), (i+k)%400, (i+k)%400, i, k)
		}
		if err := os.WriteFile(filepath.Join(library, fmt.Sprintf("%s-%d.md", day, i)), []byte(d.String()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// request is a request after the request line and the host.
type request []byte

func newRequest(header http.Header, body []byte) request {
	var b bytes.Buffer
	_ = header.Write(&b) // writing to a buffer cannot fail
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(body))
	b.Write(body)
	return b.Bytes()
}

// interactions returns n new Discord interactions, each by a different person: a command,
// or an argument that is being typed.
func (h *house) interactions(n int, kind int, options func(i int) string) []request {
	made := make([]request, n)
	signer := &discordfake.Fake{Key: h.key}
	h.each(n, func(i int, serial uint64) {
		// Its time is in the future, because a late one is answered differently.
		id := uint64(time.Now().Add(time.Hour).UnixMilli()-1420070400000)<<22 + serial
		channel := stand.DiscordChannel(int(serial % rooms))
		body := fmt.Appendf(nil, `{"app_permissions":"84992","application_id":"%s","attachment_size_limit":10485760,"authorizing_integration_owners":{"0":"%s"},`+
			`"channel":{"flags":0,"guild_id":"%s","id":"%s","last_message_id":"%d","name":"tech","nsfw":false,"parent_id":null,"permissions":"2147483647","position":0,"rate_limit_per_user":0,"topic":"科技动态 and more","type":0},"channel_id":"%s","context":0,`+
			`"data":{"id":"910000000000000001","name":"digest","options":[{"name":"tag","options":[%s],"type":1}],"type":1},`+
			`"entitlement_sku_ids":[],"entitlements":[],"guild":{"features":["COMMUNITY","NEWS"],"id":"%s","locale":"en-US"},"guild_id":"%s","guild_locale":"en-US","id":"%d","locale":"en-US",`+
			`"member":{"avatar":null,"banner":null,"communication_disabled_until":null,"deaf":false,"flags":0,"joined_at":"2025-12-01T08:00:00.000000+00:00","mute":false,"nick":"小李","pending":false,"permissions":"84992","premium_since":null,"roles":["400000000000000001","400000000000000002"],"unusual_dm_activity_until":null,`+
			`"user":{"avatar":"a_0123456789abcdef0123456789abcdef","avatar_decoration_data":null,"clan":null,"collectibles":null,"discriminator":"0","global_name":"Li","id":"%d","primary_guild":null,"public_flags":0,"username":"reader"}},`+
			`"token":"%s","type":%d,"version":1}`,
			discordfake.AppID, stand.Server, stand.Server, channel, id-1, channel, options(i), stand.Server, stand.Server, id, person(serial), strings.Repeat("aW50ZXJhY3Rpb24", 12), kind)
		made[i] = newRequest(signer.Sign(body, discordfake.Honest), body)
	})
	return made
}

// asked returns n new Discord commands.
func (h *house) asked(n int) []request {
	return h.interactions(n, int(discordgo.InteractionApplicationCommand), func(int) string { return `{"name":"tag","type":3,"value":"AI"}` })
}

// typed returns n arguments that are being typed: prefixes of tags, substrings, complete
// words, and words that are not tags.
func (h *house) typed(n int) []request {
	const letters = "aeiorstn"
	return h.interactions(n, int(discordgo.InteractionApplicationCommandAutocomplete), func(i int) string {
		tag := tagName(i * 7 % tags)
		typed := [...]string{"", tag[:1], tag[:3], string([]rune(tag)[:4]), tag, "AI " + tag[:3], "-" + tag[:6], tag[3:], string(letters[i%8]), "云", fmt.Sprint("nothing ", i)}[i%11]
		return fmt.Sprintf(`{"focused":true,"name":"tag","type":3,"value":%q}`, strings.ToValidUTF8(typed, ""))
	})
}

// commands returns n new Slack commands, each by a different person.
func (h *house) commands(n int) []request {
	made := make([]request, n)
	hook := "http://" + h.slack + "/hooks/none"
	h.each(n, func(i int, serial uint64) {
		user := fmt.Sprint("U", person(serial))
		body := []byte(url.Values{
			"token": {"deprecated"}, "team_id": {"T000000001"}, "team_domain": {"team"}, "channel_id": {stand.SlackChannel(int(serial % rooms))}, "channel_name": {"channel"},
			"user_id": {user}, "user_name": {"reader"}, "command": {"/digest"}, "text": {"tag AI"}, "api_app_id": {"A000000001"}, "is_enterprise_install": {"false"},
			"response_url": {hook}, "trigger_id": {fmt.Sprint(serial, ".1.abcdef0123456789abcdef0123456789")},
		}.Encode())
		r := &http.Request{Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "User-Agent": {"Slackbot 1.0 (+https://api.slack.com/robots)"}}}
		slackfake.Sign(r, body, slackfake.SigningSecret, time.Now())
		made[i] = newRequest(r.Header, body)
	})
	return made
}

// each calls make n times, with different numbers, on all processors.
func (h *house) each(n int, make func(i int, serial uint64)) {
	first := h.serial
	h.serial += uint64(n)
	var group errgroup.Group
	for part := range slices.Chunk(indices(n), max(1, n/8)) {
		group.Go(func() error {
			for _, i := range part {
				make(i, first+uint64(i))
			}
			return nil
		})
	}
	_ = group.Wait() // none can fail
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// endpoint is an HTTP endpoint to measure.
type endpoint struct {
	name  string
	head  []byte
	host  string
	bot   *exec.Cmd // serves it
	make  func(n int) []request
	least int // minimum bytes of an answer
	begin string
}

func (h *house) floorOf(name string, make func(n int) []request) *endpoint {
	return newEndpoint(name, h.floor, "/"+name, h.floors, make, 1, `{"type":5}`)
}

// fullAnswer is a lower limit for the size of a tag's list.
const fullAnswer = 1500

func (h *house) ofDiscord() *endpoint {
	return newEndpoint("Discord", h.address, "/discord/discord", h.bot, h.asked, fullAnswer, `{"type":4,`)
}

func (h *house) ofSlack() *endpoint {
	return newEndpoint("Slack", h.address, "/slack/", h.bot, h.commands, fullAnswer, `{"`)
}

func newEndpoint(name, host, path string, bot *exec.Cmd, make func(n int) []request, least int, begin string) *endpoint {
	return &endpoint{name, fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\n", path, host), host, bot, make, least, begin}
}

// line is a connection.
type line struct {
	net.Conn
	in  *bufio.Reader
	out []byte
}

func dial(host string) (*line, error) {
	c, err := net.Dial("tcp", host)
	if err != nil {
		return nil, err
	}
	return &line{Conn: c, in: bufio.NewReaderSize(c, 64<<10)}, nil
}

// ask sends a request and checks the answer.
func (l *line) ask(e *endpoint, r request) error {
	l.out = append(append(l.out[:0], e.head...), r...)
	if _, err := l.Write(l.out); err != nil {
		return err
	}
	status, err := l.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	good, length := bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")), 0
	for {
		header, err := l.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(header) <= 2 {
			break
		}
		if value, ok := bytes.CutPrefix(header, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	body, err := l.in.Peek(min(length, l.in.Size()))
	if err != nil {
		return err
	}
	if !good || length < e.least || !bytes.HasPrefix(body, []byte(e.begin)) {
		return fmt.Errorf("%s answers with %d bytes: %.300q", e.name, length, body)
	}
	_, err = l.in.Discard(length)
	return err
}

// lines opens n connections to an endpoint.
func (e *endpoint) lines(n int) (all []*line, err error) {
	for range n {
		l, err := dial(e.host)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

func hangUp(lines []*line) {
	for _, l := range lines {
		_ = l.Close()
	}
}

// flood sends requests as fast as they are answered, on 16 connections. It returns the
// requests per second, and the CPU microseconds per request.
func (e *endpoint) flood(requests []request) (rate, cpu float64, err error) {
	lines, err := e.lines(16)
	if err != nil {
		return 0, 0, err
	}
	defer hangUp(lines)
	var next atomic.Int64
	var group errgroup.Group
	before, began := figures.Spent(e.bot.Process.Pid), time.Now()
	for _, l := range lines {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(requests) {
					return nil
				}
				if err := l.ask(e, requests[i]); err != nil {
					return err
				}
			}
		})
	}
	err = group.Wait()
	took := time.Since(began).Seconds()
	return float64(len(requests)) / took, (figures.Spent(e.bot.Process.Pid) - before) * 1e6 / float64(len(requests)), err
}

// share is an endpoint that is measured in turn with others, and the durations of its
// answers in ms.
type share struct {
	*endpoint
	requests []request
	lines    chan *line
	mu       sync.Mutex
	took     []float64
}

// steadily sends perSecond requests, alternating between the shares, whether they are
// answered or not. At most 64 of a share are in flight; the waiting time of others counts
// from when they were due.
func steadily(ctx context.Context, perSecond int, shares ...*share) error {
	const atOnce = 64
	total := 0
	for _, s := range shares {
		lines, err := s.endpoint.lines(atOnce)
		if err != nil {
			return err
		}
		defer hangUp(lines)
		s.lines = make(chan *line, atOnce)
		for _, l := range lines {
			s.lines <- l
		}
		s.took = s.took[:0]
		total += len(s.requests)
	}
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	for n := range total {
		if ctx.Err() != nil {
			break
		}
		due := began.Add(time.Duration(n) * time.Second / time.Duration(perSecond))
		time.Sleep(time.Until(due))
		s, i := shares[n%len(shares)], n/len(shares)
		l := <-s.lines
		group.Go(func() error {
			defer func() { s.lines <- l }()
			err := l.ask(s.endpoint, s.requests[i])
			ms := float64(time.Since(due).Microseconds()) / 1000
			s.mu.Lock()
			defer s.mu.Unlock()
			s.took = append(s.took, ms)
			return err
		})
	}
	return group.Wait()
}

// percentile returns a percentile of values.
func percentile(values []float64, of float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[min(len(values)-1, int(float64(len(values))*of/100))]
}

// rate compares the requests answered per second with the floors.
func (h *house) rate() error {
	const each = 6000
	figures.Title("/digest tag AI, signed, as fast as it is answered: %d rounds of %d", h.rounds, each)
	all := []*endpoint{
		h.floorOf("bare", h.asked), h.floorOf("ed25519", h.asked), h.ofDiscord(), h.floorOf("discordgo", h.asked),
		h.floorOf("hmac", h.commands), h.ofSlack(),
	}
	if err := h.meet(); err != nil {
		return err
	}
	rates, cpus := map[string][]float64{}, map[string][]float64{}
	for round := range h.rounds {
		for i := range all {
			e := all[i]
			if round%2 == 1 { // reverse the order every other round
				e = all[len(all)-1-i]
			}
			rate, cpu, err := e.flood(e.make(each))
			if err != nil {
				return err
			}
			rates[e.name], cpus[e.name] = append(rates[e.name], rate), append(cpus[e.name], cpu)
		}
	}
	for _, e := range all {
		figures.Say(figures.Median(rates[e.name]), "/s", fmt.Sprintf("%s, %.0f us of the processors each", e.name, figures.Median(cpus[e.name])))
	}
	ratio := func(of map[string][]float64, a, b string) float64 {
		var r []float64
		for i := range of[a] {
			r = append(r, of[a][i]/of[b][i])
		}
		return figures.Median(r)
	}
	figures.AtLeast(0.55, ratio(rates, "Discord", "ed25519"), "x", "of the rate of verifying Ed25519 as we do, Discord")
	figures.Say(ratio(rates, "Discord", "discordgo"), "x", "of the rate of discordgo.VerifyInteraction")
	figures.Say(ratio(cpus, "Discord", "ed25519"), "x", "of the processor time of verifying as we do")
	figures.AtLeast(0.55, ratio(rates, "Slack", "hmac"), "x", "of the rate of verifying with slack-go, Slack")
	figures.Say(ratio(cpus, "Slack", "hmac"), "x", "of the processor time of it")
	return nil
}

// meet makes every person ask once on Slack, so that the bot knows their language.
func (h *house) meet() error {
	e := h.ofSlack()
	e.least, e.begin = 0, ""
	_, _, err := e.flood(h.commands(people))
	return err
}

// latency compares response times at a moderate rate.
func (h *house) latency() error {
	const perSecond, rounds = 1000, 30
	figures.Title("%d requests a second, %d rounds of a second", perSecond, rounds)
	if err := h.meet(); err != nil {
		return err
	}
	all := []*endpoint{h.floorOf("bare", h.asked), h.floorOf("ed25519", h.asked), h.ofDiscord(), h.ofSlack()}
	p50, p99 := map[string][]float64{}, map[string][]float64{}
	for round := range rounds {
		took := map[string][]float64{}
		const slices = 4 // per round, so that a disturbance affects all shares
		for slice := range slices {
			for i := range all {
				e := all[(i+slice+round)%len(all)]
				s := &share{endpoint: e, requests: e.make(perSecond / slices)}
				if err := steadily(context.Background(), perSecond, s); err != nil {
					return err
				}
				took[e.name] = append(took[e.name], s.took...)
			}
		}
		for name, ms := range took {
			p50[name], p99[name] = append(p50[name], percentile(ms, 50)), append(p99[name], percentile(ms, 99))
		}
	}
	for _, e := range all {
		figures.Say(figures.Median(p99[e.name]), "ms", fmt.Sprintf("p99 of %s, p50 %.2f", e.name, figures.Median(p50[e.name])))
	}
	for _, name := range []string{"Discord", "Slack"} {
		var ratios []float64
		for i := range p99[name] {
			ratios = append(ratios, p99[name][i]/p99["bare"][i])
		}
		figures.AtMost(1.5, figures.Median(ratios), "x", "of the p99 of a bare answer, "+name)
	}
	return nil
}

// suggestions measures how long people wait while they type.
func (h *house) suggestions() error {
	const perSecond, seconds = 200, 2
	figures.Title("suggestions of %d tags while typing, %d a second, beside a bare answer", tags, perSecond)
	ours := &share{endpoint: newEndpoint("suggestions", h.address, "/discord/discord", h.bot, h.typed, 20, `{"`)}
	bare := &share{endpoint: h.floorOf("bare", h.asked)}
	var p99, floor []float64
	for range h.rounds {
		for _, s := range []*share{ours, bare} {
			s.requests = s.make(perSecond * seconds)
		}
		if err := steadily(context.Background(), 2*perSecond, ours, bare); err != nil {
			return err
		}
		p99, floor = append(p99, percentile(ours.took, 99)), append(floor, percentile(bare.took, 99))
	}
	figures.Say(figures.Median(floor), "ms", "p99 of the bare answer")
	figures.AtMost(5, figures.Median(p99), "ms", "p99 of suggestions")
	return nil
}

// busy compares response times while a very large number of channels are posted to and the
// library reloads with those of an idle bot.
func (h *house) busy() error {
	const perSecond, idleFor = 250, 15
	total := h.channels * stand.Parts
	figures.Title("%d requests a second, while %d channels of each platform are posted to and the library reloads", perSecond, h.channels)
	if err := h.meet(); err != nil {
		return err
	}
	shares := []*share{{endpoint: h.ofDiscord()}, {endpoint: h.ofSlack()}, {endpoint: h.floorOf("bare", h.asked)}}
	ask := func(ctx context.Context, seconds int) error {
		for _, s := range shares {
			s.requests = s.make(seconds * perSecond / 2)
		}
		return steadily(ctx, perSecond/2*len(shares), shares...)
	}
	p99 := func() (all []float64) {
		for _, s := range shares {
			all = append(all, percentile(s.took, 99))
		}
		return all
	}
	if err := h.arrived(1, 3*time.Minute); err != nil {
		return err
	}
	first, err := posts(h.discord)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group errgroup.Group
	reloads := 0
	group.Go(func() error {
		files, err := filepath.Glob(filepath.Join(filepath.Dir(h.Digest()), "*-*.md"))
		for ; err == nil && ctx.Err() == nil; reloads++ {
			path := files[reloads*97%len(files)]
			var data []byte
			if data, err = os.ReadFile(path); err == nil {
				err = os.WriteFile(path, append(data, "And one more thing.\n"...), 0o644)
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
		return err
	})
	began, took := time.Now(), figures.Spent(h.bot.Process.Pid)
	err = ask(context.Background(), max(5, (total-first)/50-1))
	took = (figures.Spent(h.bot.Process.Pid) - took) / time.Since(began).Seconds()
	cancel()
	during, _ := posts(h.discord)
	inSlack, _ := posts(h.slack)
	if err = errors.Join(err, group.Wait(), h.arrived(h.channels, time.Minute)); err != nil {
		return err
	}
	busy, longest := p99(), 0.0
	for _, s := range shares[:2] {
		longest = max(longest, slices.Max(s.took))
	}
	if err := errors.Join(h.ready(true), ask(context.Background(), idleFor)); err != nil {
		return err
	}
	idle := p99()
	figures.Say(float64(during-first), "", fmt.Sprintf("posts reached Discord meanwhile, and %d had reached Slack at the end", inSlack))
	figures.Say(float64(reloads), "", "times a file of the library changed")
	figures.Say(took, "", "of a processor is what digestbot took")
	figures.Say(busy[2], "ms", fmt.Sprintf("p99 of a bare answer meanwhile, %.2f when idle", idle[2]))
	for i, s := range shares[:2] {
		figures.Say(idle[i], "ms", "p99 on "+s.name+" when idle")
		figures.AtMost(1.25*idle[i]+20, busy[i], "ms", "p99 meanwhile, on "+s.name)
	}
	figures.AtMost(3000, longest, "ms", "for the slowest of all")
	return nil
}
