// Screens writes what a subscription with default settings posts on ordinary mornings, and
// the answers in its channel, in the format of each platform, for pictures of a phone's
// width:
//
//	bash .ci/bench/screens/measure FOLDER [DIGEST.md]
//
// runs it, draws each file and prints its height. It takes some minutes.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/discord"
	"github.com/digestbot/digestbot/adapters/slack"
	"github.com/digestbot/digestbot/adapters/web"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
)

func main() {
	out := flag.String("out", "", "the folder to write to")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// morning is what one slot owes.
type morning struct {
	name    string
	digests []*digest.Digest
	change  func(*compose.Post)
}

func run(out string, files []string) error {
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	mornings := []morning{
		{name: "nineteen", digests: []*digest.Digest{read("2026-02-12-tech.md", nineteen())}},
		{name: "four", digests: []*digest.Digest{
			read("2026-02-12-ai.md", small("AI", 6)), read("2026-02-12-cloud.md", small("Cloud", 5)),
			read("2026-02-12-security.md", small("Security", 4)), read("2026-02-12-data.md", small("Data", 3)),
		}},
		{name: "repeat", digests: []*digest.Digest{read("2026-02-12-ai.md", small("AI", 5))}, change: func(p *compose.Post) {
			p.Repeats = []compose.Repeat{{Story: 1, Since: time.Date(2026, 2, 10, 8, 30, 0, 0, time.UTC), URL: "https://chat.example/messages/1"}}
		}},
		{name: "correction", digests: []*digest.Digest{read("2026-02-12-ai.md", small("AI", 5))}, change: func(p *compose.Post) {
			p.Corrected = time.Date(2026, 2, 12, 9, 10, 0, 0, time.UTC)
		}},
	}
	seeds, err := readAll(files)
	if err != nil {
		return err
	}
	for _, d := range seeds {
		mornings = append(mornings, morning{name: "seed", digests: []*digest.Digest{d}})
	}
	s, problems := subscription.Spec{}.Subscription(subscription.Names{})
	if len(problems) > 0 {
		return fmt.Errorf("the defaults: %s", problems[0].Text)
	}
	state, err := os.MkdirTemp("", "screens")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(state) }()
	home := &url.URL{Scheme: "http", Host: "127.0.0.1:8080", Path: "/"}
	env := func(name string) chat.Env {
		return chat.Env{Name: name, Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }, State: state,
			Listen: home.Host, URL: home, Words: language.Wording, Mount: func(string, http.Handler) {}}
	}
	d, err := discord.Open(env("discord"), discord.Defaults())
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	k, err := slack.Open(env("slack"), slack.Defaults())
	if err != nil {
		return err
	}
	defer func() { _ = k.Close() }()
	r, err := web.Open(env("web"), web.Defaults())
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	all := map[string]chat.Adapter{"discord": d, "slack": k, "web": r}
	for _, m := range mornings {
		messages := m.messages(s)
		for _, to := range written {
			if err := write(filepath.Join(out, m.name+"."+to+".json"), all[to], messages); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(out, m.name+".web.html"), web.Sheet(language.Wording, messages), 0o666); err != nil {
			return err
		}
	}
	chinese, err := filepath.Glob("digest/example/*.md")
	if err != nil {
		return err
	}
	zh, err := readAll(chinese)
	if err != nil {
		return err
	}
	en := append(slices.Clone(mornings[1].digests), read("2026-02-11-tech.md", nineteen()))
	return errors.Join(answers(out, state, "en", en, s, all), answers(out, state, "zh", zh, s, all))
}

// readAll reads digests from files.
func readAll(files []string) (all []*digest.Digest, err error) {
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, markdown.Read(filepath.Base(file), data))
	}
	return all, nil
}

// written are the platforms whose payloads the picture tool can draw.
var written = []string{"discord", "slack"}

// messages returns what the subscription posts.
func (m morning) messages(s subscription.Subscription) (messages []chat.Message) {
	var posts []compose.Post
	for range m.digests {
		p := compose.Post{Look: s.Look}
		if m.change != nil {
			m.change(&p)
		}
		posts = append(posts, p)
	}
	if s.Bundle {
		return []chat.Message{compose.Bundle(m.digests, posts)}
	}
	for i, d := range m.digests {
		messages = append(messages, compose.Digest(d, posts[i]))
	}
	return messages
}

// write writes the payloads of messages as one JSON array.
func write(file string, a chat.Adapter, messages []chat.Message) error {
	var all []json.RawMessage
	for _, m := range messages {
		payloads, err := a.Render(m)
		if err != nil {
			return err
		}
		for _, p := range payloads {
			all = append(all, json.RawMessage(p))
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o666)
}

// read reads a digest that has a page on a site.
func read(name, text string) *digest.Digest {
	d := markdown.Read(name, []byte(text))
	d.URL = "https://digests.example/" + strings.TrimSuffix(name, ".md") + "/"
	return d
}

// subjects are the subjects of invented stories.
var subjects = []struct{ headline, summary string }{
	{"PostgreSQL 18 ships asynchronous I/O", "The release reads ahead through a new I/O subsystem, which makes sequential scans up to 3.5 times faster. Upgrades keep the statistics of the planner, e.g. those of large tables. Teams that wait for 18.1 should test their extensions now."},
	{"Kubernetes lets pods grow in place", "In-place resize of CPU and memory is stable as of v1.35, so a stateful service no longer restarts for a larger limit. The scheduler accounts for pending resizes. Dr. Chen of the node group said that memory can also shrink."},
	{"Go 1.26 turns on its new garbage collector", "Programs that allocate much spend 10 to 40 percent less time collecting. The rewritten go fix applies modernizers. Cgo calls cost about a third less, according to the release notes."},
	{"A flaw in a popular chat framework leaks cloud keys", "Two vulnerabilities in the framework let strangers read files of the server, among them the keys of its cloud account. Version 2.9.4 closes both. Who runs it in the open should rotate all keys."},
	{"Rust 1.93 updates the bundled musl", "Statically linked programs resolve names better, because the bundled C library moves to 1.2.5. The global allocator may use thread-local storage now. Nothing has to be changed in most projects."},
	{"Object storage gets conditional writes everywhere", "All three large providers accept a write only if the object is as the writer last saw it. That replaces many a lock in a database. The names of the headers differ between them."},
	{"A registry signs every package by default", "New uploads carry a proof of the build that made them, and clients can demand one. Old packages stay as they are. A build outside of the known services needs a key of its own."},
	{"eBPF programs may sleep in more places", "Hooks of the file system can wait for memory, so that tracing no longer drops what it was about to read. The verifier checks that no lock is held. Distributions get the change with kernel 6.19."},
	{"Open model matches last year's best on code", "The weights may be used commercially, and a quantised version fits on one consumer card. Its makers report 71.3 percent on the benchmark. Independent runs came close to that."},
	{"Agents learn to ask before they delete", "A training method rewards a model for stopping where its next step cannot be undone. In trials it asked four times as often and finished as many tasks. Code and data are public."},
	{"Speech recognition runs on a watch", "A model of 40 megabytes transcribes two languages without a network, at a tenth of the energy of the one before. It does not tell speakers apart yet. The makers promise that for summer."},
	{"Benchmarks leak into training data again", "A study finds the questions of nine common tests in public crawls, often with the answers. Scores fall by 4 to 11 points on rewritten questions. The authors propose tests that expire."},
	{"Small models plan, large ones check", "Splitting the work between two models costs a third of the price at the same quality, says a team that ran both on 2,000 tickets. The gain is gone for short tasks. Their harness is open source."},
	{"Weather model beats physics at ten days", "A learned model is ahead of the best numerical forecast in 87 percent of the measures, including the tracks of storms. It still misses sudden rain. Two services run it beside their own."},
	{"Chip makers agree on a format of four bits", "Five firms will support one layout of four-bit numbers, so that a model no longer has to be converted for each card. Training in it works for some layers. First chips come next year."},
	{"Regulators ask for logs of automated decisions", "Providers have to keep what a system decided and why for six months. The rule counts for banks and insurers first. Smaller firms have until 2028."},
	{"Browser makers agree on one storage interface", "The interface gives pages a private file system with locks, and replaces three older proposals. Two engines ship it behind a flag. The third begins in spring."},
	{"Court allows scraping of public price lists", "Prices that anybody can read without an account may be collected by programs, the court found. Terms of use do not change that. The operator may still limit how fast it answers."},
	{"Funding for open source security doubles", "A public fund gives 24 million a year to the maintenance of libraries that many depend on. Half of it goes to teams of one. Applications are open until the end of March."},
}

// nineteen returns a digest of nineteen stories in three groups.
func nineteen() string {
	var b strings.Builder
	b.WriteString("---\ntitle: \"Tech daily: PostgreSQL 18, Go 1.26 and a leak of cloud keys\"\ndate: 2026-02-12\nauthor: \"Tech desk\"\ncategories: [tech]\ntags: [PostgreSQL, Kubernetes, Go, security, AI, browsers, law]\n---\n\nA week of releases. The databases come first.\n")
	n := 0
	for _, group := range []struct {
		title   string
		stories int
	}{{"Infrastructure", 8}, {"Models and research", 7}, {"Policy", 4}} {
		b.WriteString("\n## " + group.title + "\n")
		for range group.stories {
			n++
			story(&b, n, "tech")
		}
	}
	b.WriteString("\n## Analysis\n\nThe cheapest progress is the one that nobody has to work for.\n")
	return b.String()
}

// small returns a digest of one subject.
func small(of string, stories int) string {
	var b strings.Builder
	b.WriteString("---\ntitle: \"" + of + " daily\"\ndate: 2026-02-12\nauthor: \"Tech desk\"\ncategories: [" + strings.ToLower(of) + "]\ntags: [" + of + ", releases]\n---\n\nThe news of the day.\n\n## Top stories\n")
	for i := range stories {
		story(&b, i+1, strings.ToLower(of))
	}
	b.WriteString("\n## Analysis\n\nMore of the same tomorrow.\n")
	return b.String()
}

func story(b *strings.Builder, n int, at string) {
	s := subjects[(n-1)%len(subjects)]
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n**Source:** [Announcement number %d](https://%s.example/news/%d)\n", s.headline, s.summary, n, at, n)
}
