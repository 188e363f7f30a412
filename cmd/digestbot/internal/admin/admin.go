// Package admin is the operator page: what the bot has done, what it waits for, and what
// only somebody who runs it may decide, for all platforms. It holds the pages under /admin
// and their sign-in. It never knows a platform, and what it changes it changes as chat does:
// through the same functions, with the same checks, and with an entry in the record.
//
// # Why
//
// A reader of the web room is not its operator, so the page has a token of its own, and
// without one it is closed, on this machine too: unlike the room it reaches every platform,
// and others may have accounts here. Nothing on it needs a script. So the policy of its
// pages forbids all of them, and a title that is written like one is text.
//
// A change needs three things: the cookie of a session, which no other site's page can have
// a browser send; an origin that is the bot's own; and the session's word, which stands in
// the forms of the page alone. The word is made of the cookie and the token, and the rest of
// a session is where all replicas see it: any of them may answer, and Sign out holds for all.
package admin

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/digestbot/digestbot/adapters/httpauth"
	"github.com/digestbot/digestbot/bot/access"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

// Where the page's token is.
const (
	TokenVariable = "DIGESTBOT_ADMIN_TOKEN"
	TokenKey      = "http.admin_token_file"
)

// Options are what the page is made of.
type Options struct {
	// Token is what an operator signs in with. Without one the page only says how to set it.
	Token chat.Secret
	// Sessions keeps who has signed in, where several processes answer; nil keeps it in memory.
	Sessions Sessions
	// Site is the addresses that the page answers at.
	Site httpauth.Site
	// Dispatch is what the page shows and changes.
	Dispatch *dispatch.Dispatcher
	// Connections tells how the adapters are connected, in their order.
	Connections func() []compose.Connection
	// Libraries tells what is in each library.
	Libraries func() []Library
	Log       *slog.Logger
}

// Library is what is in a library.
type Library struct {
	Name     string // empty for the only one
	Place    string // the folder or repository
	Digests  int
	Newest   *digest.Card // nil for none
	LeftOut  string       // how many files are left out, and why; empty for none
	Problems []Problem
}

// Problem is one of a file.
type Problem struct {
	File string
	digest.Problem
	Remedy string // what to do; backticks stand around what is written in files
}

// Mount has a server answer at /admin and below.
func Mount(mux *http.ServeMux, o Options) {
	if o.Sessions == nil {
		o.Sessions = &inMemory{by: map[string]*visits{}}
	}
	s := &server{desk: desk{o}, sessions: sessions{o.Token, o.Sessions}, cookie: "digestbot-admin-" + o.Site.Name}
	h := s.around(s.routes())
	mux.Handle("/admin", h)
	mux.Handle("/admin/", h)
}

// server answers the requests of operators.
type server struct {
	desk
	sessions sessions
	cookie   string // its name, which differs between bots on one machine
	tries    httpauth.Tries
}

// desk is what all pages need of the bot.
type desk struct{ Options }

// routes are the addresses of the page.
func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, name := range []string{"style.css", "icon.svg"} {
		mux.HandleFunc("GET /admin/"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, files, "page/"+name)
		})
	}
	if s.Token.Empty() {
		mux.HandleFunc("/admin", s.closed)
		mux.HandleFunc("/admin/", s.closed)
		return mux
	}
	overviews, deliveries, subscriptions := overviewPages{s.desk}, deliveryPages{s.desk}, subscriptionPages{s.desk}
	mux.HandleFunc("GET /admin/login", s.showLogin)
	mux.HandleFunc("POST /admin/login", s.takeLogin)
	mux.HandleFunc("POST /admin/logout", s.own(s.takeLogout))
	mux.HandleFunc("GET /admin", s.show("overview", overviews.overview))
	mux.HandleFunc("GET /admin/{$}", s.show("overview", overviews.overview))
	mux.HandleFunc("GET /admin/deliveries", s.show("deliveries", deliveries.deliveries))
	mux.HandleFunc("GET /admin/deliveries/{key}", s.show("delivery", deliveries.delivery))
	mux.HandleFunc("POST /admin/deliveries/{key}", s.change(deliveries.decide))
	mux.HandleFunc("GET /admin/library", s.show("library", overviews.library))
	mux.HandleFunc("GET /admin/subscriptions", s.show("subscriptions", subscriptions.subscriptions))
	mux.HandleFunc("GET /admin/subscription", s.show("subscription", subscriptions.subscription))
	mux.HandleFunc("POST /admin/subscription", s.change(subscriptions.subscribe))
	mux.HandleFunc("POST /admin/subscription/remove", s.change(subscriptions.unsubscribe))
	mux.HandleFunc("POST /admin/channel", s.change(subscriptions.pause))
	mux.HandleFunc("GET /admin/record", s.show("record", overviews.record))
	mux.HandleFunc("/admin/", s.show("missing", func(*http.Request, time.Time) (any, error) { return nil, errNotThere }))
	return mux
}

// policy is the Content-Security-Policy of all pages: no script, and nothing of another site.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// around answers what may not pass, and gives the rest to next.
func (s *server) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		// With no-referrer a browser sends the page's own forms with "Origin: null"
		// (https://fetch.spec.whatwg.org/#append-a-request-origin-header).
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		switch {
		case !s.Site.Knows(r):
			http.Error(w, "The operator page is not known by that address. If it should be, set url in the table [http] of config.toml.", http.StatusMisdirectedRequest)
		case s.Site.Foreign(r):
			http.Error(w, "Another page may not use the operator page. If it is the bot's own, set url in the table [http] of config.toml to its address.", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// elsewhere reports whether the browser says that another site has sent a form, where it
// says so (https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header).
func elsewhere(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none": // none: the person did, by loading a page again
		return false
	}
	return true
}

// operator is who acts on the page, as the ledger notes it.
var operator = ledger.Person{ID: "operator", Name: "the operator page"}

// Errors that a person on the page reads as they are.
type refusal struct{ says string }

func (e refusal) Error() string { return e.says }

// errNotThere is of an address that leads nowhere.
var errNotThere = errors.New("not there")

// show is a page for who has signed in.
func (s *server) show(name string, data func(r *http.Request, now time.Time) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x, err := s.visitor(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if x == nil {
			http.Redirect(w, r, "/admin/login", http.StatusSeeOther)
			return
		}
		var content any
		if err = s.Dispatch.Subscriptions.Refresh(r.Context()); err == nil {
			content, err = data(r, time.Now())
		}
		switch {
		case errors.Is(err, errNotThere):
			s.send(w, r, http.StatusNotFound, "missing", x, nil)
		case err != nil:
			s.fail(w, r, err)
		default:
			s.send(w, r, http.StatusOK, name, x, content)
		}
	}
}

// formLimit is the most bytes of a form.
const formLimit = 64 << 10

// form is what is shown again, with what is wrong beside its fields.
type form struct {
	page    string
	content any
}

// own lets a form through that the page itself has shown to who sends it.
func (s *server) own(next func(w http.ResponseWriter, r *http.Request, x *session)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, formLimit)
		switch x, err := s.visitor(r); {
		case err != nil:
			s.fail(w, r, err)
		case elsewhere(r):
			http.Error(w, "Another page may not use the operator page. Nothing was changed.", http.StatusForbidden)
		case x == nil:
			http.Error(w, "Sign in first. Nothing was changed.", http.StatusUnauthorized)
		case r.ParseForm() != nil || !x.sent(r):
			http.Error(w, "This form is not of this session. Load its page again. Nothing was changed.", http.StatusForbidden)
		default:
			next(w, r, x)
		}
	}
}

// done is what became of a form: what is said of it and on which page, or the form once more
// with what is wrong.
type done struct {
	said, to string
	again    *form
}

// change does what a form asks for. An error that is a refusal is told on the page that
// follows.
func (s *server) change(do func(r *http.Request, now time.Time) (done, error)) http.HandlerFunc {
	return s.own(func(w http.ResponseWriter, r *http.Request, x *session) {
		var did done
		// Another replica may have answered the request before this one.
		err := s.Dispatch.Subscriptions.Refresh(r.Context())
		if err == nil {
			did, err = do(r, time.Now())
		}
		n := note{Text: did.said}
		var refused refusal
		var undoable *ledger.RefusedError
		switch {
		case errors.As(err, &refused):
			n = note{Text: refused.says, Failed: true}
		case errors.As(err, &undoable):
			n = note{Text: sentence("It cannot be done: " + words.Reason(undoable.Error())), Failed: true}
		case errors.Is(err, access.ErrUnknownHome):
			n = note{Text: "The platform does not say now which server or workspace the channel belongs to. Try again later. Nothing was changed.", Failed: true}
		case errors.Is(err, errNotThere):
			s.send(w, r, http.StatusNotFound, "missing", x, nil)
			return
		case err != nil:
			s.fail(w, r, err)
			return
		case did.again != nil:
			s.send(w, r, http.StatusUnprocessableEntity, did.again.page, x, did.again.content)
			return
		}
		if err := s.sessions.say(r.Context(), x, n); err != nil {
			s.Log.Error("admin: what became of a form cannot be told", "path", r.URL.Path, "error", err)
		}
		http.Redirect(w, r, did.to, http.StatusSeeOther)
	})
}

// enter enters what an operator is about to do into the record, before it is done: what is
// done is in the record for certain.
func (s desk) enter(r *http.Request, now time.Time, c chat.Channel, line, what string) error {
	s.Log.Info("admin: the operator acts", "channel", c.String(), "act", what)
	return s.Dispatch.Ledger.Record(r.Context(), ledger.Act{At: now, By: operator, Channel: c, Line: line, What: what})
}

// fail answers with plain words and logs the cause.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		s.Log.Error("admin: a request failed", "path", r.URL.Path, "error", err)
	}
	http.Error(w, "Sorry, that did not work. The log of the bot has the reason.", http.StatusInternalServerError)
}

//go:embed page
var files embed.FS

// words are those of the page.
var words = language.In("en")

// functions are for the templates.
var functions = template.FuncMap{
	"segment":  url.PathEscape,
	"reason":   func(reason string) string { return sentence(words.Reason(reason)) },
	"state":    words.State,
	"count":    count,
	"code":     code,
	"sentence": sentence,
	"listed": func(word string, one listedSubscription) any {
		return struct {
			Word string
			One  listedSubscription
		}{word, one}
	},
}

// pages are the templates by name, each within the frame of all.
var pages = sync.OnceValue(func() map[string]*template.Template {
	all := map[string]*template.Template{}
	frame := template.Must(template.New("frame.html").Funcs(functions).ParseFS(files, "page/frame.html", "page/parts.html"))
	for _, name := range []string{"closed", "login", "missing", "overview", "deliveries", "delivery", "library", "subscriptions", "subscription", "record"} {
		all[name] = template.Must(template.Must(frame.Clone()).ParseFS(files, "page/"+name+".html"))
	}
	return all
})

// send gives a page, to somebody who has signed in or to nobody. Nothing that looks like a
// secret is on it, nor what would turn its text around, whoever wrote it where.
func (s *server) send(w http.ResponseWriter, r *http.Request, status int, name string, x *session, content any) {
	heard, err := s.sessions.heard(r.Context(), x)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var out bytes.Buffer
	err = pages()[name].Execute(&out, struct {
		Page     string
		SignedIn bool
		Word     string // of the forms
		Note     note
		Content  any
	}{name, x != nil, x.formWord(), heard, content})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(digest.Escape(chat.Mask(out.String()))))
}

// moment is a time on a clock.
type moment struct {
	time.Time
	zone *time.Location
}

// Text is the time in words, with how far its clock is from UTC.
func (m moment) Text() string {
	here := m.In(cmp.Or(m.zone, time.UTC))
	text, now := words.Zoned(m.Time, m.zone).Text, time.Now().In(here.Location())
	for day, name := range map[time.Time]string{now.AddDate(0, 0, -1): "yesterday", now: "today", now.AddDate(0, 0, 1): "tomorrow"} {
		if here.Format(time.DateOnly) == day.Format(time.DateOnly) {
			return name + strings.TrimPrefix(text, words.Date(here))
		}
	}
	return text
}

// ISO is the time for machines.
func (m moment) ISO() string { return m.In(time.UTC).Format(time.RFC3339) }

// zone is the clock of what is of no subscription: that of the first one, else the
// machine's.
func (s desk) zone() *time.Location {
	if all := s.Dispatch.Subscriptions.All(); len(all) > 0 && all[0].Zone != nil {
		return all[0].Zone
	}
	return time.Local
}

// sentence begins with a capital letter and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	// A name of a file, a setting or a channel stays as it is written.
	if word, _, _ := strings.Cut(s, " "); s[0] >= 'a' && s[0] <= 'z' && !strings.ContainsAny(word, ".:_=`") {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if !strings.ContainsAny(s[len(s)-1:], ".!?:") {
		s += "."
	}
	return s
}

// count is a number of things.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return words.Count(n) + " " + strings.TrimSuffix(what, "y") + map[bool]string{true: "ies", false: "s"}[strings.HasSuffix(what, "y")]
}

// code is a text in which backticks stand around what is written in files.
func code(text string) template.HTML {
	var out strings.Builder
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			part = "<code>" + template.HTMLEscapeString(part) + "</code>"
		} else {
			part = template.HTMLEscapeString(part)
		}
		out.WriteString(part)
	}
	return template.HTML(out.String()) //nolint:gosec // every part of it is escaped above
}
