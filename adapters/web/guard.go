package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/digestbot/digestbot/bot/chat"
)

// guard stands before every route. It answers only at the addresses that the
// room is known by, so that a foreign name that was pointed at this machine
// (DNS rebinding) reaches nothing; it refuses what other pages have sent; and
// if there is a token, it lets in who has shown it.
type guard struct {
	hosts   map[string]bool // with their port
	origins map[string]bool
	cookie  string // its name, which differs between rooms on one machine
	session string // what the cookie must hold; empty when nobody is asked
	token   chat.Secret
	secure  bool // people come by https
	tries   *rate.Limiter
	words   func(*http.Request) chat.Wording
}

// newGuard guards the room that listens on a host and port and that people reach
// at home.
func newGuard(listen string, home *url.URL, token chat.Secret, words func(*http.Request) chat.Wording) *guard {
	addr := &url.URL{Host: listen}
	g := &guard{
		hosts:   map[string]bool{},
		origins: map[string]bool{},
		cookie:  "digestbot-" + addr.Port(),
		token:   token,
		tries:   rate.NewLimiter(rate.Every(time.Second), 10),
		words:   words,
	}
	if home != nil {
		g.hosts[home.Host], g.origins[home.Scheme+"://"+home.Host] = true, true
		g.secure = home.Scheme == "https"
	}
	for _, host := range []string{addr.Hostname(), "localhost", "127.0.0.1", "::1"} {
		// Browsers leave the port 80 out.
		h := strings.TrimSuffix(net.JoinHostPort(host, addr.Port()), ":80")
		g.hosts[h] = true
		g.origins["http://"+h] = true
	}
	if !token.Empty() {
		mac := hmac.New(sha256.New, []byte(token.Reveal()))
		mac.Write([]byte("digestbot web session"))
		g.session = hex.EncodeToString(mac.Sum(nil))
	}
	return g
}

// around answers what may not pass, and gives the rest to next.
func (g *guard) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; connect-src 'self'; "+
			"frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		if !g.hosts[r.Host] {
			http.Error(w, g.words(r).Say("This room is not known by that address. If it should be, set url in its table of config.toml."), http.StatusMisdirectedRequest)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && !g.origins[origin] {
			http.Error(w, g.words(r).Say("Another page may not use this room."), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// admitted reports whether the reader has shown the token, or need not.
func (g *guard) admitted(r *http.Request) bool {
	if g.session == "" {
		return true
	}
	c, err := r.Cookie(g.cookie)
	return err == nil && subtle.ConstantTimeCompare([]byte(c.Value), []byte(g.session)) == 1
}

// members lets the admitted through, and tells the others so.
func (g *guard) members(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !g.admitted(r) {
			http.Error(w, g.words(r).Say("Log in first."), http.StatusUnauthorized)
			return
		}
		next(w, r)
	}
}

// login takes a token and gives the cookie for it. The cookie is derived from
// the token, so it is worth nothing after the token has changed.
func (g *guard) login(w http.ResponseWriter, r *http.Request) (ok bool) {
	given := sha256.Sum256([]byte(r.PostFormValue("token")))
	want := sha256.Sum256([]byte(g.token.Reveal()))
	if g.session == "" || subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
		return false
	}
	http.SetCookie(w, &http.Cookie{
		Name: g.cookie, Value: g.session, Path: "/", MaxAge: int((180 * 24 * time.Hour).Seconds()),
		HttpOnly: true, Secure: g.secure, SameSite: http.SameSiteStrictMode,
	})
	return true
}
