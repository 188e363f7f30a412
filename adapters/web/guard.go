package web

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/digestbot/digestbot/adapters/httpauth"
)

// guard protects every route. It answers only at the room's known addresses,
// so that a foreign name that points to this machine (DNS rebinding) reaches
// nothing. It refuses requests sent by other pages. If there is a token, it
// admits those who have shown it; if there is none, it refuses requests
// through a proxy.
type guard struct {
	room     *Adapter
	sessions sessions
	site     httpauth.Site
	cookie   string // the name, which differs between rooms on one machine
	tries    httpauth.Tries
	warned   sync.Once // about a proxy in front of a room without a token
}

// newGuard returns a guard for a room at its listening address and its
// public URL.
func newGuard(a *Adapter) *guard {
	site := httpauth.NewSite(a.listen, a.home)
	return &guard{room: a, sessions: sessions{a.store, a.token}, site: site, cookie: "digestbot-" + site.Name}
}

// around answers requests that may not pass, and passes the others to next.
func (g *guard) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; connect-src 'self'; "+
			"frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		// Other sites learn nothing. no-referrer would be too strict: browsers would then send
		// the room's own forms with "Origin: null"
		// (https://fetch.spec.whatwg.org/#append-a-request-origin-header).
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		switch {
		case g.room.token.Empty() && httpauth.Proxied(r):
			table := "adapters." + g.room.name
			g.warned.Do(func() {
				g.room.log.Warn("web: a request came through a proxy and was refused, because the web room has no token",
					"remedy", "set token_file in ["+table+"], and http.url to the address that people type")
			})
			http.Error(w, g.room.wordsFor(r).Say("This room has no token, so it answers nobody who comes through a proxy. If you run the bot, set token_file in the table [%s] of config.toml, and url in the table [http] to the address that people type.", table), http.StatusForbidden)
		case !g.site.Knows(r):
			http.Error(w, g.room.wordsFor(r).Say("This room is not known by that address. If it should be, set url in the table [http] of config.toml."), http.StatusMisdirectedRequest)
		case g.site.Foreign(r):
			http.Error(w, g.room.wordsFor(r).Say("Another page may not use this room. If it is the room's own, set url in the table [http] of config.toml to its address."), http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// admitted reports whether the reader has shown the token, or does not need to. An error
// means that this is not known at the moment.
func (g *guard) admitted(r *http.Request) (bool, error) {
	if g.room.token.Empty() {
		return true, nil
	}
	return g.signedIn(r)
}

// signedIn reports whether the reader has shown the token and has not signed out
// since.
func (g *guard) signedIn(r *http.Request) (bool, error) {
	c, err := r.Cookie(g.cookie)
	if err != nil || g.room.token.Empty() {
		return false, nil
	}
	good, err := g.sessions.good(r.Context(), c.Value, time.Now())
	if err != nil {
		return false, fmt.Errorf("web session: %w", err)
	}
	return good, nil
}

// showsToken reports whether a login has the right token.
func (g *guard) showsToken(r *http.Request) bool {
	return httpauth.Right(g.room.token, r.PostFormValue("token"))
}

// login begins a session and sets the cookie for it.
func (g *guard) login(w http.ResponseWriter, r *http.Request) error {
	id, err := g.sessions.begin(r.Context(), time.Now())
	if err != nil {
		return err
	}
	g.setCookie(w, id, int(sessionLife.Seconds()))
	return nil
}

// logout ends the reader's session and deletes the cookie.
func (g *guard) logout(w http.ResponseWriter, r *http.Request) error {
	if c, err := r.Cookie(g.cookie); err == nil {
		if err := g.sessions.end(r.Context(), c.Value); err != nil {
			return err
		}
	}
	g.setCookie(w, "", -1)
	return nil
}

// setCookie sets the cookie with the given lifetime.
func (g *guard) setCookie(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: g.cookie, Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: g.site.Secure, SameSite: http.SameSiteStrictMode,
	})
}
