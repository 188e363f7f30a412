// Package admin is the operator page: it shows, for all platforms, what the bot has done,
// what it waits for, and what only its operator may decide. It contains the pages under
// /admin and their sign-in. It knows no platform. It makes changes as chat does: through
// the same functions, with the same checks, and with an entry in the record.
//
// # Why
//
// A reader of the web room is not its operator, so the page has a token of its own. Without
// one it is closed, even on this machine: unlike the room, it reaches every platform, and
// other people may have accounts here. Nothing on it needs a script. So the policy of its
// pages forbids all scripts, and a title that is written like one is only text.
//
// A change needs three things: the cookie of a session, which no other site's page can make
// a browser send; an origin that is the bot's own; and the session's word, a CSRF token
// that only the forms of the page contain. The word is derived from the cookie and the
// token, and the rest of a session is stored where all replicas see it. So any replica can
// answer, and Sign out takes effect on all.
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

// The places of the page's token.
const (
	TokenVariable = "DIGESTBOT_ADMIN_TOKEN"
	TokenKey      = "http.admin_token_file"
)

// Options are the dependencies of the page.
type Options struct {
	// Token is the operator's token. Without one, the page only says how to set it.
	Token chat.Secret
	// Sessions stores who has signed in.
	Sessions Sessions
	// Site is the site that the page belongs to.
	Site httpauth.Site
	// Dispatch is what the page shows and changes.
	Dispatch *dispatch.Dispatcher
	// Connections returns how the adapters are connected, in their order.
	Connections func() []compose.Connection
	// Libraries returns the state of each library.
	Libraries func() []Library
	Log       *slog.Logger
}

// Library is the state of a library.
type Library struct {
	Name     string // empty for a single library without a name
	Place    string // the folder or repository
	Digests  int
	Newest   *digest.Card // nil for none
	LeftOut  string       // how many files are left out, and why; empty for none
	Problems []Problem
}

// Problem is a problem in a file.
type Problem struct {
	File string
	digest.Problem
	Remedy string // what to do; backticks mark what is written in files
}

// Mount registers the page with a server, at /admin and below.
func Mount(mux *http.ServeMux, o Options) {
	s := &server{desk: desk{o}, sessions: sessions{o.Token, o.Sessions}, cookie: "digestbot-admin-" + o.Site.Name}
	h := s.around(s.routes())
	mux.Handle("/admin", h)
	mux.Handle("/admin/", h)
}

// server answers operators' requests.
type server struct {
	desk
	sessions sessions
	cookie   string // name, different for each bot on a machine
	tries    httpauth.Tries
}

// desk is what all pages need.
type desk struct{ Options }

// routes returns the handler for all paths of the page.
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

// policy is the Content-Security-Policy of all pages: no scripts, and nothing from another
// site.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// around refuses requests with a wrong host or origin, and passes the others to next.
func (s *server) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		// With no-referrer, a browser would send the page's own forms with "Origin: null"
		// (https://fetch.spec.whatwg.org/#append-a-request-origin-header).
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		switch {
		case !s.Site.Knows(r):
			http.Error(w, "The operator page is not available at that address. If it should be, set url in the table [http] of config.toml.", http.StatusMisdirectedRequest)
		case s.Site.Foreign(r):
			http.Error(w, "Another page may not use the operator page. If it is the bot's own, set url in the table [http] of config.toml to its address.", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// elsewhere reports whether the browser says that another site sent a form, if it says so
// (https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header).
func elsewhere(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none": // none: the person reloaded a page
		return false
	}
	return true
}

// operator is the person who acts on the page, as the record names them.
var operator = ledger.Person{ID: "operator", Name: "the operator page"}

// refusal is an error whose text is shown on the page.
type refusal struct{ says string }

func (e refusal) Error() string { return e.says }

// errNotThere means that a path leads nowhere.
var errNotThere = errors.New("not there")

// show returns the handler of a page for signed-in operators.
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

// formLimit is the maximum size of a form in bytes.
const formLimit = 64 << 10

// form is a form that is shown again, with its mistakes beside the fields.
type form struct {
	page    string
	content any
}

// own accepts a form only if the page itself has shown it to its sender.
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

// done is the result of a form: a message and the page that shows it, or the form again
// with its mistakes.
type done struct {
	said, to string
	again    *form
}

// change returns the handler of a form. An error that is a refusal is shown on the next
// page.
func (s *server) change(do func(r *http.Request, now time.Time) (done, error)) http.HandlerFunc {
	return s.own(func(w http.ResponseWriter, r *http.Request, x *session) {
		var did done
		// Another replica may have handled the previous request.
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
			n = note{Text: "The platform cannot say at the moment which server or workspace the channel belongs to. Try again later. Nothing was changed.", Failed: true}
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
			s.Log.Error("admin: the result of a form cannot be shown", "path", r.URL.Path, "error", err)
		}
		http.Redirect(w, r, did.to, http.StatusSeeOther)
	})
}

// enter records what an operator is about to do, before it is done, so that nothing is done
// without a record.
func (s desk) enter(r *http.Request, now time.Time, c chat.Channel, line, what string) error {
	s.Log.Info("admin: the operator acts", "channel", c.String(), "act", what)
	return s.Dispatch.Ledger.Record(r.Context(), ledger.Act{At: now, By: operator, Channel: c, Line: line, What: what})
}

// fail answers in plain words and logs the cause.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		s.Log.Error("admin: a request failed", "path", r.URL.Path, "error", err)
	}
	http.Error(w, "Sorry, that did not work. The log of the bot has the reason.", http.StatusInternalServerError)
}

//go:embed page
var files embed.FS

// words has the page's language.
var words = language.In("en")

// functions are the functions of the templates.
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

// pages returns the templates by name, each within the common frame.
var pages = sync.OnceValue(func() map[string]*template.Template {
	all := map[string]*template.Template{}
	frame := template.Must(template.New("frame.html").Funcs(functions).ParseFS(files, "page/frame.html", "page/parts.html"))
	for _, name := range []string{"closed", "login", "missing", "overview", "deliveries", "delivery", "library", "subscriptions", "subscription", "record"} {
		all[name] = template.Must(template.Must(frame.Clone()).ParseFS(files, "page/"+name+".html"))
	}
	return all
})

// send sends a page; x is nil without a session. It masks anything that looks like a
// secret, and escapes characters that would reverse text, whoever wrote them.
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
		Word     string // CSRF token in the forms
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

// moment is a time in a zone.
type moment struct {
	time.Time
	zone *time.Location
}

// Text returns the time in words, with the zone's offset from UTC.
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

// ISO returns the time for machines.
func (m moment) ISO() string { return m.In(time.UTC).Format(time.RFC3339) }

// zone returns the zone for times that belong to no subscription: that of the first
// subscription, else the machine's.
func (s desk) zone() *time.Location {
	if all := s.Dispatch.Subscriptions.All(); len(all) > 0 && all[0].Zone != nil {
		return all[0].Zone
	}
	return time.Local
}

// sentence makes text begin with a capital letter and end with a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	// The name of a file, a setting or a channel stays as it is.
	if word, _, _ := strings.Cut(s, " "); s[0] >= 'a' && s[0] <= 'z' && !strings.ContainsAny(word, ".:_=`") {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if !strings.ContainsAny(s[len(s)-1:], ".!?:") {
		s += "."
	}
	return s
}

// count returns a number with its noun.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return words.Count(n) + " " + strings.TrimSuffix(what, "y") + map[bool]string{true: "ies", false: "s"}[strings.HasSuffix(what, "y")]
}

// code returns HTML in which text between backticks is marked as code.
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
