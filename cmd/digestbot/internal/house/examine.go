package house

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/engine/replicas"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/doctor"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/health"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/reload"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/setup"
	"github.com/digestbot/digestbot/digest/source"
)

// Examine runs the checks of doctor from outside serve. path is the configuration file. The
// checks report what libraries and adapters log to quiet; errors of a check itself go to
// log.
func Examine(ctx context.Context, path string, conf *config.Config, quiet Outside, log *slog.Logger) []chat.Finding {
	apart, forget, err := Scratch(conf) // for the adapters' files
	if err != nil {
		return append(doctor.Configuration(path, conf), chat.Finding{State: chat.Failed, Subject: "temporary folder", Text: err.Error(), Fix: "set TMPDIR to a folder that can be written"})
	}
	defer forget()

	e := examination{conf: conf, path: path, examines: func(string) bool { return true }}
	e.serve = findServe(ctx, conf, quiet.Getenv)
	subscriptions := &subscription.Registry{Configured: conf.Subscriptions, Names: conf.Names, Log: quiet.Log}
	l, err := readLedgerAsIs(ctx, conf)
	if errors.Is(err, ErrNoLedger) && !conf.Database.Shared() {
		err = nil
	}
	if l != nil {
		defer func() { _ = l.Close() }()
		subscriptions.Settings = l
		if bad := subscriptions.Load(ctx); bad != nil {
			err = bad
		}
	}
	e.ledger = func(ctx context.Context) []chat.Finding { return examineLedger(ctx, conf, l, err) }
	e.subscriptions = subscriptions
	for _, ac := range conf.Adapters {
		a, err := OpenAdapter(apart, ac, quiet)
		if err != nil {
			text := strings.TrimSpace(err.Error())
			e.unopened = append(e.unopened, chat.Finding{State: chat.Failed, Subject: ac.Name + " settings", Text: text, Fix: "correct the setting, or the file that it names"})
			continue
		}
		defer func() { _ = a.Close() }()
		e.adapters = append(e.adapters, Adapter{ac.Name, ac.Kind.Name, a})
	}
	e.library = func(ctx context.Context) (source.Source, error) {
		reads, forget, err := LookOnly(conf)
		if err != nil {
			return nil, err
		}
		defer forget()
		ls := quiet.Libraries(reads)
		kept := ls.OpenShelf(ctx)
		defer func() { _ = kept.Close() }()
		all, _, err := ls.Open(ctx, kept)
		return all, err
	}
	return e.run(ctx, log)
}

// examineLedger checks a ledger that was opened read-only; err says why it could not be
// opened.
func examineLedger(ctx context.Context, conf *config.Config, l Ledger, err error) []chat.Finding {
	if conf.Database.Shared() {
		return examineDatabase(ctx, conf, l, err)
	}
	if l == nil {
		return []chat.Finding{doctor.Ledger(ctx, conf, nil, err)}
	}
	return []chat.Finding{doctor.Ledger(ctx, conf, l, err)}
}

// Address returns the address of the serve that has the state of a configuration: the one
// that it has written there, else the configured one.
func Address(conf *config.Config) string {
	if at, err := reload.Find(conf.State); err == nil {
		return at.Address
	}
	return conf.HTTP.Listen
}

// findServe looks for the running serve of a configuration.
func findServe(ctx context.Context, conf *config.Config, getenv func(string) string) (s doctor.Serve) {
	s.Address = conf.HTTP.Listen
	if s.Locked, s.Err = locked(conf); s.Locked {
		s.Address = Address(conf)
	}
	_, err := health.Ask(ctx, s.Address, "/healthz", chat.Secret{})
	if s.Answers = err == nil; s.Err != nil || !s.Answers || !s.Locked {
		return s
	}
	token := chat.Secret{}
	if !conf.HTTP.Local() {
		if token, err = MetricsToken(conf, getenv); err != nil {
			return s
		}
	}
	s.Ready, err = health.Ask(ctx, s.Address, "/readyz", token)
	if err != nil && !errors.Is(err, health.ErrNotReady) {
		s.Err = err
	}
	return s
}

// examination is the subject of the checks.
type examination struct {
	conf          *config.Config
	path          string // of the configuration
	serve         doctor.Serve
	ledger        func(context.Context) []chat.Finding
	subscriptions *subscription.Registry
	adapters      []Adapter
	examines      func(adapter string) bool // whether to ask its platform
	unopened      []chat.Finding            // of the other adapters
	library       func(context.Context) (source.Source, error)
}

// run runs the checks.
func (e *examination) run(ctx context.Context, log *slog.Logger) []chat.Finding {
	now := func(found ...chat.Finding) func(context.Context) []chat.Finding {
		return func(context.Context) []chat.Finding { return found }
	}
	made := e.subscriptions.Made()
	var names []string
	for _, a := range e.adapters {
		names = append(names, a.Name)
	}
	checks := []doctor.Check{
		{Subject: "configuration", Look: now(doctor.Configuration(e.path, e.conf)...)},
		{Subject: "state", Look: func(context.Context) []chat.Finding { return doctor.State(e.conf) }},
		{Subject: "ledger", Look: e.ledger},
		{Subject: "serve", Look: now(append([]chat.Finding{e.serve.Running(e.conf)}, e.serve.Hears(names)...)...)},
		{Subject: "http.url", Look: e.reach},
		{Subject: "tz database", Look: func(context.Context) []chat.Finding { return []chat.Finding{doctor.TZ()} }},
		{Subject: "library", Look: func(ctx context.Context) []chat.Finding {
			all, err := e.library(ctx)
			if err != nil {
				return []chat.Finding{{State: chat.Failed, Subject: "library", Text: err.Error(), Fix: "correct the path, or fix what keeps it from being read"}}
			}
			return doctor.Library(all, e.conf.Names.Aliases, e.subscriptions.All(), time.Now())
		}},
		{Subject: "subscriptions", Look: now(append(doctor.Made(e.conf, made, e.subscriptions.Refused()), doctor.Paused(e.subscriptions)...)...)},
		{Subject: "adapters", Look: now(e.unopened...)},
	}
	for _, a := range e.adapters {
		examiner, ok := a.Adapter.(chat.Examiner)
		if !ok || !e.examines(a.Name) {
			continue
		}
		use := setup.UseOf(e.conf, a.Name, made...)
		x := chat.Examination{Command: command.Tree(), Channels: use.Channels, Threads: use.Threads, Listening: e.serve.Answers && e.serve.Locked}
		checks = append(checks, doctor.Check{Subject: a.Name, Look: func(ctx context.Context) []chat.Finding { return examiner.Examine(ctx, x) }})
	}
	return doctor.Run(ctx, log, checks)
}

// reachLimit is how long serve may take to answer at its public URL.
const reachLimit = 10 * time.Second

// reach checks whether http.url leads to serve.
func (e *examination) reach(ctx context.Context) []chat.Finding {
	if e.conf.HTTP.URL == nil {
		return nil
	}
	if !e.serve.Answers {
		return []chat.Finding{{State: chat.Unseen, Subject: "http.url", Text: "serve does not run, so nothing can answer there"}}
	}
	ctx, cancel := context.WithTimeout(ctx, reachLimit)
	defer cancel()
	got, err := fetch(ctx, e.conf.HTTP.URL.JoinPath("healthz").String())
	return []chat.Finding{doctor.Reached(e.conf, got, err)}
}

// fetch returns the beginning of the response from a URL.
func fetch(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("it answers %s", response.Status)
	}
	return string(body), err
}

// examine runs the checks of doctor soon after the start and each night, and logs new
// problems, until ctx is done.
func (h *House) examine(ctx context.Context, path string, ready func(context.Context) ([]health.Line, bool)) {
	diary := doctor.Diary{Log: h.Log}
	doctor.Nightly(ctx, h.zone, func() {
		_ = panics.Contain(h.Log, "examine", func() error {
			found := h.examination(ctx, path, ready).run(ctx, h.Log)
			if ctx.Err() == nil {
				diary.Tell(found)
			}
			return nil
		})
	})
}

// zone returns the time zone of the first subscription; nil without one.
func (h *House) zone() *time.Location {
	for _, s := range h.Dispatcher.Subscriptions.All() {
		return s.Zone
	}
	return nil
}

// examines reports whether this process checks an adapter. With several replicas, the one
// that posts there does, because platforms limit accounts and not processes.
func (r *replica) examines(adapter string) bool {
	return r == nil || r.leases.Held(replicas.Posting(adapter)) != nil
}

// examination returns the subject of the checks as seen from inside serve.
func (h *House) examination(ctx context.Context, path string, ready func(context.Context) ([]health.Line, bool)) *examination {
	e := &examination{
		conf: h.Config, path: path, adapters: h.adapters, examines: h.replica.examines,
		ledger:        func(ctx context.Context) []chat.Finding { return examineLedger(ctx, h.Config, h.Ledger, nil) },
		subscriptions: h.Dispatcher.Subscriptions,
		serve:         doctor.Serve{Address: h.Config.HTTP.Listen, Answers: true, Locked: true},
		library:       func(context.Context) (source.Source, error) { return h.library, nil },
	}
	lines, _ := ready(ctx)
	for _, l := range lines {
		e.serve.Ready += l.String() + "\n"
	}
	return e
}
